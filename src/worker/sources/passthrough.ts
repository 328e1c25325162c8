/** What a look at the beginning of a source's own H.264 showed. */
export interface StreamFacts {
  /** The name that GStreamer gives to the SPS's profile. */
  profile: string;
  /** Whether pictures are sent in another order than they are shown. */
  reordered: boolean;
  /** ms between keyframes at the most, of what was looked at; null if no second one came. */
  keyframeGapMs: number | null;
  /** ms of video that were looked at. */
  probedMs: number;
}

const SUITABLE = new Set(['constrained-baseline', 'baseline']);
/** A viewer waits so long for its first picture at the most; a stream passed on cannot be asked for a keyframe. */
const MAX_KEYFRAME_GAP_MS = 1000;
/** 30 frames at 29.97 Hz take 1001 ms; network cameras keep less even time. */
const TOLERANCE_MS = 100;

/**
 * Whether H.264 suits every WebRTC player as it is.
 * @param facts null if the source has no H.264
 */
export function decidePassthrough(
  wanted: 'auto' | 'always' | 'never',
  facts: StreamFacts | null,
): { active: boolean; reason: string } {
  if (wanted === 'never') return { active: false, reason: 'passthrough is "never"' };
  if (!facts) return { active: false, reason: 'the source brings no H.264' };
  if (wanted === 'always') return { active: true, reason: 'passthrough is "always"' };
  if (!SUITABLE.has(facts.profile))
    return { active: false, reason: `its profile is ${facts.profile}; every player plays baseline only` };
  if (facts.reordered) return { active: false, reason: 'it has B-frames' };
  const gap = facts.keyframeGapMs ?? facts.probedMs;
  if (gap > MAX_KEYFRAME_GAP_MS + TOLERANCE_MS) {
    return { active: false, reason: `keyframes are ${(gap / 1000).toFixed(1)} s apart; a viewer would wait so long` };
  }
  if (facts.keyframeGapMs === null) return { active: false, reason: 'no second keyframe was seen' };
  return { active: true, reason: 'it is baseline, has no B-frames and a keyframe each second' };
}
