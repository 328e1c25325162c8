import t from 'tap';
import { parseSource, redact, type Source, SourceError, showSource } from '../../src/domain/source.js';

t.test('the forms of a source', t => {
  const cases: [string, Source][] = [
    ['test', { type: 'test' }],
    ['v4l2:/dev/video0', { type: 'v4l2', by: 'device', name: '/dev/video0' }],
    ['V4L2:/dev/video0', { type: 'v4l2', by: 'device', name: '/dev/video0' }],
    [
      'v4l2:/dev/v4l/by-id/usb-046d_HD_Pro-video-index0',
      { type: 'v4l2', by: 'device', name: '/dev/v4l/by-id/usb-046d_HD_Pro-video-index0' },
    ],
    [
      'v4l2:/dev/v4l/by-path/pci-0000:00:14.0-usb-0:3:1.0-video-index0',
      { type: 'v4l2', by: 'device', name: '/dev/v4l/by-path/pci-0000:00:14.0-usb-0:3:1.0-video-index0' },
    ],
    ['v4l2:serial=46D0825C', { type: 'v4l2', by: 'serial', name: '46D0825C' }],
    ['v4l2:serial=a b=c', { type: 'v4l2', by: 'serial', name: 'a b=c' }],
    ['v4l2:bus=usb-0000:00:14.0-1', { type: 'v4l2', by: 'bus', name: 'usb-0000:00:14.0-1' }],
    ['argus:0', { type: 'argus', sensor: 0 }],
    ['argus:2', { type: 'argus', sensor: 2 }],
    ['libcamera', { type: 'libcamera', camera: null }],
    ['libcamera:/base/soc/i2c0mux/i2c@1/imx219@10', { type: 'libcamera', camera: '/base/soc/i2c0mux/i2c@1/imx219@10' }],
    ['gst: videotestsrc is-live=true ! videoflip ', { type: 'gst', line: 'videotestsrc is-live=true ! videoflip' }],
    ['file:/srv/road.mp4', { type: 'file', path: '/srv/road.mp4' }],
    ['file:///srv/road.mp4', { type: 'file', path: '/srv/road.mp4' }],
    ['file:road.mp4', { type: 'file', path: '/etc/robot/road.mp4' }],
    ['file:../up/a road #1.mp4', { type: 'file', path: '/etc/up/a road #1.mp4' }],
    ['rtsp://192.0.2.7/stream', { type: 'rtsp', url: 'rtsp://192.0.2.7/stream' }],
    ['rtsps://u:p%40ss@[2001:db8::1]:322/a?b=c', { type: 'rtsp', url: 'rtsps://u:p%40ss@[2001:db8::1]:322/a?b=c' }],
  ];
  for (const [text, source] of cases) t.strictSame(parseSource(text, '/etc/robot'), source, text);
  t.end();
});

t.test('an invalid source is refused with the valid forms', t => {
  const cases: [string, RegExp][] = [
    ['', /use one of test, whip, v4l2/],
    ['/dev/video0', /use one of test, whip, v4l2/],
    ['http://192.0.2.7/x', /is not a known source/],
    ['Test', /is not a known source/],
    ['constructor:x', /is not a known source/],
    ['v4l2:', /names no device/],
    ['v4l2:/etc/passwd', /names no device/],
    ['v4l2:/dev/../etc/passwd', /names no device/],
    ['v4l2:/dev/video0 ! filesink location=/x', /names no device/],
    ['v4l2:serial=', /names no camera/],
    ['v4l2:bus= ', /names no camera/],
    ['v4l2:id=7', /names no device/],
    ['argus:', /names no sensor/],
    ['argus:-1', /names no sensor/],
    ['argus:256', /names no sensor/],
    ['argus:0 ! x', /names no sensor/],
    ['libcamera:', /names no camera/],
    ['gst:', /no elements/],
    ['gst:a\nb', /control character/],
    ['file:', /names no file/],
    ['file:/a\nb', /control character/],
    ['file:/a\0b', /control character/],
    ['rtsp:', /is not a URL/],
    ['rtsp:///path', /is not a URL/],
    ['rtsp://[::1', /is not a URL/],
  ];
  for (const [text, words] of cases) {
    t.throws(() => parseSource(text, '/'), { message: words }, JSON.stringify(text));
    try {
      parseSource(text, '/');
    } catch (error) {
      t.ok(error instanceof SourceError, JSON.stringify(text));
    }
  }
  t.end();
});

t.test('passwords are hidden wherever a source is shown', t => {
  const shown: [string, string][] = [
    ['rtsp://u:secret@192.0.2.7/s', 'rtsp://u:***@192.0.2.7/s'],
    ['rtsp://:secret@192.0.2.7/s', 'rtsp://:***@192.0.2.7/s'],
    ['rtsp://u:se:cr:et@192.0.2.7:554/s', 'rtsp://u:***@192.0.2.7:554/s'],
    ['rtsp://192.0.2.7:554/s', 'rtsp://192.0.2.7:554/s'],
    ['rtsp://u@192.0.2.7/s', 'rtsp://u@192.0.2.7/s'],
  ];
  for (const [url, expected] of shown) t.equal(showSource({ type: 'rtsp', url }), expected, url);
  t.equal(
    redact('Could not open rtsp://a:secret@192.0.2.7/x nor RTSP://b:secret@192.0.2.8/y: 401'),
    'Could not open rtsp://a:***@192.0.2.7/x nor RTSP://b:***@192.0.2.8/y: 401',
  );
  t.equal(
    showSource({
      type: 'gst',
      line: 'rtspsrc location=rtsp://a:secret@192.0.2.7/x user-id=a user-pw="sec ret" ! x passphrase = secret ! y',
    }),
    'gst:rtspsrc location=rtsp://a:***@192.0.2.7/x user-id=a user-pw=*** ! x passphrase = *** ! y',
  );
  t.throws(() => parseSource('http://u:secret@192.0.2.7/', '/'), { message: /u:\*\*\*@/ });
  t.throws(() => parseSource('rtsp://u:secret@/', '/'), { message: /u:\*\*\*@/ });
  t.end();
});

// Passwords of cameras contain anything, and people type them unescaped.
t.test('a password with unescaped characters is hidden entirely', t => {
  for (const password of ['pa@ss', 'p@a@ss', 'pa/ss', 'pa#ss', 'pa?ss', '12#ss', '@ss']) {
    const url = `rtsp://u:${password}@192.0.2.7/s`;
    let shown: string;
    try {
      shown = showSource(parseSource(url, '/'));
    } catch (error) {
      shown = (error as Error).message;
    }
    t.notMatch(shown, 'ss@', url);
    t.match(shown, '192.0.2.7', `${url}: which camera it is`);
  }
  t.end();
});

t.test('displayed sources parse to the same', t => {
  for (const text of [
    'test',
    'whip',
    'v4l2:/dev/video1',
    'v4l2:serial=46D0825C',
    'v4l2:bus=usb-0000:00:14.0-1',
    'argus:1',
    'libcamera',
    'libcamera:imx219',
    'file:/a/b c.mp4',
    'rtsp://192.0.2.7/s',
    'gst:videotestsrc is-live=true ! videoflip',
  ])
    t.equal(showSource(parseSource(text, '/')), text);
  t.end();
});
