import { fileURLToPath } from 'node:url';
import type { MachineFacts } from '../../gst/machine.js';
import type { Pipeline } from '../../gst/native.js';
import { element, pad } from '../../gst/pipeline.js';
import { TIME_MARK } from '../../protocol/time-mark.js';
import { toSystemMemory } from '../encoding/raw-video.js';
import { MARK_FONT } from './mark-font.js';

/**
 * Adds the build's fonts to those of the system. Fontconfig reads the variable at the first text layout; GLib, which
 * uses it for the user's GStreamer plugins too, has read it by then.
 */
export function useMarkFont(): void {
  process.env.XDG_DATA_HOME = fileURLToPath(new URL('../../../share', import.meta.url));
}

/** Writes the time mark into every frame (protocol/time-mark.ts). The text is aligned to pixels, without smoothing. */
export function describeTimeMark(machine: MachineFacts): string[] {
  const { lead, margin, cell, rows } = TIME_MARK;
  return [
    toSystemMemory(machine, 'I420'),
    `timeoverlay name=mark time-mode=running-time text=${lead} halignment=left valignment=top xpad=${margin} ` +
      `ypad=${margin} font-desc="${MARK_FONT} ${rows * cell}px" auto-resize=false wrap-mode=none draw-outline=false ` +
      'draw-shadow=false shaded-background=true shading-value=255',
  ];
}

/**
 * Makes a pipeline's time mark, if it has one, show the clock's time: timeoverlay writes running times, which start at
 * the base time. So pad offsets shift them forward at its input, and back at its output.
 * @param baseTime ns; see shareClock
 */
export function showClock(pipeline: Pipeline, baseTime: bigint): void {
  if (!pipeline.getByName('mark')) return;
  const mark = element(pipeline, 'mark');
  pad(mark, 'video_sink').setOffset(Number(baseTime));
  pad(mark, 'src').setOffset(-Number(baseTime));
}
