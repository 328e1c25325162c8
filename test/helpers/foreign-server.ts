import { type PythonProgram, startPython } from './python-program.js';
import { until } from './server.js';

/** What a program of test/interop/servers says of itself. */
export type ForeignEvent =
  | { event: 'listening'; url: string }
  /** Of a WHEP server: answered with this status. */
  | { event: 'request'; method: string; path: string; status: number }
  | { event: 'begun'; session: string; offer: string; answer: string }
  | { event: 'ended'; session: string; why: 'delete' | 'gone' };

export interface ForeignProgram {
  /** All events so far. */
  events: readonly ForeignEvent[];
  /**
   * Waits for an event, which may have come already.
   * @param count how many there are to be of its kind; the last of them is returned
   */
  heard<Name extends ForeignEvent['event']>(
    name: Name,
    count?: number,
  ): Promise<Extract<ForeignEvent, { event: Name }>>;
  /** Resolves when the process has ended. */
  closed: PythonProgram['closed'];
  /** It goes without a word. */
  kill(): void;
}

export interface ForeignServer extends ForeignProgram {
  url: string;
}

/** Starts a program of test/interop/servers; it ends with the test. */
export function startForeign(
  t: { teardown(close: () => void): void },
  file: string,
  ...args: string[]
): ForeignProgram {
  const events: ForeignEvent[] = [];
  const program = startPython<ForeignEvent>(t, `servers/${file}`, args, event => events.push(event));
  return {
    events,
    heard: <Name extends ForeignEvent['event']>(name: Name, count = 1) =>
      until(`${file} says "${name}"`, () => {
        program.check();
        return events.filter((event): event is Extract<ForeignEvent, { event: Name }> => event.event === name)[
          count - 1
        ];
      }),
    closed: program.closed,
    kill: program.kill,
  };
}

/** Starts one that serves, and waits until it does. */
export async function startForeignServer(
  t: { teardown(close: () => void): void },
  file: string,
  ...args: string[]
): Promise<ForeignServer> {
  const program = startForeign(t, file, ...args);
  return { ...program, url: (await program.heard('listening')).url };
}
