import type { CaptureDevice } from '../../domain/devices.js';
import type { Source } from '../../domain/source.js';
import type { Passthrough } from '../../messages/camera-worker.js';
import type { Config } from './opening.js';
import { decidePassthrough } from './passthrough.js';
import { probeStream } from './stream-probe.js';

/** Decides whether a source's own H.264 is passed on. */
export class PassthroughDecision {
  readonly #source: Source;
  readonly #wanted: 'auto' | 'always' | 'never';
  #decision: Passthrough | null;
  #probing: Promise<void> | null = null;
  readonly #closing = new AbortController();

  constructor({ source, passthrough, overlay }: Config) {
    this.#source = source;
    this.#wanted = passthrough as 'auto' | 'always' | 'never';
    this.#decision = withoutProbe(source, this.#wanted, overlay !== 'none');
  }

  /** What is known by now. */
  decide(): Passthrough {
    return this.#decision ?? { active: false, reason: 'the source has not been probed yet' };
  }

  /** Looks at the source, once however many ask at the same time, and not again once it is known. */
  look(device: CaptureDevice | null): Promise<void> {
    if (this.#decision) return Promise.resolve();
    this.#probing ??= this.#look(device).finally(() => {
      this.#probing = null;
    });
    return this.#probing;
  }

  /** What is passed on turned out not to be fit for it. @returns whether it is encoded anew from now on */
  refuse(reason: string): boolean {
    if (this.#wanted !== 'auto' || this.#source.type === 'whip' || this.#source.type === 'forwarded') return false;
    this.#decision = { active: false, reason };
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
        this.#decision = decidePassthrough(this.#wanted, null);
        return;
      }
    } else if (source.type !== 'file' && source.type !== 'rtsp') return;
    const facts = await probeStream(source, device?.device ?? null, this.#closing.signal);
    const decide = decidePassthrough(this.#wanted, facts);
    // A network camera that was not there may bring H.264 when it is: look again at the next opening.
    if (facts || source.type === 'file') this.#decision = decide;
  }
}

function withoutProbe(source: Source, wanted: 'auto' | 'always' | 'never', hasOverlay: boolean): Passthrough | null {
  switch (source.type) {
    case 'file':
    case 'rtsp':
    case 'v4l2':
      if (hasOverlay) return { active: false, reason: 'its overlay is written into raw pictures' };
      return wanted === 'never' ? decidePassthrough('never', null) : null;
    case 'whip':
      return { active: true, reason: 'what is published is passed on' };
    case 'forwarded':
      return { active: true, reason: 'what an old sender sends is passed on' };
    case 'test':
    case 'argus':
    case 'libcamera':
    case 'gst':
      return { active: false, reason: 'the source brings raw pictures' };
  }
}
