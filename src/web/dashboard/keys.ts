/** Which key does what. Pure. */

export type Command =
  | { name: 'open'; index: number }
  | { name: 'step'; by: 1 | -1 }
  | { name: 'back' | 'fullscreen' | 'snapshot' | 'figures' | 'settings' | 'help' };

export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
}

export const keyHelp: readonly (readonly [keys: string, effect: string])[] = [
  ['1 – 9', 'Enlarge a camera by its position'],
  ['Enter', 'Enlarge the camera in focus'],
  ['← ↑ → ↓', 'Previous or next camera'],
  ['Esc', 'Back to all cameras'],
  ['F', 'Full screen'],
  ['S', 'Snapshot of the camera'],
  ['I', 'Figures of the enlarged camera'],
  ['E', 'Settings of the camera, with an admin token'],
  ['?', 'These keys'],
];

/** What a key means; undefined if it is left to the browser. */
export function commandFor(press: KeyPress): Command | undefined {
  if (press.ctrlKey || press.altKey || press.metaKey) return undefined;
  if (/^[1-9]$/.test(press.key)) return { name: 'open', index: Number(press.key) - 1 };
  switch (press.key) {
    case 'ArrowLeft':
    case 'ArrowUp':
      return { name: 'step', by: -1 };
    case 'ArrowRight':
    case 'ArrowDown':
      return { name: 'step', by: 1 };
    case 'Escape':
      return { name: 'back' };
    case 'f':
    case 'F':
      return { name: 'fullscreen' };
    case 's':
    case 'S':
      return { name: 'snapshot' };
    case 'i':
    case 'I':
      return { name: 'figures' };
    case 'e':
    case 'E':
      return { name: 'settings' };
    case '?':
      return { name: 'help' };
    default:
      return undefined;
  }
}
