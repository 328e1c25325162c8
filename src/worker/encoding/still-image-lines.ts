import type { MachineFacts } from '../../gst/machine.js';
import type { VideoCodecName } from '../../protocol/codecs.js';
import { CODEC_ELEMENTS } from './codec-elements.js';
import type { CameraFormat } from './launch.js';
import { isJetson, toSystemMemory } from './raw-video.js';

const TITLE = 'halignment=center valignment=center deltay=-20 shaded-background=true font-desc="Sans Bold 34"';
const AGE = 'halignment=center valignment=center deltay=40 shaded-background=true font-desc="Sans Bold 22"';
const LAST = 'fakesink name=out sync=false enable-last-sample=true';

/**
 * The placeholder of a lost camera: `frame` gets its last frame. `as` gets the caps of that, so that the encoder sees
 * no difference.
 * @param framerate as a fraction
 * @param caps of the last frame; null if there is none
 */
export function describePlaceholder(
  { width, height }: CameraFormat,
  framerate: string,
  caps: string | null,
  machine: MachineFacts,
): string {
  return [
    ...(caps
      ? [
          'appsrc name=frame format=time',
          toSystemMemory(machine, 'I420'),
          'videobalance brightness=-0.25 contrast=0.6 saturation=0.2',
          // Up to imagefreeze, elements run once; those behind it run for every frame.
          `textoverlay name=title ${TITLE}`,
          'imagefreeze is-live=true',
        ]
      : [
          'videotestsrc is-live=true pattern=solid-color foreground-color=0xff20242a',
          `video/x-raw,format=I420,width=${width},height=${height}`,
          `textoverlay name=title ${TITLE}`,
        ]),
    `video/x-raw,framerate=${framerate}`,
    `textoverlay name=age ${AGE}`,
    isJetson(machine) ? 'nvvidconv' : 'videoconvert',
    'capsfilter name=as',
    'identity name=shown silent=true',
    'tee name=taken allow-not-linked=true',
  ].join(' ! ');
}

/** From a raw frame at `in` to JPEG at `out`. */
export function describeJpeg(machine: MachineFacts): string {
  return ['appsrc name=in format=time', toSystemMemory(machine, 'I420'), 'jpegenc quality=85', LAST].join(' ! ');
}

/** From encoded frames at `in` to the last of them, raw, at `out`. */
export function describeDecodeLast(codec: VideoCodecName, machine: MachineFacts): string {
  const [parser] = CODEC_ELEMENTS[codec].parser;
  return [
    'appsrc name=in format=time',
    ...(parser ? [parser] : []),
    'decodebin',
    toSystemMemory(machine, 'I420'),
    LAST,
  ].join(' ! ');
}
