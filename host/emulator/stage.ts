/** What a play has to do with whoever asks for it, and watches. */
import type { Mail } from '../mail/mail.ts';
import type { Carried } from './edges/mail-host.ts';
import type { MachineKernel, RouterOutside, RouterProgram } from './router-program.ts';
import type { Scenario, Verb } from './scenario/types.ts';
import type { Directory, Gauges, Witness } from './truth/witness.ts';
import type { PlayedWorld } from './world/ports.ts';

/** What whoever watches is given before anything happens. */
export interface Stage extends MachineKernel {
  readonly directory: Directory;
}

/** A world before anything happens in it: who is there is known first. */
export interface Making {
  readonly directory: Directory;
  world(given: {
    readonly witness: Witness;
    /** A frame passes an interface of the router. */
    readonly onFrame: (iface: number, isOut: boolean, bytes: Uint8Array) => void;
  }): PlayedWorld;
}

/** What a world in real time has of the machine that plays it. */
export interface Outside extends RouterOutside {
  /** Sends a mail in a conversation that is one, and never rejects. `by`: the machine of the world that sends it. */
  carry(mail: Mail, by: string): Promise<Carried>;
  /** Whether that is over in a moment, for which the world waits. */
  isNear(by: string): boolean;
}

export type MakeWorld = (scenario: Scenario, kernel: MachineKernel) => Making;

export interface RunningPlay {
  carryOut(verb: Verb): void;
  gauges(): Gauges;
}

/** What is known of the fabric at the end. */
export interface Counted {
  /** Frames that it was given; null: it was started again. */
  readonly frames: number | null;
  /** Of its memory: at the beginning, and now. */
  readonly bytes: readonly [first: number, last: number];
  /** Its own: verdicts in `frames`. */
  readonly counters: NonNullable<Awaited<ReturnType<RouterProgram['counters']>>>;
  /** What the router's kernel has sent and withheld. */
  readonly kernel: Readonly<Record<string, number>>;
}
