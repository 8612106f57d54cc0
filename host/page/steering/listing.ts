/** What `nft list table inet ringback` says, and in what it is not what was left in the kernel. */

import { type Contents, SET_NAMES } from './ruleset.ts';

/** A set or map with its elements, however many lines they take. */
const SET = /^\t(?:set|map) (\w+) \{\n([^}]*)(?:\}\n)?\t\}\n/gm;
/** Newer versions of nft write it behind a set's size. */
const COUNT = /\s*# count \d+$/;
const ELEMENTS = /\t\telements = \{[^}]*\}\n/g;

/** Everything but the elements, and how many there are: chains, rules, and what the sets are. */
export function structureOf(listing: string): string {
  const lines = listing.replaceAll(ELEMENTS, '').split('\n');
  return lines
    .map((line) => line.replace(COUNT, ''))
    .filter((line) => line !== '')
    .join('\n');
}

/**
 * What is wrong with the table, in words for the log; null: nothing. Elements of the gate, openings, visitors and tries
 * come and go by themselves and are not looked at.
 */
export function faultOf(listing: string, contents: Contents, structure: string): string | null {
  if (structureOf(listing) !== structure) return 'its sets, chains or rules are not those that were made';
  const elements = new Map(
    [...listing.matchAll(SET)].map(([, name, block]) => [name, elementsOf(block ?? '')]),
  );
  for (const name of SET_NAMES) {
    const wanted = contents[name];
    const found = elements.get(name) ?? [];
    const ours = found.filter(([key, value]) => wanted.get(key) === value).length;
    const foreign = found.length - ours;
    const lost = wanted.size - ours;
    if (foreign > 0 || lost > 0)
      return `${name} has lost ${lost} elements and got ${foreign} of somebody else`;
  }
  return null;
}

/** Keys and values as `Contents` has them. */
function elementsOf(block: string): (readonly [string, string])[] {
  const [, list = ''] = block.split('elements = {');
  return list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map((item) => {
      const [key = '', value = ''] = item.split(' : ');
      return [key, value];
    });
}
