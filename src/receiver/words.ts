import { formatAge } from '../protocol/age.js';
import type { CaptureLatency } from '../protocol/capture-latency.js';
import type { CameraReport, CameraSummary } from './tally.js';

/** What `recv` says on a terminal. Pure. */

/** A camera's line: `front   640x480  29.9 fps  1.02 Mbit/s  loss 0.0 %  …`. @param width of the camera's column */
export function statusLine(report: CameraReport, width: number): string {
  const name = report.camera.padEnd(width);
  const { figures, network, roundTripMs, latency, problem, state } = report;
  const age = figures?.ageMs ?? null;
  if (state !== 'live')
    return `${name}  ${state === 'down' ? `no picture${age === null ? '' : ` for ${formatAge(age / 1000, TENTHS_BELOW)}`}: ` : ''}${problem ?? 'connecting'}`;
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
    problem ?? (age !== null && age > STALE_MS ? `no picture for ${formatAge(age / 1000, TENTHS_BELOW)}` : null);
  return `${name}  ${[...parts, ...(trouble === null ? [] : [`! ${trouble}`])].join('  ')}`;
}

const STALE_MS = 500;
/** s */
const TENTHS_BELOW = 10;

/** A camera in the summary, on a line or two. */
export function summaryLines(summary: CameraSummary, width: number): string[] {
  const { camera, seconds, frames, fps, freezes, frozenMs, packetsLost, interruptions, latency } = summary;
  const times = Object.values(interruptions).reduce((sum, count) => sum + count, 0);
  const causes = Object.entries(interruptions)
    .map(([why, count]) => (count === 1 ? why : `${why} (${count})`))
    .join(', ');
  const parts = [
    `${frames} pictures in ${formatAge(seconds, TENTHS_BELOW)}`,
    ...(fps === null ? [] : [`${fps.toFixed(1)} fps`]),
    `${packetsLost} packets lost`,
    freezes === 0
      ? 'no freeze'
      : `${freezes} ${freezes === 1 ? 'freeze' : 'freezes'}, ${formatAge(frozenMs / 1000, TENTHS_BELOW)} in all`,
    ...(times === 0 ? [] : [`interrupted ${times === 1 ? 'once' : `${times} times`}: ${causes}`]),
  ];
  const lines = [`${camera.padEnd(width)}  ${parts.join(', ')}`];
  if (latency) lines.push(`${' '.repeat(width)}  ${showLatency(latency)}, of ${latency.count} pictures`);
  return lines;
}

/** `latency 9/14/22 ms (p50/p95/p99, ±0.3)` */
const showLatency = ({ p50, p95, p99, errorMs }: CaptureLatency): string =>
  `latency ${[p50, p95, p99].map(ms => ms.toFixed(1)).join('/')} ms (p50/p95/p99, ±${errorMs.toFixed(1)})`;

/** `1.02 Mbit/s`, `480 kbit/s` */
function showRate(bitrate: number): string {
  return bitrate >= 1e6 ? `${(bitrate / 1e6).toFixed(2)} Mbit/s` : `${Math.round(bitrate / 1000)} kbit/s`;
}

/** At most so many columns: a line that wraps could not be rewritten. */
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

/** Columns of a terminal (UAX #11): Chinese, Japanese and Korean letters and most symbols of people take two. */
function widthOf(character: string): number {
  if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(character)) return 0;
  return /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}$/u.test(
    character,
  )
    ? 2
    : 1;
}
