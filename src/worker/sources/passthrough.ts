/** Facts from a probe of a source's own H.264. */
export interface StreamFacts {
  /** GStreamer's name of the profile in the SPS. */
  profile: string;
  /** Whether it has B-frames: decoding order differs from presentation order. */
  reordered: boolean;
  /** The maximum time between keyframes in the probe, ms; null if there was no second one. */
  keyframeGapMs: number | null;
  /** The length of the probe, ms of video. */
  probedMs: number;
}

const SUITABLE = new Set(['constrained-baseline', 'baseline']);
/**
 * The longest that a viewer waits for its first frame; a source that is passed through makes no keyframes on request.
 */
const MAX_KEYFRAME_GAP_MS = 1000;
/** 30 frames at 29.97 Hz take 1001 ms; network cameras jitter more. */
const TOLERANCE_MS = 100;

/**
 * Whether H.264 suits every WebRTC player without encoding.
 * @param facts null if the source has no H.264
 */
export function decidePassthrough(
  wanted: 'auto' | 'always' | 'never',
  facts: StreamFacts | null,
): { active: boolean; reason: string } {
  if (wanted === 'never') return { active: false, reason: 'passthrough is "never"' };
  if (!facts) return { active: false, reason: 'the source has no H.264' };
  if (wanted === 'always') return { active: true, reason: 'passthrough is "always"' };
  if (!SUITABLE.has(facts.profile))
    return { active: false, reason: `its profile is ${facts.profile}; only baseline plays everywhere` };
  if (facts.reordered) return { active: false, reason: 'it has B-frames' };
  const gap = facts.keyframeGapMs ?? facts.probedMs;
  if (gap > MAX_KEYFRAME_GAP_MS + TOLERANCE_MS) {
    return { active: false, reason: `keyframes are ${(gap / 1000).toFixed(1)} s apart; viewers would wait that long` };
  }
  if (facts.keyframeGapMs === null) return { active: false, reason: 'no second keyframe was seen' };
  return { active: true, reason: 'it is baseline, without B-frames, and has a keyframe every second' };
}
