/**
 * V4L2's raw video formats by their FourCC, with GStreamer's names; in order of the conversion cost before an encoder,
 * which takes NV12 or I420. From GStreamer's gst/sys/v4l2/gstv4l2object.c.
 */
const RAW_FORMATS: Readonly<Record<string, string>> = {
  NV12: 'NV12',
  NM12: 'NV12',
  YU12: 'I420',
  YM12: 'I420',
  NV21: 'NV21',
  YV12: 'YV12',
  YUYV: 'YUY2',
  UYVY: 'UYVY',
  YVYU: 'YVYU',
  NV16: 'NV16',
  '422P': 'Y42B',
  NV24: 'NV24',
  GREY: 'GRAY8',
  XR24: 'BGRx',
  AR24: 'BGRA',
  BGR4: 'BGRx',
  BX24: 'xRGB',
  BA24: 'ARGB',
  RGB4: 'xRGB',
  BGR3: 'BGR',
  RGB3: 'RGB',
  RGBP: 'RGB16',
};

const ORDER = Object.keys(RAW_FORMATS);

/** GStreamer's name of a raw format; null for encoded and unknown formats. */
export const rawFormat = (fourcc: string): string | null =>
  Object.hasOwn(RAW_FORMATS, fourcc) ? (RAW_FORMATS[fourcc] ?? null) : null;

/** The rank of a raw format by conversion cost; -1 if it is not one. */
export const rawRank = (fourcc: string): number => ORDER.indexOf(fourcc);

/** Motion JPEG: each frame by itself. */
export const isJpeg = (fourcc: string): boolean => fourcc === 'MJPG' || fourcc === 'JPEG';
export const isH264 = (fourcc: string): boolean => fourcc === 'H264';
