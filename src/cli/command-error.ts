/** Exit codes, after sysexits.h. */
export const EXIT = { usage: 64, unavailable: 69, internal: 70, cannotWrite: 73, config: 78 } as const;

/** Ends a command: its message is what the person sees, one finding a line. */
export class CommandError extends Error {
  readonly exitCode: number;
  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
