import t from 'tap';
import { figuresBetween, readSample, type StatsSample } from '../../src/web/player/player-stats.js';

const entries: [string, Record<string, unknown>][] = [
  ['A', { type: 'inbound-rtp', kind: 'audio', timestamp: 1, framesDecoded: 99 }],
  [
    'V',
    {
      type: 'inbound-rtp',
      kind: 'video',
      timestamp: 10_000,
      framesDecoded: 300,
      framesDropped: 2,
      freezeCount: 1,
      bytesReceived: 1_000_000,
      packetsReceived: 900,
      packetsLost: 10,
      keyFramesDecoded: 3,
      nackCount: 4,
      pliCount: 5,
      jitterBufferDelay: 6,
      jitterBufferEmittedCount: 300,
      totalDecodeTime: 0.9,
      frameWidth: 640,
      frameHeight: 480,
      jitter: 0.002,
      codecId: 'C',
      decoderImplementation: 'FFmpeg',
    },
  ],
  ['C', { type: 'codec', mimeType: 'video/H264', sdpFmtpLine: 'packetization-mode=1;profile-level-id=42E01F' }],
  ['T', { type: 'transport', selectedCandidatePairId: 'P2' }],
  ['P1', { type: 'candidate-pair', state: 'succeeded', nominated: true, currentRoundTripTime: 9 }],
  [
    'P2',
    {
      type: 'candidate-pair',
      state: 'succeeded',
      currentRoundTripTime: 0.004,
      localCandidateId: 'L',
      remoteCandidateId: 'R',
    },
  ],
  ['L', { type: 'local-candidate', candidateType: 'prflx', protocol: 'udp' }],
  ['R', { type: 'remote-candidate', candidateType: 'host', protocol: 'udp' }],
];
const without = (...ids: string[]) => new Map(entries.filter(([id]) => !ids.includes(id)));

t.test('a sample of a stats report', t => {
  t.match(readSample(without()), {
    at: 10_000,
    framesDecoded: 300,
    width: 640,
    height: 480,
    jitterMs: 2,
    roundTripMs: 4,
    codec: 'H264 42e01f',
    decoder: 'FFmpeg',
    path: 'udp, host → prflx',
  });
  t.equal(readSample(without('V')), undefined, 'audio only is not video');
  t.equal(readSample(new Map()), undefined);
  t.equal(
    readSample(without('T'))?.roundTripMs,
    9_000,
    'the nominated pair, if there is no transport report (Firefox)',
  );
  const bare = readSample(new Map([['V', { type: 'inbound-rtp', kind: 'video' }]]));
  t.match(bare, { at: 0, framesDecoded: 0, packetsLost: 0 });
  for (const key of ['roundTripMs', 'codec', 'path', 'width', 'jitterMs'])
    t.notOk(key in (bare ?? {}), `${key} is not made up`);
  t.end();
});

const older = readSample(without()) as StatsSample;
const later = (changes: Partial<StatsSample>) => figuresBetween(older, { ...older, at: older.at + 2_000, ...changes });

t.test('the difference between two samples', t => {
  t.match(
    later({
      framesDecoded: 360,
      bytesReceived: 1_250_000,
      packetsReceived: 1_098,
      packetsLost: 12,
      jitterBufferDelay: 6.75,
      jitterBufferEmitted: 360,
      decodeTime: 1.2,
    }),
    {
      fps: 30,
      bitrate: 1_000_000,
      jitterBufferMs: 12.5,
      lossPercent: 1,
      packetsLost: 12,
      framesDecoded: 360,
    },
  );
  const frozen = later({});
  t.match(frozen, { fps: 0, bitrate: 0 });
  for (const key of ['lossPercent', 'jitterBufferMs', 'decodeMs'])
    t.notOk(key in frozen, `${key} of no data is unknown`);
  t.match(later({ packetsLost: 5, packetsReceived: 1_000 }), { lossPercent: 0 }, 'a late packet is no longer lost');
  t.match(later({ packetsLost: -3 }), { packetsLost: 0 });
  t.match(later({ packetsLost: 30 }), { lossPercent: 100 }, 'everything that was expected');
  t.match(later({ framesDecoded: 10, bytesReceived: 10 }), { fps: 0, bitrate: 0 }, 'counters that restarted');
  const same = figuresBetween(older, older);
  t.notOk('fps' in same, 'no time, no rate');
  t.end();
});
