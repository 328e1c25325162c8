import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { checkFromWorker, type FromWorker } from '../../src/media/messages.js';
import { ENCODERS } from '../../src/worker/encoders.js';

const WORKER = fileURLToPath(new URL('../../src/worker/main.js', import.meta.url));

/** What the probe says on this machine, with some encoders left out. */
async function probe(...skip: string[]): Promise<FromWorker[]> {
  const child = fork(WORKER, ['probe', ...skip], {
    execArgv: ['--expose-gc'],
    serialization: 'advanced',
    silent: true,
  });
  const messages: FromWorker[] = [];
  child.on('message', data => {
    const message = checkFromWorker(data);
    if (message) messages.push(message);
  });
  await once(child, 'exit');
  return messages;
}

t.test('the software encoders really encode, and the probe says what became of each', async t => {
  // Hardware is left out, so that the outcome is the same on every machine.
  const hardware = ENCODERS.map(({ element }) => element).filter(element => !/^(x264|openh264)enc$/.test(element));
  for (const [skip, expected] of [
    [hardware, 'x264enc'],
    [[...hardware, 'x264enc'], 'openh264enc'],
  ] as const) {
    const messages = await probe(...skip);
    const outcomes = messages.flatMap(message => (message.type === 'probed' ? [message] : []));
    t.match(outcomes[0], { element: expected, outcome: 'selected' });
    t.ok(outcomes.slice(1).every(({ outcome }) => outcome === 'skipped'));
    t.match(
      messages.find(({ type }) => type === 'found'),
      { gstreamer: /^1\.\d+\.\d+$/ },
    );
    t.equal(messages.at(-1)?.type, 'done');
  }
});
