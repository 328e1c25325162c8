import { type Bin, type Element, Gst, type Message, type Pad, type Pipeline } from './native.js';

/** What an element said had gone wrong. */
export interface ElementError {
  element: string;
  message: string;
  /** GStreamer's developer text: where in the source it happened; may hold the cause in words. */
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
 * Builds a pipeline from a launch line. The line is this project's own: what a user gives (a path, a URL) is set as a
 * property afterwards, as the syntax of launch lines is no place for it.
 * @throws PipelineError if an element or a property does not exist
 */
export function parseLaunch(line: string): Pipeline {
  try {
    return Gst.parseLaunch(line);
  } catch (error) {
    throw new PipelineError('pipeline', error instanceof Error ? error.message : String(error));
  }
}

/** The element of that name. @throws Error if there is none, which is a mistake in the launch line. */
export function element(bin: Bin, name: string): Element {
  const found = bin.getByName(name);
  if (!found) throw new Error(`there is no element "${name}" in the pipeline`);
  return found;
}

/** A new element. @throws Error if GStreamer has none of that factory */
export function make(factory: string): Element {
  const made = Gst.ElementFactory.make(factory, null);
  if (!made) throw new Error(`GStreamer has no element "${factory}"`);
  return made;
}

/** The pad of that name, which is always there. @throws Error if it is not */
export function pad(of: Element, name: string): Pad {
  const found = of.getStaticPad(name);
  if (!found) throw new Error(`${of.name} has no pad "${name}"`);
  return found;
}

/**
 * Whether the end of the stream has come by a pad. The bus tells of it only when each sink has had it, of which
 * proxysinks say nothing.
 */
export function hasEnded(at: Pad): boolean {
  return at.getStickyEvent(Gst.EventType.EOS, 0) !== null;
}

/**
 * Takes the messages that wait on the pipeline's bus; the last error and whether a loop's segment or all is over.
 * @param onOther is given those of any other kind
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
      // The first error is the cause; those behind it ("Internal data stream error") are its consequences.
      seen.error ??= { element: message.src?.name ?? 'pipeline', message: error.message, debug: debug ?? '' };
    } else if (message.type === Gst.MessageType.EOS) seen.eos = true;
    else if (message.type === Gst.MessageType.SEGMENT_DONE) seen.segmentDone = true;
    else onOther?.(message);
  }
  return seen;
}

/** Whether a pipeline that ends by itself has; null while it has not, as `poll` wants it. @throws Error of its first error */
export function isOver(pipeline: Pipeline): true | null {
  const { error, eos } = drainBus(pipeline);
  if (error) throw new PipelineError(error.element, `${error.element}: ${error.message}`);
  return eos || null;
}

/**
 * Puts a pipeline on the clock that all pipelines of this process share.
 * @param baseTime ns of that clock at running time 0: where it is the same, so are timestamps
 */
export function shareClock(pipeline: Pipeline, baseTime: bigint): void {
  pipeline.useClock(Gst.SystemClock.obtain());
  pipeline.setStartTime(Gst.CLOCK_TIME_NONE);
  pipeline.setBaseTime(baseTime);
}

/** Stops a pipeline. Its bus is drained: queued messages hold references to threads and file descriptors. */
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
