import { formatAge } from '../protocol/age.js';
import type { CaptureLatency } from '../protocol/capture-latency.js';
import type { CameraReport, CameraSummary } from './tally.js';

/** Texts of `recv` on a terminal. Pure. */

/** The line of a camera: `front   640x480  29.9 fps  1.02 Mbit/s  loss 0.0 %  …`. @param width of the name column */
export function statusLine(report: CameraReport, width: number): string {
  const name = report.camera.padEnd(width);
  const { figures, network, roundTripMs, latency, problem, state } = report;
  const age = figures?.ageMs ?? null;
  if (state !== 'live')
    return `${name}  ${state === 'down' ? `no video${age === null ? '' : ` for ${formatAge(age / 1000, TENTHS_BELOW)}`}: ` : ''}${problem ?? 'connecting'}`;
  const parts = [
    ...(figures?.width ? [`${figures.width}x${figures.height}`] : []),
    ...(figures ? [`${figures.fps.toFixed(1)} fps`, showRate(figures.bitrate)] : []),
    ...(network?.lossPercent != null ? [`loss ${network.lossPercent.toFixed(1)} %`] : []),
    ...(network?.jitterMs != null ? [`jitter ${network.jitterMs.toFixed(1)} ms`] : []),
    ...(roundTripMs !== null ? [`rtt ${roundTripMs.toFixed(1)} ms`] : []),
    ...(figures?.decodeMs != null ? [`decode ${figures.decodeMs.toFixed(1)} ms`] : []),
    ...(latency ? [showLatency(latency)] : []),
    ...(figures && figures.freezes > 0 ? [`${figures.freezes} ${figures.freezes === 1 ? 'freeze' : 'freezes'}`] : []),
  ];
  const trouble =
    problem ?? (age !== null && age > STALE_MS ? `no frame for ${formatAge(age / 1000, TENTHS_BELOW)}` : null);
  return `${name}  ${[...parts, ...(trouble === null ? [] : [`! ${trouble}`])].join('  ')}`;
}

const STALE_MS = 500;
/** s */
const TENTHS_BELOW = 10;

/** A camera in the summary, one or two lines. */
export function summaryLines(summary: CameraSummary, width: number): string[] {
  const { camera, seconds, frames, fps, freezes, frozenMs, packetsLost, interruptions, latency } = summary;
  const times = Object.values(interruptions).reduce((sum, count) => sum + count, 0);
  const causes = Object.entries(interruptions)
    .map(([why, count]) => (count === 1 ? why : `${why} (${count})`))
    .join(', ');
  const parts = [
    `${frames} frames in ${formatAge(seconds, TENTHS_BELOW)}`,
    ...(fps === null ? [] : [`${fps.toFixed(1)} fps`]),
    `${packetsLost} packets lost`,
    freezes === 0
      ? 'no freezes'
      : `${freezes} ${freezes === 1 ? 'freeze' : 'freezes'}, ${formatAge(frozenMs / 1000, TENTHS_BELOW)} in total`,
    ...(times === 0 ? [] : [`interrupted ${times === 1 ? 'once' : `${times} times`}: ${causes}`]),
  ];
  const lines = [`${camera.padEnd(width)}  ${parts.join(', ')}`];
  if (latency) lines.push(`${' '.repeat(width)}  ${showLatency(latency)}, from ${latency.count} frames`);
  return lines;
}

/** `latency 9/14/22 ms (p50/p95/p99, ±0.3)` */
const showLatency = ({ p50, p95, p99, errorMs }: CaptureLatency): string =>
  `latency ${[p50, p95, p99].map(ms => ms.toFixed(1)).join('/')} ms (p50/p95/p99, ±${errorMs.toFixed(1)})`;

/** `1.02 Mbit/s`, `480 kbit/s` */
function showRate(bitrate: number): string {
  return bitrate >= 1e6 ? `${(bitrate / 1e6).toFixed(2)} Mbit/s` : `${Math.round(bitrate / 1000)} kbit/s`;
}

/** Cuts a line to the width of the terminal: a line that wraps could not be rewritten. */
export function fit(line: string, columns: number): string {
  const characters = [...line];
  const widths = characters.map(widthOf);
  if (widths.reduce((sum, width) => sum + width, 0) <= columns) return line;
  let left = columns - 1;
  const end = widths.findIndex(width => {
    left -= width;
    return left < 0;
  });
  return columns < 1 ? '' : `${characters.slice(0, end).join('')}…`;
}

/** Columns on a terminal (UAX #11): Chinese, Japanese and Korean characters and most emoji take two. */
function widthOf(character: string): number {
  if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(character)) return 0;
  return /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}$/u.test(
    character,
  )
    ? 2
    : 1;
}
