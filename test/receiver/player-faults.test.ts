import t from 'tap';
import { PlayerFaults, STEADY_MS } from '../../src/receiver/player-faults.js';

/** The player started with this decoder, and played. */
function played(faults: PlayerFaults, decoder: string | null): void {
  faults.trying('nvh264dec');
  faults.prepared(decoder);
  faults.connected(1_000);
}

t.test('an element that kills the player at opening is excluded at once', t => {
  const faults = new PlayerFaults();
  faults.trying('nvh264dec');
  t.strictSame(faults.died(1_500), { kind: 'left out', element: 'nvh264dec', deaths: 1 });
  t.strictSame(faults.broken, ['nvh264dec']);
  t.strictSame(faults.died(1_500), { kind: 'hopeless' }, 'nothing was opened');
  t.end();
});

t.test('a decoder is excluded at the third death soon after the first frames', t => {
  const faults = new PlayerFaults();
  for (const kind of ['again', 'again', 'left out']) {
    played(faults, 'vah264dec');
    t.equal(faults.died(1_500).kind, kind);
  }
  for (const kind of ['again', 'again', 'left out']) {
    played(faults, 'avdec_h264');
    t.equal(faults.died(1_500).kind, kind, 'the next one has its own three');
  }
  t.strictSame(faults.broken, ['vah264dec', 'avdec_h264']);
  t.end();
});

t.test('a player that plays for a while does not blame its decoder', t => {
  const faults = new PlayerFaults();
  for (let i = 0; i < 20; i++) {
    played(faults, 'avdec_h264');
    // Twice in a row quickly, and then after a while.
    t.strictSame(faults.died(1_000 + (i % 3 < 2 ? 500 : STEADY_MS)), { kind: 'again' });
  }
  t.strictSame(faults.broken, []);
  t.end();
});

t.test('no decoder is blamed without frames, or if none are decoded', t => {
  const faults = new PlayerFaults();
  for (let i = 0; i < 10; i++) {
    faults.prepared('avdec_h264');
    t.strictSame(faults.died(1_100), { kind: 'again' });
    played(faults, null);
    t.strictSame(faults.died(1_100), { kind: 'again' });
  }
  t.end();
});

t.test('the number of excluded elements is limited', t => {
  const faults = new PlayerFaults();
  for (let i = 0; i < 12; i++) {
    faults.trying(`element${i}`);
    t.equal(faults.died(1_500).kind, 'left out');
  }
  faults.trying('one more');
  t.strictSame(faults.died(1_500), { kind: 'hopeless' });
  t.end();
});
