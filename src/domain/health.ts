import type { Camera } from './contract.js';

/** The health of the server as a whole, for its supervisor. */
export interface Health {
  /** What is stuck although the event loop runs; null if nothing is. */
  fault: string | null;
  /** A short line for people. */
  status: string;
}

/** What a server's health is derived from. */
export interface Vitals {
  isListening: boolean;
  /** Cameras without a supervisor. */
  unsupervised: readonly string[];
  cameras: readonly Pick<Camera, 'state' | 'viewers'>[];
}

/** In the order of the status line. */
const TROUBLED: readonly Camera['state'][] = ['lost', 'failed', 'down'];

export function assessHealth({ isListening, unsupervised, cameras }: Vitals): Health {
  const troubled = TROUBLED.flatMap(state => {
    const count = cameras.filter(camera => camera.state === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  const viewers = cameras.reduce((sum, camera) => sum + camera.viewers, 0);
  return {
    fault: !isListening
      ? 'the HTTP server is no longer listening'
      : unsupervised.length > 0
        ? `unsupervised cameras: ${unsupervised.join(', ')}`
        : null,
    status: [counted(cameras.length, 'camera'), ...troubled, counted(viewers, 'viewer')].join(', '),
  };
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
