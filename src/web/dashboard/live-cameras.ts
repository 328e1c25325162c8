/** The list of cameras as the server's events change it. Pure. */
import type { Camera, LiveEvent } from '../shared/api.js';

/** @returns the list after the event: the same one if the event does not affect it */
export function applyEvent(cameras: readonly Camera[], event: LiveEvent): readonly Camera[] {
  switch (event.type) {
    case 'snapshot':
      return event.cameras;
    case 'camera-added':
      return [...cameras.filter(({ id }) => id !== event.camera.id), event.camera];
    case 'camera-changed':
      return cameras.map(camera => (camera.id === event.camera.id ? event.camera : camera));
    case 'camera-removed':
      return cameras.filter(({ id }) => id !== event.id);
    default:
      return cameras;
  }
}
