import t from 'tap';
import { formatEvent, formatRetry, HEARTBEAT } from '../../src/protocol/server-sent-event.js';

// WHATWG HTML §9.2.6: lines of "field: value"; an empty line sends the event.

t.test('an event is its name, its data in one line, and an empty line', t => {
  t.equal(formatEvent('viewercount', { viewercount: 2 }), 'event: viewercount\ndata: {"viewercount":2}\n\n');
  const text = formatEvent('inactive', { reason: 'first\nsecond\r\n\ndata: another' });
  t.equal(text.trimEnd().split(/[\r\n]/).length, 2, 'with any data');
  t.end();
});

t.test('invalid events', t => {
  t.match(HEARTBEAT, /^:[^\n]*\n\n$/, 'a comment');
  t.equal(formatRetry(3000), 'retry: 3000\n\n');
  t.end();
});
