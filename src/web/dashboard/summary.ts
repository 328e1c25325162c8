/** The state of all cameras in one line. Pure. */

import { type PlayerState, stateWord } from '../player/player-state.js';
import { formatCount } from '../shared/formatting.js';

/** The worst first: what an operator has to know before the rest. */
const order: readonly PlayerState[] = ['lost', 'failed', 'stale', 'reconnecting', 'connecting', 'paused'];

export interface Summary {
  cameras: string;
  /** `all live`, or how many are in which state. */
  states: string;
  /** The same for a phone: `all live`, or how many are. */
  short: string;
  /** Whether every camera is live. */
  well: boolean;
}

export function summarize(states: readonly PlayerState[]): Summary {
  const count = (state: PlayerState): number => states.filter(one => one === state).length;
  const parts = order
    .filter(state => count(state) > 0)
    .map(state => `${count(state)} ${stateWord[state].toLowerCase()}`);
  const live = count('playing');
  const well = live === states.length;
  if (live > 0 && !well) parts.push(`${live} live`);
  const all = states.length > 1 ? 'all live' : 'live';
  return {
    cameras: formatCount(states.length, 'camera'),
    states: states.length === 0 ? '' : well ? all : parts.join(', '),
    short: states.length === 0 ? '' : well ? all : `${live} of ${states.length} live`,
    well,
  };
}
