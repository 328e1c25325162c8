import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { EXIT } from '../../src/domain/command-error.js';
import { lacks, ran, source } from '../helpers/programs.js';

const UNIT = 'bigfootbot-video.service';
/** Tenths of the exposure of "systemd-analyze security", from 0 to 100; it was 20 with systemd 252. */
const MOST_EXPOSURE = 25;

const unit = source(`deploy/systemd/${UNIT}`);
const skip = lacks('systemd-analyze');
/** A unit with an existing program, as systemd also checks that. */
const installed = unit.replace(/^ExecStart=\S+/m, 'ExecStart=/bin/sh');
const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-unit-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

/** The unit in its own folder, with or without the Jetson's drop-in. */
function write(name: string, dropIn: string | null): string {
  const file = join(folder, name, UNIT);
  mkdirSync(join(folder, name, `${UNIT}.d`), { recursive: true });
  writeFileSync(file, installed);
  if (dropIn !== null) writeFileSync(join(folder, name, `${UNIT}.d`, 'jetson.conf'), dropIn);
  return file;
}

const valuesOf = (key: string): string[] =>
  [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);

t.test('systemd understands every line, on a Jetson too', { skip }, t => {
  for (const [name, dropIn] of [
    ['plain', null],
    ['jetson', source('deploy/systemd/jetson.conf')],
  ] as const) {
    const { status, output } = ran('systemd-analyze', ['verify', '--man=no', write(name, dropIn)]);
    t.equal(status, 0, output);
    t.notMatch(output, /bigfootbot/, name);
  }
  t.end();
});

t.test('an error in the unit would be detected', { skip }, t => {
  const file = join(folder, 'wrong.service');
  writeFileSync(file, installed.replace('ProtectHome=yes', 'ProtectHome=maybe\nProtectHone=yes'));
  const { output } = ran('systemd-analyze', ['verify', '--man=no', file]);
  t.match(output, /ProtectHone/);
  t.match(output, /maybe/);
  t.end();
});

t.test('the service is sandboxed', { skip }, t => {
  const judge = (most: number) =>
    ran('systemd-analyze', ['security', '--offline=yes', '--no-pager', `--threshold=${most}`, write('plain', null)]);
  const { status, output } = judge(MOST_EXPOSURE);
  t.equal(status, 0, output);
  t.not(judge(1).status, 0, 'the threshold is effective');
  t.end();
});

t.test('restarts and timeouts', t => {
  t.strictSame(valuesOf('Restart'), ['always']);
  t.strictSame(valuesOf('RestartPreventExitStatus'), [`${EXIT.usage} ${EXIT.config}`]);
  t.end();
});

t.test('the command line holds no secret, and no port', t => {
  t.strictSame(valuesOf('ExecStart'), [
    '/opt/bigfootbot-video/bin/bigfootbot-video serve --config /etc/bigfootbot-video/config.yaml',
  ]);
  t.end();
});
