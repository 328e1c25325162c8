import { createSocket } from 'node:dgram';

/** Copies one RTP stream to several ports. */
export interface RtpFanout {
  /** Where to send the stream: a UDP port on loopback. */
  port: number;
  /** Forwards it to another port with another payload type, until the returned function is called. */
  to(port: number, payloadType: number): () => void;
}

/** One stream for many receivers, each with its own payload type. */
export async function openRtpFanout(t: { teardown(close: () => void): void }): Promise<RtpFanout> {
  const receivers = new Set<{ port: number; payloadType: number }>();
  const socket = createSocket('udp4', packet => {
    for (const { port, payloadType } of receivers) {
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
      const receiver = { port, payloadType };
      receivers.add(receiver);
      return () => void receivers.delete(receiver);
    },
  };
}
