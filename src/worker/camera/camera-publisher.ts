import { type CameraFailure, publisherLeft } from '../failure.js';
import { Publication, type PublisherEvents, type PublishRequest } from '../sources/publication.js';
import type { CameraEvent } from './camera-state.js';

interface Registered {
  session: string;
  publication: Publication;
  ended: PublisherEvents['ended'];
}

/** The publisher of a camera, from its offer to its end. Events of its session become events of the camera. */
export class CameraPublisher {
  readonly #dispatch: (event: CameraEvent) => void;
  #registered: Registered | null = null;

  constructor(dispatch: (event: CameraEvent) => void) {
    this.#dispatch = dispatch;
  }

  /** Null while nobody publishes. */
  get publication(): Publication | null {
    return this.#registered?.publication ?? null;
  }

  /** The publication of a session; null if that is not the publisher's. */
  publicationOf(session: string): Publication | null {
    return this.#registered?.session === session ? this.#registered.publication : null;
  }

  /** Registers the publisher. @param baseTime ns; see shareClock @returns the answer @throws CameraFailure */
  async publish(
    session: string,
    { offer, video, audio, ice }: PublishRequest,
    baseTime: bigint,
    events: PublisherEvents,
  ): Promise<string> {
    const publication = new Publication({
      video,
      audio,
      ice,
      baseTime,
      events: {
        connected: () => events.connected(),
        stats: figures => events.stats(figures),
        ended: (reason, detail) => {
          this.#dispatch({ type: 'unpublish', session });
          events.ended(reason, detail);
        },
      },
    });
    this.#registered = { session, publication, ended: events.ended };
    this.#dispatch({ type: 'publish', session });
    const answer = await publication.answer(offer);
    if (this.publication !== publication) throw publisherLeft();
    publication.firstFrame().then(
      () => this.#dispatch({ type: 'publisher-ready', session, codec: publication.stream.codec }),
      (failure: CameraFailure) => this.#dispatch({ type: 'publisher-failed', session, failure }),
    );
    return answer;
  }

  /** Closes the publication; its session has ended already. */
  close(): void {
    this.#registered?.publication.close();
    this.#registered = null;
  }

  /** Ends the publisher's session, with the reason, and closes its publication. */
  end(failure: CameraFailure): void {
    const registered = this.#registered;
    this.#registered = null;
    registered?.ended('camera-failed', failure.message);
    registered?.publication.close();
  }
}
