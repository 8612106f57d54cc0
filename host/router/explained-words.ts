/** Words of explanations: lists and moments. */
import { dateText } from '../control/records-text.ts';

/** Ports, clients and addresses that a sentence names. */
export const MAX_SAID = 16;

export const listed = (words: readonly (string | number)[]): string => {
  const more = words.length - MAX_SAID;
  return words.slice(0, MAX_SAID).join(', ') + (more > 0 ? ` and ${more} more` : '');
};

/** In the router's zone, which it says: who reads it may be in another. */
export function stamp(date: Date | null): string {
  if (date === null) return dateText(null);
  const east = -date.getTimezoneOffset();
  const zone = [Math.floor(Math.abs(east) / 60), Math.abs(east) % 60].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `${dateText(date.toISOString())} ${east < 0 ? '-' : '+'}${zone.join(':')}`;
}

export const stampOf = (iso: string | null): string => stamp(iso === null ? null : new Date(iso));
