/** Asks before something that cannot be undone. */
import { element } from './dom.js';

export interface Question {
  title: string;
  text: string;
  yes: string;
  no: string;
}

/** Whether the person said yes. The safe answer has the focus, and Escape is it. */
export function confirmed({ title, text, yes, no }: Question): Promise<boolean> {
  const dialog = element(
    'dialog',
    {
      class: 'panel confirm',
      role: 'alertdialog',
      'aria-labelledby': 'confirm-title',
      'aria-describedby': 'confirm-text',
    },
    element('h2', { id: 'confirm-title' }, title),
    element('p', { id: 'confirm-text' }, text),
    element(
      'form',
      { method: 'dialog', class: 'buttons' },
      element('button', { value: 'no', class: 'primary', autofocus: true }, no),
      element('button', { value: 'yes', class: 'danger' }, yes),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise(resolve =>
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    }),
  );
}
