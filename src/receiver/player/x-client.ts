import { createRequire } from 'node:module';

/**
 * The only module that loads the X11 client. The parts in use are typed here by hand: the package has no types, and a
 * short list shows what this project depends on.
 */
export interface XClient {
  atoms: Readonly<Record<string, number>>;
  AllocID(): number;
  CreateWindow(
    id: number,
    parent: number,
    x: number,
    y: number,
    width: number,
    height: number,
    borderWidth: number,
    depth: number,
    windowClass: number,
    visual: number,
    values: { backgroundPixel: number; eventMask: number },
  ): void;
  MapWindow(id: number): void;
  MoveResizeWindow(id: number, x: number, y: number, width: number, height: number): void;
  DestroyWindow(id: number): void;
  ChangeProperty(mode: number, id: number, name: number, type: number, format: number, data: string | Buffer): void;
  InternAtom(onlyIfExists: boolean, name: string, done: (error: Error | null, atom: number) => void): void;
  GetKeyboardMapping(first: number, count: number, done: (error: Error | null, symbols: number[][]) => void): void;
  SendClientMessage(to: number, about: number, type: number, format: number, data: number[]): void;
  on(event: 'event', listener: (event: XEvent) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'end', listener: () => void): void;
  close(): void;
}

export interface XEvent {
  name: string;
  /** The window of the event; the library uses one of these two. */
  wid?: number;
  wid1?: number;
  width?: number;
  height?: number;
  keycode?: number;
  data?: number[];
}

export interface XDisplay {
  client: XClient;
  screen: { root: number; black_pixel: number }[];
  min_keycode: number;
  max_keycode: number;
}

interface X11 {
  createClient(done: (error: Error | null, display: XDisplay) => void): {
    on(event: 'error', listener: () => void): void;
  };
  eventMask: Readonly<Record<'StructureNotify' | 'KeyPress', number>>;
  keySyms: Readonly<Record<string, { code: number }>>;
}

const x11 = createRequire(import.meta.url)('x11') as X11;

export const { eventMask, keySyms } = x11;

/** Connects to the display that DISPLAY names. @throws Error */
export function connect(): Promise<XDisplay> {
  return new Promise((resolve, reject) => {
    x11.createClient((error, display) => (error ? reject(error) : resolve(display))).on('error', reject as () => void);
  });
}
