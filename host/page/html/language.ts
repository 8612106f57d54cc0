/** Which of the languages that the page is written in a browser prefers. */

import type { Language } from '../../config/types.ts';

/** Nobody reads so many languages; what follows is not looked at. */
const MAX_LENGTH = 512;
/** RFC 9110 sections 12.4.2 and 12.5.4: a language range, and its weight. */
const RANGE =
  /^[ \t]*([a-z]{1,8}|\*)(?:-[a-z\d]{1,8})*[ \t]*(?:;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)[ \t]*)?$/i;
/** Not named at all: better than what is named as not acceptable. */
const UNNAMED = 0.0001;

/**
 * The language of an Accept-Language header (RFC 9110 section 12.5.4), by the weights of its ranges; what stands first wins
 * between equals. A range with a region counts for its language (`ja-JP` for Japanese), `*` for every language that is not
 * named. What is not a range is passed over; `fallback` where the header does not decide.
 */
export function chooseLanguage(acceptLanguage: string | undefined, fallback: Language): Language {
  if (acceptLanguage === undefined) return fallback;
  const weights = new Map<string, number>();
  for (const part of acceptLanguage.slice(0, MAX_LENGTH).split(',')) {
    const [, language, weight = '1'] = RANGE.exec(part) ?? [];
    if (language === undefined) continue;
    const name = language.toLowerCase();
    weights.set(name, Math.max(weights.get(name) ?? 0, Number(weight)));
  }
  const weightOf = (language: Language): number => weights.get(language) ?? weights.get('*') ?? UNNAMED;
  const [japanese, english] = [weightOf('ja'), weightOf('en')];
  if (japanese !== english) return japanese > english ? 'ja' : 'en';
  if (japanese === 0) return fallback;
  // A map keeps the order in which its keys came.
  for (const name of weights.keys()) if (name === 'ja' || name === 'en') return name;
  return fallback;
}
