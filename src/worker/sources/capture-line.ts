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
  /** The requested format. */
  format: CameraFormat;
  /** The capture mode of a V4L2 camera (see chooseMode); null for every other source. */
  mode: ChosenMode | null;
  machine: MachineFacts;
  /** Whether to write the capture time into every frame; false by default. */
  timeMark?: boolean;
}

/**
 * The launch line from a source to raw frames, in system memory or in a Jetson's NVMM, no larger than requested. Paths,
 * URLs and names are not in it; they are set on the element `source`, by the property that sourceProperty names. Frames
 * are taken from the tee `taken`. If a camera delivers more frames than requested, the videorate `thin` drops some; its
 * max-rate can change in PLAYING. The time mark is written here, where a frame's timestamp is its capture time and
 * every frame passes once: the placeholder, which joins behind it, has the mark of the last frame.
 */
export function describeCapture(request: CaptureRequest): string {
  return [
    ...describeSource(request),
    'identity name=captured silent=true',
    ...(request.timeMark ? describeTimeMark(request.machine) : []),
    'tee name=taken allow-not-linked=true',
  ].join(' ! ');
}

/** The launch line that passes a source's own H.264 through. @param mode of a V4L2 camera, with format H264 */
export function describePassthrough(source: Source, mode: ChosenMode | null): string {
  return [...describeH264(source, mode), ...CODEC_ELEMENTS.H264.parser, describeFanout('video')].join(' ! ');
}

/** The compressed formats that this machine can decode. */
export function decodedFormats(machine: MachineFacts): string[] {
  return jpegDecoder(machine) === null ? [] : ['MJPG', 'JPEG'];
}

const RTSP = [
  // TCP: a packet lost from the camera would be lost for every viewer.
  'rtspsrc name=source protocols=tcp latency=0 drop-on-latency=true timeout=5000000 tcp-timeout=5000000',
  'application/x-rtp,media=video',
];

function describeSource(request: CaptureRequest): string[] {
  const { source, format, machine } = request;
  const { width, height, framerate } = format;
  const size = `width=${width},height=${height}`;
  switch (source.type) {
    case 'whip':
      throw new Error('the source of a whip camera is its publisher');
    case 'forwarded':
      throw new Error('the source of a forwarded camera is an RTP receiver');
    case 'test':
      return [
        // Moving colour bars, with noise in a corner: something moves in every part of the frame.
        'videotestsrc name=source is-live=true pattern=smpte horizontal-speed=2',
        `video/x-raw,format=I420,${size},framerate=${framerate}/1`,
        // The wall clock, to compare with another by eye; below it the milliseconds since the camera opened.
        'clockoverlay halignment=center valignment=position ypos=0.08 time-format="%H:%M:%S" font-desc="Sans Bold 20" shaded-background=true',
        'timeoverlay halignment=center valignment=bottom font-desc="Monospace 12" shaded-background=true',
      ];
    case 'file':
      // A short queue reads ahead, so that the jump back to the start is invisible, and clocksync releases each frame
      // when it is due. decodebin reads ahead too, before the decoder, so the queue need not hold much. The jump starts
      // a new segment; behind `single-segment` timestamps only increase.
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
      // Argus chooses the sensor's mode by size and rate, and the image processor scales to the requested size.
      return [`nvarguscamerasrc name=source sensor-id=${source.sensor}`, `${NVMM},${size},framerate=${framerate}/1`];
    case 'libcamera':
      // Best first. Older elements have no framerate, the sensor may not reach the rate, or be smaller than requested.
      return [
        'libcamerasrc name=source',
        `capsfilter caps="video/x-raw,format=NV12,${size},framerate=${framerate}/1;video/x-raw,format=NV12,${size};video/x-raw"`,
      ];
    case 'gst':
      // The line may end in any memory, on a Jetson in a format that nvvidconv takes. The identity is there because the
      // closing bracket would be parsed as part of caps at the end of the line.
      return [
        `( name=source ${source.line} ! identity silent=true )`,
        ...(isJetson(machine) ? [] : ['videoconvert']),
        ...describeScaling(machine, format, true),
      ];
  }
}

/** A V4L2 camera in its mode; excess frames are dropped and frames scaled down before anything else. */
function describeV4l2({ format, mode, machine }: CaptureRequest): string[] {
  if (mode === null) throw new Error('a V4L2 camera needs a mode');
  const raw = rawFormat(mode.format);
  const decoder = isJpeg(mode.format) ? jpegDecoder(machine) : null;
  if (raw === null && decoder === null) throw new Error(`this machine has no decoder for ${mode.format}`);
  const size = outputSize(mode, format);
  return [
    // io-mode as in NVIDIA's examples; otherwise the decoder and the driver negotiate whose memory to use.
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
 * Cameras mostly send 4:2:2 JPEG, often without Huffman tables. A Jetson's decoder and the CPU decoders are known to
 * take that; the decoders of other GPUs (nvjpegdec, vajpegdec, v4l2jpegdec) differ, so they are not used.
 */
function jpegDecoder(machine: MachineFacts): string | null {
  if (isJetson(machine)) {
    // NVIDIA's documentation has a parser before it; it mostly works without.
    if (machine.property('nvv4l2decoder', 'mjpeg'))
      return `${machine.has('jpegparse') ? 'jpegparse ! ' : ''}nvv4l2decoder mjpeg=true`;
    if (machine.has('nvjpegdec')) return 'nvjpegdec';
  }
  return ['jpegdec', 'avdec_mjpeg'].find(element => machine.has(element)) ?? null;
}

/** The output caps of decodebin. A Jetson's decoders output NVMM, which its encoder takes directly. */
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
      throw new Error(`source ${source.type} has no H.264`);
  }
}
