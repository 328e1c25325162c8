import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { parse } from 'yaml';
import { show } from '../../src/cli/devices.js';
import type { CaptureDevice } from '../../src/domain/devices.js';
import { whyNot } from '../../src/server/devices/inspect.js';
import { parseFormats } from '../../src/server/devices/parse-formats.js';
import { type NodeInfo, parseInfo } from '../../src/server/devices/parse-info.js';
import { recorded } from '../helpers/fake-v4l2-ctl.js';

function device(number: number, recording: string, serial: string | null): CaptureDevice {
  const info = parseInfo(recorded(`${recording}.info`)) as NodeInfo;
  const { driver, name, bus } = info;
  const modes = parseFormats(recorded(`${recording}.formats`));
  return { device: `/dev/video${number}`, name, driver, bus, serial, modes, usable: whyNot(info, modes) };
}

t.test('for people: what it is, what it can do, what to configure', async t => {
  const text = show([device(0, 'c920', "9165'D69F"), device(2, 'tegra-video', null), device(3, 'bcm2835-v4l2', null)]);
  t.match(text, /^\/dev\/video0 {2}HD Pro Webcam C920$/m);
  t.match(text, /^ {2}bus +usb-0000:00:10\.0-1\.2\.1$/m);
  t.match(text, /^ {2}YUYV +2304x1536 2, 2304x1296 2, 1920x1080 5, 640x480 30$/m);
  t.match(text, /^ {2}not usable +it delivers only raw data/m);
  t.match(text, /^ {2}YU12 YUYV RGB3 and 3 more +2592x1944, .* and 11 more$/m, 'formats alike are in a line');
  const lines = [...text.matchAll(/to use it +(.*)$/gm)].map(([, line = '']) => parse(line) as unknown);
  t.strictSame(lines, [
    { cameras: { camera1: { source: "v4l2:serial=9165'D69F" } } },
    { cameras: { camera2: { source: 'v4l2:bus=platform:bcm2835-v4l2' } } },
  ]);
  t.match(show([]), /^No V4L2 device found/);
});

t.test('as a command', async t => {
  const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));
  const run = (...args: string[]) => spawnSync(process.execPath, [main, 'devices', ...args], { encoding: 'utf8' });
  const json = run('--json');
  t.equal(json.status, 0, json.stderr);
  t.ok(Array.isArray((JSON.parse(json.stdout) as { items: unknown }).items));
  t.equal(run().status, 0);
  t.equal(run('--nonsense').status, 64);
});
