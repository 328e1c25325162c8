import { accessSync, constants } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { CommandError, EXIT } from '../domain/command-error.js';
import type { Container, PipeFormat, PlayerCamera } from '../messages/player.js';
import { type FailureCode, ReceiveFailure } from '../receiver/failure.js';
import { countCameras, LegacyLink } from '../receiver/legacy-link.js';
import { Receiver, type ReceiverOptions } from '../receiver/receiver.js';
import { jsonReporter, plainReporter, type Reporter, terminalReporter } from '../receiver/reporter.js';
import { camerasOf, type KnownCamera, RobotClock } from '../receiver/robot.js';
import { parseTarget, type Target, TargetError } from '../receiver/target.js';
import { trust } from '../receiver/trust.js';
import { WhepEndpoint } from '../receiver/whep.js';
import { WhepLink } from '../receiver/whep-link.js';
import { makeLogger } from './log.js';
import { readCertificates } from './recv-ca.js';
import { askForToken, findToken, Stopped } from './recv-token.js';

/** The command-line options of `recv`. */
export interface RecvOptions {
  legacy?: boolean;
  windows?: boolean;
  headless?: boolean;
  decoder?: string;
  sink?: string;
  jitterMs: number;
  record?: string;
  snapshot?: string;
  pipe?: PipeFormat;
  measureLatency?: boolean;
  duration?: number;
  wait?: boolean;
  json?: boolean;
  token?: string;
  tokenFile?: string;
  ca?: string;
}

const EXIT_CODES: Readonly<Record<FailureCode, number>> = {
  unreachable: EXIT.unavailable,
  'unknown-host': EXIT.noHost,
  unauthorized: EXIT.noPermission,
  'unknown-camera': EXIT.noInput,
  unavailable: EXIT.unavailable,
  'no-common-codec': EXIT.protocol,
  'invalid-answer': EXIT.protocol,
  'no-path': EXIT.noPath,
  'no-decoder': EXIT.noDecoder,
  'no-display': EXIT.noDisplay,
  'cannot-write': EXIT.cannotWrite,
  internal: EXIT.internal,
};

const RETRY_LIST_MS = 2_000;
/** More tiles would be too small to see, and a server that lists thousands would overload this machine. */
const MAX_CAMERAS = 64;

/** Runs the command `recv`. @throws CommandError */
export async function receive(words: readonly string[], options: RecvOptions): Promise<void> {
  const stop = new Promise<void>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
    if (options.duration !== undefined) setTimeout(resolve, options.duration * 1000);
  });
  const reporter = makeReporter(options);
  try {
    const stopped = stop.then(() => Promise.reject(new Stopped()));
    const { target, clock, links } = await Promise.race([prepare(words, options, reporter), stopped]);
    const cameras = target.map(({ id, label }) => playerCamera(id, label, target.length, options));
    const receiver = new Receiver({
      player: {
        cameras,
        display: isHeadless(options) ? null : { separate: options.windows ?? false, sink: options.sink ?? null },
        decoder: options.decoder ?? null,
        // A reader of the encoded stream decodes it itself.
        decodes: options.pipe !== 'h264' || options.measureLatency === true,
        jitterMs: options.jitterMs,
        marks: options.measureLatency ?? false,
      },
      links,
      clock,
      endsWithSnapshots: options.snapshot !== undefined,
      reporter,
      log: makeLogger(process.env.BIGFOOTBOT_LOG_LEVEL ?? 'error'),
    });
    clock?.start();
    void stop.then(() => receiver.stop());
    try {
      receiver.start();
      await receiver.over;
    } finally {
      clock?.close();
      await receiver.close();
    }
  } catch (error) {
    if (error instanceof Stopped) process.exit(0);
    if (error instanceof TargetError) throw new CommandError(EXIT.usage, error.message);
    if (error instanceof ReceiveFailure) throw new CommandError(EXIT_CODES[error.code], `${error.words}.`);
    throw error;
  }
  // Do not wait for pending requests to servers.
  process.exit(0);
}

interface Prepared {
  target: readonly { id: string; label: string }[];
  clock: RobotClock | null;
  links: ReceiverOptions['links'];
}

async function prepare(words: readonly string[], options: RecvOptions, reporter: Reporter): Promise<Prepared> {
  const { target, token: inUrl } = parseTarget(words, options.legacy ?? false);
  const waits = options.wait ?? false;
  const server = urlOf(target);
  const token = findToken({ ...options, inUrl }, server, process.env);
  checkOptions(options, target);
  if (options.ca !== undefined) await trust(readCertificates(options.ca));
  if (target.type === 'legacy') {
    const named = target.cameras.length > 0 ? target.cameras : await nameCameras(target.url, token);
    return {
      target: named.map(id => ({ id, label: id })),
      clock: null,
      links: (player, events) => [new LegacyLink({ url: target.url, cameras: named, player, events, waits, token })],
    };
  }
  if (target.type === 'whep') {
    return {
      target: target.endpoints,
      clock: null,
      links: (player, events) =>
        target.endpoints.map(({ id, url }) => {
          const own = url.origin === server.origin ? token : null;
          return new WhepLink({ camera: id, endpoint: new WhepEndpoint(url, own), player, events, waits });
        }),
    };
  }
  const { cameras, token: used } = await listCameras(target, token, { waits, reporter });
  if (cameras.length > MAX_CAMERAS)
    throw new CommandError(
      EXIT.usage,
      `${target.origin.host} has ${cameras.length} cameras; at most ${MAX_CAMERAS} can be received at once. Name some of them.`,
    );
  if (options.measureLatency) checkMarks(cameras, reporter);
  return {
    target: cameras.map(({ id, name }) => ({ id, label: name })),
    clock: new RobotClock(target.origin, used),
    links: (player, events) =>
      cameras.map(
        ({ id, whep }) => new WhepLink({ camera: id, endpoint: new WhepEndpoint(whep, used), player, events, waits }),
      ),
  };
}

/** @throws CommandError if no camera has the time mark */
function checkMarks(cameras: readonly KnownCamera[], reporter: Reporter): void {
  const unmarked = cameras.filter(({ hasMark }) => !hasMark);
  const remedy = 'set "overlay: timemark" for the camera on the robot';
  if (unmarked.length === cameras.length)
    throw new CommandError(EXIT.usage, `--measure-latency: no camera has the time mark; ${remedy}.`);
  for (const { id } of unmarked)
    reporter.event('no-mark', { camera: id }, `${id}: no time mark, so latency is not measured; ${remedy}`);
}

/** Legacy senders have no names for their cameras. @throws ReceiveFailure */
const nameCameras = async (url: URL, token: string | null): Promise<string[]> =>
  Array.from({ length: await countCameras(url, token) }, (_, i) => `camera${i + 1}`);

async function listCameras(
  { origin, cameras }: Extract<Target, { type: 'robot' }>,
  given: string | null,
  { waits, reporter }: { waits: boolean; reporter: Reporter },
): Promise<{ cameras: Awaited<ReturnType<typeof camerasOf>>; token: string | null }> {
  let token = given;
  let reported = '';
  for (;;) {
    try {
      return { cameras: await camerasOf(origin, cameras, token), token };
    } catch (error) {
      if (!(error instanceof ReceiveFailure)) throw error;
      if (error.code === 'unauthorized') {
        if (token !== null && process.stdin.isTTY) process.stderr.write(`${error.message}\n`);
        const typed = await askForToken(origin);
        if (typed === null) throw error;
        token = typed;
        continue;
      }
      if (!waits) throw error;
      if (error.words !== reported)
        reporter.event('down', { camera: null, code: error.code, detail: error.message }, `${error.words}. Retrying`);
      reported = error.words;
      await sleep(RETRY_LIST_MS);
    }
  }
}

function urlOf(target: Target): URL {
  if (target.type === 'robot') return target.origin;
  return target.type === 'legacy' ? target.url : (target.endpoints[0]?.url as URL);
}

/** @throws CommandError */
function checkOptions(options: RecvOptions, target: Target): void {
  const usage = (message: string): CommandError => new CommandError(EXIT.usage, message);
  if (options.pipe !== undefined) {
    const named = target.type === 'robot' || target.type === 'legacy' ? target.cameras.length : target.endpoints.length;
    if (named !== 1 && !(target.type === 'legacy' && named === 0))
      throw usage('--pipe writes the video of one camera: name it.');
    if (isatty(1)) throw usage('--pipe writes video to stdout, which is a terminal: append "| PROGRAM" or "> FILE".');
  }
  if (options.measureLatency && target.type !== 'robot')
    throw usage('--measure-latency needs the clock of a robot: use a URL such as http://robot:8765.');
}

const isHeadless = ({ headless, pipe, snapshot }: RecvOptions): boolean =>
  headless === true || pipe !== undefined || snapshot !== undefined;

/** @throws CommandError if a file cannot be written */
function playerCamera(
  id: string,
  label: string,
  cameras: number,
  { record, snapshot, pipe }: RecvOptions,
): PlayerCamera {
  return {
    id,
    label,
    record:
      record === undefined
        ? null
        : { file: fileFor(record, id, cameras), container: extname(record).slice(1).toLowerCase() as Container },
    snapshot: snapshot === undefined ? null : fileFor(snapshot, id, cameras),
    pipe: pipe ?? null,
  };
}

/** With several cameras, each has its own file: `drive.mkv` becomes `drive-front.mkv`. */
function fileFor(file: string, id: string, cameras: number): string {
  const extension = extname(file);
  const own = cameras === 1 ? file : `${file.slice(0, -extension.length)}-${id}${extension}`;
  // npm runs scripts in the package's folder; a path on the command line is relative to where it was typed.
  const path = resolve(process.env.INIT_CWD ?? process.cwd(), own);
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    throw new CommandError(EXIT.cannotWrite, `${path} cannot be written: ${(error as Error).message}.`);
  }
  return path;
}

/** With --pipe, stdout is for the video alone. */
function makeReporter({ json, pipe }: RecvOptions): Reporter {
  // Ignore a reader that exits; and when the terminal closes, a recording still has to be finished.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  if (json) return jsonReporter(pipe === undefined ? process.stdout : process.stderr);
  return process.stderr.isTTY
    ? terminalReporter(process.stderr, () => process.stderr.columns || 80)
    : plainReporter(process.stderr);
}
