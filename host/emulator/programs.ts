/** A program on a machine of a world. */
export interface Program {
  readonly isRunning: boolean;
  /** Resolves when it has begun; what it waits for comes by the calendar. */
  start(): Promise<void>;
  /** It ends in the middle of what it does, and nothing is left of it but what it has stored. */
  kill(): void;
  /** It ends in good order. */
  stop(): Promise<void>;
}
