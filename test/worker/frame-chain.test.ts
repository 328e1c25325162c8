import t from 'tap';
import { extendChain, type Taken } from '../../src/worker/encoding/frame-chain.js';

// Frames are words here: K1 is a keyframe, others depend on the ones before; a frame has as many bytes as letters.
const facts = { isKeyframe: (frame: string) => frame.startsWith('K'), bytesOf: (frame: string) => frame.length };
const limits = { frames: 4, bytes: 100 };
const words = (text: string) => text.split(' ').filter(word => word !== '');
const taken = (text: string, isComplete = true): Taken<string> => ({ samples: words(text), isComplete });
const extend = (before: string, next: Taken<string>, own = limits) =>
  extendChain(words(before), next, facts, own).join(' ');

t.test('frames are kept from the newest keyframe on', t => {
  t.equal(extend('', taken('K1 a b')), 'K1 a b');
  t.equal(extend('K1 a', taken('b')), 'K1 a b', 'the previous frames are still needed');
  t.equal(extend('K1 a', taken('')), 'K1 a', 'nothing new');
  t.equal(extend('K1 a b', taken('c K2 d')), 'K2 d', 'and no more than is needed');
  t.equal(extend('K1 a b', taken('K2 c K3')), 'K3');
  t.end();
});

t.test('nothing is kept if frames are missing: an old frame must not pass for the newest', t => {
  t.equal(extend('', taken('a b')), '', 'no keyframe');
  t.equal(extend('K1 a', taken('y z', false)), '', 'some were dropped since the keyframe');
  t.equal(extend('K1 a', taken('y K2 z', false)), 'K2 z', 'some were dropped, all before a keyframe');
  t.end();
});

t.test('above the limits nothing is kept', t => {
  t.equal(extend('K1 a', taken('b c')), 'K1 a b c');
  t.equal(extend('K1 a', taken('b c d')), '', 'frames');
  t.equal(extend('K1 a', taken('b'), { frames: 4, bytes: 3 }), '', 'bytes');
  t.equal(extend('K1 a', taken('b'), { frames: 4, bytes: 4 }), 'K1 a b');
  t.end();
});
