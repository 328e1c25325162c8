import { startPython } from './python-program.js';
import { NOTHING, type Seen } from './seen.js';
import { until } from './server.js';

/** A receiver of the legacy system. */
export interface LegacyReceiver {
  /** What it has seen so far of the camera in one section of the offer. */
  seen(camera: number): Promise<Seen>;
  /** Sends HELLO again, which starts a new negotiation; resolves at its offer. */
  helloAgain(): Promise<string>;
  /** Closes its socket and ends. */
  leave(): Promise<void>;
}

type Event =
  | { event: 'offer' | 'answered'; sdp: string }
  /** What it has seen of its only camera. */
  | ({ event: 'seen'; camera: number } & Seen);

/** Starts one that speaks this dialect. Its errors are thrown by the next call. */
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
