import type { CaptureDevice } from '../../domain/devices.js';
import type { Inspected } from './inspect.js';

/**
 * Makes what names a camera name that one alone. Of several nodes of one camera, those that can be used come first; the
 * first has the camera's serial number and bus, the others the bus with `/2`, `/3`. A serial number that another camera
 * has too, as cheap ones do, is none.
 */
export function disambiguate(nodes: readonly Inspected[]): CaptureDevice[] {
  const named = nodes.map(node => {
    const siblings = nodes
      .filter(({ bus }) => bus === node.bus)
      .sort((a, b) => Number(a.usable !== null) - Number(b.usable !== null) || a.index - b.index);
    const place = siblings.indexOf(node);
    return place === 0 ? node : { ...node, serial: null, bus: `${node.bus}/${place + 1}` };
  });
  const count = (serial: string): number => named.filter(node => node.serial === serial).length;
  return named.map(({ index: _, ...device }) => ({
    ...device,
    serial: device.serial !== null && count(device.serial) === 1 ? device.serial : null,
  }));
}
