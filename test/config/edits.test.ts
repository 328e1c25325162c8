import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import type { CameraSettings } from '../../src/domain/contract.js';
import { Failure } from '../../src/domain/failure.js';
import { ConfigFile, ConfigMemory } from '../../src/server/config/config-storage.js';
import type { ConfigStore } from '../../src/server/config/store.js';
import { configFile, openStore } from '../helpers/config-store.js';

/** Settings as sent: without defaults. */
const settings = (given: object): CameraSettings => given as CameraSettings;

async function failureOf(step: Promise<unknown>): Promise<Failure> {
  try {
    await step;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const FILE = `cameras:
  # the eye
  front:   # in front
    source: rtsp://u:p@192.0.2.7/s
    bitrate: 2000000
  launched: { source: test, name: A }
`;

/** The lines that are in only one of two texts, as in a diff. */
function difference(before: string, after: string): string[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  return [
    ...old.filter(line => !now.includes(line)).map(line => `-${line}`),
    ...now.filter(line => !old.includes(line)).map(line => `+${line}`),
  ];
}

t.test('a change affects only its own lines', async t => {
  const text = `# head

cameras:   # all
    # the eye
    front:        # in front
        source:  'rtsp://u:p@192.0.2.7/s'
        bitrate: 2000000      # bit/s
        controls:
            hue: 1            # of 9


        name: >-   # folded
            The
            front
    flow:  {source: test,   width: 320}   # beside
    # about the last
    last: { source: test }
        # its own
# about access
access:   {requireTokenOnSessions: true}
`;
  const changes: [name: string, change: (store: ConfigStore) => Promise<void>, lines: string[]][] = [
    [
      'a value',
      s => s.patch('front', { bitrate: 3_000_000 }, undefined),
      ['-        bitrate: 2000000      # bit/s', '+        bitrate: 3000000      # bit/s'],
    ],
    [
      'a text, quoted as before',
      s => s.patch('front', { source: 'test' }, undefined),
      ["-        source:  'rtsp://u:p@192.0.2.7/s'", "+        source:  'test'"],
    ],
    ['one removed', s => s.patch('front', { bitrate: null }, undefined), ['-        bitrate: 2000000      # bit/s']],
    ['one added', s => s.patch('front', { width: 320 }, undefined), ['+        width: 320']],
    [
      'a map added',
      s => s.patch('last', { controls: { hue: 2 } }, undefined),
      ['-    last: { source: test }', '+    last: { source: test, controls: { hue: 2 } }'],
    ],
    [
      'inside a map',
      s => s.patch('front', { controls: { hue: 2, gain: 3 } }, undefined),
      ['-            hue: 1            # of 9', '+            hue: 2            # of 9', '+            gain: 3'],
    ],
    [
      'in flow',
      s => s.patch('flow', { width: 640 }, undefined),
      ['-    flow:  {source: test,   width: 320}   # beside', '+    flow:  { source: test, width: 640 }   # beside'],
    ],
    [
      'a new camera',
      s => s.create('new', settings({ source: 'test', controls: { hue: 1 } })),
      ['+    new:', '+        source: test', '+            hue: 1'],
    ],
    [
      'a camera removed, with its comments',
      s => s.remove('last', undefined),
      ['-    # about the last', '-    last: { source: test }', '-        # its own'],
    ],
  ];
  for (const [name, change, lines] of changes) {
    const file = configFile(t, text);
    const { store } = await openStore(t, { storage: new ConfigFile(file) });
    await change(store);
    t.strictSame(difference(text, readFileSync(file, 'utf8')), lines, name);
  }
});

t.test('a default is restored when its setting is removed', async t => {
  const { store, held } = await openStore(t, { storage: new ConfigMemory('/c.yaml', FILE) });
  await store.patch('front', { bitrate: null, keyframeInterval: 30 }, undefined);
  t.match(held.at(-1)?.cameras[0]?.plan.settings, { bitrate: 1_000_000, keyframeInterval: 30 });
});

t.test('a change without an effect is not written', async t => {
  const file = configFile(t, FILE);
  const { store } = await openStore(t, { storage: new ConfigFile(file) });
  const { ino } = statSync(file);
  const etag = store.etagOf('front');
  await store.patch('front', {}, undefined);
  await store.replace('front', settings({ bitrate: 2_000_000, source: 'rtsp://u:***@192.0.2.7/s' }), undefined);
  t.equal(statSync(file).ino, ino);
  t.equal(store.etagOf('front'), etag);
});

t.test('ETags identify the configuration, and cannot be made without the secret', async t => {
  const storage = new ConfigFile(configFile(t, FILE));
  const { store } = await openStore(t, { storage });
  const first = store.etagOf('front');
  t.match(first, /^[\w-]{22}$/);
  t.not(first, store.etagOf('launched'));
  t.throws(() => store.etagOf('none'), { code: 'unknown-camera' });
  const stale = await failureOf(store.patch('front', { width: 320 }, '"another", W/"x"'));
  t.match(stale, { code: 'camera-changed', remedy: /Read it again/ });
  await store.patch('front', { width: 320 }, `"another", "${first}"`);
  const second = store.etagOf('front');
  t.not(second, first);
  for (const step of [
    store.replace('front', settings({ source: 'test' }), `"${first}"`),
    store.patch('front', { width: 640 }, `"${first}"`),
    store.remove('front', `"${first}"`),
  ])
    t.match(await failureOf(step), { code: 'camera-changed' });
  await store.patch('front', { width: null }, '*');
  t.equal(store.etagOf('front'), first, 'as it was');
  // Of two edits of the same state, one is refused.
  const both = await Promise.allSettled([1, 2].map(n => store.patch('front', { framerate: n }, `"${first}"`)));
  t.strictSame(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  const { store: other } = await openStore(t, { storage });
  await other.start(
    { prepare: () => () => undefined, discover: async () => ({}), isPassthrough: () => false },
    'another',
  );
  t.not(other.etagOf('front'), store.etagOf('front'));
});

t.test('an invalid change is refused with what is allowed, and nothing happens', async t => {
  const file = configFile(t, FILE);
  const { store, held } = await openStore(t, { storage: new ConfigFile(file) });
  const before = held.length;
  const cases: [step: () => Promise<unknown>, code: string, words: RegExp][] = [
    [() => store.create('front', settings({ source: 'test' })), 'camera-exists', /"front"/],
    [() => store.patch('none', {}, undefined), 'unknown-camera', /"none"/],
    [
      () => store.patch('front', { width: 641 }, undefined),
      'invalid-body',
      /^width is 641; it must be multiple of 2\.$/,
    ],
    [() => store.patch('front', { fps: 1 }, undefined), 'invalid-body', /^fps is not a known key; .* framerate/],
    [() => store.patch('front', { source: null }, undefined), 'invalid-body', /^camera "front" lacks the key "source"/],
    [() => store.patch('front', { source: 'tape' }, undefined), 'invalid-body', /^source is "tape"; .*v4l2:/],
    [() => store.patch('front', { source: 'v4l2:/etc/passwd' }, undefined), 'invalid-body', /names no device/],
    [() => store.create('a b', settings({ source: 'test' })), 'invalid-body', /is not a valid camera name/],
    [() => store.create('x', settings({ source: 'gst:fakesrc' })), 'invalid-body', /launch line/],
    [() => store.patch('front', { source: 'GST:fakesrc' }, undefined), 'invalid-body', /launch line/],
    [
      () => store.patch('front', { source: 'rtsp://u:***@192.0.2.8/s' }, undefined),
      'invalid-body',
      /password is hidden/,
    ],
    [
      () => store.patch('front', { controls: { Bad: 1 } }, undefined),
      'invalid-body',
      /controls\.Bad is not a valid control name/,
    ],
    [() => store.patch('front', { source: 'http://u:secret@h/' }, undefined), 'invalid-body', /u:\*\*\*@h/],
  ];
  for (const [step, code, words] of cases) {
    const failure = await failureOf(step());
    t.match(failure, { code, message: words });
    t.notMatch(failure.message, 'secret');
  }
  t.equal(held.length, before);
  t.equal(readFileSync(file, 'utf8'), FILE);
});

t.test('a setting without effect on a passthrough stream is refused, unless it ends the passthrough', async t => {
  const { store } = await openStore(t, {
    storage: new ConfigMemory('/c.yaml', FILE),
    applier: { isPassthrough: id => id === 'front' },
  });
  for (const patch of [{ bitrate: 1 }, { bitrate: null }, { keyframeInterval: 7 }].slice(1))
    t.match(await failureOf(store.patch('front', patch, undefined)), { code: 'passthrough', remedy: /"never"/ });
  await store.patch('front', { name: 'X', width: 320 }, undefined);
  await store.patch('front', { bitrate: 2_000_000 }, undefined);
  await store.patch('launched', { bitrate: 3_000_000 }, undefined);
  await store.patch('front', { bitrate: 3_000_000, passthrough: 'never' }, undefined);
  t.pass('taken');
});

t.test('mode, owner and links are preserved', async t => {
  const file = configFile(t, FILE);
  chmodSync(file, 0o640);
  const link = join(dirname(file), 'link.yaml');
  symlinkSync('config.yaml', link);
  const { store } = await openStore(t, { storage: new ConfigFile(link) });
  await store.patch('front', { width: 320 }, undefined);
  t.equal(statSync(file).mode & 0o777, 0o640);
  t.match(readFileSync(file, 'utf8'), 'width: 320');
  t.strictSame(readdirSync(dirname(file)).sort(), ['config.yaml', 'link.yaml'], 'nothing is left beside it');
});

t.test('a file that was edited by hand meanwhile: the change is applied to its new content', async t => {
  const file = configFile(t, FILE);
  const { store, held } = await openStore(t, { storage: new ConfigFile(file) });
  writeFileSync(file, `${FILE}  third: { source: test } # by hand\nlimits: { viewers: 3 }\n`);
  await store.patch('third', { width: 320 }, undefined);
  t.match(readFileSync(file, 'utf8'), /third: \{ source: test, width: 320 \} # by hand/);
  t.equal(held.at(-1)?.config.limits.viewers, 3, 'all of it takes effect');
  for (const [broken, words] of [
    ['cameras: [', /config\.yaml:\d: invalid YAML/],
    [`${FILE}limits: { viewers: 0 }\n`, /config\.yaml:7: limits\.viewers is 0/],
  ] as const) {
    writeFileSync(file, broken);
    const failure = await failureOf(store.patch('front', { width: 640 }, undefined));
    t.match(failure, { code: 'config-not-writable', message: words, remedy: /Correct the file/ });
    t.equal(readFileSync(file, 'utf8'), broken, 'nothing is lost');
    t.equal(held.at(-1)?.config.limits.viewers, 3);
  }
  rmSync(file);
  t.match(await failureOf(store.patch('front', { width: 640 }, undefined)), { code: 'config-not-writable' });
});

t.test('a file that cannot be written', async t => {
  const file = configFile(t, FILE);
  const { store, held } = await openStore(t, {
    storage: new ConfigFile(join(dirname(file), 'link.yaml'), { mayBeMissing: true }),
  });
  const before = held.length;
  // root may write to read-only files: so this is something that not even root may do.
  mkdirSync(join(dirname(file), 'link.yaml'));
  const failure = await failureOf(store.create('x', settings({ source: 'test' })));
  t.match(failure, { code: 'config-not-writable', message: /link\.yaml/ });
  t.equal(held.length, before, 'nothing takes effect that is not saved');
});

t.test('the first change creates the file, with the discovered cameras', async t => {
  const file = join(dirname(configFile(t)), 'state', 'config.yaml');
  const discover = async () => ({ video0: settings({ source: 'v4l2:/dev/video0', name: 'Webcam' }) });
  const storage = new ConfigFile(file, { mayBeMissing: true });
  const { store, held } = await openStore(t, { storage, applier: { discover } });
  t.strictSame(
    held.at(-1)?.cameras.map(({ plan }) => plan.id),
    ['video0'],
  );
  await store.patch('video0', {}, undefined);
  t.throws(() => statSync(file), 'nothing has changed');
  await store.create('2', settings({ source: 'test' }));
  await store.create('1', settings({ source: 'test' }));
  t.equal(
    readFileSync(file, 'utf8')
      .replaceAll(/^#.*\n/gm, '')
      .trimStart(),
    `version: 1
cameras:
  video0:
    source: v4l2:/dev/video0
    name: Webcam
  "2":
    source: test
  "1":
    source: test
`,
  );
  t.match(readFileSync(file, 'utf8'), /^# Created by bigfootbot-video/);
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.equal(statSync(dirname(file)).mode & 0o777, 0o700);
  t.strictSame(
    held.at(-1)?.cameras.map(({ plan }) => plan.id),
    ['video0', '2', '1'],
    'in the order of the file, numbers too',
  );
  await store.remove('video0', undefined);
  await store.remove('2', undefined);
  await store.remove('1', undefined);
  t.strictSame(held.at(-1)?.cameras, [], 'now no camera is configured');
});

t.test('cameras of the command line: changes end with the server, and are logged once', async t => {
  const file = configFile(t, FILE);
  const { store, held, log } = await openStore(t, {
    storage: new ConfigFile(file),
    cameras: new ConfigMemory('/home/--camera', 'cameras:\n  "9": { source: test }\n  "3": { source: test }\n'),
  });
  const ids = (): string[] => (held.at(-1)?.cameras ?? []).map(({ plan }) => plan.id);
  t.strictSame(ids(), ['9', '3']);
  await store.patch('9', { width: 320 }, undefined);
  await store.create('x', settings({ source: 'test' }));
  t.strictSame(ids(), ['9', '3', 'x']);
  t.equal(held.at(-1)?.cameras[0]?.plan.settings.width, 320);
  t.equal(readFileSync(file, 'utf8'), FILE);
  t.equal(log.lines.filter(({ event }) => event.includes('--camera')).length, 1);
  writeFileSync(file, `${FILE}limits: { viewers: 3 }\n`);
  await store.reload({ forced: true });
  t.equal(held.at(-1)?.config.limits.viewers, 3);
  t.strictSame(ids(), ['9', '3', 'x'], 'those of the file do not count');
});

t.test('shared anchors are expanded, so that only one camera changes', async t => {
  const file = configFile(
    t,
    'cameras:\n  a: &a { source: test, controls: &c { hue: 1 } }\n  b: *a\n  d: { source: test, controls: *c }\n',
  );
  const { store, held } = await openStore(t, { storage: new ConfigFile(file) });
  await store.patch('a', { controls: { hue: 2 } }, undefined);
  const hues = () => held.at(-1)?.cameras.map(({ plan }) => plan.settings.controls.hue);
  t.strictSame(hues(), [2, 1, 1]);
  await store.remove('a', undefined);
  t.strictSame(hues(), [1, 1]);
});
