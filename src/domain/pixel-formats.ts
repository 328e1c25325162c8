/**
 * V4L2's formats of raw pictures, by their four characters, and what GStreamer calls them; in order of the work that
 * they make before an encoder, which takes NV12 or I420. From GStreamer's gst/sys/v4l2/gstv4l2object.c.
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

/** GStreamer's name of a format; null for one that is no raw picture, or is not known. */
export const rawFormat = (fourcc: string): string | null =>
  Object.hasOwn(RAW_FORMATS, fourcc) ? (RAW_FORMATS[fourcc] ?? null) : null;

/** The place of a raw format in the order of work; -1 if it is none. */
export const rawRank = (fourcc: string): number => ORDER.indexOf(fourcc);

/** JPEG pictures, one by one. */
export const isJpeg = (fourcc: string): boolean => fourcc === 'MJPG' || fourcc === 'JPEG';
export const isH264 = (fourcc: string): boolean => fourcc === 'H264';
