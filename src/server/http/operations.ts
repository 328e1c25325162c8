import type { CameraEditor } from '../../domain/camera-plan.js';
import type { Cameras } from '../../domain/cameras.js';
import type { Config, System } from '../../domain/contract.js';
import type { CaptureDevice, DeviceControls } from '../../domain/devices.js';
import type { EventBus } from '../../domain/events.js';
import type { FreshnessWatch } from '../../domain/freshness.js';
import type { IceForClients } from '../../domain/ice.js';
import type { LegacySignaling } from '../../domain/legacy.js';
import type { Sessions } from '../../domain/sessions.js';
import type { Snapshots } from '../../domain/snapshots.js';

/** The services behind the operations of the contract. */
export interface Services {
  cameras: Cameras;
  editor: CameraEditor;
  sessions: Sessions;
  events: EventBus;
  protocol: Config['protocol'];
  ice: IceForClients;
  snapshots: Snapshots;
  controls: DeviceControls;
  legacy: LegacySignaling;
  /** The V4L2 cameras that are plugged in now. */
  devices(): readonly CaptureDevice[];
  system(): System;
  /** Whether the configuration has been applied. */
  started(): boolean;
  metrics: {
    readonly contentType: string;
    /** @param sees the cameras that the caller may know of */
    text(sees: (camera: string) => boolean): Promise<string>;
  };
  freshness: FreshnessWatch;
}
