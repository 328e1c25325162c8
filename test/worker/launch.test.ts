import t from 'tap';
import type { Source } from '../../src/domain/source.js';
import {
  describeCamera,
  describeFan,
  describePublication,
  describeVp8,
  sourceProperty,
} from '../../src/worker/launch.js';
import { readFixture } from '../helpers/fixtures.js';

const format = { width: 1280, height: 720, framerate: 25 };
const encoding = { bitrate: 1_500_000, keyframeInterval: 50 };
const ENCODER = 'ENCODER';
const sources: Source[] = [
  { type: 'test' },
  { type: 'v4l2', by: 'device', name: '/dev/video0' },
  { type: 'file', path: '/srv/road.mp4' },
  { type: 'rtsp', url: 'rtsp://u:p@192.0.2.7/s' },
];
const readGolden = (name: string): Map<string, string> =>
  new Map(
    readFixture(`golden/${name}.txt`)
      .trim()
      .split('\n')
      .map(line => line.split(': ', 2) as [string, string]),
  );
const golden = readGolden('cameras');
const others = readGolden('other-pipelines');
/** What Fan looks up by name. */
const fan = (name: string): string[] => ['encoded', 'tap', 'queue', 'sent', 'fan'].map(part => `${name}-${part}`);
const count = (line: string, words: string): number => line.split(words).length - 1;

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
    [{ type: 'v4l2', by: 'device', name: `/dev/${hostile}` }, 'device'],
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
  const named = (line: string, name: string): number => count(`${line} `, ` name=${name} `);
  for (const source of sources) {
    const line = describeCamera(source, format, ENCODER);
    for (const name of ['source', 'parse', 'raw', ...fan('video')])
      t.equal(named(line, name), 1, `${source.type}: ${name}`);
  }
  const publication = describePublication('H264', true);
  for (const name of ['webrtc', 'parse', ...fan('video'), ...fan('audio')]) t.equal(named(publication, name), 1, name);
  for (const decode of [true, false])
    for (const name of ['in', 'encoder', ...fan('video')]) t.equal(named(describeVp8(encoding, decode), name), 1, name);
  t.end();
});

t.test('what is passed on is not decoded, and has no raw pictures for another encoder', t => {
  t.notMatch(describeCamera({ type: 'rtsp', url: 'rtsp://h/s' }, format, null), /decode|ENCODER|name=raw/);
  const line = describeCamera({ type: 'test' }, format, ENCODER);
  t.ok(line.indexOf('name=raw allow-not-linked=true') < line.indexOf(ENCODER), 'raw pictures are taken before it');
  t.end();
});

t.test('a tee without viewers goes on, and a slow viewer holds up nobody', t => {
  const lines = [
    describeCamera({ type: 'test' }, format, ENCODER),
    describePublication('VP8', true),
    describeVp8(encoding, false),
  ];
  for (const line of lines) t.equal(count(line, 'tee name='), count(line, 'allow-not-linked=true'));
  t.match(
    describeFan('audio'),
    /queue name=audio-queue leaky=downstream max-size-buffers=\d+ max-size-bytes=0 max-size-time=0 ! identity name=audio-sent/,
  );
  t.end();
});

t.test('the fan: pictures are counted, then tapped, then queued, then sent', t => {
  t.equal(describeFan('video'), others.get('fan of video'));
  t.equal(describeFan('audio'), others.get('fan of video')?.replaceAll('video-', 'audio-'));
  t.end();
});

t.test('what a publisher sends, with and without sound', t => {
  for (const [codec, hasAudio, name] of [
    ['H264', true, 'publication of H264 with sound'],
    ['VP8', false, 'publication of VP8'],
  ] as const)
    t.equal(describePublication(codec, hasAudio), others.get(name), name);
  t.notMatch(describePublication('H264', false), /src_1|audio|opus/i);
  t.end();
});

t.test('a second encoder, for raw pictures and for a stream that is decoded first', t => {
  t.equal(describeVp8(encoding, false), others.get('vp8 of raw'));
  t.equal(describeVp8(encoding, true), others.get('vp8 of a stream'));
  t.end();
});

t.test('a camera that is published to has no source of its own', t => {
  t.throws(() => describeCamera({ type: 'whip' }, format, ENCODER), { message: 'publisher' });
  t.equal(sourceProperty({ type: 'whip' }), null);
  t.end();
});
