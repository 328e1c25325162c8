import { tryDecoder } from '../../gst/decoder-trial.js';
import { DECODERS, type Decoder } from '../../gst/decoders.js';
import type { MachineFacts } from '../../gst/machine.js';

/** No decoder works: what was tried, and the remedy. */
export class NoDecoder extends Error {
  readonly remedy: string;
  constructor(detail: string, remedy: string) {
    super(detail);
    this.remedy = remedy;
  }
}

/**
 * The best decoder that decodes a test clip.
 * @param forced the only one allowed
 * @param skip those that have crashed the process
 * @param onTrying is called before each, as it may crash this process
 * @throws NoDecoder
 */
export async function chooseDecoder(
  machine: MachineFacts,
  { forced, skip, onTrying }: { forced: string | null; skip: ReadonlySet<string>; onTrying(element: string): void },
): Promise<Decoder> {
  const known = DECODERS.filter(({ element }) => forced === null || element === forced);
  // A decoder that is not in the table is assumed to output frames in system memory.
  const candidates = known.length > 0 ? known : forced === null ? [] : [unknownDecoder(forced)];
  const tried: string[] = [];
  for (const decoder of candidates) {
    const { element } = decoder;
    if (skip.has(element)) {
      tried.push(`${element}: it crashed the player`);
      continue;
    }
    if (!machine.has(element)) {
      if (forced !== null) tried.push(`${element}: the element is not installed`);
      continue;
    }
    onTrying(element);
    const why = await tryDecoder(decoder, machine);
    if (why === null) return decoder;
    tried.push(`${element}: ${why}`);
  }
  throw forced === null
    ? new NoDecoder(
        `no H.264 decoder works${tried.length > 0 ? ` (${tried.join('; ')})` : ''}`,
        'On Debian and Ubuntu: "sudo apt-get install gstreamer1.0-libav".',
      )
    : new NoDecoder(`--decoder ${tried.join('; ')}`, 'Without the option the best one is chosen.');
}

const unknownDecoder = (element: string): Decoder => ({
  element,
  title: element,
  properties: {},
  output: 'video/x-raw',
});
