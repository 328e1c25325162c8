import type { CameraPlan } from '../../src/domain/camera-plan.js';
import type { ToWorkerOf } from '../../src/messages/camera-worker.js';

/** The settings that a configuration has by default. */
export const DEFAULT_SETTINGS: CameraPlan['settings'] = {
  width: 640,
  height: 480,
  framerate: 30,
  bitrate: 1_000_000,
  keyframeInterval: 60,
  passthrough: 'auto',
  fallback: 'vp8',
  overlay: 'none',
  stallTimeout: 2,
  controls: {},
};

/** A camera with the settings that a configuration has by default, as the control plane plans it. */
export const planFor = (id: string, source: CameraPlan['source']): CameraPlan => ({
  id,
  name: id,
  source,
  settings: DEFAULT_SETTINGS,
});

/** The same, as it is sent to its worker. */
export const configureMessage = (change: Partial<Omit<ToWorkerOf<'configure'>, 'type'>>): ToWorkerOf<'configure'> => ({
  type: 'configure',
  source: { type: 'test' },
  width: 640,
  height: 480,
  framerate: 30,
  bitrate: 1_000_000,
  keyframeInterval: 60,
  passthrough: 'auto',
  overlay: 'none',
  stallTimeout: 2,
  lingerMs: 10_000,
  publisherReturnMs: 30_000,
  device: null,
  encoders: ['x264enc'],
  ...change,
});
