// An RTSP camera for tests, in its own process: `rtsp-camera.js PORT PROFILE KEYFRAME_INTERVAL`. Prints the port when
// it listens; PORT 0 takes any.
import { createRequire } from 'node:module';

interface Gi {
  // biome-ignore lint/suspicious/noExplicitAny: node-gtk has no types, and this much of GstRtspServer is used here alone
  require(namespace: string, version: string): any;
}

const gi = createRequire(import.meta.url)('node-gtk') as Gi;
const [port = '8554', profile = 'constrained-baseline', interval = '30'] = process.argv.slice(2);
const Gst = gi.require('Gst', '1.0');
Gst.init([]);
const GLib = gi.require('GLib', '2.0');
const RtspServer = gi.require('GstRtspServer', '1.0');

const server = RtspServer.RTSPServer.new();
server.setService(port);
server.setAddress('127.0.0.1');
const factory = RtspServer.RTSPMediaFactory.new();
factory.setLaunch(
  '( videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,framerate=30/1 ! timeoverlay ! ' +
    `x264enc tune=zerolatency speed-preset=superfast key-int-max=${interval} bframes=0 bitrate=800 ! ` +
    `video/x-h264,profile=${profile} ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 ` +
    'audiotestsrc is-live=true ! mulawenc ! rtppcmupay name=pay1 pt=0 )',
);
factory.setShared(true);
server.getMountPoints().addFactory('/live', factory);
if (server.attach(null) === 0) throw new Error(`port ${port} cannot be listened on`);
const context = GLib.MainContext.default();
setInterval(() => {
  while (context.iteration(false));
}, 5);
process.stdout.write(`${server.getBoundPort()}\n`);
