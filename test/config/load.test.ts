import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { CommandError, EXIT } from '../../src/domain/command-error.js';
import { defaultConfig, loadConfig, loadText } from '../../src/server/config/load.js';

const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-config-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'robot.yaml');

function load(text: string): ReturnType<typeof loadConfig> {
  writeFileSync(file, text);
  return loadConfig(file);
}

function complaint(text: string): string {
  try {
    load(text);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (error.exitCode !== EXIT.config) throw new Error(`exit code ${error.exitCode}`);
    return error.message.replaceAll(`${file}:`, '');
  }
  throw new Error('it was accepted');
}

t.test('the defaults', t => {
  const config = {
    version: 1,
    server: { host: '0.0.0.0', port: 8765 },
    limits: { viewers: 50, linger: 10, publisherReturn: 30, requestsPerMinute: 600, wrongTokensPerMinute: 30 },
    ice: { servers: [{ urls: ['stun:stun.l.google.com:19302'], lifetime: 86_400 }] },
    protocol: { etags: 'compatible' },
    log: { level: 'info' },
    legacy: { mode: 'auto', anonymous: false, networks: [] },
    access: {
      tokens: [],
      jwt: [],
      anonymous: [],
      requireTokenOnSessions: false,
      origins: ['*'],
      sources: [],
      proxies: [],
    },
  };
  t.strictSame(defaultConfig(), config);
  for (const nothing of ['', '# all as it is\n', '{}', 'null', '---\n'])
    t.strictSame(load(nothing), config, JSON.stringify(nothing));
  t.end();
});

t.test('a complete file; absent settings have their defaults', t => {
  const config = load(`
server:
  port: 0
limits: { linger: 0.5 }
cameras:
  road:
    source: rtsp://u:p@192.0.2.7/s
    bitrate: 2000000
  arm: { source: v4l2:/dev/video0, name: The arm, passthrough: never }
`);
  t.strictSame(config.server, { host: '0.0.0.0', port: 0 });
  t.match(config.limits, { viewers: 50, linger: 0.5 });
  t.strictSame(Object.keys(config.cameras ?? {}), ['road', 'arm'], 'in their order');
  t.strictSame(config.cameras?.road, {
    source: 'rtsp://u:p@192.0.2.7/s',
    bitrate: 2_000_000,
    width: 640,
    height: 480,
    framerate: 30,
    keyframeInterval: 60,
    passthrough: 'auto',
    fallback: 'vp8',
    overlay: 'none',
    stallTimeout: 2,
    controls: {},
  });
  t.end();
});

t.test('errors name the line, the key, the value and what is allowed', t => {
  const cases: [name: string, text: string, expected: RegExp][] = [
    [
      'unknown key',
      'server:\n  port: 1\n  prot: 2',
      /^3: server\.prot is not a known key; the keys are host, port, tls$/,
    ],
    ['unknown at the top', 'camera: {}', /^1: camera is not a known key; .* server, limits, .*cameras$/],
    ['unknown of a camera', 'cameras:\n  a:\n    source: test\n    fps: 30', /^4: cameras\.a\.fps .* framerate/],
    ['type', 'server:\n\n  port: "80"', /^3: server\.port is "80"; it must be of type integer$/],
    ['range', 'server: { port: 65536 }', /^1: server\.port is 65536; it must be <= 65535$/],
    ['not whole', 'limits: { viewers: 1.5 }', /limits\.viewers is 1\.5; .*integer/],
    ['odd size', 'cameras: { a: { source: test, width: 641 } }', /cameras\.a\.width is 641; it must be multiple of 2/],
    [
      'one of',
      'cameras: { a: { source: test, passthrough: maybe } }',
      /passthrough is "maybe"; it must be one of auto, always, never/,
    ],
    ['no source', 'cameras:\n  a:\n    width: 640', /^\d: cameras\.a lacks the key "source"$/],
    [
      'source of no kind',
      'cameras:\n  a:\n    source: http://h/x',
      /^3: cameras\.a\.source is "http:\/\/h\/x"; .*v4l2:\/dev\/video0/,
    ],
    [
      'name of a camera',
      'cameras:\n  "a b":\n    source: test',
      /^2: cameras\.a b is not a valid camera name: letters/,
    ],
    ['list of cameras', 'cameras:\n  - source: test', /^[12]: cameras is \[.*; it must be of type object$/],
    ['a word', 'road', /^1: the file is "road"; it must be of type object$/],
    ['a list', '- 1', /^1: the file is \[1\]/],
    ['null', 'server:', /^1: server is null; it must be of type object$/],
  ];
  for (const [name, text, expected] of cases) t.match(complaint(text), expected, name);
  t.end();
});

t.test('all errors are reported at once, a line each', t => {
  const lines = complaint('server:\n  prot: 2\nlimits:\n  viewers: 0\n').split('\n');
  t.equal(lines.length, 2);
  t.match(lines.sort(), [/^2: server\.prot/, /^4: limits\.viewers/]);
  t.end();
});

t.test('a password in a wrong source is not printed', t => {
  t.notMatch(complaint('cameras: { a: { source: "http://u:secret@h/x" } }'), 'secret');
  t.notMatch(
    complaint('cameras: { a: { source: "rtsp://u:secret@h/x", extra: 1, width: rtsp://u:secret@h/x } }'),
    'secret',
  );
  t.end();
});

t.test('invalid YAML', t => {
  const cases: [string, string, RegExp][] = [
    ['bracket', 'server: {\n  port: 1\ncameras: [', /^\d: invalid YAML: /],
    ['tab', 'server:\n\tport: 1', /^2: invalid YAML: /],
    ['key twice', 'server:\n  port: 1\n  port: 2', /^3: invalid YAML: .*unique/],
    ['bytes', '\0\u0001\u0002', /YAML|the file is/],
    ['two documents', 'server: {}\n---\nserver: {}', /YAML/],
  ];
  for (const [name, text, expected] of cases) t.match(complaint(text), expected, name);
  t.end();
});

t.test('anchors are allowed, but not a YAML bomb', t => {
  const shared = load('cameras:\n  a: &a { source: test, width: 320 }\n  b: *a\n');
  t.equal(shared.cameras?.b?.width, 320);
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x,x]',
    ...'bcdefghi'.split('').map((key, n) => `${key}: &${key} [${Array(10).fill(`*${'abcdefghi'[n]}`)}]`),
  ].join('\n');
  t.match(complaint(bomb), /alias/i);
  t.match(complaint('a: *nowhere'), /alias|nowhere/i);
  t.end();
});

t.test('merge keys and names of prototypes do not change a default', t => {
  t.match(complaint('__proto__: { server: { port: 1 } }'), '__proto__ is not a known key');
  t.match(complaint('cameras: { constructor: { source: test }, __proto__: { source: test } }'), '__proto__');
  t.equal(({} as { server?: unknown }).server, undefined);
  t.end();
});

t.test('unreadable files', t => {
  const failing = (path: string): string => {
    try {
      loadConfig(path);
    } catch (error) {
      if (error instanceof CommandError && error.exitCode === EXIT.config) return error.message;
      throw error;
    }
    throw new Error('it was accepted');
  };
  t.match(failing(join(folder, 'none.yaml')), /none\.yaml: cannot be read: ENOENT.*--config/);
  t.match(failing(folder), /cannot be read: EISDIR/);
  writeFileSync(file, `# ${'x'.repeat(1_000_001)}\n`);
  t.match(failing(file), /larger than 1000000 bytes/);
  t.end();
});

t.test('the strictness of WHEP and WHIP', t => {
  t.match(load('protocol: { etags: strict }\n'), { protocol: { etags: 'strict' } });
  t.throws(() => load('protocol: { etags: lax }\n'), { message: /:1: protocol\.etags .*compatible, strict/ });
  t.end();
});

t.test('a password that is invalid YAML is not repeated', t => {
  for (const value of [
    '*Hunter2',
    '|Hunter2',
    '!Hunter2 x',
    '"Hunter2',
    '@Hunter2',
    '%Hunter2',
    '&Hunter2',
    '[Hunter2',
  ])
    t.throws(
      () =>
        loadText(
          `ice:\n  servers:\n    - urls: ['turn:t.example']\n      secret: ${value}\n      x: 1\n`,
          'robot.yaml',
        ),
      { message: /^robot\.yaml(?![\s\S]*Hunter2)/ },
      value,
    );
  t.end();
});

t.test('an invalid pattern of sources is reported with its line', t => {
  const text = "access:\n  sources:\n    - test\n    - 'rtsp://u:secret@192.0.2.7/*'\n";
  t.throws(() => loadText(text, 'c.yaml'), {
    message: /^c\.yaml:4: access\.sources\.1 cannot be used: .*without a user/,
  });
  t.throws(() => loadText('access: { sources: [gst:*] }', 'c.yaml'), { message: /^c\.yaml:1: access\.sources\.0/ });
  t.end();
});
