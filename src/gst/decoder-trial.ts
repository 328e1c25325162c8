import { fileURLToPath } from 'node:url';
import { type Decoder, describeDecoder } from './decoders.js';
import type { MachineFacts } from './machine.js';
import { element } from './pipeline.js';
import { trial } from './trial.js';

/** Eight frames of 320x240, constrained baseline: an operator's machine may have no encoder to make some. */
const CLIP = fileURLToPath(new URL('../../../deploy/decoder-trial.h264', import.meta.url));

/** Why a decoder does not work; null if it does. A driver may hang or crash during the trial. */
export function tryDecoder(decoder: Decoder, machine: MachineFacts): Promise<string | null> {
  return trial(
    `filesrc name=clip ! h264parse ! video/x-h264,stream-format=byte-stream,alignment=au ! ${describeDecoder(decoder, machine)}`,
    pipeline => {
      element(pipeline, 'clip').location = CLIP;
    },
  );
}
