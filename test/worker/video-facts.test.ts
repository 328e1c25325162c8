import t from 'tap';
import type { Caps } from '../../src/gst/native.js';
import { profileLevelId, videoFacts } from '../../src/worker/encoding/video-facts.js';

t.test("profile-level-id from GStreamer's names", t => {
  const cases: [profile: string | null, level: string | null, expected: string | null][] = [
    ['constrained-baseline', '3.1', '42c01f'],
    ['constrained-baseline', '3', '42c01e'],
    ['constrained-baseline', '4', '42c028'],
    ['constrained-baseline', '1.3', '42c00d'],
    // Level 1b is level_idc 11 with constraint_set3.
    ['constrained-baseline', '1b', '42d00b'],
    ['baseline', '1b', '42100b'],
    ['baseline', '3.1', '42001f'],
    ['main', '5.2', '4d0034'],
    ['high', '4.2', '64002a'],
    ['constrained-high', '3.1', '640c1f'],
    ['high-4:4:4', '3.1', null],
    [null, '3.1', null],
    ['main', null, null],
    ['main', 'x', null],
    ['main', '3.1.1', '4d001f'],
    ['main', '99', null],
  ];
  for (const [profile, level, expected] of cases)
    t.equal(profileLevelId(profile, level), expected, `${profile} ${level}`);
  t.end();
});

/** The part of caps that videoFacts reads. */
function caps(fields: Record<string, string | number>): Caps {
  const structure = {
    getInt: (name: string) => (typeof fields[name] === 'number' ? [true, fields[name]] : [false, 0]),
    getString: (name: string) => (typeof fields[name] === 'string' ? fields[name] : null),
  };
  return { getSize: () => (Object.keys(fields).length > 0 ? 1 : 0), getStructure: () => structure } as unknown as Caps;
}

t.test('facts from the caps of a stream', t => {
  t.strictSame(videoFacts('H264', caps({ width: 640, height: 480, profile: 'constrained-baseline', level: '3' })), {
    codec: 'H264',
    width: 640,
    height: 480,
    profileLevelId: '42c01e',
  });
  t.strictSame(videoFacts('H264', caps({ width: 640 })), {
    codec: 'H264',
    width: 640,
    height: null,
    profileLevelId: null,
  });
  t.equal(videoFacts('H264', caps({})), null);
  t.equal(videoFacts('H264', null), null);
  t.strictSame(
    videoFacts('VP8', caps({ width: 320, height: 240, profile: '0', level: '3' })),
    { codec: 'VP8', width: 320, height: 240, profileLevelId: null },
    'profile-level-id is only for H.264',
  );
  t.end();
});
