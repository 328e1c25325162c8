import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Camera, System } from '../../src/domain/contract.js';
import { startServer, type TestServer, until } from '../helpers/server.js';

/** The buses of the kernel's test cameras, as V4L2 names them. */
export const FIRST = 'platform:vivid-000';
export const SECOND = 'platform:vivid-001';

/** Default timeout: the CPUs are emulated here. */
export const TIMEOUT_MS = 60_000;

const NODES = '/sys/class/video4linux';
const DRIVER = '/sys/bus/platform/drivers/vivid';
// A single device for the kernel, with any number of cameras.
const ALL_CAMERAS = 'vivid.0';

/** Removes all cameras at once, as when a hub is unplugged; also from programs that have them open. */
export const unplug = (): void => writeFileSync(join(DRIVER, 'unbind'), ALL_CAMERAS);

export const plugIn = (): void => writeFileSync(join(DRIVER, 'bind'), ALL_CAMERAS);

/** The capture device of a camera, such as /dev/video0; undefined while it is unplugged. */
export function deviceAt(bus: string): string | undefined {
  const name = `${bus.replace('platform:', '')}-vid-cap`;
  const node = readdirSync(NODES).find(node => readFileSync(join(NODES, node, 'name'), 'utf8').trim() === name);
  return node && `/dev/${node}`;
}

/** Keeps a device's number in use until the returned function is called. */
export function keepNumber(device: string): () => void {
  const fd = openSync(device, 'r');
  return () => closeSync(fd);
}

/** The value of a control, as read by another program. */
export function readControl(device: string, name: string): number {
  const line = execFileSync('v4l2-ctl', ['-d', device, '--get-ctrl', name], { encoding: 'utf8' });
  return Number(/: (-?\d+)/.exec(line)?.[1]);
}

/** Sets a control as another program does; the buttons of vivid make it fail in some way. */
export function setControl(device: string, name: string, value: number): void {
  execFileSync('v4l2-ctl', ['-d', device, '--set-ctrl', `${name}=${value}`]);
}

/** Waits until the encoders are known and the workers have started: earlier viewers are refused. */
export async function ready(server: TestServer): Promise<void> {
  await until(
    'the encoders are known',
    async () => {
      const system = (await (await server.fetch('/api/v1/system')).json()) as System;
      return system.encoders.state === 'done';
    },
    TIMEOUT_MS,
  );
  await until('no camera starts', async () => !(await cameras(server)).some(isStarting), TIMEOUT_MS);
}

const isStarting = ({ state }: Camera): boolean => state === 'starting' || state === 'down';

/** All cameras, as the server reports them. */
export async function cameras(server: TestServer): Promise<Camera[]> {
  return ((await (await server.fetch('/api/v1/cameras')).json()) as { items: Camera[] }).items;
}

/** A server with these cameras in its configuration file; closed when the test ends. */
export async function serving(
  t: { teardown(close: () => Promise<unknown>): void },
  configured: Record<string, Record<string, unknown>>,
): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-video-test-'));
  const file = join(folder, 'config.yaml');
  writeFileSync(file, stringify({ limits: { linger: 3600 }, cameras: configured }));
  const server = await startServer('--config', file);
  await ready(server);
  t.teardown(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
  return server;
}
