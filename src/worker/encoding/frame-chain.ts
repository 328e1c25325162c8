export interface ChainLimits {
  frames: number;
  bytes: number;
}

/** What a chain must know of an encoded frame. */
export interface FrameFacts<Frame> {
  isKeyframe(frame: Frame): boolean;
  bytesOf(frame: Frame): number;
}

/** Encoded frames that were taken of a stream, in order. */
export interface Taken<Frame> {
  samples: readonly Frame[];
  /** Whether none is missing between those that were taken before and these. */
  isComplete: boolean;
}

/**
 * What the newest frame of a stream is decoded from: the newest keyframe and all that came since. Empty where that is not
 * all there, or is more than may be kept: an older frame must not pass for the newest.
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
