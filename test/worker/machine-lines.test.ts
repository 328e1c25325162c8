import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Source } from '../../src/domain/source.js';
import { describeEncoder, ENCODERS } from '../../src/worker/encoding/encoders.js';
import { describeEncoding } from '../../src/worker/encoding/launch.js';
import { describeCapture, describePassthrough } from '../../src/worker/sources/capture-line.js';
import type { ChosenMode } from '../../src/worker/sources/capture-mode.js';
import { readFixture } from '../helpers/fixtures.js';
import { factsOf, MACHINES, type RecordedMachine } from '../helpers/machines.js';

// UPDATE_GOLDEN=1 rewrites the files; then check `git diff`.
const FOLDER = new URL('../../../test/fixtures/golden/machines/', import.meta.url);
const FORMAT = { width: 1280, height: 720, framerate: 30 };
const SETTINGS = { bitrate: 1_500_000, keyframeInterval: 60 };

const v4l2: Source = { type: 'v4l2', by: 'serial', name: '46D0825C' };
const mode = (format: string, width = 1280, height = 720, framerate = 30): ChosenMode => ({
  format,
  width,
  height,
  framerate,
});
const CASES: readonly [name: string, source: Source, mode: ChosenMode | null][] = [
  ['v4l2 YUYV', v4l2, mode('YUYV')],
  ['v4l2 YUYV, larger and faster than wanted', v4l2, mode('YUYV', 1920, 1080, 60)],
  ['v4l2 BGR3', v4l2, mode('BGR3')],
  ['v4l2 MJPG', v4l2, mode('MJPG')],
  ['v4l2 MJPG, larger than wanted', v4l2, mode('MJPG', 1600, 1200, 30000 / 1001)],
  ['argus', { type: 'argus', sensor: 1 }, null],
  ['libcamera', { type: 'libcamera', camera: '/base/soc/i2c0mux/i2c@1/imx219@10' }, null],
  ['rtsp', { type: 'rtsp', url: 'rtsp://u:p@192.0.2.7/s' }, null],
  ['file', { type: 'file', path: '/srv/road.mp4' }, null],
  ['gst', { type: 'gst', line: 'videotestsrc is-live=true ! videoflip' }, null],
];

function describe(recorded: RecordedMachine): string {
  const machine = factsOf(recorded);
  const captures = CASES.filter(
    ([, { type }]) => (type !== 'argus' && type !== 'libcamera') || type === recorded.csi,
  ).map(
    ([name, source, chosen]) =>
      `capture of ${name}:\n  ${describeCapture({ source, format: FORMAT, mode: chosen, machine })}`,
  );
  const marked = describeCapture({ source: v4l2, format: FORMAT, mode: mode('MJPG'), machine, timeMark: true });
  captures.push(`capture of v4l2 MJPG with a time mark:\n  ${marked}`);
  const encodings = ENCODERS.filter(({ element }) => machine.has(element)).map(
    (encoder, i) =>
      `${i === 0 ? 'encoding' : 'should that not open'}:\n  ` +
      describeEncoding(describeEncoder(encoder, SETTINGS, machine), FORMAT.framerate),
  );
  const passed = `passed on, v4l2 H264:\n  ${describePassthrough(v4l2, mode('H264'))}`;
  return `${[...captures, ...encodings, passed].join('\n')}\n`;
}

t.test('the launch lines of each kind of machine', t => {
  for (const recorded of MACHINES) {
    const file = new URL(`${recorded.name}.txt`, FOLDER);
    const lines = describe(recorded);
    if (process.env.UPDATE_GOLDEN) writeFileSync(file, lines);
    if (!existsSync(file)) t.fail(`${fileURLToPath(file)} is missing: UPDATE_GOLDEN=1 writes it`);
    else
      t.strictSame(
        lines.split('\n'),
        readFixture(`golden/machines/${recorded.name}.txt`).split('\n'),
        `${recorded.name}: if the change is intended, UPDATE_GOLDEN=1 records it`,
      );
  }
  t.strictSame(
    readdirSync(FOLDER).sort(),
    MACHINES.map(({ name }) => `${name}.txt`).sort(),
    'no file is left of a removed machine',
  );
  t.end();
});

t.test('no line has an element that its machine lacks', t => {
  // Of GStreamer's core, and in every installation.
  const core = words(
    'bin identity tee funnel queue capsfilter fakesink filesrc parsebin clocksync timeoverlay rtph264depay h264parse videotestsrc videoflip',
  );
  for (const recorded of MACHINES) {
    const has = factsOf(recorded).has;
    const used = new Set(
      describe(recorded)
        .replace(/\((string|memory:NVMM)\)/g, '')
        .split(/\n| {2}| ! |[()]/)
        .map(part => /^\s*([a-z][a-z0-9_]*)(\s|$)/.exec(part)?.[1])
        .filter(name => name !== undefined),
    );
    for (const line of ['capture', 'encoding', 'should', 'passed']) used.delete(line);
    t.strictSame(
      [...used].filter(element => !has(element) && !core.includes(element)),
      [],
      recorded.name,
    );
  }
  t.end();
});

t.test("a Jetson's frames stay in hardware memory", t => {
  const orin = readFixture('golden/machines/jetson-orin.txt').split('\n');
  const line = (name: string): string => orin[orin.indexOf(`${name}:`) + 1] ?? '';
  t.notMatch(line('capture of argus'), /nvvidconv|videoconvert|videoscale/);
  t.match(line('encoding'), 'nvvidconv ! video/x-raw(memory:NVMM),format=NV12 ! nvv4l2h264enc');
  t.notMatch(line('capture of v4l2 YUYV'), 'convert');
  for (const lines of orin) t.notMatch(lines, 'videoscale', 'nothing is scaled by the CPU');
  t.end();
});

function words(text: string): string[] {
  return text.split(/\s+/);
}
