import { ask } from './request.js';
import { fetchTrusting } from './trust.js';

export interface ServerEventsOptions {
  /** Creates streams of a session's events (draft-ietf-wish-whep, Server-Sent Events extension). */
  url: URL;
  token: string | null;
  signal: AbortSignal;
  /** Whether the camera delivers video, on every event. */
  onActive(active: boolean): void;
  /** The connection was closed by the other side: the server, or the network path to it, is down. */
  onGone(): void;
}

const MAX_LINE = 10_000;

/** Listens to the server's events of a camera until the session ends. Never rejects. */
export async function listen({ url, token, signal, onActive, onGone }: ServerEventsOptions): Promise<void> {
  let began = false;
  try {
    const made = await ask(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(['active', 'inactive']),
      token,
      signal,
    });
    const location = made.headers.get('Location');
    if (location === null) return;
    const stream = new URL(location, url);
    // The token never goes to another server.
    const own = stream.origin === url.origin ? token : null;
    const response = await fetchTrusting(stream, {
      headers: { Accept: 'text/event-stream', ...(own === null ? {} : { Authorization: `Bearer ${own}` }) },
      signal,
    });
    if (!response.ok || !response.body) return;
    began = true;
    let rest = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body) {
      const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split(/\r\n|\r|\n/);
      rest = (lines.pop() ?? '').slice(0, MAX_LINE);
      for (const line of lines) {
        const [, event] = /^event: ?(active|inactive)$/.exec(line) ?? [];
        if (event) onActive(event === 'active');
      }
    }
  } catch {
    // Reported below, if the stream had started.
  }
  if (began && !signal.aborted) onGone();
}
