import type { Camera, CameraSettings } from './contract.js';
import type { Source } from './source.js';

/** A camera ready to run: its configuration with defaults filled in and the source parsed. */
export interface CameraPlan {
  id: string;
  name: string;
  source: Source;
  settings: Camera['settings'];
}

/** A camera's status as the engine reports it. */
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

/** Runs cameras by their configuration. */
export interface CameraRunner {
  add(plan: CameraPlan): void;
  /** The source or the settings have changed. */
  change(plan: CameraPlan): void;
  /** The camera's sessions have ended already. Resolves when all of its resources are freed. */
  remove(id: string): Promise<void>;
}

/** The sources that a client may set: any, or those that `access.sources` lists. */
export type SourceRight = 'any' | 'listed';

/** Changes cameras in the configuration; resolves when the change is saved and in effect. */
export interface CameraEditor {
  /** Identifies the camera's current settings: the value of an ETag, without quotes. @throws Failure unknown-camera */
  etagOf(id: string): string;
  /** @throws Failure camera-exists, forbidden, invalid-body, config-not-writable */
  create(id: string, settings: CameraSettings, sources: SourceRight): Promise<void>;
  /**
   * @param precondition the request's If-Match, compared at the moment of the change; undefined for any
   * @throws Failure unknown-camera, camera-changed, forbidden, invalid-body, passthrough, config-not-writable
   */
  replace(id: string, settings: CameraSettings, precondition: string | undefined, sources: SourceRight): Promise<void>;
  /** A JSON merge patch (RFC 7396): null removes a setting, which restores its default. @throws as replace */
  patch(
    id: string,
    patch: Readonly<Record<string, unknown>>,
    precondition: string | undefined,
    sources: SourceRight,
  ): Promise<void>;
  /** @throws Failure unknown-camera, camera-changed, config-not-writable */
  remove(id: string, precondition: string | undefined): Promise<void>;
}
