/** Text of others, fit for a line of ours. */

/** The longest name that is shown: that of a DNS name (RFC 1035 section 2.3.4). */
export const MAX_NAME = 255;

/**
 * A name from a file or a network, fit for a line of text: no control, format, surrogate or separator characters (they
 * could break lines, or show other words than are there), white space as single blanks; null if nothing is left.
 */
export function cleanName(name: string): string | null {
  const clean = name
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return clean === '' ? null : [...clean].slice(0, MAX_NAME).join('');
}
