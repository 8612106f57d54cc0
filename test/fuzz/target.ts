/** What is fuzzed: an entry point of the program, and how it is seen that something is wrong. */

export interface Target {
  /** Inputs to begin with. */
  readonly seeds: readonly Buffer[];
  /** What means something in there: it is put in whole. */
  readonly words?: readonly string[];
  /** The smallest parts that an input is made of; bytes where this is not given. */
  readonly parts?: (input: Buffer) => Buffer[];
  /** Changes one part in a way of its own, now and then. */
  readonly change?: (part: Buffer, below: Below) => Buffer;
  /**
   * Plays an input. Returns in a few words what came of it: an input with which something new comes is one to go on
   * from. Throws when something is wrong.
   */
  play(input: Buffer): string | Promise<string>;
  close?(): void;
}

/** A whole number from 0 to below `limit`. */
export type Below = (limit: number) => number;

/** What the module of a target exports. `directory` is an empty one of its own. */
export type Open = (directory: string) => Target | Promise<Target>;
