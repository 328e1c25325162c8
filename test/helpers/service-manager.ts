import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { startPython } from './python-program.js';
import { until } from './server.js';

/** One message to systemd, by its variables. */
export type Message = Readonly<Record<string, string>>;

export interface ListeningManager {
  /** For NOTIFY_SOCKET. */
  socket: string;
  /** All so far, in order; without those by which systemd-notify makes sure that it was received. */
  messages: readonly Message[];
  /** Waits for one that has this variable. @param count how many to wait for; the last is returned */
  heard(variable: string, count?: number): Promise<Message>;
}

/** Listens as systemd does; ends with the test. */
export async function listenAsManager(t: Test): Promise<ListeningManager> {
  const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-notify-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const socket = join(folder, 'notify');
  const messages: Message[] = [];
  let isListening = false;
  const program = startPython<{ event: 'listening' } | { event: 'notified'; text: string }>(
    t,
    'servers/service_manager.py',
    [socket],
    said => {
      if (said.event === 'listening') isListening = true;
      else if (!said.text.startsWith('BARRIER=')) messages.push(read(said.text));
    },
  );
  await until('the socket of the service manager is there', () => {
    program.check();
    return isListening;
  });
  return {
    socket,
    messages,
    heard: (variable, count = 1) =>
      until(`${variable} was received ${count} times`, () => {
        program.check();
        return messages.filter(message => variable in message)[count - 1];
      }),
  };
}

const read = (text: string): Message =>
  Object.fromEntries(
    text
      .split('\n')
      .filter(line => line !== '')
      .map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
