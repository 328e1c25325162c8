/// <reference lib="dom" />
import type { Seen } from '../../helpers/seen.js';

/** What a page offers to the test that drives it: see openClientPage. */
export interface PageClient {
  /** Resolves when the library has started, rejects with its error. */
  start(url: string, token: string): Promise<unknown>;
  /** Energy of the sound so far; 0 is silence. */
  heard?(): Promise<number>;
  /** Ends it as the library does. */
  leave(): Promise<unknown>;
}

const WIDTH = 32;
const HEIGHT = 24;
const seen: Seen = { frames: 0, changes: 0, contrast: 0, width: 0, height: 0 };

/**
 * A player's video element, whose frames are counted. Not muted, so that the sound can be measured: the browsers are
 * started so that they play it all the same.
 */
export function videoElement(): HTMLVideoElement {
  const video = Object.assign(document.createElement('video'), { autoplay: true, playsInline: true });
  document.body.append(video);
  const canvas = Object.assign(document.createElement('canvas'), { width: WIDTH, height: HEIGHT });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  let last = '';
  const count = (): void => {
    video.requestVideoFrameCallback(count);
    context?.drawImage(video, 0, 0, WIDTH, HEIGHT);
    const rgba = context?.getImageData(0, 0, WIDTH, HEIGHT).data ?? new Uint8ClampedArray();
    // Only the green channel: enough to detect motion.
    const grey = rgba.filter((_, index) => index % 4 === 1);
    const frame = grey.join();
    seen.frames++;
    if (last !== '' && frame !== last) seen.changes++;
    seen.contrast = Math.max(...grey) - Math.min(...grey);
    seen.width = video.videoWidth;
    seen.height = video.videoHeight;
    last = frame;
  };
  video.requestVideoFrameCallback(count);
  return video;
}

/** Hands a client to the test. */
export function expose(client: PageClient): void {
  Object.assign(globalThis, { interop: { ...client, seen: async () => ({ ...seen, heard: await client.heard?.() }) } });
}
