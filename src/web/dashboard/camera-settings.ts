/** `<camera-settings>`: a camera's settings, for tokens that may change them; beside the video, never over it. */
import { type Answer, type Camera, errorText, getCamera, patchCamera, removeCamera } from '../shared/api.js';
import { element, setHidden, setText } from '../shared/dom.js';
import { CameraControls } from './camera-controls.js';
import { type FieldKey, fieldNamedIn, fields, mergeTyped, patchOf, type Typed, typedOf } from './settings-fields.js';

const CHANGED_ELSEWHERE = 412;
const ELSEWHERE =
  'Somebody else changed this camera. The fields that you did not edit show the new values: check, and save again.';

interface Shown {
  input: HTMLInputElement | HTMLSelectElement;
  error: HTMLElement;
}

export class CameraSettings extends HTMLElement {
  readonly #id: string;
  readonly #shown = new Map<FieldKey, Shown>();
  readonly #message = element('p', { class: 'message', role: 'status', hidden: true });
  readonly #save = element('button', { type: 'submit', class: 'primary', disabled: true }, 'Save');
  readonly #revert = element('button', { type: 'button', disabled: true }, 'Undo');
  /** The server's values, and their ETag. */
  #before: Typed | undefined;
  #etag: string | undefined;
  #busy = false;

  constructor(id: string) {
    super();
    this.#id = id;
  }

  connectedCallback(): void {
    if (this.firstChild !== null) return;
    this.setAttribute('role', 'complementary');
    this.setAttribute('aria-label', 'Settings');
    const form = element('form', { novalidate: true, autocomplete: 'off' }, ...fields.map(field => this.#row(field)));
    form.append(this.#message, element('div', { class: 'buttons' }, this.#save, this.#revert));
    form.addEventListener('input', () => this.#showDirty());
    form.addEventListener('submit', event => {
      event.preventDefault();
      void this.#submit();
    });
    this.#revert.addEventListener('click', () => {
      if (this.#before !== undefined) this.#show(this.#before);
      this.#complain();
    });
    this.append(element('h3', {}, 'Stream'), form, new CameraControls(this.#id), this.#removal());
    void this.#load();
  }

  /** Focuses the first field. */
  override focus(): void {
    this.#shown.get('name')?.input.focus({ preventScroll: true });
  }

  #row(field: (typeof fields)[number]): HTMLElement {
    const { key, label, unit } = field;
    const id = `setting-${key}`;
    const input = inputFor(field, { id, name: key, 'aria-describedby': `${id}-error`, disabled: true });
    const error = element('p', { id: `${id}-error`, class: 'error' });
    this.#shown.set(key, { input, error });
    const taken = element('span', { class: 'taken' }, input, element('span', { class: 'unit' }, unit));
    return element('div', { class: 'row' }, element('label', { for: id }, label), taken, error);
  }

  async #load(): Promise<void> {
    const answer = await getCamera(this.#id);
    if (answer.kind === 'ok') this.#take(answer);
    else this.#complain(errorText(answer));
  }

  /** Shows the camera as the server has it now; unsaved input stays. */
  #take({ value, etag }: Extract<Answer<Camera>, { kind: 'ok' }>): void {
    const now = typedOf(value);
    const shown = this.#before === undefined ? now : mergeTyped(this.#before, this.#typed(), now);
    this.#before = now;
    this.#etag = etag;
    this.#show(shown);
  }

  #typed(): Typed {
    return Object.fromEntries([...this.#shown].map(([key, { input }]) => [key, input.value])) as Typed;
  }

  #show(typed: Typed): void {
    for (const [key, { input }] of this.#shown) {
      input.value = typed[key];
      input.disabled = false;
    }
    this.#showDirty();
  }

  #showDirty(): void {
    const patch = this.#before === undefined ? {} : patchOf(this.#before, this.#typed());
    for (const [key, { input }] of this.#shown) input.classList.toggle('dirty', key in patch);
    const clean = Object.keys(patch).length === 0;
    this.#save.disabled = this.#busy || clean;
    this.#revert.disabled = this.#busy || clean;
  }

  async #submit(): Promise<void> {
    if (this.#before === undefined || this.#busy) return;
    this.#complain();
    if (this.#rejectInvalid()) return;
    this.#busy = true;
    this.#showDirty();
    const answer = await patchCamera(this.#id, patchOf(this.#before, this.#typed()), this.#etag);
    this.#busy = false;
    if (answer.kind === 'ok') {
      // With the defaults that empty fields have restored.
      this.#before = this.#typed();
      await this.#load();
      this.#complain('Saved.', true);
    } else if (answer.kind === 'problem' && answer.problem.status === CHANGED_ELSEWHERE) {
      await this.#load();
      this.#complain(ELSEWHERE);
    } else if (answer.kind === 'problem') {
      this.#complainAt(fieldNamedIn(answer.problem.detail), errorText(answer) ?? '');
    } else this.#complain(errorText(answer));
    this.#showDirty();
  }

  /** Whether the browser rejects an input; shows why at its field. */
  #rejectInvalid(): boolean {
    for (const [key, { input }] of this.#shown) {
      if (input.validity.valid) continue;
      this.#complainAt(key, input.validationMessage);
      return true;
    }
    return false;
  }

  #complainAt(key: FieldKey | undefined, text: string): void {
    const shown = key === undefined ? undefined : this.#shown.get(key);
    if (shown === undefined) {
      this.#complain(text);
      return;
    }
    setText(shown.error, text);
    shown.input.setAttribute('aria-invalid', 'true');
    shown.input.focus();
  }

  /** Without a text, clears the previous message. */
  #complain(text = '', good = false): void {
    setText(this.#message, text);
    this.#message.classList.toggle('good', good);
    setHidden(this.#message, text === '');
    for (const { input, error } of this.#shown.values()) {
      setText(error, '');
      input.removeAttribute('aria-invalid');
    }
  }

  /** Asks inline: a dialog would cover the video. */
  #removal(): HTMLElement {
    const ask = element('button', { type: 'button', class: 'danger' }, 'Remove this camera …');
    const yes = element('button', { type: 'button', class: 'danger' }, 'Remove');
    const no = element('button', { type: 'button', class: 'primary' }, 'Keep it');
    const words = 'Its viewers are disconnected, and it is removed from the configuration. Remove it?';
    const question = element(
      'div',
      { role: 'group', 'aria-label': 'Remove this camera', hidden: true },
      element('p', {}, words),
      element('div', { class: 'buttons' }, no, yes),
    );
    const show = (asked: boolean): void => {
      setHidden(question, !asked);
      setHidden(ask, asked);
      (asked ? no : ask).focus();
    };
    ask.addEventListener('click', () => show(true));
    no.addEventListener('click', () => show(false));
    yes.addEventListener('click', () => {
      show(false);
      void this.#remove();
    });
    return element('section', { class: 'end' }, ask, question);
  }

  async #remove(): Promise<void> {
    const answer = await removeCamera(this.#id, this.#etag);
    // On success the tile disappears by itself, and this with it.
    if (answer.kind === 'problem' && answer.problem.status === CHANGED_ELSEWHERE) {
      await this.#load();
      this.#complain(ELSEWHERE);
    } else this.#complain(errorText(answer));
  }
}

function inputFor(
  { range, choices }: (typeof fields)[number],
  common: Record<string, string | boolean>,
): HTMLInputElement | HTMLSelectElement {
  if (choices !== undefined) {
    const options = Object.entries(choices).map(([value, words]) => element('option', { value }, words));
    return element('select', common, ...options);
  }
  const kind = range === undefined ? { maxlength: '100' } : { type: 'number', inputmode: 'numeric', ...numbers(range) };
  return element('input', { ...common, ...kind });
}

function numbers({ min, max, step }: NonNullable<(typeof fields)[number]['range']>): Record<string, string> {
  return { min: String(min), max: String(max), step: String(step) };
}

customElements.define('camera-settings', CameraSettings);
