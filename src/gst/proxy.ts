import { type Bin, type Element, Gst, type Pad, type Pipeline } from './native.js';
import { make, pad } from './pipeline.js';

/**
 * Joins a proxysink to a pad of another pipeline through a proxysrc without that element's queue, so that buffers pass
 * in the streaming thread that delivers them: a queue costs a thread, and a wake-up per frame (docs/adr/0002). The
 * purpose of the proxy remains: errors downstream of it do not reach the upstream pipeline.
 * @returns the proxysrc, which `part` removes again
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

/** Removes the proxysrc of joinDirectly, after its proxysink has been stopped. */
export function part(pipeline: Pipeline, proxySource: Bin): void {
  proxySource.setState(Gst.State.NULL);
  pipeline.remove(proxySource);
}
