/** An event of an event stream (WHATWG HTML §9.2.5), with its data in one line, as WHEP has it. */
export function formatEvent(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** A comment: it keeps a connection alive and says nothing. */
export const HEARTBEAT = ':\n\n';

/** How long a client is to wait before it connects anew, in ms. */
export function formatRetry(ms: number): string {
  return `retry: ${ms}\n\n`;
}
