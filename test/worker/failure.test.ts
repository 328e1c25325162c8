import t from 'tap';
import type { Source } from '../../src/domain/source.js';
import { CameraFailure, explain } from '../../src/worker/failure.js';

const v4l2: Source = { type: 'v4l2', by: 'device', name: '/dev/video7' };
const file: Source = { type: 'file', path: '/srv/road.mp4' };
const rtsp: Source = { type: 'rtsp', url: 'rtsp://u:secret@192.0.2.7/s' };
const error = (message: string, debug = '') => ({ element: 'source', message, debug });
const debug = (words: string): string =>
  `../sys/v4l2/v4l2_calls.c(609): gst_v4l2_open (): /GstPipeline:p/GstV4l2Src:source:\n${words}`;

t.test('errors of GStreamer, with a remedy', t => {
  const cases: [string, Source, Parameters<typeof explain>[1], string, RegExp][] = [
    [
      'unplugged',
      v4l2,
      error("Cannot identify device '/dev/video7'.", debug('system error: No such file or directory')),
      "v4l2:/dev/video7: Cannot identify device '/dev/video7': system error: No such file or directory",
      /Plug the camera in/,
    ],
    [
      'no permission for the device',
      v4l2,
      error("Could not open device '/dev/video7' for reading and writing.", debug('system error: Permission denied')),
      'system error: Permission denied',
      /group "video"/,
    ],
    [
      'no permission for the file',
      file,
      error('Could not open file for reading.', debug('system error: Permission denied')),
      'file:/srv/road.mp4: ',
      /user that the server runs as/,
    ],
    [
      'busy',
      v4l2,
      error("Device '/dev/video7' is busy", debug('system error: Device or resource busy')),
      'busy',
      /fuser/,
    ],
    [
      'no file',
      file,
      error('Resource not found.', debug('No such file "/srv/road.mp4"')),
      'road.mp4',
      /Check the path/,
    ],
    ['wrong password', rtsp, error('Unauthorized', debug('Unauthorized (401)')), 'Unauthorized', /user name/],
    [
      'camera off',
      rtsp,
      error('Could not open resource for reading and writing.', debug('Failed to connect. (Generic error)')),
      'Failed to connect',
      /camera is on|address/,
    ],
    [
      'refused',
      rtsp,
      error('Could not connect to server', debug('Connection refused')),
      'Connection refused',
      /camera is on/,
    ],
    [
      'no video in it',
      file,
      error(
        'This appears to be a text file',
        debug('decodebin cannot decode plain text: could not determine type of stream'),
      ),
      'text file',
      /gst-discoverer/,
    ],
    [
      'size',
      v4l2,
      error('Internal data stream error.', debug('streaming stopped, reason not-negotiated (-4)')),
      'not-negotiated',
      /v4l2-ctl/,
    ],
    ['silent', rtsp, 'no frame within 8 s', 'rtsp://u:***@192.0.2.7/s: no frame within 8 s', /another program/],
    ['something else', v4l2, error('The moon is full', ''), 'v4l2:/dev/video7: The moon is full', /server log/],
  ];
  for (const [name, source, cause, words, remedy] of cases) {
    const failure = explain(source, cause);
    t.ok(failure instanceof CameraFailure);
    t.match(failure.message, words, name);
    t.match(failure.remedy, remedy, `${name}: remedy`);
  }
  t.end();
});

t.test("passwords are hidden in GStreamer's errors too", t => {
  const failure = explain(
    rtsp,
    error('Could not open rtsp://u:secret@192.0.2.7/s', debug('gave up on rtsp://u:secret@192.0.2.7/s')),
  );
  t.notMatch(failure.message + failure.remedy, 'secret');
  t.notMatch(explain(rtsp, 'no frame for 5 s').message, 'secret');
  t.end();
});

t.test('messages have no repetition, no excessive length and no source lines', t => {
  t.equal(explain(file, error('Not found.', debug('Not found'))).message, 'file:/srv/road.mp4: Not found');
  t.notMatch(explain(v4l2, error('Oh.', debug('words'))).message, /v4l2_calls\.c|GstPipeline/);
  t.ok(explain(v4l2, error('Oh.', debug('x'.repeat(10_000)))).message.length < 500);
  t.end();
});
