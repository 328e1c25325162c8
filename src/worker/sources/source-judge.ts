import type { CaptureDevice } from '../../domain/devices.js';
import type { Source } from '../../domain/source.js';
import type { Passthrough } from '../../messages/camera-worker.js';
import { lookAtStream } from './look.js';
import type { Config } from './opening.js';
import { judgePassthrough } from './passthrough.js';

/** Decides whether a source's own H.264 is passed on. */
export class SourceJudge {
  readonly #source: Source;
  readonly #wanted: 'auto' | 'always' | 'never';
  #verdict: Passthrough | null;
  #looking: Promise<void> | null = null;
  readonly #closing = new AbortController();

  constructor({ source, passthrough, overlay }: Config) {
    this.#source = source;
    this.#wanted = passthrough as 'auto' | 'always' | 'never';
    this.#verdict = withoutLooking(source, this.#wanted, overlay !== 'none');
  }

  /** What is known by now. */
  verdict(): Passthrough {
    return this.#verdict ?? { active: false, reason: 'the source has not been looked at yet' };
  }

  /** Looks at the source, once however many ask at the same time, and not again once it is known. */
  look(device: CaptureDevice | null): Promise<void> {
    if (this.#verdict) return Promise.resolve();
    this.#looking ??= this.#look(device).finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  /** What is passed on turned out not to be fit for it. @returns whether it is encoded anew from now on */
  refuse(reason: string): boolean {
    if (this.#wanted !== 'auto' || this.#source.type === 'whip' || this.#source.type === 'legacy') return false;
    this.#verdict = { active: false, reason };
    return true;
  }

  /** Another one takes its place: a source that it looks at is closed by the time that this returns. */
  close(): void {
    this.#closing.abort();
  }

  async #look(device: CaptureDevice | null): Promise<void> {
    const source = this.#source;
    if (source.type === 'v4l2') {
      if (!device) return;
      if (!device.modes.some(({ format }) => format === 'H264')) {
        this.#verdict = judgePassthrough(this.#wanted, null);
        return;
      }
    } else if (source.type !== 'file' && source.type !== 'rtsp') return;
    const facts = await lookAtStream(source, device?.device ?? null, this.#closing.signal);
    const verdict = judgePassthrough(this.#wanted, facts);
    // A network camera that was not there may bring H.264 when it is: look again at the next opening.
    if (facts || source.type === 'file') this.#verdict = verdict;
  }
}

function withoutLooking(source: Source, wanted: 'auto' | 'always' | 'never', hasOverlay: boolean): Passthrough | null {
  switch (source.type) {
    case 'file':
    case 'rtsp':
    case 'v4l2':
      if (hasOverlay) return { active: false, reason: 'its overlay is written into raw pictures' };
      return wanted === 'never' ? judgePassthrough('never', null) : null;
    case 'whip':
      return { active: true, reason: 'what is published is passed on' };
    case 'legacy':
      return { active: true, reason: 'what an old sender sends is passed on' };
    case 'test':
    case 'argus':
    case 'libcamera':
    case 'gst':
      return { active: false, reason: 'the source brings raw pictures' };
  }
}
