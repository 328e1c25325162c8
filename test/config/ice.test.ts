import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { CommandError, EXIT } from '../../src/domain/command-error.js';
import { planIce } from '../../src/server/config/ice.js';
import { defaultConfig, loadConfig } from '../../src/server/config/load.js';

const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-ice-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'robot.yaml');

function plan(ice: object): ReturnType<typeof planIce> {
  writeFileSync(file, JSON.stringify({ ice }));
  return planIce(loadConfig(file).ice, folder);
}

function complaint(ice: object): string {
  try {
    plan(ice);
  } catch (error) {
    if (!(error instanceof CommandError) || error.exitCode !== EXIT.config) throw error;
    return error.message.replaceAll(`${file}:1: `, '');
  }
  throw new Error(`it was accepted: ${JSON.stringify(ice)}`);
}

const turn = { urls: ['turn:h'] };

t.test('the defaults', async t => {
  const expected = {
    servers: [
      {
        urls: [{ scheme: 'stun', host: 'stun.l.google.com', port: 19302, transport: 'udp' }],
        access: { type: 'open' },
      },
    ],
    udpPorts: null,
    interfaces: null,
    announce: [],
  };
  t.strictSame(planIce(defaultConfig().ice, '/'), expected);
  t.strictSame(plan({}), expected);
  t.strictSame(plan({ servers: [] }).servers, [], 'none, if configured so');
});

t.test('every setting', async t => {
  writeFileSync(join(folder, 'secret'), ' from a file \nnot this\n');
  t.strictSame(
    plan({
      servers: [
        { urls: ['stun:[2001:db8::1]:1'] },
        { urls: ['turn:h', 'turns:h:443'], secret: 'north', lifetime: 600 },
        { urls: ['turn:h'], username: 'u', credential: 'p:"' },
        { urls: ['turn:h'], secretFile: 'secret' },
        { urls: ['turn:h'], username: 'u', credentialFile: join(folder, 'secret') },
      ],
      udpPorts: '50000-50100',
      interfaces: ['eth0', '192.0.2.2'],
      announce: ['203.0.113.7', '2001:db8::7', 'robot.example.org'],
    }),
    {
      servers: [
        { urls: [{ scheme: 'stun', host: '2001:db8::1', port: 1, transport: 'udp' }], access: { type: 'open' } },
        {
          urls: [
            { scheme: 'turn', host: 'h', port: 3478, transport: 'udp' },
            { scheme: 'turns', host: 'h', port: 443, transport: 'tcp' },
          ],
          access: { type: 'timed', secret: 'north', lifetime: 600 },
        },
        {
          urls: [{ scheme: 'turn', host: 'h', port: 3478, transport: 'udp' }],
          access: { type: 'fixed', username: 'u', credential: 'p:"' },
        },
        {
          urls: [{ scheme: 'turn', host: 'h', port: 3478, transport: 'udp' }],
          access: { type: 'timed', secret: 'from a file', lifetime: 86_400 },
        },
        {
          urls: [{ scheme: 'turn', host: 'h', port: 3478, transport: 'udp' }],
          access: { type: 'fixed', username: 'u', credential: 'from a file' },
        },
      ],
      udpPorts: { min: 50_000, max: 50_100 },
      interfaces: ['eth0', '192.0.2.2'],
      announce: ['203.0.113.7', '2001:db8::7', 'robot.example.org'],
    },
  );
});

t.test('errors name the key and what is allowed', async t => {
  writeFileSync(join(folder, 'empty'), '\nsecret in the second line\n');
  const cases: [string, object, RegExp][] = [
    ['URL', { servers: [{ urls: ['stun:h', 'turn://h'] }] }, /^ice\.servers\.0\.urls\.1 must not have "\/\/"/],
    ['scheme', { servers: [{ urls: ['https://h'] }] }, /^ice\.servers\.0\.urls\.0 is not a STUN or TURN URL/],
    ['no user', { servers: [turn] }, /^ice\.servers\.0 is a TURN server without credentials.*"secret".*"username"/],
    ['no password', { servers: [{ ...turn, username: 'u' }] }, /lacks its "credential"/],
    ['no name', { servers: [{ ...turn, credential: 'p' }] }, /lacks its "username"/],
    ['both', { servers: [{ ...turn, secret: 's', username: 'u' }] }, /either the server takes time-limited/],
    ['twice', { servers: [{ ...turn, secret: 's', secretFile: 'f' }] }, /"secret" and "secretFile"; one of them/],
    ['no file', { servers: [{ ...turn, secretFile: 'none' }] }, /secretFile cannot be read: ENOENT.*none/],
    ['empty file', { servers: [{ ...turn, secretFile: 'empty' }] }, /first line of secretFile/],
    ['header', { servers: [{ ...turn, username: 'u', credential: 'ü' }] }, /"credential".*printable ASCII/],
    ['port order', { udpPorts: '50100-50000' }, /^ice\.udpPorts is "50100-50000"; the lower port comes first/],
    ['port 0', { udpPorts: '0-10' }, /^ice\.udpPorts .*1 to 65535/],
    ['port too high', { udpPorts: '60000-65536' }, /1 to 65535/],
    ['ports of no form', { udpPorts: '50000' }, /^ice\.udpPorts is "50000"; it must match pattern/],
    [
      'announced URL',
      { announce: ['http://h'] },
      /^ice\.announce\.0 is "http:\/\/h"; it must be an IP address or a host name/,
    ],
    ['announced port', { announce: ['192.0.2.1:80'] }, /ice\.announce\.0/],
    ['announced almost', { announce: ['203.0.113'] }, /ice\.announce\.0/],
    ['announced loopback', { announce: ['127.0.0.1'] }, /cannot be reached from other machines/],
    ['announced any', { announce: ['0.0.0.0'] }, /cannot be reached/],
    ['announced link-local', { announce: ['FE80::1'] }, /cannot be reached/],
    ['announced multicast', { announce: ['239.1.1.1'] }, /cannot be reached/],
    ['no interface', { interfaces: [] }, /ice\.interfaces .*fewer than 1/],
    ['no URL', { servers: [{ urls: [] }] }, /ice\.servers\.0\.urls .*fewer than 1/],
    ['key', { turn: [] }, /ice\.turn is not a known key; the keys are servers, udpPorts, interfaces, announce/],
    ['lifetime', { servers: [{ ...turn, secret: 's', lifetime: 5 }] }, /lifetime is 5; it must be >= 60/],
  ];
  for (const [name, ice, words] of cases) t.match(complaint(ice), words, name);
  t.equal(complaint({ servers: [turn, turn], udpPorts: '9-1', announce: ['::1', '0.0.0.0'] }).split('\n').length, 5);
});

t.test('no message contains a secret', async t => {
  const cases: object[] = [
    { servers: [{ urls: ['turn:user:hush@h'], secret: 'hush' }] },
    { servers: [{ urls: ['turn:h'], secret: 'hush', username: 'u' }] },
    { servers: [{ urls: ['turn:h'], username: 'u', credential: 'hush\u0007' }] },
    { servers: { urls: ['turn:h'], secret: 'hush' } },
    { servers: [{ urls: 'turn:h', credential: 'hush' }] },
    { servers: [{ urls: ['turn:h'], secret: ['hush'] }] },
    { servers: [{ urls: ['turn:h'], credential: `hush${'x'.repeat(500)}` }] },
    { servers: [[{ urls: ['turn:h'], secret: 'hush' }]] },
  ];
  for (const ice of cases) t.notMatch(complaint(ice), 'hush', JSON.stringify(ice));
});
