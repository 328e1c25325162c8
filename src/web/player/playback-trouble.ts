/** What went wrong between a camera and its player, in words for the operator. Pure. */

import type { Problem } from '../../protocol/problem-document.js';
import { formatAge } from '../shared/formatting.js';
import type { Trouble } from './player-state.js';

/** Refusals that pass by themselves within seconds: not shown as failed. */
const TRANSIENT = new Set(['camera-starting', 'overloaded', 'shutting-down']);

export const isTransient = (problem: Problem): boolean => TRANSIENT.has(problem.code ?? '');

export function refused(problem: Problem): Trouble {
  const { title, detail, remedy, code } = problem;
  return { title, detail, ...(remedy === undefined ? {} : { remedy }), ...(code === undefined ? {} : { code }) };
}

export const unreachable: Trouble = {
  title: 'Robot not reachable',
  detail: 'No answer to the request for video.',
};

export const notPlayable = (reason: string): Trouble => ({
  title: 'Unusable answer',
  detail: `This browser refused the robot's answer: ${reason}`,
  remedy: 'Try another browser: it must play H.264 or VP8 over WebRTC.',
});

export const connectionLost: Trouble = {
  title: 'Connection lost',
  detail: 'The video connection to the robot was lost.',
};

export const stopped = (ageMs: number): Trouble => ({
  title: 'Video stopped',
  detail: `No new frame for ${formatAge(ageMs)}.`,
});

export const asked: Trouble = { title: '', detail: 'A new video connection was requested.' };

/** @param connected whether the peer connection was established */
export const nothingArrived = (connected: boolean, waitedMs: number): Trouble =>
  connected
    ? {
        title: 'No video',
        detail: `Connected, but no frame arrived within ${formatAge(waitedMs)}.`,
        remedy: 'Check the camera: its state is listed with its figures.',
      }
    : {
        title: 'No video connection',
        detail: `The robot answered, but no video connection was established within ${formatAge(waitedMs)}.`,
        remedy: 'Video comes directly from the robot over UDP: check firewalls and VPNs on the way.',
      };
