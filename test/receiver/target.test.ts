import t from 'tap';
import { parseTarget, type Target, TargetError } from '../../src/receiver/target.js';

const read = (...words: string[]): ReturnType<typeof parseTarget> => parseTarget(words, false);
const legacy = (...words: string[]): ReturnType<typeof parseTarget> => parseTarget(words, true);
const robot = (...words: string[]): [string, readonly string[]] | Target['type'] => {
  const { target } = read(...words);
  return target.type === 'robot' ? [target.origin.href, target.cameras] : target.type;
};
const endpoints = (...words: string[]): [string, string, string][] => {
  const { target } = read(...words);
  return target.type === 'whep' ? target.endpoints.map(({ id, label, url }) => [id, label, url.href]) : [];
};

t.test('a robot and its cameras', t => {
  t.strictSame(robot('http://robot:8765'), ['http://robot:8765/', []]);
  t.strictSame(robot('HTTPS://Robot/'), ['https://robot/', []]);
  t.strictSame(robot('robot:8765'), ['http://robot:8765/', []], 'no scheme');
  t.strictSame(robot('robot'), ['http://robot/', []]);
  t.strictSame(robot('192.0.2.7:8765', 'front'), ['http://192.0.2.7:8765/', ['front']]);
  t.strictSame(robot('[2001:db8::1]:8765'), ['http://[2001:db8::1]:8765/', []]);
  t.strictSame(robot('http://robot', 'front', 'rear', 'front'), ['http://robot/', ['front', 'rear']], 'each once');
  t.strictSame(robot('http://robot/#camera=rear'), ['http://robot/', []]);
  t.end();
});

t.test('the token at the end of a URL', t => {
  t.equal(read('http://robot:8765').token, null);
  t.equal(read('http://robot:8765/#token=abc').token, 'abc');
  t.equal(read('robot:8765#camera=front&token=a%2Bb').token, 'a+b');
  t.equal(read('http://robot/#token=').token, null, 'an empty one is ignored');
  t.equal(read('http://h/path/whep#token=abc').token, 'abc');
  t.equal(legacy('ws://robot:8765/#token=abc').token, 'abc');
  for (const { target } of [read('http://robot/#token=abc'), read('http://h/x#token=abc'), legacy('ws://h#token=abc')])
    t.notMatch(JSON.stringify(target), 'abc', 'and is nowhere else');
  t.end();
});

t.test('WHEP endpoints, and their names', t => {
  t.strictSame(endpoints('https://host/path/whep'), [['path', 'path', 'https://host/path/whep']]);
  t.strictSame(endpoints('host:8889/cam1/whep'), [['cam1', 'cam1', 'http://host:8889/cam1/whep']]);
  t.strictSame(endpoints('http://host/whep/front'), [['front', 'front', 'http://host/whep/front']]);
  t.strictSame(endpoints('http://host/whep'), [['host', 'host', 'http://host/whep']]);
  t.strictSame(endpoints('http://host/api/webrtc?src=cam'), [['webrtc', 'webrtc', 'http://host/api/webrtc?src=cam']]);
  t.strictSame(
    endpoints('http://host/?src=cam'),
    [['host', 'host', 'http://host/?src=cam']],
    'a URL with a query is no robot',
  );
  t.strictSame(endpoints('http://[::1]/whep'), [['1', '1', 'http://[::1]/whep']]);
  t.match(endpoints(`http://host/${'a'.repeat(500)}`)[0]?.[1], /^a{40}$/);
  t.match(endpoints('http://host/%2e%2e%2f..%2fx/whep')[0]?.[0], /^[\w-]+$/, 'it becomes part of a file name');
  t.end();
});

t.test('several with the same name', t => {
  const ids = (...paths: string[]): string[] =>
    endpoints(...paths.map(path => `http://h/${path}/whep`)).map(([id]) => id);
  t.strictSame(ids('a', 'a', 'a'), ['a', 'a-2', 'a-3']);
  t.strictSame(ids('a', 'a', 'a-2').sort(), ['a', 'a-2', 'a-3'], 'a numbered name that is already in use');
  t.strictSame(ids('a-2', 'a', 'a').sort(), ['a', 'a-2', 'a-3']);
  t.strictSame(
    endpoints('http://h/a', 'http://h/a').map(([, label]) => label),
    ['a', 'a'],
    'the label stays',
  );
  t.end();
});

t.test('a legacy sender', t => {
  const { target } = legacy('ws://robot:8765', 'left', 'right');
  t.match(target, { type: 'legacy', cameras: ['left', 'right'] });
  t.equal(target.type === 'legacy' && target.url.href, 'ws://robot:8765/');
  t.equal(legacy('robot:8765').target.type, 'legacy');
  t.match(legacy('wss://robot/?form=flat').target, { url: { search: '?form=flat' } });
  t.end();
});

t.test('invalid targets', t => {
  const cases: [string, () => unknown, RegExp][] = [
    ['nothing', () => read(''), /"" is not a URL\. Expected http:/],
    ['spaces', () => read('http://a b'), /is not a URL/],
    ['port', () => read('robot:99999'), /is not a URL/],
    ['scheme', () => read('ftp://robot'), /does not begin with http:\/\/ or https:\/\/\./],
    ['file', () => read('file:///etc/passwd'), /does not begin with http:\/\/ or https:\/\/\./],
    ['ws', () => read('ws://robot:8765'), /does not begin with http:\/\/ or https:\/\/\./],
    [
      'http of a legacy sender',
      () => legacy('http://robot:8765'),
      /does not begin with ws:\/\/ or wss:\/\/\. With --legacy, expected ws:/,
    ],
    ['user', () => read('http://u:secret@robot'), /password in the URL/],
    ['user alone', () => read('http://u@robot'), /password in the URL/],
    ['of an endpoint', () => read('http://h/a', 'http://u:secret@h/b'), /password in the URL/],
    ['camera', () => read('http://robot', 'my camera'), /"my camera" is not a valid camera name/],
    ['camera as a path', () => read('http://robot', '../x'), /is not a valid camera name/],
    ['URL for a camera', () => read('http://robot', 'http://other'), /is not a valid camera name/],
    ['long name', () => read('http://robot', 'x'.repeat(65)), /is not a valid camera name/],
    ['option for a camera', () => legacy('ws://robot', '-x'), /is not a valid camera name/],
    ['twice', () => legacy('ws://robot', 'a', 'b', 'a'), /both be named "a"/],
  ];
  for (const [name, parse, words] of cases) {
    try {
      parse();
      t.fail(name);
    } catch (error) {
      t.ok(error instanceof TargetError, name);
      t.match((error as Error).message, words, name);
      t.notMatch((error as Error).message, 'secret', name);
    }
  }
  t.end();
});
