import t from 'tap';
import { decidePassthrough, type StreamFacts } from '../../src/worker/sources/passthrough.js';

const good: StreamFacts = {
  profile: 'constrained-baseline',
  reordered: false,
  keyframeGapMs: 1_000,
  probedMs: 6_000,
};

t.test("whether the source's own H.264 is passed through, and why", t => {
  const cases: ['auto' | 'always' | 'never', StreamFacts | null, boolean, string][] = [
    ['auto', good, true, 'baseline'],
    ['auto', { ...good, profile: 'baseline' }, true, 'baseline'],
    ['auto', { ...good, keyframeGapMs: 1_001 }, true, 'keyframe every second'],
    ['auto', { ...good, keyframeGapMs: 1_101 }, false, '1.1 s apart'],
    ['auto', { ...good, keyframeGapMs: 10_000 }, false, '10.0 s apart'],
    ['auto', { ...good, profile: 'main' }, false, 'profile is main'],
    ['auto', { ...good, profile: 'high' }, false, 'profile is high'],
    ['auto', { ...good, profile: '' }, false, 'profile'],
    ['auto', { ...good, reordered: true }, false, 'B-frames'],
    ['auto', { ...good, keyframeGapMs: null, probedMs: 6_000 }, false, '6.0 s apart'],
    ['auto', { ...good, keyframeGapMs: null, probedMs: 400 }, false, 'no second keyframe'],
    ['auto', null, false, 'no H.264'],
    ['always', { ...good, profile: 'high', reordered: true, keyframeGapMs: null }, true, '"always"'],
    ['always', null, false, 'no H.264'],
    ['never', good, false, '"never"'],
    ['never', null, false, '"never"'],
  ];
  for (const [wanted, facts, active, words] of cases) {
    const verdict = decidePassthrough(wanted, facts);
    t.equal(verdict.active, active, `${wanted} ${JSON.stringify(facts)}`);
    t.match(verdict.reason, words);
  }
  t.end();
});
