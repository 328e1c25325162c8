import { type Bin, type Element, Gst, type Pad, type Pipeline } from './native.js';
import { make, pad } from './pipeline.js';

/**
 * Joins a proxysink to a pad of another pipeline through a proxysrc without that element's queue, so that buffers are
 * handed on in the thread that brings them: a queue costs a thread and a wake-up a frame (docs/adr/0002). What the proxy
 * is for stays: errors behind it do not get back to the pipeline in front.
 * @returns the proxysrc, which `part` takes away again
 */
export function joinDirectly(pipeline: Pipeline, proxySink: Element, to: Pad): Bin {
  const proxySource = make('proxysrc') as Bin;
  const queue = proxySource.getChildByIndex(0);
  const queueInput = pad(queue, 'sink');
  const output = queueInput.getPeer();
  if (!output) throw new Error('proxysrc has no inner pad');
  output.unlink(queueInput);
  proxySource.remove(queue);
  pipeline.add(proxySource);
  output.linkFull(to, Gst.PadLinkCheck.NOTHING);
  proxySource.proxysink = proxySink;
  return proxySource;
}

/** Takes away what joinDirectly made, after its proxysink has been stopped. */
export function part(pipeline: Pipeline, proxySource: Bin): void {
  proxySource.setState(Gst.State.NULL);
  pipeline.remove(proxySource);
}
