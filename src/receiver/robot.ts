import { performance } from 'node:perf_hooks';
import type { Camera } from '../domain/contract.js';
import { ClockOffsetEstimate } from '../protocol/clock-offset.js';
import { ReceiveFailure } from './failure.js';
import { ask, hostOf, printable } from './request.js';
import { CAMERA_ID } from './target.js';

export interface KnownCamera {
  id: string;
  name: string;
  whep: URL;
  /** Whether its frames carry the time mark. */
  hasMark: boolean;
}

/**
 * The cameras of a robot: the named ones, or all.
 * @throws ReceiveFailure unknown-camera, listing the existing ones
 */
export async function camerasOf(origin: URL, wanted: readonly string[], token: string | null): Promise<KnownCamera[]> {
  const { body } = await ask(new URL('/api/v1/cameras', origin), { token });
  const known = readCameras(body, origin);
  const existing = known.map(({ id }) => id).join(', ');
  if (known.length === 0)
    throw new ReceiveFailure(
      'unknown-camera',
      `${hostOf(origin)} has no camera that this token may see`,
      'Configure a camera, or use another token',
    );
  if (wanted.length === 0) return known;
  return wanted.map(id => {
    const camera = known.find(other => other.id === id);
    if (!camera)
      throw new ReceiveFailure('unknown-camera', `${hostOf(origin)} has no camera "${id}"`, `It has ${existing}`);
    return camera;
  });
}

function readCameras(body: string, origin: URL): KnownCamera[] {
  try {
    const { items } = JSON.parse(body) as { items: Camera[] };
    const cameras = items.map(({ id, name, links, settings }) => {
      const whep = new URL(String(links.whep), origin);
      // The id becomes part of a file name, and the WHEP URL receives the token.
      if (typeof id !== 'string' || !CAMERA_ID.test(id) || whep.origin !== origin.origin)
        throw new TypeError('not a camera of this robot');
      return {
        id,
        name: printable(String(name)),
        whep,
        hasMark: settings.overlay === 'timemark',
      };
    });
    if (new Set(cameras.map(({ id }) => id)).size < cameras.length) throw new TypeError('duplicate camera id');
    return cameras;
  } catch {
    throw new ReceiveFailure(
      'invalid-answer',
      `${hostOf(origin)} does not run bigfootbot-video: it does not list its cameras`,
      'Use the URL of the WHEP endpoint, such as https://host/path/whep',
    );
  }
}

const FIRST_EXCHANGES = 5;
const EXCHANGE_MS = 2_000;
const TIMEOUT_MS = 1_500;

/** Polls a robot's clock: its offset from this machine's, and the round-trip time. */
export class RobotClock {
  readonly offset = new ClockOffsetEstimate();
  readonly #url: URL;
  readonly #token: string | null;
  #roundTripMs: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #left = FIRST_EXCHANGES;
  #isClosed = false;

  constructor(origin: URL, token: string | null) {
    this.#url = new URL('/api/v1/clock', origin);
    this.#token = token;
  }

  start(): void {
    void this.#exchange();
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  /** Of the last exchange; null before the first, and after one that failed. */
  get roundTripMs(): number | null {
    return this.#roundTripMs;
  }

  async #exchange(): Promise<void> {
    const began = performance.now();
    try {
      const sentNs = process.hrtime.bigint();
      const { body } = await ask(this.#url, { token: this.#token, timeoutMs: TIMEOUT_MS });
      const receivedNs = process.hrtime.bigint();
      const { monotonic } = JSON.parse(body) as { monotonic: string };
      if (!/^\d{1,20}$/.test(monotonic)) throw new TypeError('not a time');
      this.offset.add({ sentNs, serverNs: BigInt(monotonic), receivedNs });
      this.#roundTripMs = Number(receivedNs - sentNs) / 1e6;
    } catch {
      this.#roundTripMs = null;
    }
    if (this.#isClosed) return;
    // A few in quick succession: the first one includes the setup of the connection.
    const pause = --this.#left > 0 ? 50 : EXCHANGE_MS;
    this.#timer = setTimeout(() => void this.#exchange(), Math.max(0, pause - (performance.now() - began)));
  }
}
