/** The fixed parts of index.html: header, banner, footer. */

import type { PlayerState } from '../player/player-state.js';
import type { System } from '../shared/api.js';
import { setHidden, setText } from '../shared/dom.js';
import { formatCount } from '../shared/formatting.js';
import { icon } from './icons.js';
import { summarize } from './summary.js';

const PRODUCT = 'bigfootbot video';

export interface Page {
  readonly main: HTMLElement;
  readonly toast: HTMLElement;
  showStates(states: readonly PlayerState[]): void;
  showSystem(system: System): void;
  /** Why the list of cameras is unknown or out of date; undefined if it is current. */
  showTrouble(text: string | undefined): void;
  /** Signed out there is nothing to count and nobody to sign out. */
  setSignedIn(signedIn: boolean): void;
  /** Whether the token may add cameras. */
  setMayAdd(mayAdd: boolean): void;
}

export interface PageActions {
  addCamera(): void;
  help(): void;
  fullscreen(): void;
  signOut(): void;
}

export function openPage(actions: PageActions): Page {
  const part = (id: string): HTMLElement => {
    const found = document.getElementById(id);
    if (found === null) throw new Error(`index.html has no #${id}`);
    return found;
  };
  const [long, short] = [part('states-long'), part('states-short')];
  const [count, states, banner] = [part('count'), part('states'), part('banner')];
  const [system, media] = [part('system'), part('gstreamer')];
  const [add, help, fullscreen, signOut] = [part('add'), part('help'), part('fullscreen'), part('sign-out')];
  add.prepend(icon('add'));
  add.addEventListener('click', actions.addCamera);
  help.prepend(icon('keys'));
  fullscreen.prepend(icon('fullscreen'));
  signOut.prepend(icon('leave'));
  help.addEventListener('click', actions.help);
  fullscreen.addEventListener('click', actions.fullscreen);
  signOut.addEventListener('click', actions.signOut);
  setText(part('host'), location.host);

  return {
    main: part('main'),
    toast: part('toast'),
    showStates(all) {
      const summary = summarize(all);
      setText(count, summary.cameras);
      setText(long, summary.states);
      setText(short, summary.short);
      states.dataset.well = String(summary.well);
      setHidden(states, all.length === 0);
      document.title = all.length === 0 || summary.well ? PRODUCT : `${summary.states} – ${PRODUCT}`;
    },
    showSystem({ version, gstreamer, encoders, uptime }) {
      const encoder = encoders.state === 'probing' ? 'testing encoders' : `encoder ${encoders.selected ?? 'none'}`;
      setText(system, `v${version} · ${encoder}`);
      setText(media, gstreamer === null ? '' : `GStreamer ${gstreamer}`);
      system.title = `${formatCount(encoders.tried.length, 'encoder')} tried; up for ${Math.round(uptime)} s when last read`;
    },
    showTrouble(text) {
      setText(banner, text ?? '');
      setHidden(banner, text === undefined);
    },
    setSignedIn(signedIn) {
      for (const node of [count, states, system, media, help, signOut]) setHidden(node, !signedIn);
      setHidden(add, true);
      setHidden(fullscreen, !signedIn || !document.fullscreenEnabled);
    },
    setMayAdd: mayAdd => setHidden(add, !mayAdd),
  };
}
