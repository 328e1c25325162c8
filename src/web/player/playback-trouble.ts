/** What went wrong between a camera and its player, in words for the operator. Pure. */

import type { Problem } from '../../protocol/problem-document.js';
import { formatAge } from '../shared/formatting.js';
import type { Trouble } from './player-state.js';

/** Refusals that pass by themselves within seconds; not worth the word "failed". */
const PASSING = new Set(['camera-starting', 'overloaded', 'shutting-down']);

export const isPassing = (problem: Problem): boolean => PASSING.has(problem.code ?? '');

export function refused(problem: Problem): Trouble {
  const { title, detail, remedy, code } = problem;
  return { title, detail, ...(remedy === undefined ? {} : { remedy }), ...(code === undefined ? {} : { code }) };
}

export const unreachable: Trouble = {
  title: 'Robot not reachable',
  detail: 'The request for video had no answer.',
};

export const notPlayable = (reason: string): Trouble => ({
  title: 'The answer could not be used',
  detail: `This browser refused the robot's answer: ${reason}`,
  remedy: 'Try another browser; it has to play H.264 or VP8 over WebRTC.',
});

export const connectionLost: Trouble = {
  title: 'Connection lost',
  detail: 'The video connection to the robot broke off.',
};

export const stopped = (ageMs: number): Trouble => ({
  title: 'The video stopped',
  detail: `No new picture came for ${formatAge(ageMs)}.`,
});

export const asked: Trouble = { title: '', detail: 'A new video connection was asked for.' };

/** @param connected whether the peers had found each other */
export const nothingArrived = (connected: boolean, waitedMs: number): Trouble =>
  connected
    ? {
        title: 'No picture arrived',
        detail: `The connection stands, but no picture came within ${formatAge(waitedMs)}.`,
        remedy: 'See whether the camera delivers: its state stands beside its figures.',
      }
    : {
        title: 'No way for the video',
        detail: `The robot answered, but no video connection came about within ${formatAge(waitedMs)}.`,
        remedy: 'Video travels by UDP straight from the robot; a firewall or a VPN on the way may block it.',
      };
