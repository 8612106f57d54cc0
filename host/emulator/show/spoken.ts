/** Numbers, times and delays as people read them: the same text on every machine, so without its locale. */
import { shownMs } from '../scenario/clock.ts';
import type { Scenario } from '../scenario/types.ts';
import { DAY_US, HOUR_US, SECOND_US } from '../scenario/values.ts';

const MINUTE_US = 60 * SECOND_US;

/** `12,345` */
export function counted(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 mail`, `12,345 mails` */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${counted(count)} ${count === 1 ? one : many}`;
}

/** `once`, `twice`, `12,345 times` */
export function timesText(times: number): string {
  return times === 1 ? 'once' : times === 2 ? 'twice' : `${counted(times)} times`;
}

/** `38 %`; less than a whole one is not nothing. */
export function shareText(part: number, whole: number): string {
  if (whole === 0 || part === 0) return '0 %';
  const percent = Math.round((part * 100) / whole);
  if (percent === 0) return '< 1 %';
  return percent === 100 && part < whole ? '> 99 %' : `${percent} %`;
}

/** Three figures are enough of a delay: `310 µs`, `5.2 ms`, `3.06 s`, `14.2 s`, `7 min 42 s`. */
export function delayText(us: number): string {
  if (us === 0) return '0 s';
  if (us < 1000) return `${Math.round(us)} µs`;
  if (us < SECOND_US) return `${figures(us / 1000)} ms`;
  if (us < 100 * SECOND_US) return `${figures(us / SECOND_US)} s`;
  const units: readonly (readonly [number, string])[] = [
    [DAY_US, 'd'],
    [HOUR_US, 'h'],
    [MINUTE_US, 'min'],
    [SECOND_US, 's'],
  ];
  const at = units.findIndex(([size]) => us >= size);
  const [size, unit] = units[at] as readonly [number, string];
  const whole = Math.floor(us / size);
  const next = units[at + 1];
  const rest = next === undefined ? 0 : Math.floor((us % size) / next[0]);
  return next === undefined || rest === 0 ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${next[1]}`;
}

/** Without zeros that say nothing. */
function figures(value: number): string {
  const decimals = value < 10 ? 2 : value < 100 ? 1 : 0;
  return String(Number(value.toFixed(decimals)));
}

/** Moments of a run: short ones count from the beginning, long ones have the wall clock's time. */
export class Moments {
  readonly #isShort: boolean;
  /** Of the day on which it begins, in the scenario's zone. */
  readonly #startUs: number;

  constructor({ startMs, endUs, zone }: Pick<Scenario, 'startMs' | 'endUs' | 'zone'>) {
    this.#isShort = endUs < HOUR_US;
    const dayMs = DAY_US / 1000;
    const shown = shownMs(zone, startMs);
    this.#startUs = (((shown % dayMs) + dayMs) % dayMs) * 1000;
  }

  /** `9.06 s`, `1:36.2`; `18:07:41`, on later days `+1 18:07:41`. */
  text(us: number): string {
    if (this.#isShort) return us < MINUTE_US ? `${fixed(us, 2)} s` : `${minutes(us)}.${tenth(us)}`;
    return this.#clock(us, true);
  }

  /** As a tick of an axis. */
  tick(us: number): string {
    if (this.#isShort) return us < MINUTE_US ? `${Math.round(us / SECOND_US)} s` : minutes(us);
    return this.#clock(us, false);
  }

  /** Ticks at most so many, where people expect them. */
  ticks(endUs: number, most: number): number[] {
    const seconds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200];
    const sizes = [...seconds, 86_400, 172_800, 604_800, 2_592_000].map((size) => size * SECOND_US);
    const size = sizes.find((one) => endUs / one <= most) ?? endUs;
    // The wall clock's full hours, wherever it began.
    const first = this.#isShort ? 0 : (size - (this.#startUs % size)) % size;
    const ticks: number[] = [];
    for (let us = first; us <= endUs; us += size) ticks.push(us);
    return ticks;
  }

  #clock(us: number, withSeconds: boolean): string {
    const at = this.#startUs + us;
    const day = Math.floor(at / DAY_US);
    const rest = at % DAY_US;
    const clock = `${two(rest / HOUR_US)}:${two((rest % HOUR_US) / MINUTE_US)}`;
    const seconds = withSeconds ? `:${two((rest % MINUTE_US) / SECOND_US)}` : '';
    return `${day === 0 ? '' : `+${day} `}${clock}${seconds}`;
  }
}

function fixed(us: number, decimals: number): string {
  return (Math.round(us / 10_000) / 100).toFixed(decimals);
}

const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
const minutes = (us: number): string => `${Math.floor(us / MINUTE_US)}:${two((us % MINUTE_US) / SECOND_US)}`;
const tenth = (us: number): number => Math.floor((us % SECOND_US) / 100_000);
