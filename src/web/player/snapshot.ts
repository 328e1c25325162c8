/** A picture as a file. */
import { snapshotName } from '../shared/formatting.js';

/** How long a browser may take to begin with a download of a blob. */
const KEEP_URL_MS = 10_000;

/** @param picture in its own resolution, whatever its size on the screen */
export function encodePng(picture: HTMLVideoElement | HTMLCanvasElement): Promise<Blob | null> {
  const canvas = document.createElement('canvas');
  canvas.width = picture instanceof HTMLVideoElement ? picture.videoWidth : picture.width;
  canvas.height = picture instanceof HTMLVideoElement ? picture.videoHeight : picture.height;
  canvas.getContext('2d')?.drawImage(picture, 0, 0);
  return new Promise(resolve => canvas.toBlob(resolve, 'image/png'));
}

/** Hands a picture to the browser's downloads; returns the file's name. */
export function savePng(blob: Blob, camera: string, at: Date): string {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = snapshotName(camera, at);
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEEP_URL_MS);
  return link.download;
}
