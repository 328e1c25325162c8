import fc from 'fast-check';
import t from 'tap';
import type { CaptureMode } from '../../src/domain/devices.js';
import { type ChosenMode, chooseMode, outputSize } from '../../src/worker/sources/capture-mode.js';

const mode = (format: string, size: string, ...framerates: number[]): CaptureMode => {
  const [width = 0, height = 0] = size.split('x').map(Number);
  return { format, width, height, framerates };
};
const wanted = (size: string, framerate = 30) => {
  const [width = 0, height = 0] = size.split('x').map(Number);
  return { width, height, framerate };
};
const ALL = { h264: 'allowed', decodes: ['MJPG'] } as const;
const show = (mode: ChosenMode | undefined): string | null =>
  mode ? `${mode.format} ${mode.width}x${mode.height} ${Number(mode.framerate.toFixed(2))}` : null;

/** A common webcam: large raw frames exceed the bandwidth of USB. */
const WEBCAM = [
  mode('YUYV', '640x480', 30, 25, 15, 5),
  mode('YUYV', '1280x720', 10, 5),
  mode('YUYV', '1920x1080', 5),
  mode('MJPG', '640x480', 30, 15),
  mode('MJPG', '1280x720', 60, 30),
  mode('MJPG', '1920x1080', 30),
];

t.test('the mode with the least work at the requested size and rate', t => {
  const cases: [name: string, modes: CaptureMode[], ReturnType<typeof wanted>, string][] = [
    ['raw before JPEG', WEBCAM, wanted('640x480'), 'YUYV 640x480 30'],
    ['JPEG where raw is too slow', WEBCAM, wanted('1280x720'), 'MJPG 1280x720 30'],
    ['raw where it is quick enough', WEBCAM, wanted('1280x720', 10), 'YUYV 1280x720 10'],
    ['the lowest rate that is enough', WEBCAM, wanted('640x480', 20), 'YUYV 640x480 25'],
    ['a higher one if necessary', WEBCAM, wanted('1280x720', 50), 'MJPG 1280x720 60'],
    [
      'its own H.264 needs no encoder',
      [...WEBCAM, mode('H264', '1280x720', 60, 30)],
      wanted('1280x720'),
      'H264 1280x720 30',
    ],
    [
      'H.264 of another size cannot be adapted',
      [...WEBCAM, mode('H264', '1280x720', 60), mode('H264', '640x360', 30)],
      wanted('1280x720'),
      'MJPG 1280x720 30',
    ],
    [
      'the format that an encoder takes',
      ['RGB3', 'YUYV', 'YU12', 'NV12', 'UYVY'].map(format => mode(format, '640x480', 30)),
      wanted('640x480'),
      'NV12 640x480 30',
    ],
    [
      'YUYV before RGB',
      ['BGR3', 'MJPG', 'YUYV'].map(format => mode(format, '640x480', 30)),
      wanted('640x480'),
      'YUYV 640x480 30',
    ],
    [
      '29.97 for 30',
      [mode('YUYV', '640x480', 60, 30000 / 1001), mode('MJPG', '640x480', 30)],
      wanted('640x480'),
      'YUYV 640x480 29.97',
    ],
    ['a driver that names no rates', [mode('UYVY', '640x480')], wanted('640x480', 25), 'UYVY 640x480 25'],
  ];
  for (const [name, modes, format, expected] of cases) {
    const choice = chooseMode(modes, format, ALL);
    t.equal(show(choice?.mode), expected, name);
    t.match(choice, { exact: true, detail: null }, `${name}: exactly`);
  }
  t.end();
});

t.test('the nearest mode, if none fits', t => {
  const cases: [name: string, modes: CaptureMode[], ReturnType<typeof wanted>, expected: string, detail: string][] = [
    [
      'too quick',
      [mode('YUYV', '640x480', 30, 15), mode('MJPG', '320x240', 30)],
      wanted('640x480', 60),
      'YUYV 640x480 30',
      'the camera has no 640x480 at 60; it is set to 640x480 at 30',
    ],
    [
      'a larger one, scaled down',
      WEBCAM,
      wanted('800x600'),
      'MJPG 1280x720 30',
      'the camera has no 800x600 at 30; it is set to 1280x720 at 30, scaled to 800x450',
    ],
    [
      'the larger one that gives exactly the requested size',
      [mode('MJPG', '800x600', 30), mode('MJPG', '1280x960', 30), mode('MJPG', '1280x720', 30)],
      wanted('640x360'),
      'MJPG 1280x720 30',
      'the camera has no 640x360 at 30; it is set to 1280x720 at 30, scaled to 640x360',
    ],
    [
      'the least that is larger',
      [mode('YUYV', '1920x1080', 30), mode('YUYV', '1280x720', 30), mode('YUYV', '320x180', 30)],
      wanted('640x360'),
      'YUYV 1280x720 30',
      'the camera has no 640x360 at 30; it is set to 1280x720 at 30, scaled to 640x360',
    ],
    [
      'the largest that is smaller',
      [mode('YUYV', '320x240', 30), mode('YUYV', '1280x720', 30), mode('YUYV', '640x480', 30)],
      wanted('1920x1080'),
      'YUYV 1280x720 30',
      'the camera has no 1920x1080 at 30; it is set to 1280x720 at 30',
    ],
    [
      'of smaller ones too, JPEG where raw is too slow',
      [mode('YUYV', '640x480', 15), mode('MJPG', '640x480', 30), mode('YUYV', '320x240', 30)],
      wanted('1280x720'),
      'MJPG 640x480 30',
      'the camera has no 1280x720 at 30; it is set to 640x480 at 30',
    ],
    [
      'not so slow that it is not video',
      [mode('YUYV', '1920x1080', 5), mode('YUYV', '1280x720', 10), mode('YUYV', '640x480', 30)],
      wanted('1920x1080'),
      'YUYV 640x480 30',
      'the camera has no 1920x1080 at 30; it is set to 640x480 at 30',
    ],
    [
      'unless there is nothing else',
      [mode('YUYV', '1920x1080', 5), mode('YUYV', '1280x720', 5)],
      wanted('1280x720'),
      'YUYV 1280x720 5',
      'the camera has no 1280x720 at 30; it is set to 1280x720 at 5',
    ],
    [
      'of two with at least half the rate, the size decides',
      [mode('YUYV', '1280x720', 20), mode('YUYV', '640x480', 30)],
      wanted('1280x720'),
      'YUYV 1280x720 20',
      'the camera has no 1280x720 at 30; it is set to 1280x720 at 20',
    ],
    [
      'of larger ones, the fast one',
      [mode('YUYV', '800x600', 20), mode('MJPG', '1280x720', 30)],
      wanted('640x400'),
      'MJPG 1280x720 30',
      'the camera has no 640x400 at 30; it is set to 1280x720 at 30, scaled to 640x360',
    ],
  ];
  for (const [name, modes, format, expected, detail] of cases) {
    const choice = chooseMode(modes, format, ALL);
    t.equal(show(choice?.mode), expected, name);
    t.match(choice, { exact: false, detail }, name);
  }
  t.end();
});

t.test('only usable modes are chosen', t => {
  const format = wanted('1280x720');
  const choose = (h264: 'never' | 'allowed' | 'only', decodes: string[], modes = WEBCAM) =>
    show(chooseMode(modes, format, { h264, decodes })?.mode);
  const own = [...WEBCAM, mode('H264', '1280x720', 30)];
  t.equal(choose('never', ['MJPG'], own), 'MJPG 1280x720 30', 'H.264 never');
  t.equal(choose('never', [], own), 'YUYV 640x480 30', 'no decoder for JPEG');
  t.equal(choose('only', ['MJPG']), null, 'H.264 only, but it has none');
  t.equal(choose('only', [], own), 'H264 1280x720 30');
  t.equal(choose('allowed', [], [mode('BA81', '1280x720', 30)]), null, 'a raw sensor');
  t.equal(choose('allowed', [], []), null, 'nothing');
  t.end();
});

t.test('a camera with only its own H.264: the nearest mode, passed through', t => {
  const modes = [mode('H264', '1920x1080', 30), mode('H264', '640x480', 30, 15), mode('H264', '320x240', 30)];
  const choose = (size: string, framerate: number) =>
    chooseMode(modes, wanted(size, framerate), { h264: 'only', decodes: [] });
  t.match(choose('640x480', 20), {
    mode: { width: 640, framerate: 15 },
    detail: "the camera's own H.264 has no 640x480 at 20; it is set to 640x480 at 15",
  });
  t.match(choose('1280x720', 30), { mode: { width: 1920 }, detail: /set to 1920x1080 at 30$/ });
  t.match(choose('640x480', 15), { mode: { framerate: 15 }, exact: true });
  t.match(choose('640x480', 10), { mode: { framerate: 15 }, detail: /at 10; it is set to 640x480 at 15$/ });
  t.end();
});

t.test("the output size is at most the requested one, even, and keeps the camera's aspect ratio", t => {
  t.strictSame(outputSize({ width: 1280, height: 720 }, { width: 640, height: 480 }), { width: 640, height: 360 });
  t.strictSame(outputSize({ width: 1600, height: 1200 }, { width: 1280, height: 720 }), { width: 960, height: 720 });
  t.strictSame(outputSize({ width: 320, height: 240 }, { width: 640, height: 480 }), { width: 320, height: 240 });
  t.strictSame(outputSize({ width: 1366, height: 768 }, { width: 640, height: 480 }), { width: 640, height: 360 });
  t.strictSame(outputSize({ width: 641, height: 481 }, { width: 1280, height: 720 }), { width: 640, height: 480 });
  const pixels = fc.integer({ min: 32, max: 4000 });
  const size = fc.record({ width: pixels, height: pixels });
  const evenSize = size.map(({ width, height }) => ({ width: width & ~1, height: height & ~1 }));
  fc.assert(
    fc.property(size, evenSize, (mode, limit) => {
      const { width, height } = outputSize(mode, limit);
      const inside = width <= limit.width && height <= limit.height && width <= mode.width && height <= mode.height;
      const even = width % 2 === 0 && height % 2 === 0 && width >= 2 && height >= 2;
      // Off by no more than the rounding to even numbers.
      const aspect = Math.abs(width * mode.height - height * mode.width) <= 2 * (mode.width + mode.height);
      return inside && even && aspect;
    }),
  );
  t.end();
});

t.test('one of the modes of any camera is chosen, and not a slow one without need', t => {
  const anyMode = fc.record({
    format: fc.constantFrom('YUYV', 'NV12', 'MJPG', 'H264', 'BA81'),
    width: fc.integer({ min: 64, max: 4000 }),
    height: fc.integer({ min: 64, max: 4000 }),
    framerates: fc.array(fc.constantFrom<number>(5, 7.5, 10, 15, 25, 29.97, 30, 60), { minLength: 1 }),
  });
  fc.assert(
    fc.property(fc.array(anyMode), fc.constantFrom(5, 15, 30, 60), (modes, framerate) => {
      const usable = modes.filter(({ format }) => ['YUYV', 'NV12', 'MJPG'].includes(format));
      const choice = chooseMode(modes, { width: 1280, height: 720, framerate }, { h264: 'never', decodes: ['MJPG'] });
      if (usable.length === 0) return choice === null;
      if (!choice) return false;
      const from = usable.find(
        ({ format, width, height, framerates }) =>
          format === choice.mode.format &&
          width === choice.mode.width &&
          height === choice.mode.height &&
          framerates.some(rate => rate === choice.mode.framerate),
      );
      const tooSlow = choice.mode.framerate * 2 < framerate;
      const quickest = Math.max(...usable.flatMap(({ framerates }) => framerates));
      return from !== undefined && !(tooSlow && quickest * 2 >= framerate) && choice.exact === (choice.detail === null);
    }),
  );
  t.end();
});
