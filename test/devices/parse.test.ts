import t from 'tap';
import type { CaptureMode } from '../../src/domain/devices.js';
import { parseControls } from '../../src/server/devices/parse-controls.js';
import { parseFormats } from '../../src/server/devices/parse-formats.js';
import { parseInfo, tidy } from '../../src/server/devices/parse-info.js';
import { recorded } from '../helpers/fake-v4l2-ctl.js';

const lines = (modes: readonly CaptureMode[]): string[] =>
  modes.map(({ format, width, height, framerates }) => `${format} ${width}x${height} ${framerates.join(' ')}`.trim());

t.test('the kind of a node', async t => {
  const about = (name: string): unknown => {
    const { driver, name: card, bus, captures } = parseInfo(recorded(name)) ?? {};
    return [driver, card, bus, captures];
  };
  t.strictSame(about('c920.info'), ['uvcvideo', 'HD Pro Webcam C920', 'usb-0000:00:10.0-1.2.1', true]);
  t.strictSame(about('uvc-metadata.info'), ['uvcvideo', 'Integrated Camera', 'usb-0000:00:14.0-8', false]);
  t.strictSame(about('usb-camera.info'), ['uvcvideo', 'USB 2.0 Camera: USB Camera', 'usb-101c0000.ehci-1.2', true]);
  t.strictSame(about('bcm2835-v4l2.info'), ['bm2835 mmal', 'mmal service 16.1', 'platform:bcm2835-v4l2', true]);
  t.strictSame(about('bcm2835-codec.info'), ['bcm2835-codec', 'bcm2835-codec-decode', 'platform:bcm2835-codec', false]);
  t.strictSame(about('tegra-video.info'), ['tegra-video', 'vi-output, imx477 7-001a', 'platform:54080000.vi:0', true]);
  t.strictSame(about('vivid-000.info'), ['vivid', 'vivid', 'platform:vivid-000', true]);
  t.strictSame(about('vivid-001.info'), ['vivid', 'vivid', 'platform:vivid-001', true]);
  t.strictSame(about('vivid-out.info'), ['vivid', 'vivid', 'platform:vivid-000', false], 'an output device');
  t.strictSame(about('vivid-meta.info'), ['vivid', 'vivid', 'platform:vivid-000', false], 'metadata only');
  t.equal(parseInfo(''), null);
  t.equal(parseInfo('Cannot open device /dev/video0, exiting.'), null);
  const isp = recorded('vivid-000.info').replace('Driver name      : vivid', 'Driver name      : pispbe');
  t.equal(parseInfo(isp)?.captures, false, 'an image processor');
});

t.test('duplicate names', async t => {
  t.equal(tidy('Integrated Camera: Integrated C'), 'Integrated Camera');
  t.equal(tidy('USB Video: USB Video'), 'USB Video');
  t.equal(tidy('FHD WebCam: IR Camera'), 'FHD WebCam: IR Camera');
  t.equal(tidy('HD Pro Webcam C920'), 'HD Pro Webcam C920');
});

t.test('formats, sizes and rates', async t => {
  t.strictSame(lines(parseFormats(recorded('c920.formats'))), [
    'YUYV 640x480 30 24 20 15 10 7.5 5',
    'YUYV 1920x1080 5',
    'YUYV 2304x1296 2',
    'YUYV 2304x1536 2',
    'H264 640x480 30 24 20',
  ]);
  t.strictSame(
    lines(parseFormats(recorded('usb-camera.formats'))),
    [
      'MJPG 1920x1080 30',
      'MJPG 1280x720 30',
      'MJPG 640x480 30',
      'MJPG 320x240 30',
      'YUYV 640x480 30',
      'YUYV 320x240 30',
    ],
    'the format before 1.18; duplicates are listed once',
  );
  t.strictSame(lines(parseFormats(recorded('tegra-video.formats'))), [
    'RG10 3264x2464 21',
    'RG10 3264x1848 28',
    'RG10 1920x1080 30',
    'RG10 1280x720 60',
  ]);
  const vivid = parseFormats(recorded('vivid.formats'));
  t.equal(vivid.length, 18);
  t.strictSame(lines(vivid).slice(0, 4), [
    'YUYV 320x180 60 50 40 30 25 15 12.5 10 5 4 2 1',
    'YUYV 640x360 40 30 25 15 12.5 10 5 4 2 1',
    'YUYV 640x480 25 15 12.5 10 5 4 2 1',
    'YUYV 1280x720 12.5 10 5 4 2 1',
  ]);
  t.strictSame(parseFormats('ioctl: VIDIOC_ENUM_FMT\n\tType: Video Capture\n\n'), []);
  t.strictSame(parseFormats(''), []);
});

t.test('ranges of sizes and rates give the usual ones and the largest', async t => {
  const pi = lines(parseFormats(recorded('bcm2835-v4l2.formats')));
  t.ok(pi.includes('H264 640x480'), 'the driver names no rates');
  t.ok(pi.includes('YU12 1920x1080'));
  t.ok(pi.includes('YU12 2592x1944'), 'the largest');
  t.notOk(
    pi.some(line => line.includes('3840x2160')),
    'none that is larger',
  );
  // From v4l2-ctl's source; no camera was found that prints them.
  const range = (size: string, interval: string): string[] =>
    lines(parseFormats(`\t[0]: 'YUYV' (YUYV 4:2:2)\n\t\tSize: ${size}\n\t\t\tInterval: ${interval}\n`));
  t.strictSame(
    range(
      'Stepwise 640x480 - 1920x1088 with step 16/16',
      'Stepwise 0.033s - 0.200s with step 0.001s (5.000-30.000 fps)',
    ),
    [
      'YUYV 640x480 30 25 24 20 15 10 5',
      'YUYV 848x480 30 25 24 20 15 10 5',
      'YUYV 1024x576 30 25 24 20 15 10 5',
      'YUYV 1024x768 30 25 24 20 15 10 5',
      'YUYV 1280x720 30 25 24 20 15 10 5',
      'YUYV 1280x960 30 25 24 20 15 10 5',
      'YUYV 1920x1088 30 25 24 20 15 10 5',
    ],
    '800x600, 960x540 and 1920x1080 are between two steps',
  );
  t.strictSame(range('Continuous 48x32 - 180x130', 'Continuous 0.040s - 1.000s (1.000-25.000 fps)'), [
    'YUYV 160x120 25 24 20 15 10 5 1',
    'YUYV 180x130 25 24 20 15 10 5 1',
  ]);
  t.strictSame(range('Discrete 0x0', 'Discrete 0.033s (30.000 fps)'), [], 'no size');
  t.strictSame(range('Discrete 64x64', 'Discrete 0.000s (inf fps)'), ['YUYV 64x64'], 'no rate');
});

t.test('controls', async t => {
  const vivid = parseControls(recorded('vivid.controls'));
  const named = (name: string) => vivid.find(control => control.name === name);
  t.match(named('brightness'), {
    title: 'Brightness',
    type: 'int',
    value: 128,
    default: 128,
    min: 0,
    max: 255,
    step: 1,
  });
  t.strictSame(named('hue')?.min, -128);
  t.strictSame(named('mute')?.value, false);
  t.strictSame(named('gain_automatic')?.value, true);
  t.strictSame(named('gain')?.flags, ['inactive', 'volatile']);
  t.match(named('button'), { type: 'button', value: null, default: null, flags: ['write-only', 'execute-on-write'] });
  t.match(named('menu'), {
    type: 'menu',
    value: 3,
    default: 3,
    menu: [
      { value: 1, label: 'Menu Item 1' },
      { value: 3, label: 'Menu Item 3' },
      { value: 4, label: 'Menu Item 4' },
    ],
  });
  t.match(named('string'), { type: 'string', value: '  ', min: 2, max: 4, step: 1, flags: ['has-payload'] });
  t.match(named('bitmask'), { type: 'bitmask', value: 0x80002000, default: 0x80002000, max: 0x80402010, min: null });
  t.match(named('integer_menu'), { type: 'intmenu', value: 4 });
  t.strictSame(named('integer_menu')?.menu?.[2], { value: 4, label: '5' });
  t.strictSame(named('read_only_integer_32_bits')?.flags, ['read-only']);
  t.strictSame(named('test_pattern')?.menu?.length, 22);
  t.strictSame(named('integer_64_bits')?.type, 'int');
  for (const array of ['u8_2x3x4x5_array', 'u32_1_element_array', 'area', 'u8_pixel_array'])
    t.equal(named(array), undefined, `${array} is not a single value`);
  t.equal(new Set(vivid.map(({ name }) => name)).size, vivid.length);

  const c920 = parseControls(recorded('c920.controls'));
  t.equal(c920.length, 11);
  t.match(c920.at(-1), { name: 'exposure_time_absolute', title: 'Exposure Time Absolute', flags: ['inactive'] });
  t.match(c920.at(-2)?.menu, [{ value: 1, label: 'Manual Mode' }, { value: 3 }]);
  t.strictSame(
    parseControls(recorded('old.controls')).map(({ name, value }) => [name, value]),
    [
      ['brightness', 240],
      ['saturation', 64],
      ['hue', 0],
      ['white_balance_component_auto', false],
    ],
    'the format without numbers',
  );
  t.strictSame(parseControls(''), []);
  const odd = "  label 0x0 (str)    : min=0 max=32 step=1 value='it' flags=read-only' flags=has-payload";
  t.match(
    parseControls(odd)[0],
    { value: "it' flags=read-only", flags: ['has-payload'] },
    'a string may have any content',
  );
});
