/**
 * How clients try: when a kernel sends a SYN again and when it gives up, what it makes of errors, and how many connections a
 * program opens for one page. Linux and Chromium are measured (Linux 6.18, Chromium 156); the others are as said at each.
 */
import type { Stream } from '../kernel/streams.ts';
import { STACKS, type StackName } from '../scenario/types.ts';

const S = 1_000_000;

export interface Stack {
  /** Between a SYN and the next. */
  readonly gapsUs: readonly number[];
  /** From the last SYN to the end. */
  readonly lastUs: number;
  /** All of it at most; null: nobody counts. */
  readonly totalUs: number | null;
  /** Whether ICMP's "unreachable" ends it; where it does not, it is remembered only. */
  readonly isIcmpFatal: boolean;
  /** After an RST it tries so often more, so much later; null: it ends it. */
  readonly afterRst: { readonly times: number; readonly us: number } | null;
  /** When it opens further connections for the same page, unless one has succeeded: from, to. */
  readonly portsUs: readonly (readonly [number, number])[];
  /** When it tries the page again by itself after a failure: from the failure. */
  readonly reloadsUs: readonly number[];
}

/** A timer of n seconds takes up to so many parts more: the kernel's timer wheel at 250 Hz. */
const JITTER_PARTS = 40;

const LINUX: Stack = {
  gapsUs: [1, 1, 1, 1, 1, 2, 4, 8, 16, 32].map((seconds) => seconds * S),
  lastUs: 64 * S,
  totalUs: null,
  isIcmpFatal: true,
  afterRst: null,
  portsUs: [],
  reloadsUs: [],
};

const STACK_OF: Readonly<Record<StackName, Stack>> = {
  linux: LINUX,
  /** Documented (ip-sysctl), not measured. */
  'linux-6.1': { ...LINUX, gapsUs: [1, 2, 4, 8, 16, 32].map((seconds) => seconds * S) },
  /** Documented by those who copied it; what ICMP does to it is not measured. */
  apple: { ...LINUX, lastUs: 8 * S, totalUs: 75 * S, isIcmpFatal: false },
  /** Not confirmed: no source for InitialRto and MaxSynRetransmissions; what it does after an RST is documented (KB 175523). */
  windows: {
    ...LINUX,
    gapsUs: [1 * S, 2 * S, 4 * S, 8 * S],
    lastUs: 16 * S,
    isIcmpFatal: false,
    afterRst: { times: 2, us: S / 2 },
  },
  /** Documented (KB 2786464), not measured. */
  'windows-7': {
    ...LINUX,
    gapsUs: [3 * S, 6 * S],
    lastUs: 12 * S,
    isIcmpFatal: false,
    afterRst: { times: 2, us: S / 2 },
  },
  /**
   * On Linux. Where a first connection is there before the second would be opened, it is the only one (not measured: a living
   * server was near).
   */
  chromium: {
    ...LINUX,
    portsUs: [
      [0.05 * S, 0.16 * S],
      [0.25 * S, 0.26 * S],
    ],
    reloadsUs: [1.08 * S, 59.8 * S],
  },
  curl: LINUX,
};

const BY_NUMBER: readonly Stack[] = STACKS.map((name) => STACK_OF[name]);

/** By its number among `STACKS`. */
export function stackOf(number: number): Stack {
  return BY_NUMBER[number] as Stack;
}

/** From the last of so many SYNs to the next, or to the end. */
export function gapUs({ gapsUs, lastUs }: Stack, sent: number, stream: Stream): number {
  const gap = gapsUs[sent - 1] ?? lastUs;
  return gap + stream.below(Math.floor(gap / JITTER_PARTS));
}
