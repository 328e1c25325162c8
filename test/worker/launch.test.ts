import t from 'tap';
import type { Source } from '../../src/domain/source.js';
import { describeCamera, sourceProperty } from '../../src/worker/launch.js';
import { readFixture } from '../helpers/fixtures.js';

const format = { width: 1280, height: 720, framerate: 25 };
const ENCODER = 'ENCODER';
const sources: Source[] = [
  { type: 'test' },
  { type: 'v4l2', device: '/dev/video0' },
  { type: 'file', path: '/srv/road.mp4' },
  { type: 'rtsp', url: 'rtsp://u:p@192.0.2.7/s' },
];
const golden = new Map(
  readFixture('golden/cameras.txt')
    .trim()
    .split('\n')
    .map(line => line.split(': ', 2) as [string, string]),
);

t.test('the launch line of each source', t => {
  for (const source of sources) {
    t.equal(describeCamera(source, format, ENCODER), golden.get(source.type), source.type);
    if (source.type === 'file' || source.type === 'rtsp')
      t.equal(
        describeCamera(source, format, null),
        golden.get(`${source.type} passed through`),
        `${source.type}, as it is`,
      );
  }
  t.end();
});

t.test('nothing that a user named stands in the line; it is set as a property', t => {
  const hostile = 'x ! filesink location=/etc/passwd "';
  const cases: [Source, string][] = [
    [{ type: 'v4l2', device: `/dev/${hostile}` }, 'device'],
    [{ type: 'file', path: `/srv/${hostile}` }, 'location'],
    [{ type: 'rtsp', url: `rtsp://h/${hostile}` }, 'location'],
  ];
  for (const [source, property] of cases) {
    for (const encoder of [ENCODER, null]) t.notMatch(describeCamera(source, format, encoder), 'filesink', source.type);
    t.match(sourceProperty(source), [property, hostile], source.type);
  }
  t.equal(sourceProperty({ type: 'test' }), null);
  t.end();
});

t.test('what other files look up by name is there, once', t => {
  for (const source of sources)
    for (const name of ['source', 'parse', 'encoded', 'tap', 'fanqueue', 'sent', 'fan'])
      t.equal(describeCamera(source, format, ENCODER).split(` name=${name} `).length, 2, `${source.type}: ${name}`);
  t.notMatch(
    describeCamera({ type: 'rtsp', url: 'rtsp://h/s' }, format, null),
    /decode|ENCODER/,
    'passed on is not decoded',
  );
  t.end();
});

t.test('a tee without viewers goes on, and a slow viewer holds up nobody', t => {
  const line = describeCamera({ type: 'test' }, format, ENCODER);
  t.equal(line.match(/tee name=\w+ allow-not-linked=true/g)?.length, 2);
  t.match(line, /queue name=fanqueue leaky=downstream max-size-buffers=\d+ max-size-bytes=0 max-size-time=0/);
  t.end();
});
