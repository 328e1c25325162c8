import { ReceiveFailure } from './failure.js';
import { type Descriptions, noPath } from './no-path.js';
import type { SessionListener } from './player-process.js';

/** Why a session ended: a reason of the player or of the link. */
export interface End {
  reason: string;
  detail: string | null;
}

/** A session ended before its first frame. */
export class EndedEarly extends Error {
  readonly end: End;
  constructor(end: End) {
    super(end.reason);
    this.end = end;
  }
}

/** From the connection to the first frame: the server sends a keyframe at once. */
const FIRST_FRAME_MS = 8_000;

/** The player's events of a session, as promises. */
export class SessionWatch implements SessionListener {
  readonly end: Promise<End>;
  readonly #frame: Promise<void>;
  readonly #onFrame: (camera: string) => void;
  #sawFrame: () => void = () => undefined;
  #isOver: (end: End) => void = () => undefined;
  #isConnected = false;

  /** @param signal ends it @param onFrame is called at the first frame of each camera */
  constructor(signal: AbortSignal, onFrame: (camera: string) => void) {
    this.#onFrame = onFrame;
    this.end = new Promise(resolve => {
      this.#isOver = resolve;
    });
    this.#frame = new Promise(resolve => {
      this.#sawFrame = resolve;
    });
    signal.addEventListener('abort', () => this.ended('closed', null), { once: true });
  }

  connected(): void {
    this.#isConnected = true;
  }

  frame(camera: string): void {
    this.#sawFrame();
    this.#onFrame(camera);
  }

  ended(reason: string, detail: string | null): void {
    this.#isOver({ reason, detail });
  }

  /** @returns when the first frame arrived, performance.now() @throws EndedEarly */
  async firstFrame(): Promise<number> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<End>(resolve => {
      const check = (): void => {
        // Without a connection the player reports the timeout itself.
        if (this.#isConnected) resolve({ reason: 'no-frame', detail: null });
        else timer = setTimeout(check, FIRST_FRAME_MS);
      };
      timer = setTimeout(check, FIRST_FRAME_MS);
    });
    try {
      const end = await Promise.race([this.#frame.then(() => null), this.end, late]);
      if (end) throw new EndedEarly(end);
      return performance.now();
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The end of a session as a failure. */
export function failureOf(host: string, { reason, detail }: End, descriptions: Descriptions): ReceiveFailure {
  switch (reason) {
    case 'connect-timeout':
    case 'ice-failed':
      return noPath(host, descriptions);
    case 'dtls-failed':
      return new ReceiveFailure(
        'no-path',
        `the DTLS handshake with ${host} failed`,
        'Check the clocks of both machines',
      );
    case 'rtcp-timeout':
      return new ReceiveFailure('unavailable', `the connection to ${host} is lost: ${detail ?? 'no packets'}`);
    case 'no-frame':
      return new ReceiveFailure(
        'unavailable',
        `${host} is connected but sends no frame that can be decoded`,
        'Check the camera on the server',
      );
    case 'peer-closed':
      return new ReceiveFailure('unavailable', `${host} ended the session`);
    case 'player-died':
      return new ReceiveFailure('unavailable', `the player died and restarts: ${detail ?? ''}`);
    default:
      return new ReceiveFailure('unavailable', detail ?? reason);
  }
}
