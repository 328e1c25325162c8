import t from 'tap';
import { EventBus } from '../../src/domain/events.js';
import { keptLog } from '../helpers/quiet-log.js';

const changed = (viewers: number) => ({ camera: 'road', viewers });

t.test('listeners receive their events, in order, until they are removed', t => {
  const bus = new EventBus(keptLog());
  const heard: string[] = [];
  const off = bus.on('viewersChanged', ({ viewers }) => heard.push(`a ${viewers}`));
  bus.on('viewersChanged', ({ viewers }) => heard.push(`b ${viewers}`));
  bus.on('cameraChanged', () => t.fail('of another event'));
  bus.emit('viewersChanged', changed(1));
  off();
  off();
  bus.emit('viewersChanged', changed(2));
  t.strictSame(heard, ['a 1', 'b 1', 'b 2']);
  t.end();
});

t.test('a listener that throws affects neither the others nor the emitter', t => {
  const log = keptLog();
  const bus = new EventBus(log);
  let heard = 0;
  bus.on('viewersChanged', () => {
    throw new Error('mine');
  });
  bus.on('viewersChanged', () => heard++);
  bus.emit('viewersChanged', changed(1));
  t.equal(heard, 1);
  t.match(log.lines, [{ level: 'error', event: 'event listener failed', fields: { name: 'viewersChanged' } }]);
  t.end();
});

t.test('listeners can be added and removed during an event', t => {
  const bus = new EventBus(keptLog());
  const heard: string[] = [];
  const off = bus.on('viewersChanged', () => {
    heard.push('first');
    off();
    bus.on('viewersChanged', () => heard.push('late'));
  });
  bus.emit('viewersChanged', changed(1));
  t.strictSame(heard, ['first']);
  bus.emit('viewersChanged', changed(2));
  t.strictSame(heard, ['first', 'late']);
  t.end();
});
