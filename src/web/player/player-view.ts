/** What a player shows: the video, the last frame while there is no new one, and the text over it. */
import { element, setHidden, setText } from '../shared/dom.js';
import { overlayWords, type PlayerStatus, stateWord } from './player-state.js';
import { playerStyles } from './player-styles.js';

export interface PlayerView {
  readonly video: HTMLVideoElement;
  setLabel(label: string): void;
  render(status: PlayerStatus): void;
  /** Copies the frame on the screen, before its session ends. */
  hold(): void;
  release(): void;
  /** The image on the screen in its full resolution; undefined if there is none. */
  image(): HTMLVideoElement | HTMLCanvasElement | undefined;
}

export function createPlayerView(root: ShadowRoot, onButton: () => void): PlayerView {
  const video = element('video', { muted: true, autoplay: true, playsinline: true, disablepictureinpicture: true });
  // The attribute alone mutes a video that a parser created, not one that a script created.
  video.muted = true;
  const last = element('canvas', { hidden: true, part: 'last' });
  const headline = element('span');
  const age = element('span', { class: 'age', 'aria-hidden': 'true' });
  const title = element('p', { class: 'text title' });
  const detail = element('p', { class: 'text detail' });
  const remedy = element('p', { class: 'text remedy' });
  const retry = element('p', { class: 'text retry', 'aria-hidden': 'true' });
  const button = element('button', { type: 'button', hidden: true });
  const overlay = element(
    'div',
    { class: 'overlay', part: 'overlay' },
    element(
      'div',
      { class: 'banner', part: 'banner' },
      element('span', { class: 'mark', 'aria-hidden': 'true' }),
      headline,
      age,
    ),
    title,
    detail,
    remedy,
    retry,
    button,
  );
  const spoken = element('div', { class: 'spoken', role: 'status' });
  root.adoptedStyleSheets = [playerStyles()];
  root.append(
    element('div', { class: 'media', part: 'media' }, video, last),
    element('div', { class: 'frame' }),
    overlay,
    spoken,
  );
  button.addEventListener('click', event => {
    // A click on the video around it means something else to the page.
    event.stopPropagation();
    onButton();
  });
  let label = '';

  return {
    video,
    setLabel(text) {
      label = text;
      video.setAttribute('aria-label', text === '' ? 'Live video' : `Live video of ${text}`);
    },
    render(status) {
      const words = overlayWords(status);
      setHidden(overlay, words === undefined);
      // The running numbers are left out: a screen reader would read nothing else.
      setText(
        spoken,
        [label, stateWord[status.state], words?.title, words?.detail, words?.remedy].filter(Boolean).join('. '),
      );
      if (words === undefined) return;
      setText(headline, words.headline);
      setText(age, words.age);
      setText(title, words.title);
      setText(detail, words.detail);
      setText(remedy, words.remedy);
      setText(retry, words.retry);
      setText(button, words.button);
      setHidden(button, words.button === '');
    },
    hold() {
      if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || video.videoWidth === 0) return;
      last.width = video.videoWidth;
      last.height = video.videoHeight;
      last.getContext('2d')?.drawImage(video, 0, 0);
      setHidden(last, false);
    },
    release() {
      setHidden(last, true);
      // Frees the pixels: nine full HD cameras hold 75 MB.
      last.width = 0;
      last.height = 0;
    },
    image() {
      if (!last.hidden) return last;
      return video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.videoWidth > 0 ? video : undefined;
    },
  };
}
