import t from 'tap';
import { Gst } from '../../src/gst/native.js';

const LENGTH = 100_000;
const TIMES = 1_000;

// Without deploy/node-gtk.patch all of them leak: 100 MB.
t.test('a string from GStreamer is freed when JavaScript has its copy', t => {
  const structure = Gst.Structure.newEmpty('a'.repeat(LENGTH));
  structure.toString();
  const before = process.memoryUsage.rss();
  for (let i = 0; i < TIMES; i++) {
    if (structure.toString().length < LENGTH) t.fail('it is not the string');
    if (i % 100 === 0) global.gc?.();
  }
  global.gc?.();
  const grownBy = process.memoryUsage.rss() - before;
  t.ok(grownBy < (LENGTH * TIMES) / 4, `it grew by ${grownBy} bytes`);
  t.end();
});
