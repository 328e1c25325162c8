/** `<sign-in>`: asks for the server's token, and stores it if the server accepts it. */
import { getSystem } from '../shared/api.js';
import { element, setText } from '../shared/dom.js';
import { isTokenShaped, keepToken } from '../shared/token.js';

const WRONG = 'This is not the token of this robot. Copy it again: one line, nothing before or after it.';
const SILENT = 'The robot does not answer. Check the network, then try again.';

export class SignIn extends HTMLElement {
  readonly #field = element('input', {
    type: 'password',
    id: 'token',
    name: 'token',
    autocomplete: 'current-password',
    autocapitalize: 'off',
    spellcheck: 'false',
    required: true,
    'aria-describedby': 'token-place token-error',
  });
  readonly #error = element('p', { id: 'token-error', class: 'error', role: 'alert' });
  readonly #submit = element('button', { type: 'submit', class: 'primary' }, 'Sign in');

  connectedCallback(): void {
    const place = element(
      'p',
      { id: 'token-place', class: 'hint' },
      'The server created a token at its first start and keeps it in a file. It prints the path of that file at every start: see its terminal or, if it runs as a service, its journal.',
    );
    const form = element(
      'form',
      {},
      element('label', { for: 'token' }, 'Token'),
      this.#field,
      this.#error,
      this.#submit,
    );
    form.addEventListener('submit', event => {
      event.preventDefault();
      void this.#try(this.#field.value.trim());
    });
    this.replaceChildren(
      element(
        'section',
        { class: 'panel', 'aria-labelledby': 'sign-in-title' },
        element('img', { src: 'icon.svg', alt: '', width: '44', height: '44' }),
        element('h2', { id: 'sign-in-title' }, 'Sign in to this robot'),
        place,
        form,
      ),
    );
    this.#field.focus();
  }

  /** Shows why the token is asked for again. */
  complain(text: string = WRONG): void {
    setText(this.#error, text);
  }

  async #try(token: string): Promise<void> {
    if (token === '') return;
    this.complain('');
    if (!isTokenShaped(token)) {
      this.#refuse(WRONG);
      return;
    }
    this.#submit.disabled = true;
    const answer = await getSystem(token);
    this.#submit.disabled = false;
    if (answer.kind === 'ok') keepToken(token);
    else if (answer.kind === 'unreachable') this.#refuse(SILENT);
    else this.#refuse(answer.problem.status === 401 ? WRONG : answer.problem.detail);
  }

  #refuse(text: string): void {
    this.complain(text);
    this.#field.focus();
    this.#field.select();
  }
}

customElements.define('sign-in', SignIn);
