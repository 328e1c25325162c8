import t from 'tap';
import { DISPLAY_SINKS, sinksFor } from '../../src/receiver/player/sinks.js';

const NONE = { x11: false, wayland: false, drm: false };
const names = (session: Partial<typeof NONE>, forced: string | null = null): string[] =>
  sinksFor({ ...NONE, ...session }, forced).map(({ element }) => element);

t.test('the sinks of each kind of session, best first', t => {
  const x11 = ['nv3dsink', 'nveglglessink', 'xvimagesink', 'glimagesink', 'ximagesink'];
  t.strictSame(names({}), []);
  t.strictSame(names({ x11: true }), x11);
  t.strictSame(names({ wayland: true }), ['waylandsink']);
  t.strictSame(names({ drm: true }), ['nvdrmvideosink', 'kmssink']);
  t.strictSame(names({ x11: true, wayland: true, drm: true }), [...x11, 'waylandsink', 'nvdrmvideosink', 'kmssink']);
  t.equal(new Set(DISPLAY_SINKS.map(({ element }) => element)).size, DISPLAY_SINKS.length, 'each is named once');
  t.end();
});

t.test('a forced sink, in any session', t => {
  t.strictSame(names({}, 'ximagesink'), ['ximagesink']);
  t.equal(sinksFor({ ...NONE, wayland: true }, 'ximagesink')[0]?.on, 'x11');
  t.strictSame(sinksFor({ ...NONE, x11: true }, 'fancysink'), [
    { element: 'fancysink', on: 'wayland', properties: '' },
  ]);
  t.end();
});
