import type { CaptureDevice } from '../../domain/devices.js';
import { inspectMachine } from '../../gst/machine.js';
import type { Passthrough, ToWorkerOf } from '../../messages/camera-worker.js';
import { sourceProperty } from '../encoding/launch.js';
import { CameraFailure, explain } from '../failure.js';
import { Capture } from './capture.js';
import { decodedFormats, describeCapture, describePassthrough } from './capture-line.js';
import { type Choice, type ChosenMode, chooseMode } from './capture-mode.js';
import { PassthroughSource } from './passthrough-source.js';
import { RtpReceiver, type RtpReceiverEvents } from './rtp-receiver.js';

const machine = inspectMachine();

export type Config = ToWorkerOf<'configure'>;

export interface OpenRequest {
  config: Config;
  /** The V4L2 device of the source; null if it is not plugged in, and for other sources. */
  device: CaptureDevice | null;
  passthrough: Passthrough;
  /** ns; see shareClock. */
  baseTime: bigint;
  /** For a source that another process of this server forwards. */
  receiver: RtpReceiverEvents;
}

export interface Opened {
  source: Capture | PassthroughSource | RtpReceiver;
  /** The capture mode of a V4L2 camera. */
  mode: ChosenMode | null;
  /** How the mode differs from the requested one; null if it does not. */
  instead: string | null;
}

/** The capture mode of a V4L2 camera; null for other sources, and for a device that lists no modes. */
export function modeFor({ config, device, passthrough }: Omit<OpenRequest, 'baseTime' | 'receiver'>): Choice | null {
  if (config.source.type !== 'v4l2' || !device) return null;
  return chooseMode(device.modes, config, {
    h264: passthrough.active ? 'only' : 'never',
    decodes: decodedFormats(machine),
  });
}

/** Opens a camera's source. @throws CameraFailure */
export function openSource(request: OpenRequest): Opened {
  const { config, device, passthrough, baseTime } = request;
  const { source } = config;
  if (source.type === 'whip') throw new Error('the source of a whip camera is its publisher');
  if (source.type === 'forwarded')
    return { source: new RtpReceiver(baseTime, request.receiver), mode: null, instead: null };
  if (source.type === 'v4l2') {
    if (!device) throw explain(source, 'device not found: no such file or directory');
    if (device.usable)
      throw new CameraFailure(`${device.device}: ${device.usable}`, '"bigfootbot-video devices" lists the devices.');
  }
  const choice = modeFor(request);
  const mode = choice?.mode ?? null;
  const property = sourceProperty(source, device?.device);
  try {
    const opened = passthrough.active
      ? new PassthroughSource({ source, line: describePassthrough(source, mode), property, baseTime })
      : new Capture({
          source,
          line: describeCapture({ source, format: config, mode, machine, timeMark: config.overlay === 'timemark' }),
          property,
          baseTime,
        });
    return { source: opened, mode, instead: choice?.detail ?? null };
  } catch (error) {
    if (error instanceof CameraFailure) throw error;
    throw explain(source, error instanceof Error ? error.message : String(error));
  }
}
