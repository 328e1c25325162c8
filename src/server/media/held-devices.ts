/**
 * V4L2 devices that processes which cannot be ended still have open, for all cameras: a device opens once, so whoever is
 * to open it next waits until the kernel lets go of it.
 */
export class HeldDevices {
  readonly #holders = new Map<string, Set<number>>();
  readonly #onChange: () => void;

  /** @param onChange some device is held, or free again */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** @param device its path, which Linux gives to no other as long as it is open @param exited the end of the process */
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

  /** Why a device cannot be opened now, in words; null if nothing holds it. */
  blockedReason(device: string): string | null {
    const [pid] = this.#holders.get(device) ?? [];
    return pid === undefined
      ? null
      : `process ${pid} still has ${device} open, and cannot be ended: it hangs in the kernel`;
  }
}

/** What a person can do about it. */
export const UNPLUG = 'Unplug the camera, or restart the machine. It is started by itself when the process is gone.';

/** The same, where what the processes of a camera hang in is no device that could be unplugged. */
export const RESTART_MACHINE =
  'Restart the machine: several processes of this camera hang in the kernel. It is started by itself when one of them is gone.';
