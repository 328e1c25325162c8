import { spawnSync } from 'node:child_process';

/** A network namespace in which a server runs, with one virtual cable to this machine. */
export interface NetSpace {
  /** The command that starts a program in it, for `startServerUnder`. */
  command: string[];
  /** Its address, at the other end of the cable. */
  host: string;
  /** Pulls the cable out at the server's end; nothing gets through, and neither end is notified. */
  cut(): void;
  mend(): void;
}

const ip = (...words: string[]): string => {
  const { status, stderr, error } = spawnSync('ip', words, { encoding: 'utf8' });
  return status === 0 ? '' : `ip ${words.join(' ')}: ${error?.message ?? stderr.trim()}`;
};

/** Makes one, removed with the test. @returns why there can be none, if this user may not or `ip` is missing */
export function makeNetSpace(t: { teardown(close: () => void): void }): NetSpace | string {
  const { pid } = process;
  const name = `bfv-test-${pid}`;
  // From the block for tests (RFC 2544): four addresses for each process.
  const [near, far] = [1, 2].map(last => `198.18.${(pid >> 6) & 255}.${(pid & 63) * 4 + last}`);
  const [cable, plug] = [`bfv${pid}a`, `bfv${pid}b`];
  const inside = (...words: string[]): string => ip('-n', name, ...words);
  t.teardown(() => {
    ip('link', 'delete', cable);
    ip('netns', 'delete', name);
  });
  const steps = [
    () => ip('netns', 'add', name),
    () => ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', plug, 'netns', name),
    () => ip('address', 'add', `${near}/30`, 'dev', cable),
    // No addresses but ours: a browser sees each new one as a network change, and aborts what it is loading.
    () => ip('link', 'set', cable, 'addrgenmode', 'none'),
    () => inside('link', 'set', plug, 'addrgenmode', 'none'),
    () => ip('link', 'set', cable, 'up'),
    () => inside('address', 'add', `${far}/30`, 'dev', plug),
    () => inside('link', 'set', 'lo', 'up'),
    () => inside('link', 'set', plug, 'up'),
  ];
  for (const step of steps) {
    const trouble = step();
    if (trouble !== '') return trouble;
  }
  return {
    command: ['ip', 'netns', 'exec', name],
    host: far ?? '',
    cut: () => void inside('link', 'set', plug, 'down'),
    mend: () => void inside('link', 'set', plug, 'up'),
  };
}
