import t from 'tap';
import { readRtpStats } from '../../src/gst/rtp-stats.js';
import { readFixture } from '../helpers/fixtures.js';
import { edited } from '../helpers/negotiation.js';

const recorded = readFixture('rtp-stats/viewer.txt');
const publisher = readFixture('rtp-stats/publisher.txt');
const having = (key: string, value: string | number): string => {
  const changed = recorded.replace(new RegExp(`(${key}\\\\=\\\\\\(\\w+\\\\\\))-?\\d+`, 'g'), `$1${value}`);
  if (changed === recorded) throw new Error(`there is no ${key}`);
  return changed;
};

t.test('a recorded session', t => {
  t.strictSame(readRtpStats(recorded, 90_000), {
    packetsSent: 943,
    bytesSent: 530_486,
    packetsReceived: 0,
    bytesReceived: 0,
    keyframeRequests: 1,
    retransmitted: 0,
    heard: '0,0,2734,3361873851,104605 ',
    quality: { packetsLost: 0, lossPercent: 0, jitterMs: 3, roundTripMs: 2.4 },
  });
  t.end();
});

t.test('statistics of a bad link', t => {
  t.equal(readRtpStats(having('rb-fractionlost', 64), 90_000).quality?.lossPercent, 25);
  t.equal(readRtpStats(having('rb-packetslost', 17), 90_000).quality?.packetsLost, 17);
  t.equal(readRtpStats(having('rb-packetslost', -3), 90_000).quality?.packetsLost, 0, 'duplicates make it negative');
  t.equal(readRtpStats(having('rb-round-trip', 65_536), 90_000).quality?.roundTripMs, 1_000);
  t.equal(readRtpStats(having('rb-jitter', 900), 90_000).quality?.jitterMs, 10);
  t.equal(readRtpStats(having('recv-fir-count', 2), 90_000).keyframeRequests, 3, 'PLI and FIR');
  t.equal(
    readRtpStats(recorded.replace('recv-rtx-req-count=(uint)0', 'recv-rtx-req-count=(uint)7'), 90_000).retransmitted,
    7,
  );
  t.end();
});

t.test('the mark changes with each report, and only then', t => {
  const mark = (text: string): string => readRtpStats(text, 90_000).heard;
  for (const key of ['rb-exthighestseq', 'rb-lsr', 'rb-dlsr']) t.not(mark(having(key, 99)), mark(recorded), key);
  t.equal(mark(having('octets-sent', 99)), mark(recorded), 'sent data is no report of the viewer');
  t.end();
});

t.test('before the first report, and before anything', t => {
  const silent = recorded.replace(/have-rb\\=\\\(boolean\\\)true/g, 'have-rb\\=\\(boolean\\)false');
  t.equal(readRtpStats(silent, 90_000).quality, null);
  t.equal(readRtpStats(silent, 90_000).packetsSent, 943);
  const nothing = {
    packetsSent: 0,
    bytesSent: 0,
    packetsReceived: 0,
    bytesReceived: 0,
    keyframeRequests: 0,
    retransmitted: 0,
    heard: '',
    quality: null,
  };
  t.strictSame(readRtpStats('application/x-rtp-session-stats, source-stats=(GValueArray)<  >;', 90_000), nothing);
  t.strictSame(readRtpStats('', 90_000), nothing);
  t.end();
});

t.test('the retransmission stream counts too', t => {
  const [first = '', ...sources] = recorded.split(/(?="application\/x-rtp-source-stats)/);
  const twice = [first, ...sources.slice(0, -1), `${sources.at(-1)?.split(' >')[0]}, `, sources.at(-1)].join('');
  t.match(readRtpStats(twice, 90_000), { packetsSent: 2 * 943, keyframeRequests: 2 });
  t.end();
});

t.test('a recorded publisher: video and audio that arrive; the quality is that of the video', t => {
  const stats = readRtpStats(publisher, 90_000);
  t.match(stats, {
    packetsSent: 0,
    bytesSent: 0,
    packetsReceived: 585 + 567,
    bytesReceived: 94_345 + 72_400,
    keyframeRequests: 1,
    retransmitted: 0,
    // It reports -1 lost: one was duplicated.
    quality: { packetsLost: 0, lossPercent: 0, jitterMs: 0.2, roundTripMs: null },
  });
  t.match(stats.heard, /^585,\d+,0,0,0 567,\d+,0,0,0 $/, 'of both streams, by packets and sender reports');
  t.end();
});

t.test("a publisher's retransmissions count, but not as the quality of its video, in any order", t => {
  const sources = publisher.match(/"application\/x-rtp-source-stats[^"]*"/g) ?? [];
  const set = (source: string, values: Record<string, number>): string =>
    Object.entries(values).reduce(
      (text, [key, value]) => edited(text, new RegExp(`(?<= ${key}\\\\=\\\\\\(\\w+\\\\\\))-?\\d+`), `${value}`),
      source,
    );
  const [sound = '', own = '', video = ''] = sources;
  const lossy = set(video, { 'packets-lost': 40, jitter: 900 });
  const resent = set(video, { ssrc: 2222, 'packets-received': 38, 'packets-lost': 5, jitter: 9_000 });
  for (const [where, order] of [
    ['in front', [sound, own, resent, lossy]],
    ['behind', [sound, own, lossy, resent]],
  ] as const) {
    const { packetsReceived, quality } = readRtpStats(edited(publisher, sources.join(', '), order.join(', ')), 90_000);
    t.equal(packetsReceived, 585 + 567 + 38, where);
    t.match(quality, { packetsLost: 40, jitterMs: 10 }, where);
  }
  t.end();
});

t.test('each packet and each report is a sign of life of a publisher', t => {
  const changed = (from: string, to: string): string => readRtpStats(publisher.replace(from, to), 90_000).heard;
  const { heard } = readRtpStats(publisher, 90_000);
  t.not(changed('packets-received\\=\\(guint64\\)567', 'packets-received\\=\\(guint64\\)568'), heard);
  t.not(changed('sr-ntptime\\=\\(guint64\\)171986', 'sr-ntptime\\=\\(guint64\\)171987'), heard);
  t.equal(changed('jitter\\=\\(uint\\)20', 'jitter\\=\\(uint\\)21'), heard);
  t.end();
});

t.test("a viewer's report of audio is not counted as one of the video", t => {
  t.equal(readRtpStats(recorded, 90_000, 1_000).quality?.jitterMs, 3);
  t.equal(readRtpStats(recorded, 90_000, 1_001).quality, null);
  t.end();
});
