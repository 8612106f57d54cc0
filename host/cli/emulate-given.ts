/** What the command line says of a world that is to be played. */
import type { Chance } from '../chance.ts';
import { MAX_SPEED } from '../emulator/kernel/pace.ts';
import { MAX_SEED } from '../emulator/scenario/schema.ts';
import { RingbackError } from '../errors.ts';
import type { Time } from '../time.ts';

/** The machine's, by which a world is played. */
export interface PlayingMachine {
  readonly time: Time;
  readonly chance: Chance;
  /** Whole lines: what was asked for, and what is wrong. */
  readonly print: (line: string) => void;
  readonly warn: (line: string) => void;
}

/** Options, as they were given. */
export interface EmulateGiven {
  readonly list?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly set?: readonly string[] | undefined;
  readonly seed?: string | undefined;
  readonly seeds?: string | undefined;
  readonly shrink?: boolean | undefined;
  readonly config?: string | undefined;
  readonly report?: string | undefined;
  readonly pcap?: string | undefined;
  readonly 'pcap-hosts'?: string | undefined;
  readonly 'pcap-window'?: string | undefined;
  readonly 'pcap-size'?: string | undefined;
  readonly mails?: string | undefined;
  readonly realtime?: boolean | undefined;
  readonly speed?: string | undefined;
  readonly from?: readonly string[] | undefined;
  readonly frames?: boolean | undefined;
  readonly anonymise?: boolean | undefined;
  readonly compare?: string | undefined;
  readonly 'as-daemon'?: string | undefined;
  readonly on?: string | undefined;
  readonly mail?: string | undefined;
  readonly 'router-status'?: string | undefined;
}

/** More are not played in a day. */
const MAX_SEEDS = 1_000_000;

export function wrong(message: string): RingbackError {
  return new RingbackError('usage', `emulate: ${message}; ringback emulate --help`);
}

/** Options that mean nothing beside this one. */
export function alone(
  given: EmulateGiven,
  option: keyof EmulateGiven,
  allowed: readonly (keyof EmulateGiven)[],
): void {
  const names = Object.keys(given) as (keyof EmulateGiven)[];
  for (const name of names) {
    if (given[name] === undefined || name === option || allowed.includes(name)) continue;
    throw wrong(`--${option} and --${name} exclude each other`);
  }
}

function seedNumber(text: string): number | null {
  return /^\d{1,10}$/.test(text) && Number(text) <= MAX_SEED ? Number(text) : null;
}

export function seedOf(text: string): number {
  const seed = seedNumber(text);
  if (seed !== null) return seed;
  throw wrong(`--seed ${text} is no seed: a whole number from 0 to ${MAX_SEED}`);
}

/** `1..200`, or one. */
export function seedsOf(text: string): readonly [from: number, to: number] {
  const [first = '', last = first, ...more] = text.split('..');
  const [from, to] = [seedNumber(first), seedNumber(last)];
  if (from === null || to === null || more.length > 0 || from > to)
    throw wrong(`--seeds ${text} are no seeds: two whole numbers, as in 1..200`);
  if (to - from >= MAX_SEEDS) throw wrong(`--seeds ${text} are too many: ${MAX_SEEDS} at most`);
  return [from, to];
}

/** Seconds of the world in one of the machine's; null: as fast as it can. */
export function speedOf({ realtime = false, speed }: EmulateGiven): number | null {
  if (realtime && speed !== undefined) throw wrong('--realtime and --speed exclude each other');
  if (realtime) return 1;
  if (speed === undefined) return null;
  const number = /^\d{1,6}(\.\d{1,3})?$/.test(speed) ? Number(speed) : 0;
  if (number >= 0.1 && number <= MAX_SPEED) return number;
  throw wrong(`--speed ${speed} is no speed: 0.1 to ${MAX_SPEED} times as fast as a clock`);
}
