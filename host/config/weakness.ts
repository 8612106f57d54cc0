/**
 * How a key can be guessed. Whoever has one message that was signed with it can try guesses at home, some 10^10 a second:
 * what counts is not how long a key is, but out of how many it was chosen.
 */

export type Weakness = 'short' | 'repeated' | 'words';

/** Some decades of such guessing. */
const ENOUGH_BITS = 64;
/** What is chosen out of sixteen thousand words by dice has 14; people choose out of fewer, and by the sense. */
const WORD_BITS = 8;
/** Words that are written together. */
const WORD_LENGTH = 7;
const MIN_WORD = 3;
/** By accident so much is repeated only in a key that is long enough anyway. */
const MIN_REPEAT = 4;
const ALPHABETS: readonly (readonly [RegExp, number])[] = [
  [/^\d*$/, 10],
  [/^[\da-f]*$/i, 16],
  [/^[a-z]*$/, 26],
  [/^[\da-z]*$/i, 62],
];
const ALL_SIGNS = 94;
/** Keys that lie side by side, and signs that follow each other. */
const ROWS = [
  '01234567890',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiopasdfghjklzxcvbnm',
  'qwertzuiopasdfghjklyxcvbnm',
];
const PHRASE = /^[a-z]+(?:[^a-z\d]+[a-z]+)*$/i;
const UNPRONOUNCEABLE = /[bcdfghjklmnpqrstvwxz]{5}/i;

/** null: as hard to guess as it should be. */
export function weaknessOf(key: string): Weakness | null {
  const [, signs] = ALPHABETS.find(([alphabet]) => alphabet.test(key)) ?? [null, ALL_SIGNS];
  const bits = Math.log2(signs);
  if (key.length * bits < ENOUGH_BITS) return 'short';
  const news = withoutRepeats(key);
  if (news.length * bits < ENOUGH_BITS) return 'repeated';
  return bitsOfWords(news, bits) < ENOUGH_BITS ? 'words' : null;
}

/** Less what was there before, and what only goes on in a row. */
function withoutRepeats(key: string): string {
  const text = key.toLowerCase();
  let news = '';
  for (let at = 0; at < text.length; ) {
    const known = Math.max(repeatAt(text, at), rowAt(text, at) - 1);
    if (known < MIN_REPEAT - 1) {
      news += key[at];
      at += 1;
    } else at += known;
  }
  return news;
}

/** How much of what begins there began before, too; 0 where it is too little. */
function repeatAt(text: string, at: number): number {
  let length = 0;
  while (at + length < text.length && text.indexOf(text.slice(at, at + length + 1)) < at) length += 1;
  return length < MIN_REPEAT ? 0 : length;
}

/** For how long what begins there goes on in a row, either way, or with the same sign. */
function rowAt(text: string, at: number): number {
  let longest = 1;
  for (const row of [...ROWS, ...ROWS.map((one) => [...one].reverse().join(''))]) {
    let length = 1;
    while (at + length < text.length && row.includes(text.slice(at, at + length + 1))) length += 1;
    longest = Math.max(longest, length);
  }
  let same = 1;
  while (text[at + same] === text[at]) same += 1;
  return Math.max(longest, same);
}

/** Letters that can be spoken are words; the same sign between them is no secret. */
function bitsOfWords(text: string, bitsOfSign: number): number {
  const between = new Set<string>();
  const shortestWord = PHRASE.test(text) ? 1 : MIN_WORD;
  let bits = 0;
  for (const [part] of text.matchAll(/[A-Z]?[a-z]+|[A-Z]+|./gs)) {
    if (/^[a-z]/i.test(part)) {
      const asSigns = part.length * bitsOfSign;
      const isWord = part.length >= shortestWord && !UNPRONOUNCEABLE.test(part);
      bits += isWord ? Math.min(asSigns, Math.ceil(part.length / WORD_LENGTH) * WORD_BITS) : asSigns;
    } else if (/\d/.test(part) || !between.has(part)) bits += bitsOfSign;
    between.add(part);
  }
  return bits;
}
