/** The dialog that adds a camera: one that is plugged in, or any other source. */
import { createCamera, type Device, errorText, listDevices } from '../shared/api.js';
import { element, setHidden, setText } from '../shared/dom.js';
import { deviceLine, idFor, sourceOf } from './device-words.js';

export interface AddCameraHost {
  /** Ids in use. */
  readonly taken: readonly string[];
  toast(text: string): void;
}

/** Stays open until the camera is added or the user cancels. At the side, so that the videos stay visible. */
export function addCamera(host: AddCameraHost): void {
  const devices = element('div', { class: 'devices' }, element('p', { class: 'hint' }, 'Looking for cameras …'));
  const source = element('input', {
    id: 'new-source',
    required: true,
    maxlength: '2048',
    placeholder: 'rtsp://host/path, v4l2:/dev/video0, test …',
    autocapitalize: 'off',
    spellcheck: 'false',
  });
  const name = element('input', { id: 'new-name', maxlength: '100' });
  const id = element('input', {
    id: 'new-id',
    required: true,
    maxlength: '63',
    pattern: '[A-Za-z0-9][A-Za-z0-9_\\-]*',
    title: 'Letters, digits, hyphens and underscores',
    autocapitalize: 'off',
    spellcheck: 'false',
  });
  const message = element('p', { class: 'message', role: 'alert', hidden: true });
  const submit = element('button', { type: 'submit', class: 'primary' }, 'Add');
  const cancel = element('button', { type: 'button' }, 'Cancel');
  const form = element(
    'form',
    { autocomplete: 'off' },
    element('fieldset', {}, element('legend', {}, 'Plugged in'), devices),
    ...[
      ['Source', source],
      ['Name', name],
      ['ID (in URLs)', id],
    ].map(([label, input]) =>
      element(
        'div',
        { class: 'row' },
        element('label', { for: (input as HTMLInputElement).id }, label as string),
        input as HTMLInputElement,
      ),
    ),
    message,
    element('div', { class: 'buttons' }, submit, cancel),
  );
  const dialog = element(
    'dialog',
    { class: 'panel side', 'aria-labelledby': 'add-title' },
    element('h2', { id: 'add-title' }, 'Add a camera'),
    form,
  );

  /** Whether the user typed an id; until then it follows the name. */
  let ownId = false;
  const suggestId = (): void => {
    if (!ownId) id.value = name.value === '' ? '' : idFor(name.value, host.taken);
  };
  const complain = (text: string | undefined): void => {
    setText(message, text ?? '');
    setHidden(message, text === undefined);
  };
  const choose = (device: Device): void => {
    source.value = sourceOf(device);
    name.value = device.name.slice(0, 100);
    suggestId();
  };

  name.addEventListener('input', suggestId);
  id.addEventListener('input', () => {
    ownId = id.value !== '';
  });
  cancel.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  form.addEventListener('submit', event => {
    event.preventDefault();
    void add();
  });

  async function add(): Promise<void> {
    complain(undefined);
    submit.disabled = true;
    const called = name.value.trim();
    const wanted = { id: id.value.trim(), source: source.value.trim(), ...(called === '' ? {} : { name: called }) };
    const answer = await createCamera(wanted);
    submit.disabled = false;
    if (answer.kind === 'ok') {
      dialog.close();
      host.toast(`Added ${called || wanted.id}.`);
    } else complain(errorText(answer));
  }

  async function listPluggedIn(): Promise<void> {
    const answer = await listDevices();
    const found = answer.kind === 'ok' ? answer.value : [];
    const words = errorText(answer) ?? 'No cameras found. To add one that is not plugged in yet, enter its source.';
    devices.replaceChildren(
      ...(found.length === 0 ? [element('p', { class: 'hint' }, words)] : found.map(device => row(device))),
    );
  }

  function row(device: Device): HTMLElement {
    const input = element('input', { type: 'radio', name: 'device', disabled: device.usable !== null });
    input.addEventListener('change', () => choose(device));
    return element(
      'label',
      { class: 'device' },
      input,
      element('span', {}, element('b', {}, device.name), element('small', {}, deviceLine(device))),
    );
  }

  document.body.append(dialog);
  dialog.showModal();
  void listPluggedIn();
}
