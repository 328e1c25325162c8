import type { Log } from '../../domain/log.js';
import type { VideoFacts } from '../../messages/camera-worker.js';
import { type FormatParameters, isOfAnnouncedProfile } from '../../protocol/codecs.js';

/**
 * What viewers of H.264 were told of its profile, against what is sent: caps and settings may say one thing and a driver
 * do another, and the SPS is what a decoder goes by.
 */
export class AnnouncedProfiles {
  readonly #log: Log;
  readonly #announced = new Map<string, { parameters: FormatParameters; requestId: string }>();
  readonly #differing = new Map<string, string>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** @param parameters of the format that was agreed on @param requestId of the request for the session */
  add(session: string, requestId: string, parameters: FormatParameters): void {
    this.#announced.set(session, { parameters, requestId });
  }

  delete(session: string): void {
    this.#announced.delete(session);
    this.#differing.delete(session);
  }

  /** What differs for somebody, in words; null if nothing does. */
  check(video: VideoFacts | null): string | null {
    const sent = video?.codec === 'H264' ? video.profileLevelId : null;
    if (sent === null) return null;
    for (const [session, { parameters, requestId }] of this.#announced) {
      const announced = parameters.get('profile-level-id');
      if (isOfAnnouncedProfile(parameters, sent)) this.#differing.delete(session);
      else if (!this.#differing.has(session)) {
        this.#differing.set(session, `Profile ${announced} was announced to a viewer, and ${sent} is sent.`);
        this.#log.warn({ session, request: requestId, announced, sent }, 'another profile is sent than was announced');
      }
    }
    const [first = null] = this.#differing.values();
    return first;
  }
}
