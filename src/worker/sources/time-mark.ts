import { fileURLToPath } from 'node:url';
import type { MachineFacts } from '../../gst/machine.js';
import type { Pipeline } from '../../gst/native.js';
import { element, pad } from '../../gst/pipeline.js';
import { TIME_MARK } from '../../protocol/time-mark.js';
import { toSystemMemory } from '../encoding/raw-video.js';
import { MARK_FONT } from './mark-font.js';

/**
 * Lets the fonts of the build be found, beside those of the system. Fontconfig reads this when the first text is laid
 * out; GLib, whose folder for GStreamer's plugins of the user it is too, has read it by then.
 */
export function useMarkFont(): void {
  process.env.XDG_DATA_HOME = fileURLToPath(new URL('../../../share', import.meta.url));
}

/** Writes the time mark into each picture (protocol/time-mark.ts). The text lies at whole pixels, without smoothing. */
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
 * Has a pipeline's mark, if it has one, show the clock's time: it writes running times, and those of what passes begin at
 * the base time. So they are put forward at its entrance, and back again at its exit.
 * @param baseTime ns; see shareClock
 */
export function showClock(pipeline: Pipeline, baseTime: bigint): void {
  if (!pipeline.getByName('mark')) return;
  const mark = element(pipeline, 'mark');
  pad(mark, 'video_sink').setOffset(Number(baseTime));
  pad(mark, 'src').setOffset(-Number(baseTime));
}
