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
  /** The V4L2 device that the source means; null where it is not plugged in, and for other sources. */
  device: CaptureDevice | null;
  passthrough: Passthrough;
  /** ns; see shareClock. */
  baseTime: bigint;
  /** Of a source that another process of this server has. */
  receiver: RtpReceiverEvents;
}

export interface Opened {
  source: Capture | PassthroughSource | RtpReceiver;
  /** What a V4L2 camera was set to. */
  mode: ChosenMode | null;
  /** Where that is not what was wanted, what it is instead. */
  instead: string | null;
}

/** What a V4L2 camera would be set to; null for other sources, and where it did not say what it has. */
export function modeFor({
  config,
  device,
  passthrough,
}: Omit<OpenRequest, 'baseTime' | 'receiver-opened'>): Choice | null {
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
  if (source.type === 'whip') throw new Error('a camera of source whip has its publisher for a source');
  if (source.type === 'forwarded')
    return { source: new RtpReceiver(baseTime, request.receiver), mode: null, instead: null };
  if (source.type === 'v4l2') {
    if (!device) throw explain(source, 'the device is not there: no such file or directory');
    if (device.usable)
      throw new CameraFailure(`${device.device}: ${device.usable}`, 'bigfootbot-video devices shows what there is.');
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
