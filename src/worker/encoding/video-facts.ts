import type { Caps } from '../../gst/native.js';
import type { VideoFacts } from '../../messages/camera-worker.js';
import type { VideoCodecName } from '../../protocol/codecs.js';

// profile_idc and constraint flags (H.264 7.4.2.1.1) by GStreamer's names of profiles.
const PROFILES: Readonly<Record<string, string>> = {
  'constrained-baseline': '42c0',
  baseline: '4200',
  main: '4d00',
  'constrained-high': '640c',
  high: '6400',
  'progressive-high': '6408',
};

/** Facts from the stream's caps, which h264parse fills in from the SPS; null without caps. */
export function videoFacts(codec: VideoCodecName, caps: Caps | null): VideoFacts | null {
  if (!caps || caps.getSize() === 0) return null;
  const structure = caps.getStructure(0);
  const [hasWidth, width] = structure.getInt('width');
  const [hasHeight, height] = structure.getInt('height');
  return {
    codec,
    width: hasWidth ? width : null,
    height: hasHeight ? height : null,
    profileLevelId:
      codec === 'H264' ? profileLevelId(structure.getString('profile'), structure.getString('level')) : null,
  };
}

/** `constrained-baseline` and `3.1` become `42c01f`; null for a profile that is not in the table. */
export function profileLevelId(profile: string | null, level: string | null): string | null {
  const start = PROFILES[profile ?? ''];
  if (!start || !level) return null;
  // Level 1b of the baseline profiles is level_idc 11 with constraint_set3 (H.264 A.3.1).
  if (level === '1b')
    return `${start.slice(0, 2)}${(Number.parseInt(start.slice(2), 16) | 0x10).toString(16).padStart(2, '0')}0b`;
  const [major = '', minor = '0'] = level.split('.');
  const idc = Number(major) * 10 + Number(minor);
  return Number.isInteger(idc) && idc < 256 ? start + idc.toString(16).padStart(2, '0') : null;
}
