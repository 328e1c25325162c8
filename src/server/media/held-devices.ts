/**
 * V4L2 devices of all cameras that unkillable processes still have open: a device opens only once, so the next process
 * waits until the kernel releases it.
 */
export class HeldDevices {
  readonly #holders = new Map<string, Set<number>>();
  readonly #onChange: () => void;

  /** @param onChange a device is held, or free again */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /**
   * @param device its path, which Linux does not reuse while it is open
   * @param exited resolves when the process exits
   */
  hold(device: string, pid: number, exited: Promise<void>): void {
    const holders = this.#holders.get(device) ?? new Set();
    const wasHeld = holders.size > 0;
    this.#holders.set(device, holders.add(pid));
    if (!wasHeld) this.#onChange();
    void exited.then(() => {
      holders.delete(pid);
      if (holders.size > 0) return;
      this.#holders.delete(device);
      this.#onChange();
    });
  }

  /** Why a device cannot be opened now; null if nothing holds it. */
  blockedReason(device: string): string | null {
    const [pid] = this.#holders.get(device) ?? [];
    return pid === undefined
      ? null
      : `process ${pid} still has ${device} open and cannot be killed: it hangs in the kernel`;
  }
}

/** The remedy. */
export const UNPLUG = 'Unplug the camera, or restart the machine. It restarts by itself when the process has exited.';

/** The remedy where a camera's processes hang in something that cannot be unplugged. */
export const RESTART_MACHINE =
  'Restart the machine: several processes of this camera hang in the kernel. It restarts by itself when one of them has exited.';
