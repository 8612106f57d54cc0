/** Words of explanations: lists and moments. */
import { dateText } from '../control/records-text.ts';
import { zoneText } from '../net/zone.ts';

/** Ports, clients and addresses that a sentence names. */
export const MAX_SAID = 16;

export const listed = (words: readonly (string | number)[]): string => {
  const more = words.length - MAX_SAID;
  return words.slice(0, MAX_SAID).join(', ') + (more > 0 ? ` and ${more} more` : '');
};

/** In the router's zone, which it says: who reads it may be in another. */
export function stamp(date: Date | null): string {
  return date === null ? dateText(null) : `${dateText(date.toISOString())} ${zoneText(date)}`;
}

export const stampOf = (iso: string | null): string => stamp(iso === null ? null : new Date(iso));
