/** An event of an event stream (WHATWG HTML §9.2.5), with its data on one line, as in WHEP. */
export function formatEvent(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** A comment that keeps the connection alive. */
export const HEARTBEAT = ':\n\n';

/** Delay before a client reconnects. */
export function formatRetry(ms: number): string {
  return `retry: ${ms}\n\n`;
}
