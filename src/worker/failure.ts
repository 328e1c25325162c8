import { redact, type Source, showSource } from '../domain/source.js';
import type { ElementError } from '../gst/pipeline.js';

/** Why a camera could not be opened or stopped, for people: what happened and what to do. */
export class CameraFailure extends Error {
  readonly remedy: string;
  readonly code: 'camera-unavailable' | 'no-publisher' | 'overloaded';
  constructor(detail: string, remedy: string, code: CameraFailure['code'] = 'camera-unavailable') {
    super(detail);
    this.remedy = remedy;
    this.code = code;
  }
}

// What the parts of GStreamer say in words, and what a person does about it. The first that fits counts.
const REMEDIES: readonly { says: RegExp; remedy: (source: Source) => string }[] = [
  {
    says: /permission denied|not authori[sz]ed to|EACCES/i,
    remedy: source =>
      source.type === 'v4l2'
        ? 'Let the server use the device: add its user to the group "video" and start it anew.'
        : 'Let the user that the server runs as read it.',
  },
  {
    says: /no such file|not found|does not exist|cannot identify device|ENOENT/i,
    remedy: source =>
      source.type === 'v4l2'
        ? 'Plug the camera in, or name another device; "ls /dev/video*" shows what is there.'
        : 'Check the path or the URL in the configuration.',
  },
  { says: /busy|EBUSY/i, remedy: () => 'Another program uses the camera: end it. "fuser -v /dev/video*" names it.' },
  { says: /unauthori[sz]ed|401/i, remedy: () => 'Check user and password in the URL.' },
  {
    says: /could not connect|failed to connect|could not open resource|connection refused|unreachable|timed? ?out|resolve/i,
    remedy: () => 'Check that the camera is on, its address is right and the network leads to it.',
  },
  {
    says: /no (picture|frame) (within|for)/i,
    remedy: () => 'Check that the camera works in another program, and its cable or network.',
  },
  {
    says: /missing a plug-in|no decoder|not handle|could not determine type|type of stream|demultiplex|corrupt|invalid/i,
    remedy: () => 'Use a file or stream that GStreamer plays: "gst-discoverer-1.0" says what is in it.',
  },
  { says: /not-linked/, remedy: () => 'Use a file or stream with a video in it that GStreamer decodes.' },
  {
    says: /not-negotiated|negotiat|format/i,
    remedy: () => 'Choose a size and frame rate that the camera has: "v4l2-ctl --list-formats-ext" shows them.',
  },
];

/** Turns an element's error, or a finding in words, into a failure that names the camera's source. */
export function explain(source: Source, cause: ElementError | string): CameraFailure {
  const said = typeof cause === 'string' ? cause : cause.message;
  const all = typeof cause === 'string' ? cause : `${cause.message} ${cause.debug}`;
  const remedy =
    REMEDIES.find(({ says }) => says.test(all))?.remedy(source) ?? 'The log of the server has what GStreamer said.';
  const detail = typeof cause === 'string' ? '' : lastWords(cause.debug);
  const words = [said.replace(/\.$/, ''), ...(detail && !said.includes(detail) ? [detail] : [])].join(': ');
  return new CameraFailure(redact(`${showSource(source)}: ${words}`), remedy);
}

// The debug text is "file.c(123): function (): /path/of/element:\nwords in a line or more"; its words often hold the
// cause, as "system error: No such file or directory".
function lastWords(debug: string): string {
  return debug.split('\n').slice(1).join(' ').trim().replace(/\.$/, '').slice(0, 300);
}

// What the subscribers of a camera are told that has nothing to show them.

export const openingNow = (source: Source): CameraFailure => explain(source, 'it is being opened');
export const nobodyPublishes = (): CameraFailure =>
  new CameraFailure('Nobody publishes to it now.', 'Publish to it by WHIP, or ask again.', 'no-publisher');
export const publisherLeft = (): CameraFailure =>
  new CameraFailure('Whoever published it has left.', 'Publish to it again.', 'no-publisher');
export const anotherSource = (): CameraFailure => new CameraFailure('Another source was configured.', 'Ask again.');

/** What is said of an error to whoever asked for something. */
export function refusal(error: unknown): { code: string; message: string; remedy: string | null } {
  if (error instanceof CameraFailure) return error;
  return { code: 'internal', message: error instanceof Error ? error.message : String(error), remedy: null };
}
