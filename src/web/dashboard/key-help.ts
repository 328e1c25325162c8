/** The dialog that lists the keys. */
import { element } from '../shared/dom.js';
import { keyHelp } from './keys.js';

export function createKeyHelp(): HTMLDialogElement {
  const rows = keyHelp.map(([keys, effect]) =>
    element('div', {}, element('dt', {}, element('kbd', {}, keys)), element('dd', {}, effect)),
  );
  const close = element('button', { type: 'submit', class: 'primary', autofocus: true }, 'Close');
  const dialog = element(
    'dialog',
    { class: 'panel', 'aria-labelledby': 'keys-title' },
    element('h2', { id: 'keys-title' }, 'Keys'),
    element('dl', { class: 'keys' }, ...rows),
    element('form', { method: 'dialog' }, close),
  );
  dialog.addEventListener('click', event => {
    if (event.target === dialog) dialog.close();
  });
  return dialog;
}
