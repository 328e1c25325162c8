export interface ChainLimits {
  frames: number;
  bytes: number;
}

/** Reads an encoded frame. */
export interface FrameFacts<Frame> {
  isKeyframe(frame: Frame): boolean;
  bytesOf(frame: Frame): number;
}

/** Encoded frames taken from a stream, in order. */
export interface Taken<Frame> {
  samples: readonly Frame[];
  /** Whether none is missing between the previously taken frames and these. */
  isComplete: boolean;
}

/**
 * The frames that the newest one is decoded from: the newest keyframe and all frames since. Empty if some are missing,
 * or if they exceed the limits: an older frame must not pass for the newest.
 */
export function extendChain<Frame>(
  before: readonly Frame[],
  { samples, isComplete }: Taken<Frame>,
  { isKeyframe, bytesOf }: FrameFacts<Frame>,
  limits: ChainLimits,
): readonly Frame[] {
  const frames = isComplete ? [...before, ...samples] : samples;
  const start = frames.findLastIndex(isKeyframe);
  if (start < 0 || frames.length - start > limits.frames) return [];
  const chain = frames.slice(start);
  return chain.reduce((sum, frame) => sum + bytesOf(frame), 0) > limits.bytes ? [] : chain;
}
