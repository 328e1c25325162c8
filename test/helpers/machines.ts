import type { MachineFacts } from '../../src/gst/machine.js';

/**
 * Machines whose launch lines are recorded, as none of them is available here: their GStreamer, the relevant elements,
 * and the properties of each that this project may set.
 *
 * Sources: `gst-inspect-1.0` of JetPack 5 and 6 as people published it (nvv4l2h264enc, nvvidconv,
 * nvarguscamerasrc, nvv4l2decoder); in GStreamer's sources at the versions that are named here, sys/nvcodec
 * (gstnvbaseenc.c and gstnvh264enc.c up to 1.24, gstnvh264encoder.cpp from 1.22), sys/va/gstvah264enc.c,
 * sys/qsv/gstqsvh264enc.cpp, sys/v4l2 and gstreamer-vaapi's gstvaapiencode_h264.c; x264enc and openh264enc are those of
 * Debian 12. Decoders: avdec_h264 and openh264dec by gst-inspect-1.0 there; of the others what GstVideoDecoder gives
 * all of its kind, which was not looked up for each, and max-display-delay as gst/decoders.ts has it.
 */
export interface RecordedMachine {
  name: string;
  gstreamer: string;
  elements: Readonly<Record<string, readonly string[]>>;
  /** Whether it has CSI cameras by one of these. */
  csi: 'argus' | 'libcamera' | null;
}

const words = (text: string): string[] => text.trim().split(/\s+/);

/** Of GstVideoDecoder, from 1.20. */
const DECODER =
  'qos max-errors min-force-key-unit-interval discard-corrupted-frames automatic-request-sync-points automatic-request-sync-point-flags';

const EVERYWHERE = {
  avdec_h264: words(
    `${DECODER} lowres skip-frame direct-rendering max-threads output-corrupt thread-type std-compliance`,
  ),
  openh264dec: words(DECODER),
  v4l2src: words('device do-timestamp io-mode extra-controls'),
  jpegparse: [],
  jpegdec: words('idct-method max-errors'),
  avdec_mjpeg: [],
  videorate: words('drop-only max-rate skip-to-first average-period'),
  videoconvert: [],
  videoscale: words('add-borders method'),
  decodebin: [],
  rtspsrc: words('location protocols latency drop-on-latency timeout tcp-timeout'),
  x264enc: words('bitrate key-int-max tune speed-preset vbv-buf-capacity bframes b-adapt'),
};

const OPENH264 = { openh264enc: words('bitrate gop-size rate-control complexity max-bitrate scene-change-detection') };

const JETSON = {
  ...EVERYWHERE,
  nvvidconv: words('flip-method interpolation-method compute-hw bl-output'),
  nvv4l2decoder: words(`${DECODER} mjpeg enable-max-performance disable-dpb skip-frames drop-frame-interval`),
  nvjpegdec: words('DeepStream idct-method max-errors'),
  nvarguscamerasrc: words('sensor-id sensor-mode wbmode exposuretimerange gainrange timeout'),
};

const NVENC = {
  nvv4l2h264enc: words(
    `bitrate peak-bitrate control-rate vbv-size preset-level maxperf-enable profile num-B-Frames num-Ref-Frames poc-type
    insert-sps-pps insert-vui insert-aud idrinterval iframeinterval EnableTwopassCBR ratecontrol-enable disable-cabac`,
  ),
};

/** Up to 1.24. */
const NVENC_LEGACY = words(
  `preset bitrate max-bitrate rc-mode gop-size zerolatency strict-gop spatial-aq aq-strength nonref-p const-quality
  i-adapt qp-min qp-max qp-const aud weighted-pred vbv-buffer-size rc-lookahead temporal-aq bframes b-adapt`,
);

/** From 1.22, beside the older ones; nvcudah264enc and nvautogpuh264enc. */
const NVENC_CUDA = words(
  `preset weighted-pred gop-size b-frames rate-control qp-i qp-p qp-b bitrate max-bitrate vbv-buffer-size rc-lookahead
  i-adapt b-adapt spatial-aq temporal-aq zero-reorder-delay nonref-p strict-gop aq-strength const-quality aud cabac
  repeat-sequence-header`,
);

/** From 1.26: nvcudah264enc is nvh264enc now, with the older one's property names; so has nvautogpuh264enc. */
const NVENC_MERGED = words(
  `preset tune multi-pass weighted-pred gop-size bframes rc-mode qp-const qp-const-i bitrate max-bitrate vbv-buffer-size
  rc-lookahead i-adapt b-adapt spatial-aq temporal-aq zerolatency nonref-p strict-gop aq-strength const-quality aud
  cabac repeat-sequence-header`,
);

export const MACHINES: readonly RecordedMachine[] = [
  { name: 'jetson-orin', gstreamer: '1.20.3', elements: { ...JETSON, ...NVENC }, csi: 'argus' },
  // It has decoders but no encoder; x264 is used instead.
  { name: 'jetson-orin-nano', gstreamer: '1.20.3', elements: JETSON, csi: 'argus' },
  // JetPack 5 ships 1.16, which is too old; 1.20 was built there. It still has JetPack 5's nvv4l2h264enc.
  { name: 'jetson-xavier', gstreamer: '1.20.7', elements: { ...JETSON, ...NVENC, ...OPENH264 }, csi: 'argus' },
  {
    name: 'nvidia-gpu-1.20',
    gstreamer: '1.20.3',
    elements: { ...EVERYWHERE, ...OPENH264, nvjpegdec: [], nvh264dec: words(DECODER), nvh264enc: NVENC_LEGACY },
    csi: null,
  },
  {
    name: 'nvidia-gpu-1.22',
    gstreamer: '1.22.0',
    elements: {
      ...EVERYWHERE,
      ...OPENH264,
      nvjpegdec: [],
      nvh264dec: words(DECODER),
      nvautogpuh264enc: NVENC_CUDA,
      nvcudah264enc: NVENC_CUDA,
      nvh264enc: NVENC_LEGACY,
    },
    csi: null,
  },
  {
    name: 'nvidia-gpu-1.26',
    gstreamer: '1.26.2',
    elements: {
      ...EVERYWHERE,
      ...OPENH264,
      nvjpegdec: [],
      nvh264dec: words(`${DECODER} num-output-surfaces init-max-width init-max-height max-display-delay`),
      nvautogpuh264enc: NVENC_MERGED,
      nvh264enc: NVENC_MERGED,
    },
    csi: null,
  },
  {
    name: 'intel',
    gstreamer: '1.22.0',
    elements: {
      ...EVERYWHERE,
      ...OPENH264,
      vah264enc: words(
        `bitrate rate-control key-int-max b-frames ref-frames target-usage cpb-size aud cabac dct8x8 mbbrc num-slices
        target-percentage`,
      ),
      vaapih264enc: words(
        'bitrate rate-control keyframe-period max-bframes refs quality-level cpb-length cabac dct8x8',
      ),
      qsvh264enc: words(
        'bitrate max-bitrate rate-control gop-size idr-interval b-frames ref-frames low-latency target-usage',
      ),
      vajpegdec: [],
      vah264dec: words(DECODER),
    },
    csi: null,
  },
  {
    name: 'raspberry-pi-4',
    gstreamer: '1.22.0',
    elements: {
      ...EVERYWHERE,
      ...OPENH264,
      libcamerasrc: words('camera-name'),
      v4l2h264enc: words('extra-controls output-io-mode capture-io-mode'),
      v4l2h264dec: words(`${DECODER} extra-controls output-io-mode capture-io-mode`),
      v4l2jpegdec: words('extra-controls output-io-mode capture-io-mode'),
    },
    csi: 'libcamera',
  },
  // It has no encoder.
  {
    name: 'raspberry-pi-5',
    gstreamer: '1.22.0',
    elements: { ...EVERYWHERE, ...OPENH264, libcamerasrc: words('camera-name') },
    csi: 'libcamera',
  },
  { name: 'plain-cpu', gstreamer: '1.22.0', elements: { ...EVERYWHERE, ...OPENH264 }, csi: null },
];

export const factsOf = ({ gstreamer, elements }: Pick<RecordedMachine, 'gstreamer' | 'elements'>): MachineFacts => ({
  gstreamer,
  has: element => Object.hasOwn(elements, element),
  property: (element, property) => elements[element]?.includes(property) ?? false,
});

/** CPU only. */
export const PLAIN = factsOf(MACHINES.at(-1) ?? { gstreamer: '', elements: {} });
