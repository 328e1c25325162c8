import { createSocket } from 'node:dgram';

/** Where the RTP of one stream goes on to. */
export interface RtpFan {
  /** Where the stream is to be sent: a UDP port on loopback. */
  port: number;
  /** Sends it on to another port, under another payload type, until what is returned is called. */
  to(port: number, payloadType: number): () => void;
}

/** One stream for many takers, as each viewer's payload type is its own. */
export async function openRtpFan(t: { teardown(close: () => void): void }): Promise<RtpFan> {
  const takers = new Set<{ port: number; payloadType: number }>();
  const socket = createSocket('udp4', packet => {
    for (const { port, payloadType } of takers) {
      const copy = Buffer.from(packet);
      // The upper bit is the marker (RFC 3550 §5.1).
      copy[1] = ((packet[1] ?? 0) & 0x80) | payloadType;
      socket.send(copy, port, '127.0.0.1');
    }
  });
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve));
  t.teardown(() => socket.close());
  return {
    port: socket.address().port,
    to: (port, payloadType) => {
      const taker = { port, payloadType };
      takers.add(taker);
      return () => void takers.delete(taker);
    },
  };
}
