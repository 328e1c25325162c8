import t from 'tap';
import { numbered, warning } from '../../src/receiver/player/words.js';

t.test('the text over an old frame, or before the first one', t => {
  t.equal(warning(640, null), 'VIDEO IS 0.6 s OLD');
  t.equal(warning(125_000, 'robot refuses'), 'VIDEO IS 2 min 5 s OLD\nrobot refuses');
  t.equal(warning(7_260_000, null), 'VIDEO IS 2 h 1 min OLD');
  t.equal(warning(null, 'connecting'), 'connecting');
  t.equal(warning(null, null), '');
  t.end();
});

t.test('the second file of a recording, and those after it', t => {
  const cases: [string, number, string][] = [
    ['/a/drive.mkv', 1, '/a/drive.mkv'],
    ['/a/drive.mkv', 2, '/a/drive-2.mkv'],
    ['/a.b/drive.tar.mp4', 12, '/a.b/drive.tar-12.mp4'],
    ['/a.b/drive', 2, '/a.b/drive-2'],
    ['$&.mkv', 2, '$&-2.mkv'],
  ];
  for (const [file, number, expected] of cases) t.equal(numbered(file, number), expected);
  t.end();
});
