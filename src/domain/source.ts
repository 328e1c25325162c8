import { resolve } from 'node:path';

/** A camera's source, parsed from its one-line form in the configuration and on the command line. */
export type Source =
  | { type: 'test' }
  | { type: 'whip' }
  /** Received and forwarded by another process of this server; cannot be configured. `by` is what the API shows. */
  | { type: 'forwarded'; by: string }
  /** A camera that is plugged in: by its device, or by what stays the same when it is replugged. */
  | { type: 'v4l2'; by: 'device' | 'serial' | 'bus'; name: string }
  /** A CSI camera of a Jetson. */
  | { type: 'argus'; sensor: number }
  /** Null for the first. */
  | { type: 'libcamera'; camera: string | null }
  | { type: 'file'; path: string }
  | { type: 'rtsp'; url: string }
  /** Elements that end in raw video; from the configuration file only. */
  | { type: 'gst'; line: string };

export class SourceError extends Error {}

const FORMS =
  'test, whip, v4l2:serial=NUMBER, v4l2:bus=PATH, v4l2:/dev/video0, argus:0, libcamera, libcamera:NAME, ' +
  'file:/path/video.mp4, rtsp://host/path or gst:ELEMENTS';

/** The highest sensor number that nvarguscamerasrc takes. */
const MAX_SENSOR = 255;

/**
 * Parses a source from its one-line form; openapi/schemas/camera-settings.yaml lists them.
 * @param base the folder that a relative path of a file is resolved against
 * @throws SourceError
 */
export function parseSource(text: string, base: string): Source {
  if (/[\0\r\n]/.test(text)) throw new SourceError(`the source contains a control character; use one of ${FORMS}`);
  if (text === 'test' || text === 'whip') return { type: text };
  if (text === 'libcamera') return { type: 'libcamera', camera: null };
  const [, scheme = '', rest = ''] = /^([a-z0-9]+):(.*)$/i.exec(text) ?? [];
  switch (scheme.toLowerCase()) {
    case 'v4l2':
      return parseV4l2(text, rest);
    case 'argus':
      if (!/^\d{1,3}$/.test(rest) || Number(rest) > MAX_SENSOR)
        throw new SourceError(`"${text}" names no sensor; a CSI camera of a Jetson looks like argus:0`);
      return { type: 'argus', sensor: Number(rest) };
    case 'libcamera':
      if (rest.trim() === '')
        throw new SourceError(`"${text}" names no camera; use libcamera for the first one, libcamera:NAME for another`);
      return { type: 'libcamera', camera: rest };
    case 'gst':
      if (rest.trim() === '')
        throw new SourceError('"gst:" has no elements; it looks like gst:videotestsrc is-live=true ! videoflip');
      return { type: 'gst', line: rest.trim() };
    case 'file':
      if (rest === '') throw new SourceError('"file:" names no file; a file source looks like file:/path/video.mp4');
      return { type: 'file', path: resolve(base, rest.replace(/^\/\/(?=\/)/, '')) };
    case 'rtsp':
    case 'rtsps':
      if (!URL.canParse(text) || new URL(text).hostname === '') {
        throw new SourceError(
          `"${redact(text)}" is not a URL; an RTSP source looks like rtsp://user:password@host/path`,
        );
      }
      return { type: 'rtsp', url: text };
    default:
      throw new SourceError(`"${redact(text)}" is not a known source; use one of ${FORMS}`);
  }
}

/** Which camera: `serial=…`, `bus=…` or a device. */
function parseV4l2(text: string, rest: string): Source {
  const [, by, name = ''] = /^(serial|bus)=(.*)$/.exec(rest) ?? [];
  if (by === 'serial' || by === 'bus') {
    if (name.trim() === '')
      throw new SourceError(`"${text}" names no camera; "bigfootbot-video devices" lists the values of v4l2:${by}=`);
    return { type: 'v4l2', by, name };
  }
  if (!/^\/dev\/[\w./:@+-]+$/.test(rest) || rest.includes('..')) {
    throw new SourceError(
      `"${text}" names no device; a V4L2 source looks like v4l2:/dev/video0, v4l2:serial=46D0825C or v4l2:bus=usb-0000:00:14.0-1`,
    );
  }
  return { type: 'v4l2', by: 'device', name: rest };
}

/** The one-line form, without the password of a URL: for people, logs and the API. */
export function showSource(source: Source): string {
  switch (source.type) {
    case 'test':
    case 'whip':
      return source.type;
    case 'forwarded':
      return source.by;
    case 'v4l2':
      return source.by === 'device' ? `v4l2:${source.name}` : `v4l2:${source.by}=${source.name}`;
    case 'argus':
      return `argus:${source.sensor}`;
    case 'libcamera':
      return source.camera === null ? 'libcamera' : `libcamera:${source.camera}`;
    case 'gst':
      return redact(`gst:${source.line}`).replace(SECRET_PROPERTY, '$1***');
    case 'file':
      return `file:${source.path}`;
    case 'rtsp':
      return redact(source.url);
  }
}

/** Element properties that contain a password, such as rtspsrc's user-pw. */
const SECRET_PROPERTY = /\b((?:user-pw|\w*pass\w*|token)\s*=\s*)(?:"[^"]*"|\S+)/gi;

/**
 * Hides the passwords of every URL in a text: up to the last @, as people do not escape passwords, and in the query,
 * where some cameras expect them.
 */
export function redact(text: string): string {
  return text
    .replace(/([a-z]+:\/\/[^\s/:@]*):\S*@/gi, '$1:***@')
    .replace(/([?&](?:pass\w*|pwd|token)=)[^&\s]*/gi, '$1***');
}
