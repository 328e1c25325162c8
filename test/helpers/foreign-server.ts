import { type PythonProgram, startPython } from './python-program.js';
import { until } from './server.js';

/** An event of a program of test/interop/servers. */
export type ForeignEvent =
  | { event: 'listening'; url: string }
  // WHEP servers
  | { event: 'request'; method: string; path: string; status: number }
  | { event: 'begun'; session: string; offer: string; answer: string }
  | { event: 'ended'; session: string; why: 'delete' | 'gone' }
  // the legacy system's signaling server; it numbers its clients as they connect
  | { event: 'joined' | 'left'; client: number }
  | { event: 'relayed'; client: number; text: string }
  // its sender
  | { event: 'ready' | 'hello' | 'closed' }
  | { event: 'offered' | 'answered'; sdp: string };

type Names = ForeignEvent['event'];
type Named<Name extends Names> = ForeignEvent & { event: Name };

export interface ForeignProgram {
  /** All events so far. */
  events: readonly ForeignEvent[];
  /**
   * Waits for an event, which may have come already.
   * @param count how many of its kind to wait for; the last one is returned
   */
  heard<Name extends Names>(name: Name, count?: number): Promise<Named<Name>>;
  /** Resolves when the process has ended. */
  closed: PythonProgram['closed'];
  /** Kills it. */
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
    heard: <Name extends Names>(name: Name, count = 1) =>
      until(`${file} says "${name}"`, () => {
        program.check();
        return events.filter((event): event is Named<Name> => event.event === name)[count - 1];
      }),
    closed: program.closed,
    kill: program.kill,
  };
}

/** Starts one that serves, and waits until it is ready. */
export async function startForeignServer(
  t: { teardown(close: () => void): void },
  file: string,
  ...args: string[]
): Promise<ForeignServer> {
  const program = startForeign(t, file, ...args);
  return { ...program, url: (await program.heard('listening')).url };
}
