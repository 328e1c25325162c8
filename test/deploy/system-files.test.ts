import { existsSync, readdirSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import { lacks, ROOT, ran, source } from '../helpers/programs.js';

const AVAHI = 'deploy/avahi/bigfootbot-video.service';
const AVAHI_DTD = '/usr/share/avahi/avahi-service.dtd';
const RULES = 'deploy/udev/70-bigfootbot-video.rules';

/** The relevant keys of udev(7), and how each may be used: matched (`==`) or set. */
const MATCHES = /^(SUBSYSTEMS?|KERNELS?|DRIVERS?|ATTRS?\{\w+\}|ENV\{\w+\})$/;
const SETS = /^(SYMLINK|GROUP|MODE|TAG)$/;

/** The parts of a rule; null for an invalid line. */
function readRule(line: string): { key: string; operator: string; value: string }[] | null {
  const parts = [...line.matchAll(/\s*([A-Z]+(?:\{\w+\})?)(==|!=|\+=|:=|=)"((?:[^"\\]|\\.)*)"(?:,|$)/gy)];
  if (parts.map(([text]) => text).join('') !== line) return null;
  return parts.map(([, key = '', operator = '', value = '']) => ({ key, operator, value }));
}

t.test('the udev rules are valid, those in comments too', t => {
  const lines = source(RULES)
    .split('\n')
    .map(line => line.replace(/^# {3}(?=[A-Z]+==)/, ''))
    .filter(line => line !== '' && !line.startsWith('#'));
  t.ok(lines.length >= 7, `${lines.length}`);
  for (const line of lines) {
    const rule = readRule(line);
    t.ok(rule, line);
    for (const { key, operator } of rule ?? []) {
      const isRight = ['==', '!='].includes(operator) ? MATCHES.test(key) : SETS.test(key);
      t.ok(isRight, `${key}${operator} in ${line}`);
    }
    t.ok(rule?.some(({ operator }) => operator === '==') && rule.at(-1)?.operator !== '==', 'it matches, then sets');
  }
  t.equal(readRule('SUBSYSTEM="video4linux" SYMLINK+="x"'), null, 'a comma is missing');
  t.end();
});

const udevVersion = lacks('udevadm') || Number(/\d+/.exec(ran('udevadm', ['--version']).output)?.[0]) < 254;
t.test('udev accepts the rules', { skip: udevVersion && 'udevadm of systemd 254 or later is not installed' }, t => {
  const { status, output } = ran('udevadm', ['verify', '--resolve-names=never', RULES]);
  t.equal(status, 0, output);
  t.end();
});

t.test('the Avahi service is valid XML', { skip: lacks('xmllint') }, t => {
  t.match(ran('xmllint', ['--noout', '--nonet', AVAHI]), { status: 0 });
  if (!existsSync(AVAHI_DTD)) t.pass('avahi-daemon, which has the DTD, is not installed');
  else t.match(ran('xmllint', ['--noout', '--nonet', '--dtdvalid', AVAHI_DTD, AVAHI]), { status: 0 });
  t.end();
});

t.test('the Avahi service has the default port of the server', t => {
  const service = source(AVAHI);
  const { server } = parse(source('deploy/config.example.yaml')) as { server: { port: number } };
  t.equal(/<port>(\d+)<\/port>/.exec(service)?.[1], String(server.port));
  // RFC 6335: the name of a service has at most 15 characters; a subtype may be longer.
  for (const [, type = ''] of service.matchAll(/<type>_([\w-]+)\._tcp<\/type>/g)) t.ok(type.length <= 15, type);
  const { paths } = parse(source('openapi/openapi.yaml')) as { paths: Record<string, unknown> };
  t.ok('/whep/{camera}' in paths, 'its path of WHEP is right');
  t.match(service, '<txt-record>whep=/whep/{camera}</txt-record>');
  t.end();
});

t.test('shellcheck accepts the shell scripts', { skip: lacks('shellcheck') }, t => {
  const scripts = (readdirSync(`${ROOT}deploy`, { recursive: true }) as string[])
    .filter(path => path.endsWith('.sh'))
    .map(path => `deploy/${path}`);
  t.ok(scripts.includes('deploy/docker/secrets.sh') && scripts.includes('deploy/install.sh'));
  const { status, output } = ran('shellcheck', scripts);
  t.equal(status, 0, output);
  t.end();
});
