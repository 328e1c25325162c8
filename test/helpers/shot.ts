import { Gst, type Sample } from '../../src/gst/native.js';
import { closePipeline, drainBus, element, parseLaunch } from '../../src/gst/pipeline.js';
import { sleep } from './server.js';

/** A frame in shades of grey. */
export interface Shot {
  width: number;
  height: number;
  /** From 0 to 255. */
  at(x: number, y: number): number;
}

/** The last frame of a pipeline that ends by itself. @param line without its sink @throws Error */
export async function shotOf(line: string, prepare?: (source: ReturnType<typeof element>) => void): Promise<Shot> {
  const pipeline = parseLaunch(
    `${line} ! videoconvert ! video/x-raw,format=GRAY8 ! fakesink name=out enable-last-sample=true sync=false`,
  );
  prepare?.(element(pipeline, 'source'));
  pipeline.setState(Gst.State.PLAYING);
  try {
    for (;;) {
      const { error, eos } = drainBus(pipeline);
      if (error) throw new Error(`${error.element}: ${error.message}`);
      if (eos) break;
      await sleep(5);
    }
    const sample = element(pipeline, 'out').lastSample as Sample;
    const buffer = sample.getBuffer();
    const bytes = buffer.extractDup(0, buffer.getSize());
    const caps = sample.getCaps()?.getStructure(0);
    const [, width] = caps?.getInt('width') ?? [false, 0];
    const [, height] = caps?.getInt('height') ?? [false, 0];
    const stride = bytes.length / height;
    return { width, height, at: (column, row) => bytes[row * stride + column] ?? 0 };
  } finally {
    closePipeline(pipeline);
  }
}

/** Number of clearly different pixels, in a part of two frames. */
export function difference(
  a: Shot,
  b: Shot,
  { x, y, width, height } = { x: 0, y: 0, width: a.width, height: a.height },
): number {
  let found = 0;
  for (let row = y; row < y + height; row++)
    for (let column = x; column < x + width; column++)
      if (Math.abs(a.at(column, row) - b.at(column, row)) > 60) found++;
  return found;
}
