import fc from 'fast-check';
import t from 'tap';
import { placesIn, windowSize } from '../../src/player/layout.js';

t.test('the size of a window', t => {
  t.strictSame(windowSize(1), { width: 640, height: 480 });
  t.strictSame(windowSize(2), { width: 1280, height: 480 });
  t.strictSame(windowSize(4), { width: 1280, height: 960 });
  for (const tiles of [9, 30, 100]) {
    const { width, height } = windowSize(tiles);
    t.ok(width <= 1920 && height <= 1080, `${tiles}: ${width}x${height}`);
  }
  t.end();
});

t.test('tiles are within the window, beside each other, and as large as they can be', t => {
  t.strictSame(placesIn({ width: 1280, height: 480 }, 2), [
    { x: 0, y: 0, width: 640, height: 480 },
    { x: 640, y: 0, width: 640, height: 480 },
  ]);
  t.match(placesIn({ width: 480, height: 1280 }, 2)[1], { x: 0, y: 640 }, 'below each other where it is high');
  fc.assert(
    fc.property(
      fc.record({ width: fc.integer({ min: 200, max: 4000 }), height: fc.integer({ min: 200, max: 4000 }) }),
      fc.integer({ min: 1, max: 40 }),
      (window, tiles) => {
        const places = placesIn(window, tiles);
        const isInside = places.every(
          ({ x, y, width, height }) =>
            width > 0 && height > 0 && x + width <= window.width && y + height <= window.height && width % 2 === 0,
        );
        const isApart = places.every((a, i) =>
          places.every(
            (b, k) =>
              i === k || a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y,
          ),
        );
        return places.length === tiles && isInside && isApart;
      },
    ),
  );
  t.end();
});
