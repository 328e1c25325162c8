// Two bare webrtcbins in one process, one that sends what a camera captures and one that receives it: the minimum delay
// between two of them. `latency-baseline.js SECONDS` prints ms from each capture to its decoded pixels, JSON.
import { DECODERS, describeDecoder } from '../src/gst/decoders.js';
import { Housekeeping } from '../src/gst/housekeeping.js';
import { inspectMachine } from '../src/gst/machine.js';
import { Gst, GstSdp, GstWebRTC, type Pipeline, type Structure, type Webrtcbin } from '../src/gst/native.js';
import { drainBus, element, parseLaunch, shareClock } from '../src/gst/pipeline.js';
import { CLOCK_OFFSET_NS } from '../src/receiver/player/lines.js';
import { Pulse } from '../src/receiver/player/pulse.js';
import { Section } from '../src/receiver/player/section.js';
import { describeTimeMark, showClock, useMarkFont } from '../src/worker/sources/time-mark.js';

const seconds = Number(process.argv[2] ?? 10);
const POLL_INTERVAL_MS = 10;
/** Until both are connected and the encoder has settled. */
const SETTLE_MS = 2_000;

useMarkFont();
new Housekeeping().disturb();
const machine = inspectMachine();
const decoder = DECODERS.find(({ element: name }) => name === 'avdec_h264');
if (!decoder) throw new Error('the table of decoders has no avdec_h264');
const baseTime = Gst.SystemClock.obtain().getTime() - BigInt(2 * CLOCK_OFFSET_NS);
const clocked = `fakesink name=departure0 async=false sync=true qos=true max-lateness=0 ts-offset=-${CLOCK_OFFSET_NS}`;
const sender = parseLaunch(
  `webrtcbin name=webrtc bundle-policy=max-bundle  videotestsrc is-live=true pattern=smpte horizontal-speed=2 ! video/x-raw,format=I420,width=640,height=480,framerate=30/1 ! ${describeTimeMark(machine).join(' ! ')} ! ` +
    'x264enc tune=zerolatency speed-preset=ultrafast bitrate=1000 key-int-max=60 bframes=0 ! video/x-h264,profile=constrained-baseline ! ' +
    'h264parse config-interval=-1 ! rtph264pay pt=96 aggregate-mode=zero-latency mtu=1200 ! application/x-rtp,media=video,encoding-name=H264,payload=96,clock-rate=90000 ! webrtc.sink_0',
);
const receiver = parseLaunch(
  'webrtcbin name=webrtc bundle-policy=max-bundle latency=0  webrtc.src_0 ! rtph264depay ! video/x-h264,stream-format=avc,alignment=au ! h264parse config-interval=-1 ! ' +
    'video/x-h264,stream-format=byte-stream,alignment=au ! identity name=came0 silent=true ! tee name=encoded0  encoded0. ! ' +
    `${describeDecoder(decoder, machine)} ! identity name=shown0 silent=true ! tee name=decoded0  decoded0. ! ${clocked}  ` +
    'decoded0. ! queue leaky=downstream max-size-buffers=1 ! videocrop name=corner0 ! videoconvert ! video/x-raw,format=GRAY8 ! appsink name=mark0 sync=false async=false max-buffers=1 drop=true',
);
receiver.latency = 0;
for (const pipeline of [sender, receiver]) shareClock(pipeline, baseTime);
showClock(sender, baseTime);

const [from, to] = [sender, receiver].map(webrtcOf) as [Webrtcbin, Webrtcbin];
for (const pipeline of [receiver, sender]) pipeline.setState(Gst.State.PLAYING);
const offer = await describe(from, 'create-offer', 'offer');
setRemote(to, offer, GstWebRTC.WebRTCSDPType.OFFER);
setRemote(from, await describe(to, 'create-answer', 'answer'), GstWebRTC.WebRTCSDPType.ANSWER);

const section = new Section(receiver, 0, { decodes: true, pulse: new Pulse() });
const latencies: number[] = [];
let last = 0n;
await sleep(SETTLE_MS);
const until = performance.now() + seconds * 1000;
while (performance.now() < until) {
  drainBus(sender);
  drainBus(receiver, message => {
    if (message.type !== Gst.MessageType.QOS) return;
    const [, runningTime, , pts] = message.parseQos();
    const [jitter] = message.parseQosValues();
    section.pulse.decoded(pts, baseTime + runningTime + jitter - BigInt(CLOCK_OFFSET_NS));
  });
  section.readMark();
  for (const { capturedNs, decodedNs } of section.takeMarks()) {
    if (capturedNs !== last) latencies.push(Number(decodedNs - capturedNs) / 1e6);
    last = capturedNs;
  }
  await sleep(POLL_INTERVAL_MS);
}
process.stdout.write(`${JSON.stringify(latencies)}\n`, () => process.exit(0));

function webrtcOf(pipeline: Pipeline): Webrtcbin {
  const webrtc = element(pipeline, 'webrtc') as Webrtcbin;
  webrtc.iceAgent.refSink();
  webrtc.iceAgent.agent.upnp = false;
  return webrtc;
}

async function describe(webrtc: Webrtcbin, action: string, kind: string): Promise<string> {
  ask(
    webrtc,
    'set-local-description',
    ask(webrtc, action, Gst.Structure.newEmpty('options')).getValue(kind).getBoxed(),
  );
  while (webrtc.iceGatheringState !== GstWebRTC.WebRTCICEGatheringState.COMPLETE) await sleep(1);
  return webrtc.localDescription.sdp.asText();
}

function setRemote(webrtc: Webrtcbin, description: string, type: number): void {
  const [, sdp] = GstSdp.SDPMessage.newFromText(description);
  ask(webrtc, 'set-remote-description', GstWebRTC.WebRTCSessionDescription.new(type, sdp));
}

function ask(webrtc: Webrtcbin, action: string, argument: unknown): Structure {
  const promise = Gst.Promise.new();
  webrtc.emit(action, argument, promise);
  promise.wait();
  return promise.getReply();
}

function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}
