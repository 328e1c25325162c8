import { ReceiveFailure } from './failure.js';
import { type Descriptions, noPath } from './no-path.js';
import type { SessionListener } from './player-process.js';

/** Why a session ended: a word of the player's or of the link's. */
export interface End {
  reason: string;
  detail: string | null;
}

/** A session that ended before its first picture. */
export class EndedEarly extends Error {
  readonly end: End;
  constructor(end: End) {
    super(end.reason);
    this.end = end;
  }
}

/** From the connection to the first picture: a keyframe is sent at once. */
const FIRST_FRAME_MS = 8_000;

/** What the player says of a session, as promises. */
export class SessionWatch implements SessionListener {
  readonly end: Promise<End>;
  readonly #frame: Promise<void>;
  readonly #onFrame: (camera: string) => void;
  #sawFrame: () => void = () => undefined;
  #isOver: (end: End) => void = () => undefined;
  #isConnected = false;

  /** @param signal ends it @param onFrame is told of the first picture of each camera */
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

  /** @returns when the first came, performance.now() @throws EndedEarly */
  async firstFrame(): Promise<number> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<End>(resolve => {
      const look = (): void => {
        // That there is no connection is said by the player, in time.
        if (this.#isConnected) resolve({ reason: 'no-picture', detail: null });
        else timer = setTimeout(look, FIRST_FRAME_MS);
      };
      timer = setTimeout(look, FIRST_FRAME_MS);
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

/** The end of a session in words. @param said what was negotiated */
export function failureOf(host: string, { reason, detail }: End, said: Descriptions): ReceiveFailure {
  switch (reason) {
    case 'connect-timeout':
    case 'ice-failed':
      return noPath(host, said);
    case 'dtls-failed':
      return new ReceiveFailure(
        'no-path',
        `${host} and this machine could not agree on keys`,
        'Check the clocks of both',
      );
    case 'rtcp-timeout':
      return new ReceiveFailure('unavailable', `the link to ${host} is lost: ${detail ?? 'nothing comes'}`);
    case 'no-picture':
      return new ReceiveFailure(
        'unavailable',
        `${host} is connected and sends no picture that can be decoded`,
        'Look at the camera on the server',
      );
    case 'peer-closed':
      return new ReceiveFailure('unavailable', `${host} ended the session`);
    case 'player-died':
      return new ReceiveFailure('unavailable', `the player died and is being restarted: ${detail ?? ''}`);
    default:
      return new ReceiveFailure('unavailable', detail ?? reason);
  }
}
