import t from 'tap';
import { DISPLAY_SINKS, sinksFor } from '../../src/player/sinks.js';

const NOTHING = { x11: false, wayland: false, drm: false };
const names = (...args: Parameters<typeof sinksFor>): string[] => sinksFor(...args).map(({ element }) => element);

t.test('the sinks of a session, best first', t => {
  t.strictSame(names({ ...NOTHING, x11: true }, null), [
    'nv3dsink',
    'nveglglessink',
    'xvimagesink',
    'glimagesink',
    'ximagesink',
  ]);
  t.strictSame(names({ ...NOTHING, wayland: true }, null), ['waylandsink']);
  t.strictSame(names({ ...NOTHING, drm: true }, null), ['nvdrmvideosink', 'kmssink']);
  t.equal(names({ x11: true, wayland: true, drm: true }, null).length, DISPLAY_SINKS.length);
  t.strictSame(names(NOTHING, null), []);
  t.end();
});

t.test('the one that a person names, whatever the session', t => {
  t.strictSame(names(NOTHING, 'kmssink'), ['kmssink']);
  t.strictSame(sinksFor({ ...NOTHING, x11: true }, 'fancysink'), [
    { element: 'fancysink', on: 'wayland', properties: '' },
  ]);
  t.end();
});
