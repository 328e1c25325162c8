import { type FSWatcher, watch } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { CaptureDevice } from '../../domain/devices.js';
import type { Log } from '../../domain/log.js';
import { disambiguate } from './identities.js';
import { type Inspected, inspect } from './inspect.js';
import { DEVICE_PATHS, type DevicePaths, readNodes, VIDEO_NODE, type VideoNode } from './sysfs.js';
import { INSTALL_V4L2_CTL } from './v4l2-ctl.js';

export interface DeviceWatchOptions {
  log: Log;
  /** The list has changed, or a device was replaced. */
  onChange(devices: readonly CaptureDevice[]): void;
  devicePaths?: DevicePaths;
}

/** A camera creates several nodes, one after the other. */
const DEBOUNCE_MS = 30;
/** udev creates its links, such as /dev/v4l/by-id, a moment after the device. */
const LINKS_MS = 1_000;
/** For systems where /dev cannot be watched, such as some containers. */
const POLL_MS = 5_000;

interface Known {
  node: VideoNode;
  /** Undefined until the driver has answered. */
  facts: Inspected | null | undefined;
}

/**
 * Tracks the V4L2 cameras that are plugged in. Each node's driver is queried once, in parallel: one that hangs does not
 * block the others. Owns a watch on /dev and two timers.
 */
export class DeviceWatch {
  readonly #options: DeviceWatchOptions;
  readonly #devicePaths: DevicePaths;
  readonly #known = new Map<string, Known>();
  readonly #inspecting = new Set<Promise<void>>();
  #devices: readonly CaptureDevice[] = [];
  #watcher: FSWatcher | null = null;
  #poll: NodeJS.Timeout | null = null;
  #soon: NodeJS.Timeout | null = null;
  #links: NodeJS.Timeout | null = null;
  #isStarted = false;
  #isClosed = false;
  /** Whether v4l2-ctl was missing when last needed. */
  #isMissing = false;
  #hasLoggedMissing = false;

  constructor(options: DeviceWatchOptions) {
    this.#options = options;
    this.#devicePaths = options.devicePaths ?? DEVICE_PATHS;
  }

  /** Scans now and watches from now on; later changes are reported. Resolves as `scan` does. */
  async start(): Promise<void> {
    this.#listen();
    this.#poll = setInterval(() => this.#rescan(), POLL_MS).unref();
    await this.scan();
    this.#isStarted = true;
  }

  /** Resolves when every driver has answered or timed out. */
  async scan(): Promise<void> {
    this.#scan();
    while (this.#inspecting.size > 0) await Promise.all(this.#inspecting);
  }

  list(): readonly CaptureDevice[] {
    return this.#devices;
  }

  close(): void {
    this.#isClosed = true;
    this.#watcher?.close();
    for (const timer of [this.#poll, this.#soon, this.#links]) clearTimeout(timer ?? undefined);
  }

  #listen(): void {
    try {
      this.#watcher = watch(this.#devicePaths.dev, { persistent: false }, (_event, name) => {
        if (name !== null && VIDEO_NODE.test(name)) this.#scanSoon();
      });
      this.#watcher.on('error', err => this.#unwatch(err));
    } catch (err) {
      this.#unwatch(err);
    }
  }

  #unwatch(err: unknown): void {
    this.#watcher?.close();
    this.#watcher = null;
    this.#options.log.warn({ err, seconds: POLL_MS / 1000 }, '/dev cannot be watched, polling instead');
  }

  #scanSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = null;
      this.#scan();
    }, DEBOUNCE_MS);
  }

  #rescan(): void {
    // v4l2-ctl may have been installed since.
    if (this.#isMissing) for (const known of this.#known.values()) known.node = { ...known.node, state: '' };
    this.#isMissing = false;
    this.#scan();
  }

  #scan(): void {
    if (this.#isClosed) return;
    const nodes = new Map(readNodes(this.#devicePaths).map(node => [node.device, node]));
    let isGone = false;
    for (const [device, { node }] of this.#known) {
      if (nodes.get(device)?.identity === node.identity) continue;
      this.#known.delete(device);
      isGone = true;
    }
    for (const node of nodes.values()) {
      const known = this.#known.get(node.device);
      if (known?.node.state === node.state) continue;
      // A node of which only the permissions have changed stays in the list until it has answered.
      this.#known.set(node.device, { node, facts: known?.facts });
      this.#inspect(node);
    }
    if (isGone) this.#publish();
  }

  #inspect(node: VideoNode): void {
    const inspecting = inspect(node, () => this.#logMissing())
      .then(facts => {
        const known = this.#known.get(node.device);
        if (known?.node !== node) return;
        known.facts = facts;
        this.#publish();
      })
      .catch(err => this.#options.log.error({ err, device: node.device }, 'video device not inspected'))
      .finally(() => this.#inspecting.delete(inspecting));
    this.#inspecting.add(inspecting);
  }

  #publish(): void {
    if (this.#isClosed) return;
    const devices = disambiguate([...this.#known.values()].flatMap(({ facts }) => (facts ? [facts] : []))).sort(
      byNumber,
    );
    if (isDeepStrictEqual(devices, this.#devices)) return;
    this.#devices = devices;
    if (!this.#isStarted) return;
    this.#options.onChange(devices);
    clearTimeout(this.#links ?? undefined);
    this.#links = setTimeout(() => this.#options.onChange(this.#devices), LINKS_MS);
  }

  #logMissing(): void {
    this.#isMissing = true;
    if (this.#hasLoggedMissing) return;
    this.#hasLoggedMissing = true;
    this.#options.log.warn({ remedy: INSTALL_V4L2_CTL }, 'v4l2-ctl is not installed: V4L2 cameras cannot be used');
  }
}

const byNumber = (a: CaptureDevice, b: CaptureDevice): number =>
  a.device.localeCompare(b.device, 'en', { numeric: true });

/** The cameras that are plugged in now. */
export async function findDevices(log: Log): Promise<readonly CaptureDevice[]> {
  const devices = new DeviceWatch({ log, onChange: () => undefined });
  try {
    await devices.scan();
    return devices.list();
  } finally {
    devices.close();
  }
}
