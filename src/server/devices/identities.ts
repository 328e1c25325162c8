import type { CaptureDevice } from '../../domain/devices.js';
import type { Inspected } from './inspect.js';

/**
 * Makes serial numbers and buses unique. Of several nodes of one camera, the usable ones come first; the first has the
 * camera's serial number and bus, the others the bus with `/2`, `/3`. A serial number that several cameras share, as
 * cheap ones do, is dropped.
 */
export function disambiguate(nodes: readonly Inspected[]): CaptureDevice[] {
  const named = nodes.map(node => {
    const siblings = nodes
      .filter(({ bus }) => bus === node.bus)
      .sort((a, b) => Number(a.usable !== null) - Number(b.usable !== null) || a.index - b.index);
    const position = siblings.indexOf(node);
    return position === 0 ? node : { ...node, serial: null, bus: `${node.bus}/${position + 1}` };
  });
  const count = (serial: string): number => named.filter(node => node.serial === serial).length;
  return named.map(({ index: _, ...device }) => ({
    ...device,
    serial: device.serial !== null && count(device.serial) === 1 ? device.serial : null,
  }));
}
