/** Exit codes, after sysexits.h. */
export const EXIT = {
  usage: 64,
  noInput: 66,
  noHost: 68,
  unavailable: 69,
  internal: 70,
  /** EX_OSERR and EX_OSFILE: parts of the system that `recv` requires. */
  noDecoder: 71,
  noDisplay: 72,
  cannotWrite: 73,
  noPath: 74,
  protocol: 76,
  noPermission: 77,
  config: 78,
} as const;

/** Ends a command: its message is shown to the user, one finding per line. */
export class CommandError extends Error {
  readonly exitCode: number;
  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
