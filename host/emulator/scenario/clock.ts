/** When a scenario begins: what people's clocks show there, and which moment that is. */
import { Refusal, type Shape, value } from '../../config/shape.ts';

const START = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2}))?)?$/;

/** Of a clock that shows this, as if it stood in UTC. */
export const start: Shape<number> = value({
  noun: 'a date',
  allowed: 'a date and a time, as in 2026-11-29 09:00:00',
  json: { type: 'string', pattern: START.source },
  read(input) {
    const parts = typeof input === 'string' ? START.exec(input) : null;
    if (parts === null) return undefined;
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
      .slice(1)
      .map((part) => Number(part ?? 0));
    const ms = Date.UTC(year, month - 1, day, hour, minute, second);
    const date = new Date(ms);
    const isThere = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60;
    return isThere && second < 60 ? ms : new Refusal('is in no calendar');
  },
});

/** What clocks show in that zone, as if it were UTC. */
export function shownMs(zone: string, ms: number): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(new Date(ms));
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
}

export const zone: Shape<string> = value({
  noun: 'a time zone',
  allowed: 'the name of a time zone, as in Asia/Tokyo or UTC',
  json: { type: 'string' },
  read(input) {
    if (typeof input !== 'string' || !/^[A-Za-z][\w+/-]{0,60}$/.test(input)) return undefined;
    try {
      shownMs(input, 0);
      return input;
    } catch {
      return undefined;
    }
  },
});

/** The moment at which a clock there shows that. */
export function momentOf(zone: string, shown: number): number {
  const once = shown - (shownMs(zone, shown) - shown);
  // Near a change of the hour the first guess is an hour off.
  return once - (shownMs(zone, once) - shown);
}
