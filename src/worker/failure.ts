import { redact, type Source, showSource } from '../domain/source.js';
import type { ElementError } from '../gst/pipeline.js';

/** Why a camera failed, for people: what happened and what to do. */
export class CameraFailure extends Error {
  readonly remedy: string;
  readonly code: 'camera-unavailable' | 'no-publisher' | 'overloaded';
  constructor(detail: string, remedy: string, code: CameraFailure['code'] = 'camera-unavailable') {
    super(detail);
    this.remedy = remedy;
    this.code = code;
  }
}

// GStreamer's error messages and their remedies. The first match counts.
const REMEDIES: readonly { says: RegExp; remedy: (source: Source) => string }[] = [
  {
    says: /permission denied|not authori[sz]ed to|EACCES/i,
    remedy: source =>
      source.type === 'v4l2'
        ? 'Give the server access to the device: add its user to the group "video" and restart it.'
        : 'Give the user that the server runs as read access.',
  },
  {
    says: /no such file|not found|does not exist|cannot identify device|ENOENT/i,
    remedy: source =>
      source.type === 'v4l2'
        ? 'Plug the camera in, or configure another device; "ls /dev/video*" lists the devices.'
        : 'Check the path or the URL in the configuration.',
  },
  {
    says: /busy|EBUSY/i,
    remedy: () => 'Another program is using the camera: close it. "fuser -v /dev/video*" names it.',
  },
  { says: /unauthori[sz]ed|401/i, remedy: () => 'Check the user name and password in the URL.' },
  {
    says: /could not connect|failed to connect|could not open resource|connection refused|unreachable|timed? ?out|resolve/i,
    remedy: () => 'Check that the camera is on, its address is right and the network reaches it.',
  },
  {
    says: /no frame (within|for)/i,
    remedy: () => 'Check that the camera works in another program, and its cable or network.',
  },
  {
    says: /missing a plug-in|no decoder|not handle|could not determine type|type of stream|demultiplex|corrupt|invalid/i,
    remedy: () => 'Use a file or stream that GStreamer can play: "gst-discoverer-1.0" shows its contents.',
  },
  { says: /not-linked/, remedy: () => 'Use a file or stream with video that GStreamer can decode.' },
  {
    says: /not-negotiated|negotiat|format/i,
    remedy: () => 'Choose a size and frame rate that the camera supports: "v4l2-ctl --list-formats-ext" lists them.',
  },
];

/** Turns an element's error, or a description, into a failure that names the camera's source. */
export function explain(source: Source, cause: ElementError | string): CameraFailure {
  const message = typeof cause === 'string' ? cause : cause.message;
  const all = typeof cause === 'string' ? cause : `${cause.message} ${cause.debug}`;
  const remedy =
    REMEDIES.find(({ says }) => says.test(all))?.remedy(source) ?? 'See the server log for the message from GStreamer.';
  const detail = typeof cause === 'string' ? '' : debugDetail(cause.debug);
  const words = [message.replace(/\.$/, ''), ...(detail && !message.includes(detail) ? [detail] : [])].join(': ');
  return new CameraFailure(redact(`${showSource(source)}: ${words}`), remedy);
}

// The debug string is "file.c(123): function (): /path/of/element:\nDETAIL", with one or more lines of detail that
// often have the cause, as "system error: No such file or directory".
function debugDetail(debug: string): string {
  return debug.split('\n').slice(1).join(' ').trim().replace(/\.$/, '').slice(0, 300);
}

// Failures that subscribers get from a camera without video.

export const sourceOpening = (source: Source): CameraFailure => explain(source, 'still opening');
export const noPublisher = (): CameraFailure =>
  new CameraFailure('Nobody is publishing to it.', 'Publish to it over WHIP, or try again.', 'no-publisher');
export const publisherLeft = (): CameraFailure =>
  new CameraFailure('Publisher disconnected.', 'Publish to it again.', 'no-publisher');
export const sourceChanged = (): CameraFailure => new CameraFailure('Another source was configured.', 'Try again.');

/** @param what failed, as in "The camera cannot be sent" */
export function asFailure(error: unknown, what: string): CameraFailure {
  if (error instanceof CameraFailure) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new CameraFailure(`${what}: ${why}.`, 'Try again; see the server log.');
}

/** The code, message and remedy of an error in the reply to a request. */
export function refusal(error: unknown): { code: string; message: string; remedy: string | null } {
  if (error instanceof CameraFailure) return error;
  return { code: 'internal', message: error instanceof Error ? error.message : String(error), remedy: null };
}
