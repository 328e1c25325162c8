import { type Bin, type Element, Gst, type Message, type Pad, type Pipeline } from './native.js';

/** An error message of an element. */
export interface ElementError {
  element: string;
  message: string;
  /** GStreamer's debug text: the location in the source; may contain the cause in words. */
  debug: string;
}

export class PipelineError extends Error {
  readonly element: string;
  constructor(element: string, message: string) {
    super(message);
    this.element = element;
  }
}

/**
 * Builds a pipeline from a launch line. The line contains only text of this project: user input (a path, a URL) is set
 * as a property afterwards, as it could inject launch-line syntax.
 * @throws PipelineError if an element or a property does not exist
 */
export function parseLaunch(line: string): Pipeline {
  try {
    return Gst.parseLaunch(line);
  } catch (error) {
    throw new PipelineError('pipeline', error instanceof Error ? error.message : String(error));
  }
}

/** The element of that name. @throws Error if there is none, which is a bug in the launch line. */
export function element(bin: Bin, name: string): Element {
  const found = bin.getByName(name);
  if (!found) throw new Error(`there is no element "${name}" in the pipeline`);
  return found;
}

/** A new element. @throws Error if GStreamer does not have the factory */
export function make(factory: string): Element {
  const made = Gst.ElementFactory.make(factory, null);
  if (!made) throw new Error(`GStreamer has no element "${factory}"`);
  return made;
}

/** The static pad of that name. @throws Error if there is none */
export function pad(of: Element, name: string): Pad {
  const found = of.getStaticPad(name);
  if (!found) throw new Error(`${of.name} has no pad "${name}"`);
  return found;
}

/**
 * Whether EOS has passed a pad. The bus reports EOS only after every sink has posted it, which proxysinks never do.
 */
export function hasEnded(at: Pad): boolean {
  return at.getStickyEvent(Gst.EventType.EOS, 0) !== null;
}

/**
 * Takes all messages off the pipeline's bus; returns the first error, and whether the stream or a looped segment ended.
 * @param onOther receives all other messages
 */
export function drainBus(
  pipeline: Pipeline,
  onOther?: (message: Message) => void,
): { error: ElementError | null; eos: boolean; segmentDone: boolean } {
  const bus = pipeline.getBus();
  const seen: ReturnType<typeof drainBus> = { error: null, eos: false, segmentDone: false };
  for (let message = bus.pop(); message; message = bus.pop()) {
    if (message.type === Gst.MessageType.ERROR) {
      const [error, debug] = message.parseError();
      // The first error is the cause; later ones ("Internal data stream error") are consequences.
      seen.error ??= { element: message.src?.name ?? 'pipeline', message: error.message, debug: debug ?? '' };
    } else if (message.type === Gst.MessageType.EOS) seen.eos = true;
    else if (message.type === Gst.MessageType.SEGMENT_DONE) seen.segmentDone = true;
    else onOther?.(message);
  }
  return seen;
}

/** True once a finite pipeline has ended; null before, as `poll` expects. @throws PipelineError of its first error */
export function isOver(pipeline: Pipeline): true | null {
  const { error, eos } = drainBus(pipeline);
  if (error) throw new PipelineError(error.element, `${error.element}: ${error.message}`);
  return eos || null;
}

/**
 * Sets a pipeline to the clock that all pipelines of this process share.
 * @param baseTime ns of that clock at running time 0: with the same base time, timestamps are the same
 */
export function shareClock(pipeline: Pipeline, baseTime: bigint): void {
  pipeline.useClock(Gst.SystemClock.obtain());
  pipeline.setStartTime(Gst.CLOCK_TIME_NONE);
  pipeline.setBaseTime(baseTime);
}

/** Stops a pipeline, and drains its bus: queued messages hold references to threads and file descriptors. */
export function closePipeline(pipeline: Pipeline): void {
  pipeline.setState(Gst.State.NULL);
  drainBus(pipeline);
}

/** Every element of a bin and of the bins within it. */
export function* elementsOf(bin: Bin): Generator<Element> {
  for (let i = 0; i < bin.getChildrenCount(); i++) {
    const child = bin.getChildByIndex(i);
    yield child;
    if ('iterateElements' in child) yield* elementsOf(child as Bin);
  }
}
