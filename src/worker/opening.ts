import type { Source } from '../domain/source.js';
import type { Passthrough, ToWorkerOf } from '../media/messages.js';
import { describeEncoder, ENCODERS, type Encoder, type EncoderSettings } from './encoders.js';
import { CameraFailure } from './failure.js';
import { lookAtStream } from './look.js';
import { lookAtMachine } from './machine.js';
import { OpenCamera } from './open-camera.js';
import { judgePassthrough } from './passthrough.js';

type Config = ToWorkerOf<'configure'>;

const FIRST_FRAME_MS = 8_000;

const machine = lookAtMachine();

/** Decides whether a source's own H.264 is passed on. */
export class SourceJudge {
  readonly #config: Config;
  #verdict: Passthrough | null;
  #looking: Promise<void> | null = null;

  constructor(config: Config) {
    this.#config = config;
    this.#verdict = withoutLooking(config.source);
  }

  /** What is known by now. */
  verdict(): Passthrough {
    return this.#verdict ?? { active: false, reason: 'the source has not been looked at yet' };
  }

  /** Looks at the source, once however many ask at the same time, and not again once it is known. */
  look(): Promise<void> {
    if (this.#verdict) return Promise.resolve();
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { source, passthrough } = this.#config;
    if (source.type !== 'file' && source.type !== 'rtsp') return;
    const wanted = passthrough as 'auto' | 'always' | 'never';
    const facts = wanted === 'never' ? null : await lookAtStream(source);
    const verdict = judgePassthrough(wanted, facts);
    // A network camera that was not there may bring H.264 when it is: look again at the next opening.
    if (facts || wanted === 'never' || source.type === 'file') this.#verdict = verdict;
  }
}

function withoutLooking(source: Source): Passthrough | null {
  switch (source.type) {
    case 'file':
    case 'rtsp':
      return null;
    case 'whip':
      return { active: true, reason: 'what is published is passed on' };
    default:
      return { active: false, reason: 'the source brings raw pictures' };
  }
}

/** Opens a camera's source, with the best encoder of this machine or with none. @throws CameraFailure, PipelineError */
export function openSource(
  config: Config,
  passthrough: Passthrough,
  onFailure: (failure: CameraFailure) => void,
): { camera: OpenCamera; encoder: string | null } {
  const encoder = passthrough.active ? null : chooseEncoder(config);
  const { source, width, height, framerate } = config;
  const camera = new OpenCamera({
    source,
    format: { width, height, framerate },
    encoder: encoder && encoderLine(encoder, config),
    firstFrameMs: FIRST_FRAME_MS,
    onFailure,
  });
  return { camera, encoder: encoder?.element ?? null };
}

function chooseEncoder({ encoders }: Config): Encoder {
  const encoder = ENCODERS.find(({ element }) => element === encoders[0]);
  if (!encoder)
    throw new CameraFailure(
      'No H.264 encoder opened on this machine.',
      'Install one (Debian: gstreamer1.0-plugins-ugly); GET /api/v1/system says what was tried.',
    );
  return encoder;
}

/** The encoder's part of the launch line on this machine. */
export function encoderLine(encoder: Encoder, settings: EncoderSettings): string {
  return describeEncoder(encoder, settings, machine);
}
