import { existsSync } from 'node:fs';
import { Gst } from '../gst/native.js';
import { closePipeline, drainBus, parseLaunch } from '../gst/pipeline.js';
import type { Device, FromWorker } from '../media/messages.js';
import type { CodecName } from '../protocol/codecs.js';
import { CODEC_ELEMENTS } from './codec-elements.js';
import { ENCODERS, type Encoder } from './encoders.js';
import { encoderLine } from './encoding.js';
import { neededElements } from './needed-elements.js';

const PATIENCE_MS = 5_000;
const POLL_MS = 5;

/**
 * Finds out what this machine has. Runs in a process of its own, as a driver may hang or crash in it; each encoder is
 * named before it is tried, so that the parent knows which one it was, and starts the probe anew without it.
 * @param skip encoders that are not to be tried
 */
export async function probe(send: (message: FromWorker) => void, skip: ReadonlySet<string>): Promise<void> {
  send({
    type: 'found',
    gstreamer: Gst.version().slice(0, 3).join('.'),
    missing: neededElements().filter(({ element }) => !Gst.ElementFactory.find(element)),
    devices: skip.has('--no-devices') ? [] : findDevices(),
  });
  let selected: string | null = null;
  for (const encoder of ENCODERS) {
    const { element, title } = encoder;
    if (skip.has(element)) continue;
    if (selected !== null) {
      send({ type: 'probed', element, title, outcome: 'skipped', reason: `${selected} comes first` });
      continue;
    }
    send({ type: 'probing', element, title });
    const { outcome, reason } = await tryEncoder(encoder);
    if (outcome === 'selected') selected = element;
    send({ type: 'probed', element, title, outcome, reason });
  }
  send({ type: 'done' });
}

async function tryEncoder(encoder: Encoder): Promise<{ outcome: 'selected' | 'absent' | 'failed'; reason: string }> {
  if (!Gst.ElementFactory.find(encoder.element)) return { outcome: 'absent', reason: 'the element is not installed' };
  try {
    const pipeline = parseLaunch(
      'videotestsrc num-buffers=5 ! video/x-raw,width=640,height=480,framerate=30/1 ! ' +
        `${encoderLine(encoder, { bitrate: 1_000_000, keyframeInterval: 30 })} ! fakesink`,
    );
    try {
      pipeline.setState(Gst.State.PLAYING);
      const until = performance.now() + PATIENCE_MS;
      while (performance.now() < until) {
        const { error, eos } = drainBus(pipeline);
        if (error) return { outcome: 'failed', reason: `${error.element}: ${error.message}` };
        if (eos) return { outcome: 'selected', reason: 'the first that encoded' };
        await new Promise(resolve => setTimeout(resolve, POLL_MS));
      }
      return { outcome: 'failed', reason: `it encoded nothing within ${PATIENCE_MS / 1000} s` };
    } finally {
      closePipeline(pipeline);
    }
  } catch (error) {
    return { outcome: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}

/** The V4L2 devices that bring pictures this project can take: not encoders, metadata nodes or raw Bayer sensors. */
function findDevices(): Device[] {
  if (!existsSync('/sys/class/video4linux')) return [];
  const monitor = Gst.DeviceMonitor.new();
  monitor.addFilter('Video/Source', null);
  if (!monitor.start()) return [];
  try {
    return monitor.getDevices().flatMap(device => {
      const properties = device.getProperties();
      const path = properties?.getString('device.path') ?? properties?.getString('api.v4l2.path');
      const takes = /video\/x-raw|image\/jpeg/.test(device.getCaps()?.toString() ?? '');
      return path && takes ? [{ device: path, name: device.getDisplayName() }] : [];
    });
  } finally {
    monitor.stop();
  }
}

/** The codecs that can be received and sent on with the elements that are installed. */
export function installedCodecs(): CodecName[] {
  const installed = (element: string): boolean => Gst.ElementFactory.find(element) !== null;
  return (Object.keys(CODEC_ELEMENTS) as CodecName[]).filter(codec => {
    const { payloader, depayloader, parser } = CODEC_ELEMENTS[codec];
    return [payloader, depayloader, ...parser.slice(0, 1).map(line => line.split(' ')[0] ?? '')].every(installed);
  });
}
