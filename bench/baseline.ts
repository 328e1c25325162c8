// The lean baseline that figures are compared with: one process, GStreamer's webrtcbin, nothing else. No validation, no
// isolation, no API; one queue per viewer, as in GStreamer's own examples. `baseline.js PORT`, prints "ready".
import { randomInt } from 'node:crypto';
import { createServer } from 'node:http';
import { Housekeeping } from '../src/gst/housekeeping.js';
import {
  Gst,
  GstSdp,
  GstVideo,
  GstWebRTC,
  type Pad,
  type Pipeline,
  type Structure,
  type Webrtcbin,
} from '../src/gst/native.js';
import { element, parseLaunch } from '../src/gst/pipeline.js';
import { agree } from '../src/protocol/agreement.js';
import { EXPECTED } from '../src/protocol/codecs.js';
import { parseOffer } from '../src/protocol/offer.js';
import { offerForWebrtcbin } from '../src/protocol/sdp-for-webrtcbin.js';

const camera = parseLaunch(
  'videotestsrc is-live=true pattern=smpte horizontal-speed=2 ! video/x-raw,format=I420,width=640,height=480,framerate=30/1 ! timeoverlay ! ' +
    'x264enc tune=zerolatency speed-preset=ultrafast bitrate=1000 key-int-max=60 bframes=0 ! ' +
    'video/x-h264,profile=constrained-baseline ! h264parse config-interval=-1 ! ' +
    'video/x-h264,stream-format=byte-stream,alignment=au ! tee name=tee allow-not-linked=true',
);
const clock = Gst.SystemClock.obtain();
camera.useClock(clock);
camera.setState(Gst.State.PLAYING);
const tee = element(camera, 'tee');
const housekeeping = new Housekeeping();
housekeeping.disturb();

interface Viewer {
  pipeline: Pipeline;
  pad: Pad;
  sink: ReturnType<typeof element>;
}
const viewers = new Map<string, Viewer>();

function ask(webrtc: Webrtcbin, action: string, argument: unknown): Structure {
  const promise = Gst.Promise.new();
  webrtc.emit(action, argument, promise);
  promise.wait();
  return promise.getReply();
}

async function join(text: string): Promise<{ id: string; answer: string }> {
  const offer = parseOffer(text, 'watch');
  const agreement = agree(offer, [{ codec: 'H264', ...EXPECTED }], false);
  const { payloadType } = agreement.video.codec;
  const ssrc = randomInt(1, 2 ** 31);
  const pipeline = parseLaunch(
    'proxysrc name=src ! queue max-size-buffers=100 max-size-time=0 max-size-bytes=0 leaky=downstream ! ' +
      `rtph264pay name=pay pt=${payloadType} ssrc=${ssrc} config-interval=-1 aggregate-mode=zero-latency mtu=1200 ! ` +
      `application/x-rtp,media=video,encoding-name=H264,payload=${payloadType},clock-rate=90000,ssrc=(uint)${ssrc} ! ` +
      'webrtcbin name=webrtc bundle-policy=max-bundle latency=0',
  );
  const webrtc = element(pipeline, 'webrtc') as Webrtcbin;
  webrtc.iceAgent.refSink();
  webrtc.iceAgent.agent.upnp = false;
  const sink = Gst.ElementFactory.make('proxysink', null);
  const pad = tee.requestPadSimple('src_%u');
  if (!sink || !pad) throw new Error('GStreamer is incomplete');
  element(pipeline, 'src').proxysink = sink;
  pipeline.useClock(clock);
  pipeline.setStartTime(Gst.CLOCK_TIME_NONE);
  pipeline.setBaseTime(camera.getBaseTime());
  camera.add(sink);
  pipeline.setState(Gst.State.PLAYING);
  sink.setState(Gst.State.PLAYING);
  const [, sdp] = GstSdp.SDPMessage.newFromText(offerForWebrtcbin(offer, agreement));
  ask(webrtc, 'set-remote-description', GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.OFFER, sdp));
  ask(
    webrtc,
    'set-local-description',
    ask(webrtc, 'create-answer', Gst.Structure.newEmpty('options')).getValue('answer').getBoxed(),
  );
  pad.link(sink.getStaticPad('sink') as Pad);
  while (webrtc.iceGatheringState !== GstWebRTC.WebRTCICEGatheringState.COMPLETE)
    await new Promise(resolve => setTimeout(resolve, 1));
  const id = `/v${ssrc}`;
  viewers.set(id, { pipeline, pad, sink });
  const connected = setInterval(() => {
    if (viewers.has(id) && webrtc.connectionState !== GstWebRTC.WebRTCPeerConnectionState.CONNECTED) return;
    clearInterval(connected);
    if (viewers.has(id))
      element(pipeline, 'pay')
        .getStaticPad('src')
        ?.sendEvent(GstVideo.videoEventNewUpstreamForceKeyUnit(Gst.CLOCK_TIME_NONE, true, 0));
  }, 3);
  return { id, answer: webrtc.localDescription.sdp.asText() };
}

function leave({ pipeline, pad, sink }: Viewer): void {
  pipeline.setState(Gst.State.NULL);
  tee.releaseRequestPad(pad);
  sink.setState(Gst.State.NULL);
  camera.remove(sink);
  housekeeping.collect();
}

createServer(async (request, response) => {
  const { method, url = '' } = request;
  if (method === 'POST') {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { id, answer } = await join(body);
    response.writeHead(201, { Location: id, 'Content-Type': 'application/sdp' }).end(answer);
    return;
  }
  const viewer = method === 'DELETE' ? viewers.get(url) : undefined;
  viewers.delete(url);
  if (viewer) leave(viewer);
  response.end('{}');
}).listen(Number(process.argv[2]), '127.0.0.1', () => process.stdout.write('ready\n'));
