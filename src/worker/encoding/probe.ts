import { tryDecoder } from '../../gst/decoder-trial.js';
import { DECODERS } from '../../gst/decoders.js';
import { inspectMachine } from '../../gst/machine.js';
import { Gst } from '../../gst/native.js';
import { trial } from '../../gst/trial.js';
import type { FromWorker } from '../../messages/camera-worker.js';
import type { CodecName } from '../../protocol/codecs.js';
import { CODEC_ELEMENTS } from './codec-elements.js';
import { ENCODERS } from './encoders.js';
import { encoderLine } from './encoding.js';
import { neededElements } from './needed-elements.js';

const FRAMES = 'videotestsrc num-buffers=5 ! video/x-raw,width=640,height=480,framerate=30/1';
const SETTINGS = { bitrate: 1_000_000, keyframeInterval: 30 };
const NOT_INSTALLED = 'the element is not installed';

/**
 * Probes the encoders and decoders of this machine. Runs in its own process, as a driver may hang or crash; every
 * element is announced before it is tried, so that the parent can restart the probe without it.
 * @param words elements to skip; `--decoders`: probe decoders too; `--encoder=ELEMENT`: an earlier run has selected
 * this
 *   encoder
 */
export async function probe(send: (message: FromWorker) => void, words: ReadonlySet<string>): Promise<void> {
  send({
    type: 'found',
    gstreamer: Gst.version().slice(0, 3).join('.'),
    libnice: Gst.Registry.get().findPlugin('nice')?.getVersion() ?? null,
    missing: neededElements().filter(({ element }) => !isInstalled(element)),
  });
  const known = [...words].find(word => word.startsWith('--encoder='))?.slice('--encoder='.length);
  await probeEncoders(send, words, known ?? null);
  if (words.has('--decoders')) await probeDecoders(send, words);
  send({ type: 'done' });
}

async function probeEncoders(
  send: (message: FromWorker) => void,
  skip: ReadonlySet<string>,
  known: string | null,
): Promise<void> {
  let selected = known;
  for (const encoder of ENCODERS) {
    const { element, title } = encoder;
    if (skip.has(element)) continue;
    const probed = { type: 'probed', kind: 'encoder', element, title } as const;
    if (!isInstalled(element)) send({ ...probed, outcome: 'absent', reason: NOT_INSTALLED });
    else if (selected !== null) send({ ...probed, outcome: 'skipped', reason: `${selected} comes first` });
    else {
      send({ type: 'probing', kind: 'encoder', element, title });
      const reason = await trial(`${FRAMES} ! ${encoderLine(encoder, SETTINGS)}`);
      if (reason === null) selected = element;
      send({ ...probed, outcome: reason === null ? 'selected' : 'failed', reason: reason ?? 'the first that encoded' });
    }
  }
}

async function probeDecoders(send: (message: FromWorker) => void, skip: ReadonlySet<string>): Promise<void> {
  for (const decoder of DECODERS) {
    const { element, title } = decoder;
    if (skip.has(element)) continue;
    const probed = { type: 'probed', kind: 'decoder', element, title } as const;
    if (!isInstalled(element)) {
      send({ ...probed, outcome: 'absent', reason: NOT_INSTALLED });
      continue;
    }
    send({ type: 'probing', kind: 'decoder', element, title });
    const reason = await tryDecoder(decoder, inspectMachine());
    send({ ...probed, outcome: reason === null ? 'works' : 'failed', reason: reason ?? 'it decoded' });
  }
}

const isInstalled = (element: string): boolean => Gst.ElementFactory.find(element) !== null;

/** The codecs that can be received and sent with the installed elements. */
export function installedCodecs(): CodecName[] {
  return (Object.keys(CODEC_ELEMENTS) as CodecName[]).filter(codec => {
    const { payloader, depayloader, parser } = CODEC_ELEMENTS[codec];
    return [payloader, depayloader, ...parser.slice(0, 1).map(line => line.split(' ')[0] ?? '')].every(isInstalled);
  });
}
