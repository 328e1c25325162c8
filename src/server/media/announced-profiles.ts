import type { Log } from '../../domain/log.js';
import type { VideoFacts } from '../../messages/camera-worker.js';
import { type FormatParameters, isOfAnnouncedProfile } from '../../protocol/codecs.js';

/**
 * Compares the H.264 profile announced to viewers with the one sent: a driver may ignore caps and settings, and a
 * decoder goes by the SPS.
 */
export class AnnouncedProfiles {
  readonly #log: Log;
  readonly #announced = new Map<string, { parameters: FormatParameters; requestId: string }>();
  readonly #differing = new Map<string, string>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** @param parameters of the negotiated format @param requestId of the request for the session */
  add(session: string, requestId: string, parameters: FormatParameters): void {
    this.#announced.set(session, { parameters, requestId });
  }

  delete(session: string): void {
    this.#announced.delete(session);
    this.#differing.delete(session);
  }

  /** The first difference, in words; null if there is none. */
  check(video: VideoFacts | null): string | null {
    const sent = video?.codec === 'H264' ? video.profileLevelId : null;
    if (sent === null) return null;
    for (const [session, { parameters, requestId }] of this.#announced) {
      const announced = parameters.get('profile-level-id');
      if (isOfAnnouncedProfile(parameters, sent)) this.#differing.delete(session);
      else if (!this.#differing.has(session)) {
        this.#differing.set(session, `Profile ${announced} was announced to a viewer, but ${sent} is sent.`);
        this.#log.warn({ session, request: requestId, announced, sent }, 'sent profile differs from the announced one');
      }
    }
    const [first = null] = this.#differing.values();
    return first;
  }
}
