import type { Container, PipeFormat } from '../../messages/player.js';

/**
 * What is taken of the depayloader: in this form it takes headers out of the stream. GStreamer's payloader (config-interval=-1)
 * puts some before each slice of a keyframe, in the middle of the picture, and a parser takes that for the end of it.
 */
const UNPACKED = 'video/x-h264,stream-format=avc,alignment=au';
/** Caps of H.264 as everything here hands it on. */
const H264 = 'video/x-h264,stream-format=byte-stream,alignment=au';

/**
 * A sink that says for each buffer when it came: as it is due 10 s before it exists, it is late, and GstBaseSink posts a
 * QoS message that tells by how much (its `jitter`). Once a second a late buffer is let pass without a word.
 */
export const CLOCK_OFFSET_NS = 10_000_000_000;
const describeClock = (name: string): string =>
  `fakesink name=${name} async=false sync=true qos=true max-lateness=0 ts-offset=-${CLOCK_OFFSET_NS}`;

export interface ReceptionSettings {
  /** How many sections of video there are; each has a camera. */
  sections: number;
  /** From describeDecoder, one for each section, its element named `decoder0`, `decoder1`, …; null does not decode. */
  decoder: ((name: string) => string) | null;
  /** Whether the time mark is looked for in the decoded pictures. */
  marks: boolean;
}

/**
 * What a WHEP server or an old sender sends, from its RTP to two tees for each section: `encoded0` and, where it is
 * decoded, `decoded0`. `came0` and `shown0` count, `arrival0` and `departure0` tell when a picture came and when it was
 * decoded. `webrtc` is the webrtcbin, whose pads have the numbers of the sections.
 */
export function describeReception({ sections, decoder, marks }: ReceptionSettings): string {
  return [
    // What a lost packet is waited for is set when pictures flow: before, it would hold up the first one.
    'webrtcbin name=webrtc bundle-policy=max-bundle latency=0',
    ...Array.from({ length: sections }, (_, i) => describeMediaSection(i, decoder, marks)),
  ].join('  ');
}

function describeMediaSection(i: number, decoder: ReceptionSettings['decoder'], marks: boolean): string {
  return [
    // Of a picture with a hole, and of all that are made from it, nothing is shown: a keyframe is asked for.
    `webrtc.src_${i} ! rtph264depay request-keyframe=true wait-for-keyframe=true ! ${UNPACKED} ! h264parse name=parse${i} config-interval=-1 ! ${H264} ! identity name=came${i} silent=true ! tee name=encoded${i} allow-not-linked=true`,
    `encoded${i}. ! ${describeClock(`arrival${i}`)}`,
    ...(decoder
      ? [
          `encoded${i}. ! ${decoder(`decoder${i}`)} ! identity name=shown${i} silent=true ! tee name=decoded${i} allow-not-linked=true`,
          `decoded${i}. ! ${describeClock(`departure${i}`)}`,
          `decoded${i}. ! fakesink name=kept${i} async=false sync=false enable-last-sample=true`,
        ]
      : []),
    ...(decoder && marks ? [describeMarks(i)] : []),
  ].join('  ');
}

// The newest corner alone is kept for whoever asks: some ten a second are, as JavaScript takes 0.7 ms for one.
const describeMarks = (i: number): string =>
  `decoded${i}. ! queue leaky=downstream max-size-buffers=1 max-size-bytes=0 max-size-time=0 ! videocrop name=corner${i} ! videoconvert ! video/x-raw,format=GRAY8 ! appsink name=mark${i} async=false sync=false max-buffers=1 drop=true`;

/** The newest picture alone: one that is not shown yet when the next one comes is not worth showing. */
const NEWEST = 'queue leaky=downstream max-size-buffers=1 max-size-bytes=0 max-size-time=0';

// Size and place are for pictures 640 wide; the element scales them.
const LABEL = 'valignment=top halignment=left xpad=8 ypad=6 shaded-background=true font-desc="Sans Bold 13"';
const ALARM =
  'silent=true valignment=center halignment=center line-alignment=center shaded-background=true shading-value=180 wrap-mode=word font-desc="Sans Bold 20" color=0xffffb000';

/** Text is put into the pictures, and not beside them for the sink to do: glimagesink does not draw what changes. */
const BLENDED = 'identity drop-allocation=true silent=true';

/**
 * A camera's place on the screen: `in` takes its pictures, `still` the last one again with another text. `last` keeps it.
 * @param end where the pictures go
 */
export function describeTile(i: number, end: string): string {
  return [
    `funnel name=in${i} ! tee name=pictures${i} ! ${NEWEST} ! videoconvert ! textoverlay name=label${i} ${LABEL} ! textoverlay name=alarm${i} ${ALARM} ! video/x-raw ! ${BLENDED} ! ${end}`,
    `pictures${i}. ! fakesink name=last${i} async=false sync=false enable-last-sample=true`,
    `appsrc name=still${i} is-live=true format=time ! in${i}.`,
  ].join('  ');
}

/** A tile that is shown by a sink of its own. */
export const describeTileSink = (i: number, sink: string): string =>
  `videoconvert ! videoscale add-borders=true ! ${sink} name=screen${i} sync=false async=false qos=false`;

export interface Place {
  /** Pixels. */
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Pictures a second of a composed screen: a picture waits for the next of them, 8 ms on average. */
const COMPOSED_RATE = 60;

/** All tiles in one picture, for displays that have one surface. */
export function describeComposition(
  places: readonly Place[],
  size: { width: number; height: number },
  sink: string,
): string {
  const pads = places.map(
    ({ x, y, width, height }, i) =>
      `sink_${i}::xpos=${x} sink_${i}::ypos=${y} sink_${i}::width=${width} sink_${i}::height=${height} sink_${i}::sizing-policy=keep-aspect-ratio`,
  );
  return [
    `compositor name=mix background=black ignore-inactive-pads=true start-time-selection=first ${pads.join(' ')} ! video/x-raw,width=${size.width},height=${size.height},framerate=${COMPOSED_RATE}/1 ! videoconvert ! ${sink} name=screen sync=false async=false qos=false`,
    ...places.map((_, i) => describeTile(i, `mix.sink_${i}`)),
  ].join('  ');
}

/** A black picture, from nothing. */
export const BLACK_FRAME =
  'videotestsrc pattern=black num-buffers=1 ! video/x-raw,format=I420,width=640,height=480,framerate=30/1 ! fakesink name=out sync=false enable-last-sample=true';

// Both can be played up to where they were cut off, of one stream: Matroska by its nature, MP4 as fragments of a second.
const MUXERS: Readonly<Record<Container, string>> = {
  mkv: 'matroskamux name=mux writing-app=bigfootbot-video',
  mp4: 'mp4mux name=mux fragment-duration=1000',
};

/** A camera's stream into a file, as it comes. Ten seconds of it wait for a disk that is slow. */
export const describeRecording = (container: Container): string =>
  `funnel name=in ! queue name=wait leaky=upstream max-size-buffers=0 max-size-bytes=0 max-size-time=10000000000 ! h264parse name=parse ! capsfilter name=form caps=video/x-h264,stream-format=avc ! ${MUXERS[container]} ! filesink name=file buffer-mode=unbuffered async=false`;

/** What is written to stdout: raw pictures in a format of GStreamer's, YUV4MPEG2, or the stream as it comes. */
export const PIPES: Readonly<Record<PipeFormat, string | null>> = {
  h264: null,
  y4m: 'I420',
  i420: 'I420',
  nv12: 'NV12',
  bgr: 'BGR',
  rgb: 'RGB',
  gray: 'GRAY8',
};

/** Bytes that are not read in time are not written: newest first for pictures, a second of a stream. */
export function describePipe(format: PipeFormat): string {
  const raw = PIPES[format];
  const line =
    raw === null
      ? ['queue leaky=downstream max-size-buffers=0 max-size-bytes=0 max-size-time=1000000000']
      : [
          NEWEST,
          'videoconvert ! videoscale add-borders=true',
          `capsfilter name=form caps=video/x-raw,format=${raw}`,
          ...(format === 'y4m' ? ['y4menc'] : []),
        ];
  return ['funnel name=in', ...line, 'fdsink name=out fd=1 sync=false async=false'].join(' ! ');
}

/** One picture into a file. */
export const describeSnapshotFile = (format: 'jpg' | 'png'): string =>
  `appsrc name=in format=time ! videoconvert ! ${format === 'png' ? 'pngenc snapshot=false' : 'jpegenc quality=90'} ! filesink name=file async=false`;
