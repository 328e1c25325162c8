import { tryDecoder } from '../../gst/decoder-trial.js';
import { DECODERS, type Decoder } from '../../gst/decoders.js';
import type { MachineFacts } from '../../gst/machine.js';

/** No decoder works: what was tried, and what to do. */
export class NoDecoder extends Error {
  readonly remedy: string;
  constructor(detail: string, remedy: string) {
    super(detail);
    this.remedy = remedy;
  }
}

/**
 * The best decoder that decodes a clip.
 * @param forced the only one that may be taken
 * @param skip those that have broken the process
 * @param onTrying is told before each, as it may be the end of this process
 * @throws NoDecoder
 */
export async function chooseDecoder(
  machine: MachineFacts,
  { forced, skip, onTrying }: { forced: string | null; skip: ReadonlySet<string>; onTrying(element: string): void },
): Promise<Decoder> {
  const known = DECODERS.filter(({ element }) => forced === null || element === forced);
  // One that is not in the table is taken for one that brings pictures into system memory.
  const candidates = known.length > 0 ? known : forced === null ? [] : [ofTheUsers(forced)];
  const tried: string[] = [];
  for (const decoder of candidates) {
    const { element } = decoder;
    if (skip.has(element)) {
      tried.push(`${element}: it broke the player`);
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
        `no H.264 decoder works here${tried.length > 0 ? ` (${tried.join('; ')})` : ''}`,
        'On Debian and Ubuntu: "sudo apt-get install gstreamer1.0-libav".',
      )
    : new NoDecoder(`--decoder ${tried.join('; ')}`, 'Leave it out to have the best one chosen.');
}

const ofTheUsers = (element: string): Decoder => ({ element, title: element, properties: {}, output: 'video/x-raw' });
