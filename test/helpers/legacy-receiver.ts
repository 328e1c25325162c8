import { startPython } from './python-program.js';
import { NOTHING, type Seen } from './seen.js';
import { until } from './server.js';

/** A receiver of the legacy system. */
export interface LegacyReceiver {
  /** What it saw so far of the camera of one section of the offer. */
  seen(camera: number): Promise<Seen>;
  /** It says HELLO again: a new negotiation, whose offer this waits for. */
  helloAgain(): Promise<string>;
  /** It closes its socket, and has ended. */
  leave(): Promise<void>;
}

type Event =
  | { event: 'offer' | 'answered'; sdp: string }
  /** Of the one camera. */
  | ({ event: 'seen'; camera: number } & Seen);

/** Starts one of the dialect that is understood by it. What goes wrong in it is said when it is asked next. */
export function startLegacyReceiver(
  t: { teardown(close: () => void): void },
  url: string,
  form: 'nested' | 'flat' = 'nested',
): LegacyReceiver {
  const cameras = new Map<number, Seen>();
  const offers: string[] = [];
  const program = startPython<Event>(t, 'clients/legacy_receiver.py', [url, '--form', form], event => {
    if (event.event === 'seen') {
      const { event: _, camera, ...seen } = event;
      cameras.set(camera, seen);
    } else if (event.event === 'offer') {
      offers.push(event.sdp);
      cameras.clear();
    }
  });
  return {
    seen: async camera => {
      program.check();
      return cameras.get(camera) ?? NOTHING;
    },
    helloAgain: async () => {
      const before = offers.length;
      program.stdin.write('hello\n');
      return await until('another offer', () => {
        program.check();
        return offers[before];
      });
    },
    leave: async () => {
      program.check();
      program.stdin.write('leave\n');
      await program.closed;
      program.check();
    },
  };
}
