import { type PythonProgram, startPython } from './python-program.js';
import { type Client, NOTHING, type Seen } from './seen.js';

/** A program of test/interop/clients. */
export interface ClientProgram extends Client {
  /** Its offer and the answer to it. */
  negotiated(): { offer: string; answer: string };
  /** Exits without a DELETE. */
  vanish(): void;
  /** Leaves; resolves with the status of its DELETE. */
  leave(): Promise<number>;
}

type Event =
  | { event: 'offer' | 'answered'; sdp: string }
  | ({ event: 'seen' } & Seen)
  | { event: 'left'; status: number };

/** A decoder for a client that has none: takes RTP packets and counts what a person would have seen. */
export function startDecoder(
  t: { teardown(close: () => void): void },
  codec: string,
  payloadType: number,
): { take(packet: Buffer): void; seen(): Promise<Seen> } {
  const program = run(t, 'decode.py', codec, String(payloadType));
  return {
    take: packet => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(packet.length);
      program.stdin.write(Buffer.concat([length, packet]));
    },
    seen: program.seen,
  };
}

/** Starts a client. Its errors are thrown by the next call. */
export function startProgram(
  t: { teardown(close: () => void): void },
  file: string,
  what: 'watch' | 'publish',
  url: string,
  token: string,
  ...more: string[]
): ClientProgram {
  const program = run(t, file, what, url, `--token=${token}`, ...more);
  return {
    negotiated: () => ({ offer: program.said.offer ?? '', answer: program.said.answered ?? '' }),
    seen: program.seen,
    leave: async () => {
      program.check();
      program.stdin.write('leave\n');
      await program.closed;
      program.check();
      return program.said.left ?? 0;
    },
    vanish: program.kill,
  };
}

interface Said {
  offer?: string;
  answered?: string;
  left?: number;
}

/** Runs a client and keeps what it says. */
function run(
  t: { teardown(close: () => void): void },
  file: string,
  ...more: string[]
): PythonProgram & { said: Readonly<Said>; seen(): Promise<Seen> } {
  const said: Said = {};
  let seen = NOTHING;
  const program = startPython<Event>(t, `clients/${file}`, more, event => {
    if (event.event === 'seen') seen = event;
    else if (event.event === 'left') said.left = event.status;
    else said[event.event] = event.sdp;
  });
  return {
    ...program,
    said,
    seen: async () => {
      program.check();
      return seen;
    },
  };
}
