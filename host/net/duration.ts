/** Durations as people write them: `500ms`, `30s`, `10m`, `12h`, `30d`. */

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

const UNITS = [
  ['d', DAY_MS],
  ['h', HOUR_MS],
  ['m', MINUTE_MS],
  ['s', SECOND_MS],
  ['ms', 1],
] as const;

export const DURATION = /^(\d{1,12})(ms|[smhd])$/;

/** The milliseconds of a duration, or null if the text is none. A number needs its unit, even 0. */
export function parseDuration(text: string): number | null {
  const [, digits, unit] = DURATION.exec(text) ?? [];
  const factor = UNITS.find(([name]) => name === unit)?.[1];
  if (digits === undefined || factor === undefined) return null;
  const milliseconds = Number(digits) * factor;
  return Number.isSafeInteger(milliseconds) ? milliseconds : null;
}

/** Whole milliseconds in the largest unit that needs no fraction: 43,200,000 is `12h`, 90,000 is `90s`. */
export function durationText(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  const [unit, factor] = UNITS.find(([, size]) => milliseconds % size === 0) ?? ['ms', 1];
  return `${milliseconds / factor}${unit}`;
}

const SECONDS = [86_400, 3600, 60, 1];

/** A span of time in its two largest units, at least a second: `2 h 5 min`. */
export function spanText(ms: number, units: readonly string[], between: string): string {
  let seconds = Math.max(1, Math.round(ms / 1000));
  const parts = SECONDS.map((unit, i) => {
    const count = Math.floor(seconds / unit);
    seconds -= count * unit;
    return { count, text: `${count}${units[i]}` };
  });
  const from = parts.findIndex(({ count }) => count > 0);
  return parts
    .slice(from, from + 2)
    .filter(({ count }) => count > 0)
    .map(({ text }) => text)
    .join(between);
}
