import { tileRectangles, windowSize } from './layout.js';
import { connect, eventMask, keySyms, type XClient, type XDisplay, type XEvent } from './x-client.js';

export interface WindowsOptions {
  /** One for each camera. */
  titles: readonly string[];
  /** A window for each camera, instead of tiles in one window. */
  separate: boolean;
  /** A person closed a window, or pressed a key to quit. */
  onClosed(): void;
  /** The display is gone, with its windows. */
  onGone(): void;
}

interface Window {
  id: number;
  /** The windows in which cameras are drawn: children of this window, or itself. */
  tiles: readonly number[];
}

const REPLACE = 0;
const TOGGLE = 2;
const QUIT = ['XK_q', 'XK_Escape'];
const FULLSCREEN = ['XK_f', 'XK_F11'];

/**
 * Windows on an X11 display for sinks to draw in. Each tile is a window, so that a camera appears as soon as it has a
 * frame, without waiting for the others. `q` and Escape close, `f` and F11 toggle fullscreen.
 */
export class XWindows {
  /** XIDs to draw in, one for each camera. */
  readonly handles: readonly number[];
  readonly #display: XDisplay;
  readonly #client: XClient;
  readonly #windows: Window[];
  readonly #options: WindowsOptions;
  readonly #keys = new Map<number, 'quit' | 'fullscreen'>();
  #atoms: Readonly<Record<string, number>> = {};
  #isClosed = false;

  private constructor(display: XDisplay, options: WindowsOptions) {
    this.#display = display;
    this.#client = display.client;
    this.#options = options;
    const { titles, separate } = options;
    this.#windows = separate
      ? titles.map(title => this.#topLevel(title, 1))
      : [this.#topLevel(titles.join(', '), titles.length)];
    this.handles = this.#windows.flatMap(({ tiles }) => tiles);
    this.#client.on('event', event => this.#onEvent(event));
    this.#client.on('error', () => undefined);
    this.#client.on('end', () => {
      if (!this.#isClosed) options.onGone();
    });
  }

  /** @throws Error if there is no display, or it refuses the connection */
  static async open(options: WindowsOptions): Promise<XWindows> {
    const windows = new XWindows(await connect(), options);
    await windows.#prepare();
    return windows;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const { id } of this.#windows) this.#client.DestroyWindow(id);
    this.#client.close();
  }

  #topLevel(title: string, tiles: number): Window {
    const [screen] = this.#display.screen;
    if (!screen) throw new Error('the display has no screen');
    const size = windowSize(tiles);
    const create = (parent: number, x: number, y: number, width: number, height: number, mask: number): number => {
      const id = this.#client.AllocID();
      this.#client.CreateWindow(id, parent, x, y, width, height, 0, 0, 0, 0, {
        backgroundPixel: screen.black_pixel,
        eventMask: mask,
      });
      return id;
    };
    const id = create(screen.root, 0, 0, size.width, size.height, eventMask.StructureNotify | eventMask.KeyPress);
    const { WM_NAME, WM_CLASS, STRING } = this.#client.atoms;
    this.#client.ChangeProperty(REPLACE, id, WM_NAME ?? 0, STRING ?? 0, 8, latin1(`${title} – bigfootbot-video`));
    this.#client.ChangeProperty(REPLACE, id, WM_CLASS ?? 0, STRING ?? 0, 8, 'recv\0bigfootbot-video\0');
    if (tiles === 1) return { id, tiles: [id] };
    return {
      id,
      tiles: tileRectangles(size, tiles).map(({ x, y, width, height }) =>
        // The sink also selects key events there, so they do not reach the parent window.
        create(id, x, y, width, height, eventMask.KeyPress),
      ),
    };
  }

  async #prepare(): Promise<void> {
    const names = [
      'WM_PROTOCOLS',
      'WM_DELETE_WINDOW',
      '_NET_WM_STATE',
      '_NET_WM_STATE_FULLSCREEN',
      '_NET_WM_NAME',
      'UTF8_STRING',
    ];
    const atoms = await Promise.all(names.map(name => this.#atom(name)));
    this.#atoms = Object.fromEntries(names.map((name, i) => [name, atoms[i] ?? 0]));
    await this.#readKeys();
    const { WM_PROTOCOLS = 0, WM_DELETE_WINDOW = 0, _NET_WM_NAME = 0, UTF8_STRING = 0 } = this.#atoms;
    const protocols = Buffer.alloc(4);
    protocols.writeUInt32LE(WM_DELETE_WINDOW);
    this.#windows.forEach(({ id, tiles }, i) => {
      const { titles, separate } = this.#options;
      const title = separate ? (titles[i] ?? '') : titles.join(', ');
      this.#client.ChangeProperty(REPLACE, id, WM_PROTOCOLS, this.#client.atoms.ATOM ?? 0, 32, protocols);
      this.#client.ChangeProperty(
        REPLACE,
        id,
        _NET_WM_NAME,
        UTF8_STRING,
        8,
        Buffer.from(`${title} – bigfootbot-video`),
      );
      for (const tile of tiles) this.#client.MapWindow(tile);
      this.#client.MapWindow(id);
    });
  }

  #atom(name: string): Promise<number> {
    return new Promise((resolve, reject) =>
      this.#client.InternAtom(false, name, (error, atom) => (error ? reject(error) : resolve(atom))),
    );
  }

  #readKeys(): Promise<void> {
    const { min_keycode: first, max_keycode: last } = this.#display;
    const codes = (names: readonly string[]): Set<number> => new Set(names.flatMap(name => keySyms[name]?.code ?? []));
    const quit = codes(QUIT);
    const fullscreen = codes(FULLSCREEN);
    return new Promise(resolve =>
      this.#client.GetKeyboardMapping(first, last - first, (error, symbols) => {
        for (const [i, [symbol = 0]] of error ? [] : symbols.entries()) {
          if (quit.has(symbol)) this.#keys.set(first + i, 'quit');
          else if (fullscreen.has(symbol)) this.#keys.set(first + i, 'fullscreen');
        }
        resolve();
      }),
    );
  }

  #onEvent(event: XEvent): void {
    if (this.#isClosed) return;
    const window = this.#windows.find(
      ({ id, tiles }) => [event.wid, event.wid1].includes(id) || tiles.includes(event.wid ?? 0),
    );
    if (!window) return;
    if (event.name === 'ConfigureNotify') this.#arrange(window, event);
    else if (event.name === 'ClientMessage' && event.data?.[0] === this.#atoms.WM_DELETE_WINDOW) this.#closed();
    else if (event.name === 'DestroyNotify') this.#closed();
    else if (event.name === 'KeyPress') {
      const key = this.#keys.get(event.keycode ?? 0);
      if (key === 'quit') this.#closed();
      else if (key === 'fullscreen') this.#toggleFullscreen(window);
    }
  }

  #arrange({ id, tiles }: Window, { width, height }: XEvent): void {
    if (width === undefined || height === undefined || tiles[0] === id) return;
    tileRectangles({ width, height }, tiles.length).forEach((rectangle, i) => {
      const tile = tiles[i];
      if (tile !== undefined)
        this.#client.MoveResizeWindow(tile, rectangle.x, rectangle.y, rectangle.width, rectangle.height);
    });
  }

  // Extended Window Manager Hints; without a window manager nothing happens.
  #toggleFullscreen({ id }: Window): void {
    const root = this.#display.screen[0]?.root ?? 0;
    const { _NET_WM_STATE = 0, _NET_WM_STATE_FULLSCREEN = 0 } = this.#atoms;
    this.#client.SendClientMessage(root, id, _NET_WM_STATE, 32, [TOGGLE, _NET_WM_STATE_FULLSCREEN, 0, 1]);
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#options.onClosed();
  }
}

/** STRING properties are Latin-1. */
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
