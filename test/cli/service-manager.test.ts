import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { ServiceManager } from '../../src/cli/service-manager.js';
import type { Health } from '../../src/domain/health.js';
import { keptLog } from '../helpers/quiet-log.js';
import { sleep, startServer, until } from '../helpers/server.js';
import { listenAsManager } from '../helpers/service-manager.js';

const WATCHDOG_MS = 300;
const WATCHDOG_USEC = String(WATCHDOG_MS * 1000);
const well: Health = { fault: null, status: '2 cameras, 1 viewer' };
const skip = spawnSync('systemd-notify', ['--version']).error === undefined ? false : 'systemd-notify is not installed';

/** Waits until no message comes for longer than a watchdog's timeout. */
const silence = (messages: readonly unknown[]): Promise<true> =>
  until('no more messages', async () => {
    const before = messages.length;
    await sleep(2 * WATCHDOG_MS);
    return messages.length === before;
  });

t.test('without a service manager nothing is started and nothing fails', async t => {
  const log = keptLog();
  const env = { PATH: '/nowhere', WATCHDOG_USEC };
  const manager = new ServiceManager(env, log);
  t.equal(manager.watchdogMs, null);
  await manager.ready(() => well);
  await manager.reloading();
  await manager.stopping();
  t.strictSame(log.lines, []);
});

t.test('a service manager that cannot be notified is logged once, and the server continues', async t => {
  const log = keptLog();
  const manager = new ServiceManager({ PATH: '/nowhere', NOTIFY_SOCKET: '/nowhere/notify' }, log);
  await manager.ready(() => well);
  await manager.reloading();
  await manager.stopping();
  t.match(log.lines, [{ level: 'warn', fields: { trouble: /ENOENT/, remedy: /systemd-notify/ } }]);
  t.equal(log.lines.length, 1);
});

t.test('the next message is sent whatever systemd-notify does', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-notify-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, 'systemd-notify');
  const log = keptLog();
  const manager = new ServiceManager({ PATH: folder, NOTIFY_SOCKET: join(folder, 'socket') }, log);
  const troubles = () => log.lines.map(({ fields }) => (fields as { trouble?: string }).trouble);
  for (const [text, mode] of [
    ['not executable', 0o600],
    ['#!/bin/sh\necho "Failed to notify: nobody is there" >&2; exit 1\n', 0o700],
    ['#!/bin/sh\nexit 3\n', 0o700],
    ['#!/bin/sh\nkill -9 $$\n', 0o700],
    ['#!/bin/sh\n', 0o700],
    ['#!/bin/sh\nexit 3\n', 0o700],
  ] as const) {
    writeFileSync(program, text);
    chmodSync(program, mode);
    await manager.reloading();
  }
  t.match(troubles(), [/EACCES/, /nobody is there/, /ended with 3/, /ended with SIGKILL/, /ended with 3/]);
});

t.test("systemd's environment variables are not passed to child processes", t => {
  const env = { PATH: '/bin', NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC, WATCHDOG_PID: '1', LANG: 'C' };
  const manager = new ServiceManager(env, keptLog());
  t.strictSame(env, { PATH: '/bin', LANG: 'C' });
  t.equal(manager.watchdogMs, null, 'the watchdog of another process is not fed');
  t.end();
});

t.test('a watchdog is fed three times per timeout, and only if the timeout is valid', t => {
  const msOf = (usec: string) =>
    new ServiceManager({ NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: usec }, keptLog()).watchdogMs;
  t.equal(msOf('30000000'), 10_000);
  for (const wrong of ['', '0', '-1', 'soon', 'NaN']) t.equal(msOf(wrong), null, `"${wrong}"`);
  t.end();
});

t.test('the watchdog is not fed while the server is stalled', { skip }, async t => {
  const { socket, messages, heard } = await listenAsManager(t);
  const log = keptLog();
  let health = well;
  const manager = new ServiceManager({ ...process.env, NOTIFY_SOCKET: socket, WATCHDOG_USEC }, log);
  await manager.ready(() => health);
  t.strictSame(await heard('READY'), { READY: '1', STATUS: well.status });
  t.strictSame(await heard('WATCHDOG', 2), { WATCHDOG: '1', STATUS: well.status });
  health = { ...well, fault: 'unsupervised cameras: front' };
  await until('the fault is logged', () => log.lines.length > 0);
  await silence(messages);
  t.match(log.lines, [{ level: 'error', fields: { fault: health.fault } }], 'the reason is logged once');
  health = { ...well, status: '3 cameras, 1 viewer' };
  await until('it is fed again', () => messages.at(-1)?.STATUS === health.status);
  await manager.stopping();
  t.strictSame(await heard('STOPPING'), { STOPPING: '1', STATUS: 'stopping' });
  await silence(messages);
  t.ok('STOPPING' in (messages.at(-1) ?? {}), 'nothing after it');
});

t.test('the server: ready, fed, reloaded, stopped; not fed while it is stalled', { skip }, async t => {
  const { socket, messages, heard } = await listenAsManager(t);
  Object.assign(process.env, { NOTIFY_SOCKET: socket, WATCHDOG_USEC });
  const started = startServer('--camera', 'road=test', '--camera', 'arm=test');
  delete process.env.NOTIFY_SOCKET;
  delete process.env.WATCHDOG_USEC;
  const server = await started;
  t.teardown(async () => {
    const closed = server.close();
    try {
      process.kill(server.pid, 'SIGCONT');
    } catch {
      // It has ended, as expected.
    }
    await closed;
  });
  t.strictSame(await heard('READY'), { READY: '1', STATUS: '2 cameras, 0 viewers' });
  t.equal((await server.fetch('/api/v1/cameras')).status, 200, 'it serves when it is ready');
  await heard('WATCHDOG', 3);

  process.kill(server.pid, 'SIGHUP');
  const { RELOADING, MONOTONIC_USEC } = await heard('RELOADING');
  t.equal(RELOADING, '1');
  // By the clock that systemd compares it with.
  t.ok(Math.abs(Number(MONOTONIC_USEC) - Number(process.hrtime.bigint() / 1000n)) < 60e6, String(MONOTONIC_USEC));
  await heard('READY', 2);
  t.ok(
    messages.findIndex(message => 'RELOADING' in message) < messages.findLastIndex(message => 'READY' in message),
    'in this order',
  );

  process.kill(server.pid, 'SIGSTOP');
  await silence(messages);
  const before = messages.length;
  process.kill(server.pid, 'SIGCONT');
  await until('it is fed again', () => messages.length > before);

  t.equal(await server.close(), 0);
  await heard('STOPPING');
});
