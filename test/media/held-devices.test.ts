import t from 'tap';
import { HeldDevices } from '../../src/server/media/held-devices.js';

t.test('users of devices are notified when one is held, and when it is free again', async t => {
  const reasons: (string | null)[] = [];
  const held: HeldDevices = new HeldDevices(() => reasons.push(held.blockedReason('/dev/video0')));
  const ends: (() => void)[] = [];
  const exited = () => new Promise<void>(resolve => ends.push(resolve));
  held.hold('/dev/video0', 7, exited());
  t.match(reasons, [/^process 7 still has \/dev\/video0 open/]);
  held.hold('/dev/video0', 8, exited());
  ends[0]?.();
  await new Promise(setImmediate);
  t.equal(reasons.length, 1, 'another still has it');
  ends[1]?.();
  await new Promise(setImmediate);
  t.strictSame(reasons.slice(1), [null]);
});
