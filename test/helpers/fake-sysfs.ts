import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { Test } from 'tap';
import type { DevicePaths } from '../../src/server/devices/sysfs.js';

export interface FakeNode {
  /** `video0` */
  node: string;
  name: string;
  /** Below /sys/devices: `platform/vivid.0`, `pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0`. */
  parent: string;
  index?: number;
  driver?: string;
  /** Of the USB device above the parent. */
  serial?: string;
}

export interface FakeSysfs {
  devicePaths: DevicePaths;
  plug(node: FakeNode): void;
  unplug(node: string): void;
}

let minor = 0;

/** A /sys and a /dev in a folder of the test, filled as by the kernel. */
export function fakeSysfs(t: Test): FakeSysfs {
  const root = mkdtempSync(join(tmpdir(), 'sysfs-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const devicePaths = { sysfs: join(root, 'sys/class/video4linux'), dev: join(root, 'dev') };
  mkdirSync(devicePaths.sysfs, { recursive: true });
  mkdirSync(devicePaths.dev);
  const link = (at: string, to: string): void => {
    mkdirSync(dirname(at), { recursive: true });
    rmSync(at, { force: true });
    symlinkSync(relative(dirname(at), to), at);
  };
  const folders = new Map<string, string>();
  return {
    devicePaths,
    plug: ({ node, name, parent, index = 0, driver, serial }) => {
      const hardware = join(root, 'sys/devices', parent);
      const folder = join(hardware, 'video4linux', node);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'name'), `${name}\n`);
      writeFileSync(join(folder, 'index'), `${index}\n`);
      writeFileSync(join(folder, 'dev'), `81:${minor++}\n`);
      link(join(folder, 'device'), hardware);
      if (driver !== undefined) {
        mkdirSync(join(root, 'sys/bus/drivers', driver), { recursive: true });
        link(join(hardware, 'driver'), join(root, 'sys/bus/drivers', driver));
      }
      if (serial !== undefined) {
        writeFileSync(join(dirname(hardware), 'idVendor'), '046d\n');
        writeFileSync(join(dirname(hardware), 'serial'), `${serial}\n`);
      }
      folders.set(node, folder);
      link(join(devicePaths.sysfs, node), folder);
      writeFileSync(join(devicePaths.dev, node), '');
    },
    unplug: node => {
      rmSync(join(devicePaths.sysfs, node));
      rmSync(folders.get(node) ?? '', { recursive: true });
      rmSync(join(devicePaths.dev, node));
    },
  };
}

/** A camera on the USB port 1-N. */
export const onUsb = (port: string): string => `pci0000:00/0000:00:14.0/usb1/1-${port}/1-${port}:1.0`;
