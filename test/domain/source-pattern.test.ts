import fc from 'fast-check';
import t from 'tap';
import { parseSource, SourceError } from '../../src/domain/source.js';
import { parseSourcePattern } from '../../src/domain/source-pattern.js';

const BASE = '/srv/robot';

/** Whether a pattern matches a source; false for an invalid source. */
function has(pattern: string, text: string): boolean {
  const matches = parseSourcePattern(pattern, BASE);
  try {
    return matches(parseSource(text, BASE));
  } catch (error) {
    if (error instanceof SourceError) return false;
    throw error;
  }
}

t.test('the meaning of patterns', t => {
  const cases: [pattern: string, yes: string[], no: string[]][] = [
    ['test', ['test'], ['whip', 'file:/srv/robot/test']],
    ['whip', ['whip'], ['test']],
    [
      'file:/srv/videos/*',
      ['file:/srv/videos/a.mp4', 'file:///srv/videos/a/b.mp4', 'file:../videos/x', 'file:/srv/x/../videos/y'],
      ['file:/srv/videos', 'file:/srv/videos/../../etc/shadow', 'file:../../etc/shadow', 'file:/srv/videos2/x', 'test'],
    ],
    [
      'file:clips/*.mp4',
      ['file:clips/a.mp4', 'file:/srv/robot/clips/b.mp4'],
      ['file:clips/a.mkv', 'file:/clips/a.mp4'],
    ],
    ['v4l2:/dev/video0', ['v4l2:/dev/video0'], ['v4l2:/dev/video1', 'v4l2:/dev/./video0', 'v4l2:serial=1']],
    ['v4l2:serial=*', ['v4l2:serial=46D0825C'], ['v4l2:/dev/video0', 'v4l2:bus=usb-0000:00:14.0-1']],
    ['v4l2:*', ['v4l2:/dev/video0', 'v4l2:serial=1'], ['file:/dev/video0']],
    ['argus:*', ['argus:0'], ['libcamera']],
    ['libcamera', ['libcamera'], ['libcamera:a']],
    [
      'rtsp://192.0.2.7/live/*',
      [
        'rtsp://192.0.2.7/live/1',
        'RTSP://u:p@192.0.2.7:554/live/1?x=*',
        'rtsp://192.0.2.7:0554/live/',
        'rtsp://192.0.2.7/live/1?to=/../x',
        'rtsp://192.0.2.7/live/..1',
        'rtsp://u:p%40x@192.0.2.7/live/1',
      ],
      [
        'rtsp://192.0.2.7/other',
        'rtsp://192.0.2.7:22/live/1',
        'rtsp://192.0.2.70/live/1',
        'rtsps://192.0.2.7/live/1',
        'rtsp://192.0.2.7/live/../admin',
        'rtsp://192.0.2.7/live/%2E%2e/admin',
        'rtsp://192.0.2.7/live/..',
        'rtsp://192.0.2.7/live/..?x',
        'rtsp://192.0.2.7/live/..%2Fadmin',
        'rtsp://192.0.2.7/live/..%5cadmin',
        'rtsp://192.0.2.7/live/1%2f../admin',
        'rtsp://192.0.2.7/live/..;/admin',
        'rtsp://192.0.2.7/live/.%2e%3b/admin',
        'rtsp://192.0.2.7@203.0.113.1/live/1',
        'rtsp://u@192.0.2.7@203.0.113.1/live/1',
        'rtsp://203.0.113.1\\@192.0.2.7/live/1',
        'rtsp://203.0.113.1/@192.0.2.7/live/1',
        'rtsp://203.0.113.1?@192.0.2.7/live/1',
        'rtsp://203.0.113.1#@192.0.2.7/live/1',
        'rtsp://192.0.2.7 /live/1',
      ],
    ],
    [
      'rtsp://192.0.2.*:*',
      ['rtsp://192.0.2.7:8554/any', 'rtsp://192.0.2.7'],
      ['rtsp://192.0.3.7/', 'rtsp://192.0.2.7.example/', 'rtsp://192.0.2.example/', 'rtsp://192.0.2/'],
    ],
    [
      'rtsp://*.cams.example',
      ['rtsp://a.cams.example/x'],
      ['rtsp://cams.example/x', 'rtsp://a.b.cams.example/', 'rtsp://evil/.cams.example'],
    ],
    [
      'rtsp://*/live',
      ['rtsp://a.example/live', 'rtsp://[fd00::7]/live'],
      ['rtsp://a.example/x', 'rtsp://a.example:1/live'],
    ],
    ['rtsp://[fd00::7]:*/', ['rtsp://[fd00::7]:1/'], ['rtsp://[fd00::8]:1/', 'rtsp://[fd00::7]:1/x']],
  ];
  for (const [pattern, yes, no] of cases) {
    for (const text of yes) t.ok(has(pattern, text), `${pattern} has ${text}`);
    for (const text of no) t.notOk(has(pattern, text), `${pattern} does not match ${text}`);
  }
  t.end();
});

t.test('invalid patterns', t => {
  for (const text of [
    '',
    '*',
    'file:',
    'v4l2:',
    'gst:*',
    'http://192.0.2.7/*',
    'rtsp:*',
    'rtsp://',
    'rtsp://u:p@192.0.2.7/*',
    'rtsp://a b/',
    'rtsp://192.0.2.7:x/',
    'rtsp://host\\/',
  ])
    t.throws(() => parseSourcePattern(text, BASE), { message: /is not a (source )?pattern/ }, text);
  t.end();
});

t.test('many stars are matched quickly', t => {
  const matches = parseSourcePattern(`file:/${'*a'.repeat(1_000)}b`, BASE);
  t.notOk(matches({ type: 'file', path: `/${'a'.repeat(5_000)}` }));
  t.end();
});

t.test('a pattern never matches a file outside its folder', async () => {
  const word = fc.constantFrom('..', '.', 'videos', 'srv', '', '/', '*', '%2e%2e', '//', 'a');
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), words => {
      const source = parseSource(`file:x${words.join('/')}`, BASE);
      if (source.type !== 'file') return false;
      return !parseSourcePattern('file:/srv/videos/*', BASE)(source) || source.path.startsWith('/srv/videos/');
    }),
  );
});
