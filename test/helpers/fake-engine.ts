import type { MediaEngine } from '../../src/domain/ports.js';

export interface Join {
  camera: string;
  session: string;
  answer(sdp?: string): void;
  fail(error: Error): void;
}

/** An engine that does nothing by itself: a test answers each join, and reads who was told to leave. */
export class FakeEngine implements MediaEngine {
  readonly joins: Join[] = [];
  readonly left: string[] = [];
  /** Answers at once what comes from now on. */
  answersAtOnce: string | null = null;

  join(camera: string, session: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.joins.push({ camera, session, answer: (sdp = 'the answer') => resolve(sdp), fail: reject });
      if (this.answersAtOnce !== null) resolve(this.answersAtOnce);
    });
  }

  leave(camera: string, session: string): void {
    this.left.push(`${camera} ${session}`);
  }
}
