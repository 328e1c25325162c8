/** `<camera-controls>`: brightness, focus and other V4L2 controls; a change shows in the video at once. */
import { type Control, errorText, listControls, setControls } from '../shared/api.js';
import { element, setHidden, setText } from '../shared/dom.js';
import { latestOnly, type Values } from './latest-only.js';

type Value = number | boolean | string;

export class CameraControls extends HTMLElement {
  readonly #id: string;
  readonly #list = element('div', { class: 'controls' });
  readonly #message = element('p', { class: 'message', role: 'status', hidden: true });
  readonly #change = latestOnly(values => this.#send(values));
  /** Update what is shown of a control, by its name. */
  readonly #shown = new Map<string, (control: Control) => void>();
  #controls: readonly Control[] = [];

  constructor(id: string) {
    super();
    this.#id = id;
  }

  connectedCallback(): void {
    this.hidden = true;
    const defaults = element('button', { type: 'button' }, 'Defaults');
    defaults.addEventListener('click', () => this.#change(defaultsOf(this.#controls)));
    this.replaceChildren(
      element('h3', {}, 'Camera controls'),
      this.#list,
      this.#message,
      element('div', { class: 'buttons' }, defaults),
    );
    void this.#load();
  }

  /** Stays hidden if the camera has no controls: the server then answers with a problem. */
  async #load(): Promise<void> {
    const answer = await listControls(this.#id);
    if (answer.kind === 'ok') this.#take(answer.value);
  }

  #take(controls: readonly Control[]): void {
    const names = (all: readonly Control[]): string => all.map(({ name }) => name).join();
    if (names(controls) !== names(this.#controls)) this.#build(controls);
    this.#controls = controls;
    for (const control of controls) this.#shown.get(control.name)?.(control);
    setHidden(this, controls.length === 0);
  }

  async #send(values: Values): Promise<void> {
    const answer = await setControls(this.#id, values);
    const wrong = errorText(answer);
    setText(this.#message, wrong ?? '');
    setHidden(this.#message, wrong === undefined);
    // Setting one control can activate others, or result in another value than requested.
    if (answer.kind === 'ok') this.#take(answer.value);
    else await this.#load();
  }

  #build(controls: readonly Control[]): void {
    this.#shown.clear();
    this.#list.replaceChildren(...controls.map((control, index) => this.#row(control, `control-${index}`)));
  }

  #row(control: Control, id: string): HTMLElement {
    const { name, title, type } = control;
    const change = (value: Value): void => this.#change({ [name]: value });
    if (type === 'button') {
      const button = element('button', { type: 'button' }, title);
      button.addEventListener('click', () => change(true));
      this.#shown.set(name, now => setDisabled(button, now));
      return element('div', { class: 'row' }, button);
    }
    const { input, output, show } = inputFor(control, id, change);
    this.#shown.set(name, now => {
      setDisabled(input, now);
      // Do not move a control that is being dragged.
      if (now.value !== null && !input.matches(':active')) show(now.value);
    });
    return element(
      'div',
      { class: `row ${type}` },
      element('label', { for: id }, title),
      element('span', { class: 'taken' }, input, ...(output === undefined ? [] : [output])),
    );
  }
}

interface Shown {
  input: HTMLInputElement | HTMLSelectElement;
  /** The value, beside a slider. */
  output?: HTMLElement;
  show(value: Value): void;
}

function inputFor(control: Control, id: string, change: (value: Value) => void): Shown {
  const { type, min, max, step, menu } = control;
  switch (type) {
    case 'bool': {
      const input = element('input', { id, type: 'checkbox', role: 'switch' });
      input.addEventListener('change', () => change(input.checked));
      return { input, show: value => Object.assign(input, { checked: value === true || value === 1 }) };
    }
    case 'menu':
    case 'intmenu': {
      const options = (menu ?? []).map(({ value, label }) => element('option', { value: String(value) }, label));
      const input = element('select', { id }, ...options);
      input.addEventListener('change', () => change(Number(input.value)));
      return { input, show: value => Object.assign(input, { value: String(value) }) };
    }
    case 'int': {
      const range = { min: String(min ?? 0), max: String(max ?? 0), step: String(step ?? 1) };
      const input = element('input', { id, type: 'range', ...range });
      const output = element('output', { for: id });
      input.addEventListener('input', () => {
        setText(output, input.value);
        change(Number(input.value));
      });
      return {
        input,
        output,
        show: value => {
          input.value = String(value);
          setText(output, String(value));
        },
      };
    }
    default: {
      const input = element('input', { id, type: type === 'bitmask' ? 'number' : 'text' });
      input.addEventListener('change', () => change(type === 'bitmask' ? Number(input.value) : input.value));
      return { input, show: value => Object.assign(input, { value: String(value) }) };
    }
  }
}

/** V4L2 flags of a control that cannot be set now, or ever. */
const FIXED = new Set(['inactive', 'read-only', 'grabbed', 'disabled']);
const isFixed = ({ flags }: Control): boolean => flags.some(flag => FIXED.has(flag));

function setDisabled(input: { disabled: boolean }, control: Control): void {
  input.disabled = isFixed(control);
}

/** Resets every control that can be set now. */
function defaultsOf(controls: readonly Control[]): Values {
  const settable = controls.filter(control => !isFixed(control) && control.type !== 'button');
  return Object.fromEntries(settable.map(({ name }) => [name, null]));
}

customElements.define('camera-controls', CameraControls);
