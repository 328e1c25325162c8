import type { Container, PipeFormat } from '../../messages/player.js';

/**
 * Output of the depayloader: in this format it removes the parameter sets from the stream. GStreamer's payloader
 * (config-interval=-1) puts some before each slice of a keyframe, and a parser takes that for the end of the frame.
 */
const UNPACKED = 'video/x-h264,stream-format=avc,alignment=au';
/** Caps of H.264 between all elements here. */
const H264 = 'video/x-h264,stream-format=byte-stream,alignment=au';

/**
 * A sink that reports when each buffer arrived: the buffer is due 10 s before it exists, so it is late, and GstBaseSink
 * posts a QoS message that says by how much (its `jitter`). Once a second a late buffer passes without a message.
 */
export const CLOCK_OFFSET_NS = 10_000_000_000;
const describeClock = (name: string): string =>
  `fakesink name=${name} async=false sync=true qos=true max-lateness=0 ts-offset=-${CLOCK_OFFSET_NS}`;

export interface ReceptionSettings {
  /** Number of video sections; each has a camera. */
  sections: number;
  /** From describeDecoder, one per section, its element named `decoder0`, `decoder1`, …; null does not decode. */
  decoder: ((name: string) => string) | null;
  /** Whether the time mark is read from the decoded frames. */
  marks: boolean;
}

/**
 * Receives from a WHEP server or a legacy sender, from RTP to two tees per section: `encoded0` and, with a decoder,
 * `decoded0`. `came0` and `shown0` count frames, `arrival0` and `departure0` report when a frame arrived and when it
 * was decoded. `webrtc` is the webrtcbin; its pads are numbered like the sections.
 */
export function describeReception({ sections, decoder, marks }: ReceptionSettings): string {
  return [
    // The latency for lost packets is set once frames flow: earlier it would delay the first one.
    'webrtcbin name=webrtc bundle-policy=max-bundle latency=0',
    ...Array.from({ length: sections }, (_, i) => describeMediaSection(i, decoder, marks)),
  ].join('  ');
}

function describeMediaSection(i: number, decoder: ReceptionSettings['decoder'], marks: boolean): string {
  return [
    // A frame with missing packets, and every frame that depends on it, is dropped: a keyframe is requested.
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

// Keeps only the newest corner: some ten a second are read, as JavaScript takes 0.7 ms for one.
const describeMarks = (i: number): string =>
  `decoded${i}. ! queue leaky=downstream max-size-buffers=1 max-size-bytes=0 max-size-time=0 ! videocrop name=corner${i} ! videoconvert ! video/x-raw,format=GRAY8 ! appsink name=mark${i} async=false sync=false max-buffers=1 drop=true`;

/** Keeps only the newest frame: one that is not displayed yet when the next one arrives is obsolete. */
const NEWEST = 'queue leaky=downstream max-size-buffers=1 max-size-bytes=0 max-size-time=0';

// Font size and padding are for frames 640 wide; the element scales them.
const LABEL = 'valignment=top halignment=left xpad=8 ypad=6 shaded-background=true font-desc="Sans Bold 13"';
const ALARM =
  'silent=true valignment=center halignment=center line-alignment=center shaded-background=true shading-value=180 wrap-mode=word font-desc="Sans Bold 20" color=0xffffb000';

/** Text is blended into the frames, not left to the sink as metadata: glimagesink does not redraw it on a change. */
const BLENDED = 'identity drop-allocation=true silent=true';

/**
 * A camera's tile: `in` takes its frames, `still` the last one again with another text; `last` keeps it.
 * @param end the rest of the launch line
 */
export function describeTile(i: number, end: string): string {
  return [
    `funnel name=in${i} ! tee name=frames${i} ! ${NEWEST} ! videoconvert ! textoverlay name=label${i} ${LABEL} ! textoverlay name=alarm${i} ${ALARM} ! video/x-raw ! ${BLENDED} ! ${end}`,
    `frames${i}. ! fakesink name=last${i} async=false sync=false enable-last-sample=true`,
    `appsrc name=still${i} is-live=true format=time ! in${i}.`,
  ].join('  ');
}

/** A tile with its own sink. */
export const describeTileSink = (i: number, sink: string): string =>
  `videoconvert ! videoscale add-borders=true ! ${sink} name=screen${i} sync=false async=false qos=false`;

export interface Rectangle {
  /** Pixels. */
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Frame rate of a composed screen: a frame waits 8 ms on average for the next output. */
const COMPOSED_RATE = 60;

/** All tiles composed into one frame, for displays with one surface. */
export function describeComposition(
  tiles: readonly Rectangle[],
  size: { width: number; height: number },
  sink: string,
): string {
  const pads = tiles.map(
    ({ x, y, width, height }, i) =>
      `sink_${i}::xpos=${x} sink_${i}::ypos=${y} sink_${i}::width=${width} sink_${i}::height=${height} sink_${i}::sizing-policy=keep-aspect-ratio`,
  );
  return [
    `compositor name=mix background=black ignore-inactive-pads=true start-time-selection=first ${pads.join(' ')} ! video/x-raw,width=${size.width},height=${size.height},framerate=${COMPOSED_RATE}/1 ! videoconvert ! ${sink} name=screen sync=false async=false qos=false`,
    ...tiles.map((_, i) => describeTile(i, `mix.sink_${i}`)),
  ].join('  ');
}

/** Generates one black frame. */
export const BLACK_FRAME =
  'videotestsrc pattern=black num-buffers=1 ! video/x-raw,format=I420,width=640,height=480,framerate=30/1 ! fakesink name=out sync=false enable-last-sample=true';

// With one stream, both play up to where they were cut off: Matroska by design, MP4 as fragments of a second.
const MUXERS: Readonly<Record<Container, string>> = {
  mkv: 'matroskamux name=mux writing-app=bigfootbot-video',
  mp4: 'mp4mux name=mux fragment-duration=1000',
};

/** Writes a camera's stream into a file without transcoding. Ten seconds of it are buffered for a slow disk. */
export const describeRecording = (container: Container): string =>
  `funnel name=in ! queue name=wait leaky=upstream max-size-buffers=0 max-size-bytes=0 max-size-time=10000000000 ! h264parse name=parse ! capsfilter name=form caps=video/x-h264,stream-format=avc ! ${MUXERS[container]} ! filesink name=file buffer-mode=unbuffered async=false`;

/** The output on stdout: raw frames in a format of GStreamer, YUV4MPEG2, or the encoded stream (null). */
export const PIPES: Readonly<Record<PipeFormat, string | null>> = {
  h264: null,
  y4m: 'I420',
  i420: 'I420',
  nv12: 'NV12',
  bgr: 'BGR',
  rgb: 'RGB',
  gray: 'GRAY8',
};

/** A slow reader misses data: raw frames keep only the newest, an encoded stream its last second. */
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

/** Writes one frame into a file. */
export const describeSnapshotFile = (format: 'jpg' | 'png'): string =>
  `appsrc name=in format=time ! videoconvert ! ${format === 'png' ? 'pngenc snapshot=false' : 'jpegenc quality=90'} ! filesink name=file async=false`;
