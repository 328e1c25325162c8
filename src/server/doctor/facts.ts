import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { CONTRACT_FILE } from '../../contract/contract.js';

/** Raw output of files and commands of this machine; the checks interpret it. */
export interface SystemFacts {
  user: User;
  /** /etc/group */
  groups: string | null;
  nodes: readonly DeviceNode[];
  isContainer: boolean;
  /** /proc/driver/nvidia/version; null where the kernel has no NVIDIA module. */
  nvidiaDriver: string | null;
  /** Whether one of the graphics cards on the PCI bus is NVIDIA's. */
  hasNvidiaCard: boolean;
  /** `ldconfig -p` */
  libraries: string | null;
  /** The environment's NVIDIA_DRIVER_CAPABILITIES: what NVIDIA's container runtime mounts. */
  driverCapabilities: string | null;
  /** /etc/nv_tegra_release */
  jetsonRelease: string | null;
  /** The device tree's name of the board. */
  board: string | null;
  /** `timedatectl show` */
  timedate: string | null;
  /** `chronyc -c tracking` */
  chrony: string | null;
  /** Whether systemd-timesyncd has set the clock. */
  hasTimesync: boolean;
  /** ms since 1970: the clock, and when this program was built. */
  now: number;
  builtAt: number;
}

export interface User {
  id: number;
  /** Null where the user has none, as in containers. */
  name: string | null;
  /** Of this process: without groups that the user was added to since it started. */
  groups: readonly number[];
}

export interface DeviceNode {
  path: string;
  group: number;
  /** Whether this process may read and write it. */
  isOpen: boolean;
}

const COMMAND_MS = 3_000;
const MAX_OUTPUT = 4_000_000;
const PCI = '/sys/bus/pci/devices';
const NVIDIA = '0x10de';
/** Display controllers. */
const DISPLAY = '0x03';

/** Devices of cameras, encoders and graphics cards. */
const NODES: readonly (readonly [folder: string, name: RegExp])[] = [
  ['/dev', /^(video\d+|media\d+|nvhost-.+|nvmap|nvidia\d+|nvidiactl|nvidia-uvm)$/],
  ['/dev/dri', /^renderD\d+$/],
  ['/dev/dma_heap', /./],
];

/** Reads everything. All of it is optional, and nothing takes longer than a few seconds. */
export async function readFacts(): Promise<SystemFacts> {
  const [libraries, timedate, chrony] = await Promise.all([
    run('/sbin/ldconfig', '-p'),
    run('timedatectl', 'show'),
    run('chronyc', '-c', 'tracking'),
  ]);
  return {
    user: readUser(),
    groups: read('/etc/group'),
    nodes: readNodes(),
    isContainer: ['/.dockerenv', '/run/.containerenv'].some(file => existsSync(file)),
    nvidiaDriver: read('/proc/driver/nvidia/version'),
    hasNvidiaCard: list(PCI).some(
      device =>
        read(join(PCI, device, 'vendor'))?.trim() === NVIDIA && read(join(PCI, device, 'class'))?.startsWith(DISPLAY),
    ),
    libraries,
    driverCapabilities: process.env.NVIDIA_DRIVER_CAPABILITIES ?? null,
    jetsonRelease: read('/etc/nv_tegra_release'),
    board: read('/proc/device-tree/model'),
    timedate,
    chrony,
    hasTimesync: existsSync('/run/systemd/timesync/synchronized'),
    now: Date.now(),
    builtAt: statSync(CONTRACT_FILE).mtimeMs,
  };
}

/** The output of a command; null if it does not exist, fails or takes too long. */
function run(command: string, ...args: string[]): Promise<string | null> {
  return new Promise(resolve => {
    execFile(
      command,
      args,
      // Messages in English, and no pager.
      { timeout: COMMAND_MS, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT, env: { ...process.env, LC_ALL: 'C' } },
      (error, stdout) => resolve(error ? null : stdout),
    );
  });
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').replaceAll('\0', '');
  } catch {
    return null;
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readUser(): User {
  const groups = [...new Set([...(process.getgroups?.() ?? []), ...(process.getegid ? [process.getegid()] : [])])];
  const id = process.geteuid?.() ?? 0;
  try {
    return { id, name: userInfo().username, groups };
  } catch {
    return { id, name: null, groups };
  }
}

function readNodes(): DeviceNode[] {
  return NODES.flatMap(([folder, name]) =>
    list(folder)
      .filter(file => name.test(file))
      .flatMap(file => {
        const path = join(folder, file);
        try {
          const facts = statSync(path);
          return facts.isCharacterDevice() ? [{ path, group: facts.gid, isOpen: mayUse(path) }] : [];
        } catch {
          // It was unplugged meanwhile.
          return [];
        }
      }),
  );
}

function mayUse(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
