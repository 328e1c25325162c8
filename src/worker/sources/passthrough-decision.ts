import type { CaptureDevice } from '../../domain/devices.js';
import type { Source } from '../../domain/source.js';
import type { Passthrough } from '../../messages/camera-worker.js';
import type { Config } from './opening.js';
import { decidePassthrough } from './passthrough.js';
import { probeStream } from './stream-probe.js';

/** Decides whether a source's own H.264 is passed through. */
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

  /** The decision so far. */
  decide(): Passthrough {
    return this.#decision ?? { active: false, reason: 'the source has not been probed yet' };
  }

  /** Probes the source: once for concurrent calls, and not again after the decision. */
  probe(device: CaptureDevice | null): Promise<void> {
    if (this.#decision) return Promise.resolve();
    this.#probing ??= this.#probe(device).finally(() => {
      this.#probing = null;
    });
    return this.#probing;
  }

  /** The stream turned out to be unsuitable for passthrough. @returns whether it is encoded from now on */
  refuse(reason: string): boolean {
    if (this.#wanted !== 'auto' || this.#source.type === 'whip' || this.#source.type === 'forwarded') return false;
    this.#decision = { active: false, reason };
    return true;
  }

  /** Cancels a probe: the source that it has open is closed when this returns. */
  close(): void {
    this.#closing.abort();
  }

  async #probe(device: CaptureDevice | null): Promise<void> {
    const source = this.#source;
    if (source.type === 'v4l2') {
      if (!device) return;
      if (!device.modes.some(({ format }) => format === 'H264')) {
        this.#decision = decidePassthrough(this.#wanted, null);
        return;
      }
    } else if (source.type !== 'file' && source.type !== 'rtsp') return;
    const facts = await probeStream(source, device?.device ?? null, this.#closing.signal);
    // A network camera that was unreachable may have H.264: it is probed again at the next opening.
    if (facts || source.type === 'file') this.#decision = decidePassthrough(this.#wanted, facts);
  }
}

function withoutProbe(source: Source, wanted: 'auto' | 'always' | 'never', hasOverlay: boolean): Passthrough | null {
  switch (source.type) {
    case 'file':
    case 'rtsp':
    case 'v4l2':
      if (hasOverlay) return { active: false, reason: 'the overlay is written into raw frames' };
      return wanted === 'never' ? decidePassthrough('never', null) : null;
    case 'whip':
      return { active: true, reason: 'a published stream is passed through' };
    case 'forwarded':
      return { active: true, reason: 'the stream of a legacy sender is passed through' };
    case 'test':
    case 'argus':
    case 'libcamera':
    case 'gst':
      return { active: false, reason: 'the source has raw video' };
  }
}
