import { writeFileSync } from 'node:fs';
import t from 'tap';
import { DECODERS, describeDecoder } from '../../src/gst/decoders.js';
import { CONTAINERS, PIPE_FORMATS } from '../../src/messages/player.js';
import {
  BLACK_FRAME,
  describeComposition,
  describePipe,
  describeReception,
  describeRecording,
  describeSnapshotFile,
  describeTile,
  describeTileSink,
} from '../../src/receiver/player/lines.js';
import { readFixture } from '../helpers/fixtures.js';
import { factsOf, MACHINES } from '../helpers/machines.js';

// UPDATE_GOLDEN=1 rewrites the file; then check `git diff`.
const FILE = new URL('../../../test/fixtures/golden/receiver.txt', import.meta.url);
const window = { width: 1_280, height: 480 };
const places = [
  { x: 0, y: 0, width: 640, height: 480 },
  { x: 640, y: 0, width: 640, height: 480 },
];

/** The launch lines of a player, by name. */
function describe(): [string, string][] {
  const receptions = MACHINES.flatMap(recorded => {
    const machine = factsOf(recorded);
    return DECODERS.filter(({ element }) => machine.has(element)).map((decoder): [string, string] => [
      `reception on ${recorded.name} with ${decoder.element}`,
      describeReception({ sections: 1, decoder: name => describeDecoder(decoder, machine, name), marks: false }),
    ]);
  });
  const decoder = (name: string): string => `DECODER name=${name}`;
  return [
    ...receptions,
    ['reception that decodes nothing', describeReception({ sections: 1, decoder: null, marks: true })],
    ['reception of two', describeReception({ sections: 2, decoder, marks: false })],
    ['reception of two, with marks', describeReception({ sections: 2, decoder, marks: true })],
    ['tile of its own', describeTile(1, describeTileSink(1, 'xvimagesink'))],
    ['composition', describeComposition(places, window, 'waylandsink')],
    ...CONTAINERS.map((container): [string, string] => [`recording into ${container}`, describeRecording(container)]),
    ...PIPE_FORMATS.map((format): [string, string] => [`pipe of ${format}`, describePipe(format)]),
    ['still as jpg', describeSnapshotFile('jpg')],
    ['still as png', describeSnapshotFile('png')],
    ['black frame', BLACK_FRAME],
  ];
}

t.test('the launch lines of the player', t => {
  const lines = describe().map(([name, line]) => `${name}:\n  ${line}`);
  if (process.env.UPDATE_GOLDEN) writeFileSync(FILE, `${lines.join('\n')}\n`);
  t.strictSame(
    lines.join('\n').split('\n'),
    readFixture('golden/receiver.txt').trimEnd().split('\n'),
    'if the change is intended, UPDATE_GOLDEN=1 records it',
  );
  t.end();
});

t.test('every decoder of the table is on a recorded machine', t => {
  for (const { element } of DECODERS)
    t.ok(
      MACHINES.some(({ elements }) => Object.hasOwn(elements, element)),
      element,
    );
  t.end();
});

t.test('element names are unique in a line, and every branch has its source', t => {
  for (const [name, line] of describe()) {
    const named = [...line.matchAll(/ name=(\S+)/g)].map(([, value]) => value);
    t.equal(new Set(named).size, named.length, name);
    for (const [, from] of line.matchAll(/(?:^| {2})([a-z]+\d*)\. !/g)) t.ok(named.includes(from), `${name}: ${from}`);
    for (const [, to] of line.matchAll(/! ([a-z]+\d*)\.(?:sink_\d+)?(?: |$)/g))
      t.ok(named.includes(to), `${name}: ${to}`);
  }
  t.end();
});

t.test('no sink waits for the clock, and late frames are not queued', t => {
  for (const [name, line] of describe()) {
    for (const [sink] of line.matchAll(/\b(fakesink|appsink|filesink|fdsink|xvimagesink|waylandsink)\b[^!]*/g)) {
      if (/name=(arrival|departure)\d/.test(sink)) t.match(sink, 'max-lateness=0 ts-offset=-', name);
      else if (/^(filesink|fakesink name=out)/.test(sink)) continue;
      else t.match(sink, 'sync=false', `${name}: ${sink}`);
    }
  }
  t.end();
});
