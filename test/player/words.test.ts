import t from 'tap';
import { numbered, warning } from '../../src/player/words.js';

t.test('what stands over a picture that is old', t => {
  t.equal(warning(null, 'connecting'), 'connecting');
  t.equal(warning(640, null), 'PICTURE IS 0.6 s OLD');
  t.equal(warning(12_400, 'the link is lost'), 'PICTURE IS 12 s OLD\nthe link is lost');
  t.equal(warning(125_000, null), 'PICTURE IS 2 min 5 s OLD');
  t.end();
});

t.test('one file after the other', t => {
  t.equal(numbered('/v/drive.mkv', 1), '/v/drive.mkv');
  t.equal(numbered('/v/drive.mkv', 2), '/v/drive-2.mkv');
  t.equal(numbered('/v.1/drive', 3), '/v.1/drive-3');
  t.end();
});
