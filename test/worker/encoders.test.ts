import t from 'tap';
import type { MachineFacts } from '../../src/gst/machine.js';
import { describeEncoder, ENCODERS, type Encoder, liveChange } from '../../src/worker/encoding/encoders.js';
import { readFixture } from '../helpers/fixtures.js';

const settings = { bitrate: 1_500_000, keyframeInterval: 60 };
/** A machine whose elements have all properties except those. */
const machine = (lacks: (property: string) => boolean = () => false): MachineFacts => ({
  gstreamer: '1.22.0',
  has: element => element !== 'nvvidconv',
  property: (_element, property) => !lacks(property),
});
const find = (element: string): Encoder => {
  const encoder = ENCODERS.find(candidate => candidate.element === element);
  if (!encoder) throw new Error(`there is no ${element}`);
  return encoder;
};
const golden = readFixture('golden/encoders.txt').trim().split('\n');

t.test('the launch line of each encoder, with all properties', t => {
  t.strictSame(
    ENCODERS.map(encoder => describeEncoder(encoder, settings, machine())),
    golden,
  );
  t.end();
});

t.test('order of preference: hardware before software', t => {
  const order = ENCODERS.map(({ element }) => element);
  t.equal(new Set(order).size, order.length, 'none is listed twice');
  t.strictSame(order.slice(-2), ['x264enc', 'openh264enc']);
  t.equal(order[0], 'nvv4l2h264enc');
  t.end();
});

t.test('any property that the installed element lacks is left out', t => {
  for (const encoder of ENCODERS) {
    const properties = Object.keys(encoder.properties(settings));
    for (const lacking of properties) {
      const line = describeEncoder(
        encoder,
        settings,
        machine(property => property === lacking),
      );
      t.notMatch(line, new RegExp(` ${lacking}=`), `${encoder.element} without ${lacking}`);
      for (const other of properties.filter(property => property !== lacking))
        if (!new RegExp(` ${other}=`).test(line))
          t.fail(`${encoder.element} without ${lacking} has no ${other} either`);
    }
    t.match(
      `${describeEncoder(
        encoder,
        settings,
        machine(() => true),
      )} !`,
      `! ${encoder.element} name=encoder !`,
      encoder.element,
    );
  }
  t.end();
});

t.test('the bitrate is in the unit of the element', t => {
  const property = (element: string, name: string, bitrate: number): string | undefined => {
    const line = describeEncoder(find(element), { bitrate, keyframeInterval: 30 }, machine());
    return new RegExp(`[ ,"]${name}=(\\d+)`).exec(line)?.[1];
  };
  const cases: [element: string, name: string, expected: string][] = [
    ['nvv4l2h264enc', 'bitrate', '1000000'],
    ['nvh264enc', 'bitrate', '1000'],
    ['vah264enc', 'bitrate', '1000'],
    ['vaapih264enc', 'bitrate', '1000'],
    ['qsvh264enc', 'bitrate', '1000'],
    ['v4l2h264enc', 'video_bitrate', '1000000'],
    ['mpph264enc', 'bps', '1000000'],
    ['x264enc', 'bitrate', '1000'],
    ['openh264enc', 'bitrate', '1000000'],
  ];
  for (const [element, name, expected] of cases) t.equal(property(element, name, 1_000_000), expected, element);
  t.equal(property('x264enc', 'bitrate', 50_000), '50');
  t.equal(property('x264enc', 'bitrate', 1), '1', 'never 0, which means something else');
  t.end();
});

t.test('a value with commas is quoted, so that it stays one value', t => {
  t.match(describeEncoder(find('v4l2h264enc'), settings, machine()), / extra-controls="controls,[^" ]+"/);
  t.end();
});

t.test('each makes H.264 that every player supports', t => {
  for (const line of golden) {
    const element = line.split(' ! ')[2]?.split(' ')[0] ?? '';
    const caps = /! video\/x-h264,profile=\(string\){ constrained-baseline, baseline }(,level=\(string\)4)?$/;
    t.match(line, element === 'nvv4l2h264enc' ? / profile=0 / : caps, element);
  }
  t.end();
});

t.test('properties that can be changed in PLAYING are those that were set', t => {
  for (const { element, live, properties } of ENCODERS)
    for (const [name, value] of Object.entries(live(settings)))
      t.equal(properties(settings)[name], value, `${element}: ${name}`);
  t.end();
});

t.test('other settings: set in place, or a new encoder', t => {
  const slower = { ...settings, bitrate: 800_000 };
  const rarer = { ...settings, keyframeInterval: 120 };
  for (const encoder of ENCODERS) {
    const change = liveChange(encoder, settings, slower, machine());
    t.equal(Object.keys(change ?? {}).length, 1, `${encoder.element}: the bitrate`);
    t.strictSame(liveChange(encoder, settings, settings, machine()), {}, `${encoder.element}: nothing changes`);
  }
  t.strictSame(liveChange(find('x264enc'), settings, slower, machine()), { bitrate: 800 });
  t.equal(liveChange(find('x264enc'), settings, rarer, machine()), null);
  t.equal(liveChange(find('nvv4l2h264enc'), settings, rarer, machine()), null);
  t.strictSame(liveChange(find('nvcudah264enc'), settings, rarer, machine()), { 'gop-size': 120 });
  t.match(liveChange(find('v4l2h264enc'), settings, { ...slower, ...rarer, bitrate: 1 }, machine()), {
    'extra-controls': /video_bitrate=1,video_gop_size=120/,
  });
  t.strictSame(
    liveChange(
      find('x264enc'),
      settings,
      rarer,
      machine(property => property === 'key-int-max'),
    ),
    {},
    'a property that the element lacks is not set',
  );
  t.end();
});

t.test('a keyframe is requested by the event, except of the encoder that ignores it', t => {
  t.strictSame(
    ENCODERS.filter(({ keyframe }) => keyframe !== 'event').map(({ element }) => element),
    ['nvv4l2h264enc'],
  );
  t.end();
});
