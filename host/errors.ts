/**
 * The one table of what can go wrong for a user, and the exit status each becomes
 * (0 done, 1 failed, 2 wrong usage or configuration).
 */
const EXIT_STATUS = {
  /** The command line is wrong. */
  usage: 2,
  /** The configuration file is wrong. */
  configuration: 2,
  /** A file cannot be read, or is not what its name says. */
  input: 1,
  /** A port is in use, an interface is missing, a privilege is missing. */
  unavailable: 1,
  /** The data plane ended, or speaks another version. */
  fabric: 1,
  /** A POP server refused, did not answer, or is not to be trusted. */
  pop: 1,
} as const;

export type ErrorCode = keyof typeof EXIT_STATUS;

/** An error whose message is written for the user: what is wrong, where, and what to do. */
export class RingbackError extends Error {
  override readonly name = 'RingbackError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  get exitStatus(): 1 | 2 {
    return EXIT_STATUS[this.code];
  }
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What a machine can tell it by: ours, or the system's; `unknown` where it has none. */
export function codeOf(error: unknown): string {
  return systemCodeOf(error) ?? 'unknown';
}

/** The system's error code (`EADDRINUSE`, `ECONNREFUSED`, …) of anything thrown, if it has one. */
export function systemCodeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}
