import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { DECODERS } from '../../src/gst/decoders.js';
import { checkFromWorker, type FromWorker } from '../../src/messages/camera-worker.js';
import { Prober } from '../../src/server/media/prober.js';
import { ENCODERS } from '../../src/worker/encoding/encoders.js';
import { keptLog } from '../helpers/quiet-log.js';

const WORKER = fileURLToPath(new URL('../../src/worker/main.js', import.meta.url));

/** The probe's messages on this machine. @param words see src/worker/encoding/probe.ts */
async function probe(...words: string[]): Promise<FromWorker[]> {
  const child = fork(WORKER, ['probe', ...words], {
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

t.test('the software encoders really encode, and the probe reports the outcome of each', async t => {
  // Hardware is excluded, so that the outcome is the same on every machine.
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

t.test('the software decoders really decode the output of an encoder that an earlier run found', async t => {
  const messages = await probe('--decoders', '--encoder=openh264enc', ...ENCODERS.map(e => e.element));
  const outcomes = messages.flatMap(message => (message.type === 'probed' ? [message] : []));
  t.strictSame(
    outcomes.map(({ kind, element }) => [kind, element]),
    DECODERS.map(({ element }) => ['decoder', element]),
  );
  for (const decoder of ['avdec_h264', 'openh264dec'])
    t.match(
      outcomes.find(({ element }) => element === decoder),
      { outcome: 'works' },
    );
  const probing = messages.flatMap(message => (message.type === 'probing' ? [message.element] : []));
  t.strictSame(
    probing,
    outcomes.filter(({ outcome }) => outcome !== 'absent').map(({ element }) => element),
    'each is named before it is tried',
  );
});

t.test('the encoders to be used: the first that opened, then what is installed and was not tried', async t => {
  const prober = new Prober(keptLog(), { decoders: true });
  const names = await prober.encoders;
  const { selected, tried } = prober.machine().encoders;
  t.equal(names[0], selected);
  t.strictSame(
    names.slice(1),
    tried.filter(({ outcome }) => outcome === 'skipped').map(({ element }) => element),
  );
  t.ok(names.includes('openh264enc'), 'the last resort is among them');
  t.strictSame(
    tried.map(({ element }) => element),
    ENCODERS.map(({ element }) => element),
  );
  t.strictSame(
    prober.decoders().map(({ element }) => element),
    DECODERS.map(({ element }) => element),
  );
  t.match(prober.libnice(), /^0\.\d+/);
});
