import type { Camera } from './contract.js';

/** How the server is, for who watches over it as a whole. */
export interface Health {
  /** What of it stands still, although its event loop runs; null if nothing does. */
  fault: string | null;
  /** A short line for people. */
  status: string;
}

/** What a server is judged by. */
export interface Vitals {
  isListening: boolean;
  /** Cameras that nobody looks after. */
  unsupervised: readonly string[];
  cameras: readonly Pick<Camera, 'state' | 'viewers'>[];
}

/** In the order in which they are told, if there are any. */
const TROUBLED: readonly Camera['state'][] = ['lost', 'failed', 'down'];

export function judge({ isListening, unsupervised, cameras }: Vitals): Health {
  const troubled = TROUBLED.flatMap(state => {
    const count = cameras.filter(camera => camera.state === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  const viewers = cameras.reduce((sum, camera) => sum + camera.viewers, 0);
  return {
    fault: !isListening
      ? 'the HTTP server does not listen any more'
      : unsupervised.length > 0
        ? `nobody looks after the cameras ${unsupervised.join(', ')}`
        : null,
    status: [counted(cameras.length, 'camera'), ...troubled, counted(viewers, 'viewer')].join(', '),
  };
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
