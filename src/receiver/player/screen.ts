import { existsSync } from 'node:fs';
import { type Element, Gst, type Pipeline, type Sample, type VideoOverlay } from '../../gst/native.js';
import { closePipeline, drainBus, element, make, parseLaunch, shareClock } from '../../gst/pipeline.js';
import { poll } from '../../gst/poll.js';
import { tileRectangles, windowSize } from './layout.js';
import { BLACK_FRAME, describeComposition, describeTile, describeTileSink } from './lines.js';
import { type DisplaySession, type DisplaySink, sinksFor } from './sinks.js';
import { Tile } from './tile.js';
import { XWindows } from './x-windows.js';

export interface ScreenOptions {
  /** One for each camera. */
  labels: readonly string[];
  /** A window for each camera. */
  separate: boolean;
  /** The sink element; null for the best that opens. */
  sink: string | null;
  /** Elements that must not be tried: they have crashed the process before. */
  skip: ReadonlySet<string>;
  /** ns; see shareClock. */
  baseTime: bigint;
  /** An element is about to be opened, which may crash this process. */
  onTrying(element: string): void;
  /** A person closed a window. */
  onClosed(): void;
  /** The display is gone or unusable. */
  onGone(detail: string): void;
}

/** No display, or none that opens: what was tried, and the remedy. */
export class NoDisplay extends Error {
  readonly remedy: string;
  constructor(detail: string, remedy: string) {
    super(detail);
    this.remedy = remedy;
  }
}

const POLL_INTERVAL_MS = 100;
const BLACK_MS = 5_000;

/** The display: a tile for each camera, in one window or in one each. */
export class Screen {
  readonly sink: string;
  readonly tiles: readonly Tile[];
  readonly #pipelines: readonly Pipeline[];
  readonly #windows: XWindows | null;
  readonly #timer: NodeJS.Timeout;
  #isClosed = false;

  private constructor(
    sink: string,
    pipelines: readonly Pipeline[],
    tiles: readonly Tile[],
    windows: XWindows | null,
    { onClosed, onGone }: ScreenOptions,
  ) {
    this.sink = sink;
    this.#pipelines = pipelines;
    this.tiles = tiles;
    this.#windows = windows;
    // A sink with its own window posts an error when a person closes it.
    this.#timer = setInterval(() => {
      for (const pipeline of this.#pipelines) {
        const { error } = drainBus(pipeline);
        if (error && /window was closed/i.test(error.message)) onClosed();
        else if (error) onGone(`${error.element}: ${error.message}`);
      }
    }, POLL_INTERVAL_MS);
  }

  /** @throws NoDisplay */
  static async open(options: ScreenOptions): Promise<Screen> {
    const { sink, labels, separate, baseTime } = options;
    const session = displaySession(process.env);
    const candidates = sinksFor(session, sink).filter(({ element }) => !options.skip.has(element));
    const black = await blackFrame();
    const tried: string[] = [];
    for (const candidate of candidates) {
      const why = opens(candidate, options.onTrying);
      if (why !== null) {
        tried.push(`${candidate.element}: ${why}`);
        continue;
      }
      try {
        return await (candidate.on === 'x11' ? onX11 : onSurface)(candidate, options, black);
      } catch (error) {
        tried.push(`${candidate.element}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    throw noDisplay(session, sink, tried, options.skip);

    async function onX11({ element: name, properties }: DisplaySink, _: ScreenOptions, black: Sample): Promise<Screen> {
      const windows = await XWindows.open({
        titles: labels,
        separate,
        onClosed: options.onClosed,
        onGone: () => options.onGone('the X server closed the connection'),
      });
      try {
        const line = labels.map((_, i) => describeTile(i, describeTileSink(i, `${name} ${properties}`))).join('  ');
        const pipeline = parseLaunch(line);
        shareClock(pipeline, baseTime);
        windows.handles.forEach((handle, i) => {
          (element(pipeline, `screen${i}`) as VideoOverlay).setWindowHandle(handle);
        });
        const tiles = labels.map((label, i) => new Tile(pipeline, i, { label, black, baseTime }));
        return begin(name, [pipeline], tiles, windows);
      } catch (error) {
        windows.close();
        throw error;
      }
    }

    async function onSurface(
      { element: name, properties }: DisplaySink,
      _: ScreenOptions,
      black: Sample,
    ): Promise<Screen> {
      // One group per surface.
      const groups = separate ? labels.map(label => [label]) : [labels];
      const pipelines = groups.map(group => {
        const size = windowSize(group.length);
        const line =
          group.length === 1
            ? describeTile(0, `videoconvert ! ${name} ${properties} name=screen sync=false async=false qos=false`)
            : describeComposition(tileRectangles(size, group.length), size, `${name} ${properties}`);
        const pipeline = parseLaunch(line);
        shareClock(pipeline, baseTime);
        return pipeline;
      });
      const tiles = groups.flatMap((group, g) =>
        group.map((label, i) => new Tile(pipelines[g] as Pipeline, i, { label, black, baseTime })),
      );
      return begin(name, pipelines, tiles, null);
    }

    function begin(
      name: string,
      pipelines: readonly Pipeline[],
      tiles: readonly Tile[],
      windows: XWindows | null,
    ): Screen {
      for (const pipeline of pipelines) {
        if (pipeline.setState(Gst.State.PLAYING) !== Gst.StateChangeReturn.FAILURE) continue;
        const why = drainBus(pipeline).error?.message ?? 'it does not start';
        for (const other of pipelines) closePipeline(other);
        throw new Error(why);
      }
      return new Screen(name, pipelines, tiles, windows, options);
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    for (const tile of this.tiles) tile.take(null);
    for (const pipeline of this.#pipelines) closePipeline(pipeline);
    this.#windows?.close();
  }
}

/** The display session that the environment names. */
function displaySession({ DISPLAY, WAYLAND_DISPLAY }: NodeJS.ProcessEnv): DisplaySession {
  return { x11: Boolean(DISPLAY), wayland: Boolean(WAYLAND_DISPLAY), drm: existsSync('/dev/dri/card0') };
}

/** Why a sink does not open; null if it does. Sinks connect to their display in READY. */
function opens({ element: name }: DisplaySink, onTrying: (element: string) => void): string | null {
  if (!Gst.ElementFactory.find(name)) return 'the element is not installed';
  onTrying(name);
  let sink: Element;
  try {
    sink = make(name);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const isOpen = sink.setState(Gst.State.READY) !== Gst.StateChangeReturn.FAILURE;
  sink.setState(Gst.State.NULL);
  return isOpen ? null : 'it found no usable display';
}

/** Made once, by GStreamer: JavaScript does not handle pixels. */
async function blackFrame(): Promise<Sample> {
  const pipeline = parseLaunch(BLACK_FRAME);
  try {
    pipeline.setState(Gst.State.PLAYING);
    const sample = await poll(() => element(pipeline, 'out').lastSample as Sample | null, { timeoutMs: BLACK_MS });
    if (!sample) throw new Error('videotestsrc made no frame');
    return sample;
  } finally {
    closePipeline(pipeline);
  }
}

function noDisplay(
  session: DisplaySession,
  sink: string | null,
  tried: readonly string[],
  skip: ReadonlySet<string>,
): NoDisplay {
  const broken = [...skip].map(element => `${element}: it crashed the process that opened it`);
  const all = [...tried, ...broken].join('; ');
  if (sink !== null)
    return new NoDisplay(`--sink ${sink} does not open (${all})`, 'Without the option the best one is chosen.');
  if (!session.x11 && !session.wayland && !session.drm)
    return new NoDisplay(
      'no display: neither DISPLAY nor WAYLAND_DISPLAY is set, and /dev/dri/card0 does not exist',
      'Run this in a desktop session, set DISPLAY, or use --headless.',
    );
  return new NoDisplay(
    `no display opens (${all})`,
    session.x11 || session.wayland
      ? 'Check DISPLAY and WAYLAND_DISPLAY and that this user may use the display, install gstreamer1.0-x or gstreamer1.0-gl, or use --headless.'
      : 'Without a desktop, this user must be in the groups "video" and "render", and no desktop may be running; or use --headless.',
  );
}
