/** Snapshots as files. */
import { snapshotName } from '../shared/formatting.js';

/** How long a browser may take to start the download of a blob. */
const KEEP_URL_MS = 10_000;

/** @param image encoded in its own resolution, whatever its size on the screen */
export function encodePng(image: HTMLVideoElement | HTMLCanvasElement): Promise<Blob | null> {
  const canvas = document.createElement('canvas');
  canvas.width = image instanceof HTMLVideoElement ? image.videoWidth : image.width;
  canvas.height = image instanceof HTMLVideoElement ? image.videoHeight : image.height;
  canvas.getContext('2d')?.drawImage(image, 0, 0);
  return new Promise(resolve => canvas.toBlob(resolve, 'image/png'));
}

/** Hands a PNG to the browser's downloads; returns the file name. */
export function savePng(blob: Blob, camera: string, at: Date): string {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = snapshotName(camera, at);
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEEP_URL_MS);
  return link.download;
}
