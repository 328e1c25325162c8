import { isJpeg, rawFormat } from '../../domain/pixel-formats.js';
import type { Source } from '../../domain/source.js';
import type { MachineFacts } from '../../gst/machine.js';
import { CODEC_ELEMENTS } from '../encoding/codec-elements.js';
import { type CameraFormat, describeFanout, describeThinning } from '../encoding/launch.js';
import { describeAcceptable, describeScaling, isJetson, NVMM } from '../encoding/raw-video.js';
import { type ChosenMode, outputSize } from './capture-mode.js';
import { reaches, showFraction } from './framerate.js';
import { describeTimeMark } from './time-mark.js';

export interface CaptureRequest {
  source: Source;
  /** What is wanted. */
  format: CameraFormat;
  /** What a V4L2 camera is set to (see chooseMode); null for every other source. */
  mode: ChosenMode | null;
  machine: MachineFacts;
  /** Whether each picture is to say when it was captured; left out, not. */
  timeMark?: boolean;
}

/**
 * The launch line from a source to raw pictures, in system memory or in a Jetson's NVMM, no larger than wanted. Paths,
 * URLs and names are not in it; they are set on the element `source`, by the property that sourceProperty names. What it
 * brings is taken from the tee `taken`. Where a camera brings more pictures than wanted, `thin` leaves some out; its
 * max-rate may be changed while it plays. A time mark is written here, where a picture's time is that of its capture, and
 * every picture passes once: the slate, which comes in behind it, has the mark of the last picture.
 */
export function describeCapture(request: CaptureRequest): string {
  return [
    ...describeSource(request),
    'identity name=captured silent=true',
    ...(request.timeMark ? describeTimeMark(request.machine) : []),
    'tee name=taken allow-not-linked=true',
  ].join(' ! ');
}

/** The launch line that passes a source's own H.264 on. @param mode of a V4L2 camera, with format H264 */
export function describePassthrough(source: Source, mode: ChosenMode | null): string {
  return [...describeH264(source, mode), ...CODEC_ELEMENTS.H264.parser, describeFanout('video')].join(' ! ');
}

/** Formats, of those that are not raw, that this machine can decode. */
export function decodedFormats(machine: MachineFacts): string[] {
  return jpegDecoder(machine) === null ? [] : ['MJPG', 'JPEG'];
}

const RTSP = [
  // TCP: a lost packet of the camera's would be lost to every viewer.
  'rtspsrc name=source protocols=tcp latency=0 drop-on-latency=true timeout=5000000 tcp-timeout=5000000',
  'application/x-rtp,media=video',
];

function describeSource(request: CaptureRequest): string[] {
  const { source, format, machine } = request;
  const { width, height, framerate } = format;
  const size = `width=${width},height=${height}`;
  switch (source.type) {
    case 'whip':
      throw new Error('a camera of source whip has its publisher for a source');
    case 'forwarded':
      throw new Error('a forwarded camera has an RTP receiver for a source');
    case 'test':
      return [
        // Colour bars that wander, with noise in a corner: something moves in every part of the picture.
        'videotestsrc name=source is-live=true pattern=smpte horizontal-speed=2',
        `video/x-raw,format=I420,${size},framerate=${framerate}/1`,
        // The wall clock, to compare with another at a glance; below it the milliseconds since the camera opened.
        'clockoverlay halignment=center valignment=position ypos=0.08 time-format="%H:%M:%S" font-desc="Sans Bold 20" shaded-background=true',
        'timeoverlay halignment=center valignment=bottom font-desc="Monospace 12" shaded-background=true',
      ];
    case 'file':
      // Read ahead by a little, so that the jump back to the start is not seen, and let out at the time it is due. What
      // is decoded is read ahead in decodebin too, before the decoder: the queue need not hold much. The jump begins a
      // new segment; behind `single-segment` times only go up.
      return [
        'filesrc name=source',
        'decodebin',
        decoded(machine),
        'queue name=ahead max-size-buffers=3',
        'clocksync name=clock',
        'identity single-segment=true',
      ];
    case 'rtsp':
      return [...RTSP, 'decodebin', decoded(machine)];
    case 'v4l2':
      return describeV4l2(request);
    case 'argus':
      // The sensor's mode is chosen by size and rate, and the image processor scales to what is asked for.
      return [`nvarguscamerasrc name=source sensor-id=${source.sensor}`, `${NVMM},${size},framerate=${framerate}/1`];
    case 'libcamera':
      // Best first. Older elements know no rate, a rate may be beyond the sensor, and a sensor smaller than wanted.
      return [
        'libcamerasrc name=source',
        `capsfilter caps="video/x-raw,format=NV12,${size},framerate=${framerate}/1;video/x-raw,format=NV12,${size};video/x-raw"`,
      ];
    case 'gst':
      // Whatever memory it ends in, on a Jetson in a format that nvvidconv takes. An element stands before the bracket,
      // which would be taken for a part of caps.
      return [
        `( name=source ${source.line} ! identity silent=true )`,
        ...(isJetson(machine) ? [] : ['videoconvert']),
        ...describeScaling(machine, format, true),
      ];
  }
}

/** A camera's pictures in the mode that it is set to, thinned out and made smaller before anything else is done. */
function describeV4l2({ format, mode, machine }: CaptureRequest): string[] {
  if (mode === null) throw new Error('a V4L2 camera needs a mode');
  const raw = rawFormat(mode.format);
  const decoder = isJpeg(mode.format) ? jpegDecoder(machine) : null;
  if (raw === null && decoder === null) throw new Error(`${mode.format} is not decoded on this machine`);
  const size = outputSize(mode, format);
  return [
    // As NVIDIA's examples have it: else the decoder and the driver agree on whose memory it is.
    `v4l2src name=source do-timestamp=true${decoder?.includes('nvv4l2decoder') ? ' io-mode=mmap' : ''}`,
    `${raw === null ? 'image/jpeg' : `video/x-raw,format=${raw}`},${describeMode(mode)}`,
    ...(reaches(format.framerate, mode.framerate) ? [] : [describeThinning('thin', format.framerate)]),
    ...(raw === null ? [] : describeAcceptable(machine, raw)),
    ...(decoder === null ? [] : [decoder]),
    ...(size.width === mode.width && size.height === mode.height ? [] : describeScaling(machine, size, false)),
  ];
}

const describeMode = ({ width, height, framerate }: ChosenMode): string =>
  `width=${width},height=${height},framerate=${showFraction(framerate)}`;

/**
 * Cameras send JPEG with 4:2:2 pixels mostly, and often without Huffman tables. A Jetson's decoder and those on the CPU
 * are known to take it; of those of other GPUs (nvjpegdec, vajpegdec, v4l2jpegdec) each is another matter, so they are
 * left alone.
 */
function jpegDecoder(machine: MachineFacts): string | null {
  if (isJetson(machine)) {
    // NVIDIA's documentation wants a parser before it; it mostly works without.
    if (machine.property('nvv4l2decoder', 'mjpeg'))
      return `${machine.has('jpegparse') ? 'jpegparse ! ' : ''}nvv4l2decoder mjpeg=true`;
    if (machine.has('nvjpegdec')) return 'nvjpegdec';
  }
  return ['jpegdec', 'avdec_mjpeg'].find(element => machine.has(element)) ?? null;
}

/** What decodebin is to end in. Decoders of a Jetson bring NVMM, which its encoder takes as it is. */
const decoded = (machine: MachineFacts): string =>
  isJetson(machine) ? `capsfilter caps="video/x-raw(memory:NVMM);video/x-raw"` : 'video/x-raw';

function describeH264(source: Source, mode: ChosenMode | null): string[] {
  switch (source.type) {
    case 'v4l2':
      if (mode === null) throw new Error('a V4L2 camera needs a mode');
      return ['v4l2src name=source do-timestamp=true', `video/x-h264,${describeMode(mode)}`];
    case 'file':
      return [
        'filesrc name=source',
        'parsebin',
        'video/x-h264',
        'queue name=ahead max-size-buffers=120 max-size-bytes=0 max-size-time=0',
        'clocksync name=clock',
      ];
    case 'rtsp':
      return [...RTSP, 'rtph264depay wait-for-keyframe=true'];
    default:
      throw new Error(`source ${source.type} brings no H.264`);
  }
}
