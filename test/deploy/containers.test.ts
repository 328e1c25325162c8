import { existsSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import { ROOT, ran, source } from '../helpers/programs.js';

const DOCKER = 'deploy/docker';

interface Instruction {
  name: string;
  words: string;
}

/** The instructions of a Dockerfile, each in one line. */
function instructions(file: string): Instruction[] {
  return source(`${DOCKER}/${file}`)
    .split('\n')
    .filter(line => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const [, name = '', words = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
      return { name, words };
    });
}

const KNOWN = 'ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK RUN USER VOLUME WORKDIR'.split(' ');
const FILES = ['Dockerfile', 'Dockerfile.nvidia', 'Dockerfile.jetson'];

for (const file of FILES) {
  const all = instructions(file);
  const named = (name: string) => all.filter(instruction => instruction.name === name).map(({ words }) => words);

  t.test(file, t => {
    for (const { name, words } of all) t.ok(KNOWN.includes(name), `${name} ${words}`);
    t.ok(['ARG', 'FROM'].includes(all[0]?.name ?? ''), 'it starts with its base');

    const stages = new Set<string>();
    const arguments_ = new Map(named('ARG').map(words => words.split('=') as [string, string]));
    for (const words of named('FROM')) {
      const [, base = '', stage] = /^(\S+)(?: AS (\S+))?$/.exec(words) ?? [];
      const image = base.replace(/^\$\{(\w+)\}$/, (_, name: string) => arguments_.get(name) ?? '');
      t.ok(stages.has(image) || /^[\w./-]+(:[\w.-]+)?$/.test(image), words);
      // The base images are pinned to a version.
      t.ok(stages.has(image) || image.includes(':') || image === 'bigfootbot-video', words);
      if (stage !== undefined) stages.add(stage);
    }
    for (const words of named('COPY')) {
      const [, from, sources = ''] = /^(?:--from=(\S+) )?(.*) \S+$/.exec(words) ?? [];
      if (from !== undefined) t.ok(stages.has(from), words);
      else for (const path of sources.split(' ')) t.ok(existsSync(`${ROOT}${path}`), words);
    }
    for (const words of [...named('ENV'), ...named('ARG')]) t.notMatch(words, /secret|token|password/i);
    t.end();
  });
}

t.test('the images install the packages that deploy/packages names', t => {
  const listed = (...users: string[]): string[] =>
    source('deploy/packages')
      .split('\n')
      .map(line => line.split(/ +/))
      .filter(([user = '']) => users.includes(user))
      .map(([, name = '']) => name);
  const commands = instructions('Dockerfile')
    .map(({ words }) => /\$\((sed .*? (?:\/tmp|deploy)\/packages)\)/.exec(words)?.[1])
    .filter(command => command !== undefined)
    .map(command =>
      ran('sh', ['-c', command.replace('/tmp/packages', 'deploy/packages')])
        .output.trim()
        .split('\n'),
    );
  t.strictSame(commands, [listed('run', 'build'), listed('run')]);
  t.ok(listed('build').includes('g++') && !listed('run').includes('g++'), 'no compiler in the runtime image');
  t.end();
});

t.test('the container does not run as root, and has a health check', t => {
  for (const file of ['Dockerfile', 'Dockerfile.jetson']) {
    const all = instructions(file);
    const last = all.slice(all.findLastIndex(({ name }) => name === 'FROM'));
    t.strictSame(
      last.filter(({ name }) => name === 'USER').map(({ words }) => words),
      ['bigfootbot-video'],
      file,
    );
    t.equal(last.filter(({ name }) => name === 'HEALTHCHECK').length, 1);
    t.notOk(last.slice(last.findIndex(({ name }) => name === 'USER')).some(({ name }) => name === 'RUN'));
  }
  t.end();
});

t.test('the Jetson image is the plain one on another base', t => {
  const rest = (file: string) => source(`${DOCKER}/${file}`).split(/^# --- From here on .*$/m)[1];
  t.equal(rest('Dockerfile.jetson'), rest('Dockerfile'));
  t.ok(rest('Dockerfile')?.includes('FROM base AS build'));
  t.end();
});

interface Service {
  image: string;
  build?: { context: string; dockerfile: string };
  command?: string[];
  environment?: Record<string, string>;
  volumes?: string[];
  secrets?: string[];
  cap_drop?: string[];
  read_only?: boolean;
}
interface Compose {
  services: Record<string, Service>;
  secrets: Record<string, { file: string }>;
  volumes: Record<string, unknown>;
}

t.test('compose.yaml', t => {
  const { services, secrets, volumes } = parse(source(`${DOCKER}/compose.yaml`)) as Compose;
  t.strictSame(Object.keys(services), ['video', 'proxy', 'turn']);
  const made = ran('sed', ['-n', 's/.*>\\(secrets\\/[a-z.-]*\\)\\.new$/\\1/p', `${DOCKER}/secrets.sh`]).output;
  t.strictSame(
    made.trim().split('\n'),
    Object.values(secrets).map(({ file }) => file),
    'secrets.sh creates them',
  );
  for (const [name, service] of Object.entries(services)) {
    t.strictSame(service.cap_drop, ['ALL'], name);
    t.equal(service.read_only, true, name);
    for (const secret of service.secrets ?? []) t.ok(secret in secrets, `${name}: ${secret}`);
    for (const volume of service.volumes ?? []) {
      const [from = ''] = volume.split(':');
      if (from.startsWith('./')) t.ok(existsSync(`${ROOT}${DOCKER}/${from}`), volume);
      else t.ok(from.startsWith('/dev') || from in volumes, volume);
    }
    // A list of processes, or an inspection of a container, shows both.
    for (const words of [...(service.command ?? []), ...Object.keys(service.environment ?? {})])
      t.notMatch(words, /token|password|auth-secret=/i, `${name}: ${words}`);
  }
  const { build } = services.video ?? {};
  t.ok(existsSync(`${ROOT}${build?.dockerfile}`), 'its Dockerfile is there');
  t.match(services.turn?.command, ['-c', '/run/secrets/turnserver.conf']);
  t.end();
});

t.test('the build context of the images has only the sources', t => {
  const [first, ...rest] = source('.dockerignore')
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'));
  t.equal(first, '*');
  const kept = rest.filter(line => line.startsWith('!')).map(line => line.slice(1));
  for (const path of kept) t.ok(existsSync(`${ROOT}${path}`), path);
  // The files that deploy/build.sh and deploy/pack.sh read.
  for (const path of [
    'src',
    'openapi',
    'deploy',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'docs/deploy.md',
  ])
    t.ok(kept.includes(path), path);
  t.ok(rest.includes('deploy/docker/secrets'), 'no secret is in an image');
  t.end();
});
