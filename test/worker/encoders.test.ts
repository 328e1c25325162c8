import t from 'tap';
import { describeEncoder, ENCODERS } from '../../src/worker/encoders.js';
import { readFixture } from '../helpers/fixtures.js';

const settings = { bitrate: 1_500_000, keyframeInterval: 60 };
const golden = readFixture('golden/encoders.txt').trim().split('\n');

t.test('the launch line of each encoder, with every property that it may have', t => {
  t.strictSame(
    ENCODERS.map(encoder => describeEncoder(encoder, settings, () => true)),
    golden,
  );
  t.end();
});

t.test('order of preference: hardware before software', t => {
  const order = ENCODERS.map(({ element }) => element);
  t.equal(new Set(order).size, order.length, 'none stands twice');
  t.strictSame(order.slice(-2), ['x264enc', 'openh264enc']);
  t.equal(order[0], 'nvv4l2h264enc');
  t.end();
});

t.test('a property that the installed element lacks is left out, whichever it is', t => {
  for (const encoder of ENCODERS) {
    const properties = Object.keys(encoder.properties(settings));
    for (const lacking of properties) {
      const line = describeEncoder(encoder, settings, property => property !== lacking);
      t.notMatch(line, new RegExp(` ${lacking}=`), `${encoder.element} without ${lacking}`);
      for (const other of properties.filter(property => property !== lacking))
        if (!new RegExp(` ${other}=`).test(line))
          t.fail(`${encoder.element} without ${lacking} has no ${other} either`);
    }
    t.match(
      describeEncoder(encoder, settings, () => false),
      `! ${encoder.element} name=encoder !`,
      encoder.element,
    );
  }
  t.end();
});

t.test('the bitrate is in the unit of the element', t => {
  const property = (element: string, name: string, bitrate: number): string | undefined => {
    const encoder = ENCODERS.find(candidate => candidate.element === element);
    if (!encoder) throw new Error(`there is no ${element}`);
    const line = describeEncoder(encoder, { bitrate, keyframeInterval: 30 }, () => true);
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
  const encoder = ENCODERS.find(({ element }) => element === 'v4l2h264enc');
  t.match(encoder && describeEncoder(encoder, settings, () => true), / extra-controls="controls,[^" ]+"/);
  t.end();
});

t.test('each ends in H.264 that every player plays', t => {
  for (const line of golden)
    t.match(
      line,
      /! video\/x-h264,profile=\(string\)\{ constrained-baseline, baseline \}$/,
      line.split(' ! ')[1] ?? '',
    );
  t.end();
});
