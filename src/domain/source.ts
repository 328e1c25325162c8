import { resolve } from 'node:path';

/** Where a camera's pictures come from, read from its one-line form in the configuration and on the command line. */
export type Source =
  | { type: 'test' }
  | { type: 'whip' }
  /** Which of the cameras that are plugged in: by its device, or by what stays when it is plugged in anew. */
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

const FORMS = 'test, whip, v4l2:/dev/video0, file:/path/video.mp4 or rtsp://host/path';

/**
 * Reads `test`, `whip`, `v4l2:DEVICE`, `file:PATH` or `rtsp://…`.
 * @param base the folder from which a relative path of a file counts
 * @throws SourceError
 */
export function parseSource(text: string, base: string): Source {
  if (/[\0\r\n]/.test(text)) throw new SourceError(`the source has a control character in it; it is one of ${FORMS}`);
  if (text === 'test' || text === 'whip') return { type: text };
  const [, scheme = '', rest = ''] = /^([a-z0-9]+):(.*)$/i.exec(text) ?? [];
  switch (scheme.toLowerCase()) {
    case 'v4l2':
      if (!/^\/dev\/[\w./:@+-]+$/.test(rest) || rest.includes('..')) {
        throw new SourceError(`"${text}" names no device; a V4L2 source looks like v4l2:/dev/video0`);
      }
      return { type: 'v4l2', by: 'device', name: rest };
    case 'file':
      if (rest === '') throw new SourceError('"file:" names no file; a file source looks like file:/path/video.mp4');
      return { type: 'file', path: resolve(base, rest.replace(/^\/\/(?=\/)/, '')) };
    case 'rtsp':
    case 'rtsps':
      if (!URL.canParse(text) || new URL(text).hostname === '') {
        throw new SourceError(`"${redact(text)}" is no URL; an RTSP source looks like rtsp://user:password@host/path`);
      }
      return { type: 'rtsp', url: text };
    default:
      throw new SourceError(`"${redact(text)}" is no kind of source that is known; one of ${FORMS}`);
  }
}

/** The one-line form, without the password of a URL: for people, logs and the API. */
export function showSource(source: Source): string {
  switch (source.type) {
    case 'test':
    case 'whip':
      return source.type;
    case 'v4l2':
      return source.by === 'device' ? `v4l2:${source.name}` : `v4l2:${source.by}=${source.name}`;
    case 'argus':
      return `argus:${source.sensor}`;
    case 'libcamera':
      return source.camera === null ? 'libcamera' : `libcamera:${source.camera}`;
    case 'gst':
      return `gst:${source.line}`;
    case 'file':
      return `file:${source.path}`;
    case 'rtsp':
      return redact(source.url);
  }
}

/**
 * Hides the passwords of every URL in a text: to the last @, as people do not escape what stands in passwords, and in
 * the query, where some cameras want them.
 */
export function redact(text: string): string {
  return text
    .replace(/([a-z]+:\/\/[^\s/:@]*):\S*@/gi, '$1:***@')
    .replace(/([?&](?:pass\w*|pwd|token)=)[^&\s]*/gi, '$1***');
}
