import { readFileSync } from 'node:fs';
import type { NeededElement } from '../../messages/camera-worker.js';

/** In the package's own folder; the installer reads it too. */
const FILE = new URL('../../../../deploy/elements', import.meta.url);

/** The elements that every camera needs. */
export function neededElements(): NeededElement[] {
  return readFileSync(FILE, 'utf8')
    .split('\n')
    .filter(line => /^\w/.test(line))
    .map(line => {
      const [element = '', name = ''] = line.split(/\s+/);
      return { element, package: name };
    });
}
