import t from 'tap';
import type { Source } from '../../src/domain/source.js';
import {
  describeEncoding,
  describeFanout,
  describePublication,
  describeVp8,
  sourceProperty,
} from '../../src/worker/encoding/launch.js';
import { decodedFormats, describeCapture, describePassthrough } from '../../src/worker/sources/capture-line.js';
import type { ChosenMode } from '../../src/worker/sources/capture-mode.js';
import { readFixture } from '../helpers/fixtures.js';
import { PLAIN } from '../helpers/machines.js';

const format = { width: 1280, height: 720, framerate: 25 };
const encoding = { bitrate: 1_500_000, keyframeInterval: 50 };
const ENCODER = 'ENCODER';
const sources: Source[] = [
  { type: 'test' },
  { type: 'v4l2', by: 'device', name: '/dev/video0' },
  { type: 'argus', sensor: 0 },
  { type: 'libcamera', camera: 'imx219' },
  { type: 'file', path: '/srv/road.mp4' },
  { type: 'rtsp', url: 'rtsp://u:p@192.0.2.7/s' },
  { type: 'gst', line: 'videotestsrc' },
];
const mode: ChosenMode = { format: 'YUYV', ...format };
const capture = (source: Source): string => describeCapture({ source, format, mode, machine: PLAIN });
const others = new Map(
  readFixture('golden/other-pipelines.txt')
    .trim()
    .split('\n')
    .map(line => line.split(': ', 2) as [string, string]),
);
/** Elements that Fanout looks up by name. */
const fanout = (name: string): string[] =>
  ['encoded', 'gate', 'tap', 'queue', 'sent', 'fanout'].map(part => `${name}-${part}`);
const count = (line: string, words: string): number => line.split(words).length - 1;

t.test('no name given by a user is in the launch line; it is set as a property', t => {
  const hostile = 'x ! filesink location=/etc/passwd "';
  const cases: [Source, string][] = [
    [{ type: 'v4l2', by: 'device', name: `/dev/${hostile}` }, 'device'],
    [{ type: 'v4l2', by: 'serial', name: hostile }, 'device'],
    [{ type: 'libcamera', camera: hostile }, 'camera-name'],
    [{ type: 'file', path: `/srv/${hostile}` }, 'location'],
    [{ type: 'rtsp', url: `rtsp://h/${hostile}` }, 'location'],
  ];
  for (const [source, property] of cases) {
    t.notMatch(capture(source), 'filesink', source.type);
    if (source.type !== 'libcamera') t.notMatch(describePassthrough(source, mode), 'filesink', source.type);
    t.match(sourceProperty(source), [property, hostile], source.type);
  }
  t.equal(sourceProperty({ type: 'test' }), null);
  t.equal(sourceProperty({ type: 'libcamera', camera: null }), null);
  t.strictSame(sourceProperty({ type: 'v4l2', by: 'serial', name: '46D0825C' }, '/dev/video4'), [
    'device',
    '/dev/video4',
  ]);
  t.end();
});

t.test('elements that are looked up by name exist once', t => {
  const named = (line: string, name: string): number => count(`${line} `, ` name=${name} `);
  for (const source of sources)
    for (const name of ['source', 'captured', 'taken'])
      t.equal(named(capture(source), name), 1, `${source.type}: ${name}`);
  for (const name of ['ahead', 'clock']) {
    t.equal(named(capture({ type: 'file', path: '/x' }), name), 1, name);
    t.equal(named(describePassthrough({ type: 'file', path: '/x' }, null), name), 1, `${name}, passed through`);
  }
  const line = describeEncoding('x264enc name=encoder', 30);
  for (const name of ['in', 'rate', 'raw', 'last', 'encoder', 'parse', ...fanout('video')])
    t.equal(named(line, name), 1, name);
  for (const name of ['source', 'parse', ...fanout('video')])
    t.equal(named(describePassthrough({ type: 'rtsp', url: 'rtsp://h/s' }, null), name), 1, name);
  const publication = describePublication('H264', true);
  for (const name of ['webrtc', 'parse', ...fanout('video'), ...fanout('audio')])
    t.equal(named(publication, name), 1, name);
  for (const decode of [true, false])
    for (const name of ['in', 'encoder', ...fanout('video')])
      t.equal(named(describeVp8(encoding, decode, PLAIN), name), 1, name);
  t.end();
});

t.test('a passthrough stream is not decoded, and its source can send H.264', t => {
  for (const source of sources)
    if (source.type === 'v4l2' || source.type === 'file' || source.type === 'rtsp')
      t.notMatch(describePassthrough(source, mode), /decode|name=raw|enc /, source.type);
    else t.throws(() => describePassthrough(source, null), { message: 'has no H.264' }, source.type);
  t.end();
});

t.test('raw frames are taken after the rate limit and before the encoder', t => {
  const line = describeEncoding(ENCODER, 25);
  const places = ['name=in', 'max-rate=25', 'name=raw', ENCODER].map(words => line.indexOf(words));
  t.strictSame(
    places,
    [...places].sort((a, b) => a - b),
  );
  t.notOk(places.includes(-1));
  t.notMatch(describeEncoding(ENCODER, null), 'max-rate');
  t.end();
});

t.test('a tee without viewers keeps running, and a slow viewer blocks no other', t => {
  const lines = [capture({ type: 'test' }), describeEncoding(ENCODER, 30), describePublication('VP8', true)];
  for (const line of lines) t.equal(count(line, 'tee name='), count(line, 'allow-not-linked=true'));
  t.match(
    describeFanout('audio'),
    /queue name=audio-queue leaky=downstream max-size-buffers=\d+ max-size-bytes=0 max-size-time=0 ! identity name=audio-sent/,
  );
  t.end();
});

t.test('the fanout: frames are counted, then tapped, then queued, then sent', t => {
  t.equal(describeFanout('video'), others.get('fanout of video'));
  t.equal(describeFanout('audio'), others.get('fanout of video')?.replaceAll('video-', 'audio-'));
  t.end();
});

t.test('the pipeline of a publisher, with and without audio', t => {
  for (const [codec, hasAudio, name] of [
    ['H264', true, 'publication of H264 with sound'],
    ['VP8', false, 'publication of VP8'],
  ] as const)
    t.equal(describePublication(codec, hasAudio), others.get(name), name);
  t.notMatch(describePublication('H264', false), /src_1|audio|opus/i);
  t.end();
});

t.test('a second encoder, for raw frames and for a stream that is decoded first', t => {
  t.equal(describeVp8(encoding, false, PLAIN), others.get('vp8 of raw'));
  t.equal(describeVp8(encoding, true, PLAIN), others.get('vp8 of a stream'));
  t.end();
});

t.test('a camera for publishers has no source of its own', t => {
  t.throws(() => capture({ type: 'whip' }), { message: 'publisher' });
  t.equal(sourceProperty({ type: 'whip' }), null);
  t.end();
});

t.test('a V4L2 camera needs a usable mode', t => {
  const source: Source = { type: 'v4l2', by: 'device', name: '/dev/video0' };
  const request = { source, format, machine: PLAIN };
  t.throws(() => describeCapture({ ...request, mode: null }), { message: 'needs a mode' });
  t.throws(() => describePassthrough(source, null), { message: 'needs a mode' });
  t.throws(() => describeCapture({ ...request, mode: { ...mode, format: 'BA81' } }), { message: 'BA81' });
  const bare = { gstreamer: '1.22.0', has: () => false, property: () => false };
  t.throws(() => describeCapture({ ...request, mode: { ...mode, format: 'MJPG' }, machine: bare }), {
    message: 'no decoder for MJPG',
  });
  t.strictSame(decodedFormats(bare), []);
  t.strictSame(decodedFormats(PLAIN), ['MJPG', 'JPEG']);
  t.end();
});
