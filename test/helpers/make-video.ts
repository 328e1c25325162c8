import { execFileSync } from 'node:child_process';

export interface VideoOptions {
  frames: number;
  fps: number;
  keyframeInterval: number;
  profile?: 'constrained-baseline' | 'high';
  sound?: boolean;
}

/** Makes an MP4 file with GStreamer: 320x240, a ball that moves, encoded with x264. */
export function makeVideo(
  file: string,
  { frames, fps, keyframeInterval, profile = 'constrained-baseline', sound }: VideoOptions,
): string {
  const bframes = profile === 'high' ? 'bframes=2' : 'bframes=0 tune=zerolatency';
  const line =
    `videotestsrc num-buffers=${frames} pattern=ball ! video/x-raw,width=320,height=240,framerate=${fps}/1 ! ` +
    `x264enc key-int-max=${keyframeInterval} ${bframes} speed-preset=ultrafast ! video/x-h264,profile=${profile} ! h264parse ! mp4mux name=mux ! filesink location=${file}` +
    (sound
      ? ` audiotestsrc num-buffers=${Math.ceil((frames / fps) * 43)} ! audio/x-raw,rate=44100 ! avenc_aac ! mux.`
      : '');
  // Not gst-launch-1.0, whose package the project does not need: a small program around the same parser.
  execFileSync(process.execPath, ['-e', PLAY, line], { cwd: new URL('../../..', import.meta.url).pathname });
  return file;
}

const PLAY = `
  const Gst = require('node-gtk').require('Gst', '1.0');
  Gst.init([]);
  const pipeline = Gst.parseLaunch(process.argv[1]);
  pipeline.setState(Gst.State.PLAYING);
  const bus = pipeline.getBus();
  const timer = setInterval(() => {
    for (let message = bus.pop(); message; message = bus.pop()) {
      if (message.type === Gst.MessageType.ERROR) throw new Error(message.parseError()[0].message);
      if (message.type === Gst.MessageType.EOS) {
        pipeline.setState(Gst.State.NULL);
        clearInterval(timer);
        process.exit(0);
      }
    }
  }, 5);
`;
