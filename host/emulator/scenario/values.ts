/** The values that keys of a scenario take, beside those of configurations: times with fractions, spans, shares, moments. */
import * as v from 'valibot';
import { choice, entry, isMapping, mapping, Refusal, type Shape, value } from '../../config/shape.ts';
import { readPrefix } from '../../net/address.ts';
import type { Span } from './types.ts';

const UNITS = [
  ['d', 86_400_000_000],
  ['h', 3_600_000_000],
  ['m', 60_000_000],
  ['s', 1_000_000],
  ['ms', 1000],
  ['us', 1],
] as const;
const TIME = /^(\d{1,9})(?:\.(\d{1,6}))?(us|ms|s|m|h|d)$/;
const TIME_TEXT = '\\d{1,9}(\\.\\d{1,6})?(us|ms|s|m|h|d)';

export const MILLISECOND_US = 1000;
export const SECOND_US = 1_000_000;
export const HOUR_US = 3600 * SECOND_US;
export const DAY_US = 24 * HOUR_US;
/** A month: what a scenario may last, and so whatever is in it. */
export const MAX_US = 31 * DAY_US;
const TIME_ALLOWED = 'a number with its unit, as in 300us, 0.5ms, 2.9s, 10m, 12h, 1d';

/** Microseconds of a time such as `2.9s`; null: it is none. */
export function usIn(text: string): number | null {
  const [, whole, fraction = '', unit] = TIME.exec(text) ?? [];
  const factor = UNITS.find(([name]) => name === unit)?.[1];
  if (whole === undefined || factor === undefined) return null;
  // By whole numbers: 2.9 s are 2,900,000 µs, and not one less.
  const parts = Number(fraction.padEnd(6, '0')) * factor;
  return Number(whole) * factor + Math.floor(parts / 1_000_000);
}

/** In the largest unit that needs no fraction: 90,000,000 is `90s`. */
export function lengthText(us: number): string {
  if (us === 0) return '0s';
  const [unit, factor] = UNITS.find(([, size]) => us % size === 0) ?? ['us', 1];
  return `${us / factor}${unit}`;
}

const timeIn = (input: unknown, least: number, most: number): number | undefined | Refusal => {
  if (typeof input === 'number') return new Refusal('has no unit');
  const us = typeof input === 'string' ? usIn(input) : null;
  if (us === null) return undefined;
  if (us < least) return new Refusal('is too short');
  return us > most ? new Refusal('is too long') : us;
};

/** A length of time, in microseconds. */
export function time(least: number, most = MAX_US): Shape<number> {
  return value({
    noun: 'a time',
    allowed: `${TIME_ALLOWED}; ${lengthText(least)} to ${lengthText(most)}`,
    json: { type: 'string', pattern: `^${TIME_TEXT}$` },
    read: (input) => timeIn(input, least, most),
  });
}

const readWindow = (input: unknown): readonly [number, number] | undefined | Refusal => {
  const [from, to, ...more] = typeof input === 'string' ? input.split('..') : [];
  if (from === undefined || to === undefined || more.length > 0) return undefined;
  const [fromUs, toUs] = [timeIn(from, 0, MAX_US), timeIn(to, 0, MAX_US)];
  if (typeof fromUs !== 'number') return fromUs;
  if (typeof toUs !== 'number') return toUs;
  return fromUs > toUs ? new Refusal('ends before it begins') : [fromUs, toUs];
};

const WINDOW_TEXT = `${TIME_TEXT}\\.\\.${TIME_TEXT}`;

/** From the one time to the other: `2.9s..3.4s`. */
export const window: Shape<readonly [number, number]> = value({
  noun: 'a window of time',
  allowed: 'two times, as in 2.9s..3.4s',
  json: { type: 'string', pattern: `^${WINDOW_TEXT}$` },
  read: readWindow,
});

const plainSpan = (most: number): Shape<Span> =>
  value<Span>({
    noun: 'a time',
    allowed: `a time as in 20s, two as in 5s..90s, or {median: 8s, p95: 60s}; at most ${lengthText(most)}`,
    json: { type: 'string', pattern: `^${TIME_TEXT}(\\.\\.${TIME_TEXT})?$` },
    read(input) {
      if (typeof input === 'string' && input.includes('..')) {
        const between = readWindow(input);
        if (between === undefined || between instanceof Refusal) return between;
        const [fromUs, toUs] = between;
        return toUs > most ? new Refusal('is too long') : { kind: 'between', fromUs, toUs };
      }
      const us = timeIn(input, 0, most);
      return typeof us === 'number' ? { kind: 'fixed', us } : us;
    },
  });

/** A distribution: always the same, between two, or with a long tail. */
export function span(most: number): Shape<Span> {
  const plain = plainSpan(most);
  const skewed: Shape<Span> = v.pipe(
    mapping({
      median: entry('Half of them take less.', time(1, most)),
      p95: entry('One in twenty takes longer; not less than median.', time(1, most)),
    }),
    v.transform(({ median, p95 }): Span => ({ kind: 'skewed', medianUs: median, p95Us: p95 })),
  );
  return choice<Span>([plain, skewed], (input) => (isMapping(input) ? skewed : plain));
}

/** Parts of one, written in per cent; kept to a millionth. */
export const share: Shape<number> = value({
  noun: 'a share',
  allowed: '0% to 100%, as in 30% or 0.01%',
  json: { type: 'string', pattern: '^\\d{1,3}(\\.\\d{1,4})?%$' },
  read(input) {
    if (typeof input === 'number') return new Refusal('lacks its %');
    const [, whole, fraction = ''] =
      typeof input === 'string' ? (/^(\d{1,3})(?:\.(\d{1,4}))?%$/.exec(input) ?? []) : [];
    if (whole === undefined) return undefined;
    const millionths = Number(whole) * 10_000 + Number(fraction.padEnd(4, '0'));
    return millionths > 1_000_000 ? new Refusal('is more than all') : millionths / 1_000_000;
  },
});

/** When something happens: so long after the beginning, or at a time of day. */
export type Moment = { readonly us: number } | { readonly ofDayUs: number };

export const moment: Shape<Moment> = value<Moment>({
  noun: 'a moment',
  allowed: 'so long after the beginning, as in 5s, or a time of day, as in 16:00 or 16:00:30',
  json: { type: 'string', pattern: `^(${TIME_TEXT}|\\d{1,2}:\\d{2}(:\\d{2})?)$` },
  read(input) {
    const [, hours, minutes, seconds = '0'] =
      typeof input === 'string' ? (/^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(input) ?? []) : [];
    if (hours === undefined) {
      const us = timeIn(input, 0, MAX_US);
      return typeof us === 'number' ? { us } : us;
    }
    const [h, m, s] = [Number(hours), Number(minutes), Number(seconds)];
    if (h > 23 || m > 59 || s > 59) return new Refusal('is no time of day');
    return { ofDayUs: (h * 3600 + m * 60 + s) * SECOND_US };
  },
});

/** `20000/s`. */
export const rate: Shape<number> = value({
  noun: 'a rate',
  allowed: 'so many a second, as in 20000/s; 1/s to 1000000/s',
  json: { type: 'string', pattern: '^\\d{1,7}/s$' },
  read(input) {
    const [, digits] = typeof input === 'string' ? (/^(\d{1,7})\/s$/.exec(input) ?? []) : [];
    const number = Number(digits);
    return digits === undefined || number < 1 || number > 1_000_000 ? undefined : number;
  },
});

/** Where forged addresses come from. */
export const forged: Shape<string> = value({
  noun: 'a network',
  allowed: 'a network, as in 198.18.0.0/15',
  json: { type: 'string' },
  read(input) {
    if (typeof input !== 'string') return undefined;
    const reading = readPrefix(input);
    return 'prefix' in reading ? input : new Refusal(reading.problem);
  },
});

/** How often: `even`, or Zipf's law with an exponent. */
export const popularity: Shape<number | 'even'> = value<number | 'even'>({
  noun: 'a popularity',
  allowed: 'even, or zipf with its exponent, as in zipf 1.1; 0.1 to 3',
  json: { type: 'string', pattern: '^(even|zipf \\d(\\.\\d{1,2})?)$' },
  read(input) {
    if (input === 'even') return input;
    const [, exponent] = typeof input === 'string' ? (/^zipf (\d(?:\.\d{1,2})?)$/.exec(input) ?? []) : [];
    if (exponent === undefined) return undefined;
    return Number(exponent) < 0.1 || Number(exponent) > 3 ? undefined : Number(exponent);
  },
});

/** A number of times, exactly or from one to another. */
export const times: Shape<readonly [number, number]> = value<readonly [number, number]>({
  noun: 'a number of times',
  allowed: 'a whole number, as in 2, or two, as in 2..5; never is 0',
  json: { anyOf: [{ type: 'integer', minimum: 0 }, { type: 'string' }] },
  read(input) {
    if (input === 'never') return [0, 0];
    if (typeof input === 'number') return Number.isInteger(input) && input >= 0 ? [input, input] : undefined;
    const [, from, to] = typeof input === 'string' ? (/^(\d{1,7})\.\.(\d{1,7})$/.exec(input) ?? []) : [];
    if (from === undefined) return undefined;
    return Number(from) > Number(to) ? new Refusal('ends before it begins') : [Number(from), Number(to)];
  },
});
