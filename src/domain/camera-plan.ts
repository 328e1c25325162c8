import type { Camera, CameraSettings } from './contract.js';
import type { Source } from './source.js';

/** A camera as it is to be run: the configuration with its defaults filled in and its source read. */
export interface CameraPlan {
  id: string;
  name: string;
  source: Source;
  settings: Camera['settings'];
}

/** How a camera is, as its engine sees it. */
export type CameraStatus = Pick<
  Camera,
  | 'state'
  | 'problem'
  | 'notices'
  | 'lostSince'
  | 'device'
  | 'capture'
  | 'encoder'
  | 'passthrough'
  | 'fps'
  | 'bitrate'
  | 'video'
  | 'audio'
  | 'renditions'
  | 'publisher'
  | 'restarts'
>;

/** What runs cameras, as far as their configuration goes. */
export interface CameraRunner {
  add(plan: CameraPlan): void;
  /** Its source or its settings have changed. */
  change(plan: CameraPlan): void;
  /** Its sessions have been ended. Resolves when nothing of it is left. */
  remove(id: string): Promise<void>;
}

/** The sources that somebody may give a camera: any, or those that `access.sources` lists. */
export type SourceRight = 'any' | 'listed';

/** Changes cameras where they are configured; resolves when that is kept and holds. */
export interface CameraEditor {
  /** Names the camera as it is configured now: the value of an ETag, without quotes. @throws Failure unknown-camera */
  etagOf(id: string): string;
  /** @throws Failure camera-exists, forbidden, invalid-body, config-not-writable */
  create(id: string, settings: CameraSettings, sources: SourceRight): Promise<void>;
  /**
   * @param precondition the request's If-Match, compared at the moment of the change; undefined for whatever
   * @throws Failure unknown-camera, camera-changed, forbidden, invalid-body, passthrough, config-not-writable
   */
  replace(id: string, settings: CameraSettings, precondition: string | undefined, sources: SourceRight): Promise<void>;
  /** A JSON merge patch (RFC 7396): null takes a setting out, which brings its default back. @throws as replace */
  patch(
    id: string,
    patch: Readonly<Record<string, unknown>>,
    precondition: string | undefined,
    sources: SourceRight,
  ): Promise<void>;
  /** @throws Failure unknown-camera, camera-changed, config-not-writable */
  remove(id: string, precondition: string | undefined): Promise<void>;
}
