import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { CHILD_TIMES, ChildProcess } from '../../src/process/child-process.js';
import type { RequestError } from '../../src/process/requests.js';
import type { RestartPolicy } from '../../src/process/restart-policy.js';
import { type Exit, Supervised, type SupervisedOptions } from '../../src/process/supervised.js';
import { FakeChild } from '../helpers/fake-child.js';
import { keptLog } from '../helpers/quiet-log.js';
import { VirtualClock } from '../helpers/virtual-clock.js';

type To = { type: 'add'; request: number; a: number; b: number } | { type: 'note'; text: string };
type From =
  | { type: 'ready' }
  | { type: 'sum'; request: number; sum: number }
  | { type: 'refused'; request: number; code: string; detail: string; remedy: string | null }
  | { type: 'noted'; text: string };

const REPLIES = { add: 'sum' } as const;
const POLICY: RestartPolicy = { delaysMs: [0, 250, 1_000], steadyMs: 30_000, giveUpAfter: null, maxStuck: 2 };
const PATIENCE = { timeoutMs: 5_000 };

/** Supervises processes that a test simulates, on its own clock. */
function setUp(more: Partial<SupervisedOptions<To, From, typeof REPLIES>> = {}) {
  const clock = new VirtualClock();
  const children: FakeChild<To, From>[] = [];
  const exits: Exit[] = [];
  const said: From[] = [];
  const supervised = new Supervised<To, From, typeof REPLIES>({
    launch: onMessage => {
      const child = new FakeChild<To, From>(onMessage);
      children.push(child);
      return child;
    },
    replies: REPLIES,
    policy: POLICY,
    onMessage: message => said.push(message),
    onExit: exit => exits.push(exit),
    clock,
    ...more,
  });
  const last = (): FakeChild<To, From> => children.at(-1) as FakeChild<To, From>;
  const up = async (): Promise<FakeChild<To, From>> => {
    last().becomeReady({ type: 'ready' });
    await clock.pass(0);
    return last();
  };
  return { supervised, clock, children, exits, said, last, up };
}

const faultOf = (fault: RequestError['fault'], message = /./) => ({ fault, message });

t.test('replies are matched by number, in any order, among other messages', async t => {
  const { supervised, up, said } = setUp();
  supervised.start();
  const child = await up();
  const first = supervised.request({ type: 'add', a: 1, b: 2 }, PATIENCE);
  const second = supervised.request({ type: 'add', a: 3, b: 4 }, PATIENCE);
  t.strictSame(child.heard, [
    { type: 'add', request: 1, a: 1, b: 2 },
    { type: 'add', request: 2, a: 3, b: 4 },
  ]);
  child.say({ type: 'noted', text: 'between' });
  child.say({ type: 'sum', request: 2, sum: 7 });
  child.say({ type: 'sum', request: 1, sum: 3 });
  t.equal((await first).sum, 3);
  t.equal((await second).sum, 7);
  t.strictSame(said, [{ type: 'noted', text: 'between' }], 'replies are not passed to others');
});

t.test('how a request fails', async t => {
  const { supervised, up, clock, said } = setUp();
  const add = (signal?: AbortSignal) => supervised.request({ type: 'add', a: 1, b: 2 }, { ...PATIENCE, signal });
  await t.rejects(add(), faultOf('died'), 'there is no process');
  supervised.start();
  const child = await up();

  const refused = add();
  child.say({ type: 'refused', request: 1, code: 'overflow', detail: 'too much', remedy: 'take less' });
  await t.rejects(refused, { fault: 'refused', code: 'overflow', message: 'too much', remedy: 'take less' });

  const late = add();
  const isLate = t.rejects(late, faultOf('late', /within 5 s/));
  await clock.pass(5_000);
  await isLate;
  child.say({ type: 'sum', request: 2, sum: 3 });
  t.strictSame(said, [], 'a late reply is dropped');

  const gaveUp = new AbortController();
  const givenUp = add(gaveUp.signal);
  gaveUp.abort(new Error('the viewer left'));
  await t.rejects(givenUp, /the viewer left/);
  await t.rejects(add(gaveUp.signal), /the viewer left/, 'nor is it sent');
  t.equal(child.heard.length, 3);

  const forever = supervised.request({ type: 'add', a: 1, b: 2 }, { timeoutMs: null });
  const died = t.rejects(forever, faultOf('died', /SIGSEGV/));
  await clock.pass(3_600_000);
  child.die();
  await died;
});

t.test('a process that dies is restarted with backoff, and at once after it was up for a while', async t => {
  const { supervised, up, clock, children, exits, last } = setUp();
  supervised.start();
  supervised.start();
  t.equal(children.length, 1, 'it is started once');
  for (const [count, delay] of [0, 250, 1_000, 1_000].entries()) {
    (await up()).die();
    await clock.pass(0);
    t.equal(exits.at(-1)?.restartInMs, delay);
    if (delay > 0) {
      await clock.pass(delay - 1);
      t.equal(children.length, count + 1, `not before ${delay} ms`);
      await clock.pass(1);
    }
    t.equal(children.length, count + 2);
  }
  await up();
  await clock.pass(30_000);
  last().die();
  await clock.pass(0);
  t.match(exits.at(-1), { restartInMs: 0, upMs: 30_000, next: 'restart' });
});

t.test('waiting for a process continues across restarts that are due in time', async t => {
  const { supervised, up, clock, last } = setUp();
  await t.rejects(supervised.untilUp(PATIENCE), faultOf('died'), 'it has not been started');
  supervised.start();
  const waits = supervised.untilUp(PATIENCE);
  last().die('exit code 1');
  await clock.pass(0);
  await up();
  await waits;
  t.ok(supervised.isUp);

  last().die();
  await clock.pass(0);
  await t.rejects(supervised.untilUp({ timeoutMs: 100 }), faultOf('died'), 'the next start is after the timeout');
  const late = t.rejects(supervised.untilUp({ timeoutMs: 300 }), faultOf('late'));
  await clock.pass(300);
  await late;
  const gaveUp = new AbortController();
  const left = t.rejects(supervised.untilUp({ timeoutMs: null, signal: gaveUp.signal }), /left/);
  gaveUp.abort(new Error('left'));
  await left;
  await up();
  await supervised.untilUp(PATIENCE);
});

t.test('a process is prepared before it counts as up; if that fails, it is killed with the reason', async t => {
  let fails = true;
  const { supervised, up, clock, exits, children } = setUp({
    prepare: async () => {
      if (fails) throw new Error('it has no encoder');
    },
  });
  supervised.start();
  await up();
  t.equal(children[0]?.killedFor, 'it has no encoder');
  t.match(exits, [{ reason: 'it has no encoder', upMs: null }]);
  fails = false;
  await clock.pass(0);
  await up();
  t.ok(supervised.isUp);
});

t.test('it is given up after too many failures, or when hopeless, and waiting callers are notified', async t => {
  const { supervised, clock, children, exits, last } = setUp({ policy: { ...POLICY, giveUpAfter: 3 } });
  supervised.start();
  const waits = t.rejects(supervised.untilUp({ timeoutMs: null }), faultOf('died', /given up/));
  for (let i = 0; i < 3; i++) {
    last().die();
    await clock.pass(1_000);
  }
  await waits;
  t.strictSame(
    exits.map(({ next }) => next),
    ['restart', 'restart', 'given up'],
  );
  await clock.pass(3_600_000);
  t.equal(children.length, 3);

  const judged = { verdict: 'progress' as 'progress' | 'hopeless' };
  const other = setUp({ policy: { ...POLICY, giveUpAfter: 3 }, judge: () => judged.verdict });
  other.supervised.start();
  for (let i = 0; i < 10; i++) {
    other.last().die();
    await other.clock.pass(0);
  }
  t.equal(other.children.length, 11, 'one that makes progress each time is not given up');
  judged.verdict = 'hopeless';
  other.last().die();
  await other.clock.pass(1_000);
  t.match(other.exits.at(-1), { next: 'given up' });
});

t.test('a process that hangs in the kernel is replaced; their number is limited', async t => {
  const { supervised, clock, children, exits, last, up } = setUp();
  supervised.start();
  const first = await up();
  const asked = t.rejects(supervised.request({ type: 'add', a: 1, b: 2 }, PATIENCE), faultOf('died'));
  first.becomeGone({ reason: 'it did not answer', isStuck: true });
  await asked;
  await clock.pass(0);
  t.match(exits, [{ isStuck: true, next: 'restart', pid: first.pid }]);
  await up();
  first.say({ type: 'noted', text: 'back again' });
  last().becomeGone({ reason: 'it did not answer', isStuck: true });
  await clock.pass(10_000);
  t.equal(children.length, 2, 'two of them hang');
  t.ok(supervised.isSupervised(), 'and it waits for their end');
  await t.rejects(supervised.untilUp(PATIENCE), faultOf('died'));
  first.exit();
  await clock.pass(0);
  t.equal(children.length, 3);
});

t.test('a blocked start happens when it is allowed', async t => {
  let may = false;
  const { supervised, children, clock, up } = setUp({ mayStart: () => may });
  supervised.start();
  await t.rejects(supervised.untilUp(PATIENCE), faultOf('died'));
  t.ok(supervised.isSupervised());
  supervised.retry();
  t.equal(children.length, 0);
  may = true;
  supervised.retry();
  supervised.retry();
  t.equal(children.length, 1);
  await up();
  await clock.pass(0);
  t.ok(supervised.isUp);
});

t.test('close ends it for good', async t => {
  const { supervised, children, clock, exits, up } = setUp();
  supervised.start();
  await up();
  await supervised.close();
  await supervised.close();
  t.match(exits, [{ next: 'closed' }]);
  supervised.start();
  supervised.retry();
  await clock.pass(60_000);
  t.equal(children.length, 1);
  t.notOk(supervised.isUp);

  const other = setUp();
  other.supervised.start();
  (await other.up()).die();
  await other.clock.pass(0);
  (await other.up()).die();
  await other.clock.pass(0);
  await other.supervised.close();
  await other.clock.pass(60_000);
  t.equal(other.children.length, 2, 'also if a restart was due');
});

t.test('with real processes', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-supervised-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const entry = join(folder, 'child.mjs');
  writeFileSync(
    entry,
    `process.on('message', message => {
      if (message.type === 'close') process.exit(0);
      if (message.type === 'ping') process.send({ type: 'pong' });
      if (message.type === 'note') process.exit(3);
      if (message.type === 'add' && message.a !== 0) process.send({ type: 'sum', request: message.request, sum: message.a + message.b });
    });
    process.send({ type: 'ready' });`,
  );
  const exits: Exit[] = [];
  const supervised = new Supervised<To, From, typeof REPLIES>({
    launch: onMessage =>
      new ChildProcess<To, From>({
        entry,
        args: [],
        check: data => data as From,
        onMessage,
        log: keptLog(),
        times: CHILD_TIMES,
      }),
    replies: REPLIES,
    policy: POLICY,
    onMessage: () => undefined,
    onExit: exit => exits.push(exit),
  });
  t.teardown(() => supervised.close());
  supervised.start();
  await supervised.untilUp({ timeoutMs: null });
  const { pid } = supervised.child ?? {};
  t.equal((await supervised.request({ type: 'add', a: 20, b: 22 }, { timeoutMs: null })).sum, 42);
  const unanswered = t.rejects(
    supervised.request({ type: 'add', a: 0, b: 0 }, { timeoutMs: null }),
    faultOf('died', /code 3/),
  );
  supervised.send({ type: 'note', text: 'exit' });
  await unanswered;
  await supervised.untilUp({ timeoutMs: null });
  t.not(supervised.child?.pid, pid, 'another one is running');
  t.equal((await supervised.request({ type: 'add', a: 1, b: 1 }, { timeoutMs: null })).sum, 2);
  t.match(exits, [{ pid, next: 'restart', restartInMs: 0 }]);
});
