/** How forwarded ports are found: what the program `nft` is asked, and what its answers come to. */

import { systemCodeOf } from '../errors.ts';
import { type FoundForwards, forwardsIn, type Search } from './forward.ts';
import { elementsOf, type OwnTable, parsed, rulesetOf } from './ruleset.ts';
import { type Compiled, compile } from './steps.ts';

/** What the program `nft` is asked, and how much it may say; null: nothing, others go on meanwhile. */
export type RulesQuestion = { readonly argv: readonly string[]; readonly maxBytes: number } | null;

/** null: there is none. */
type Answer = string | typeof TOO_LONG | null;

/** In the place of an answer that is longer than it may be. */
const TOO_LONG = Symbol('too long');

/** Without the elements of sets, of which a firewall may have a hundred thousand. */
const LIST_RULESET = ['--json', '--terse', 'list', 'ruleset'];
/** To read more than that takes longer than an event loop may stand still. */
export const MAX_RULESET_BYTES = 1 << 20;
const MAX_ELEMENTS_BYTES = 1 << 19;
const MAX_LISTS = 16;
/** `nft` reads its arguments as a text in its own language. */
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** Asks for answers; returns null where the rules can't be read. */
export function* finding(
  own: OwnTable,
  search: Search,
): Generator<RulesQuestion, FoundForwards | null, Answer> {
  const text = yield { argv: LIST_RULESET, maxBytes: MAX_RULESET_BYTES };
  if (text === TOO_LONG) return { forwards: [], left: 0, unread: 0, before: [], isTooLong: true };
  if (text === null) return null;
  const ruleset = rulesetOf(parsed(text), own);
  yield null;
  const compiled = compile(ruleset, new Map());
  yield null;
  const elements = yield* elementsFor(compiled);
  const whole = elements.size === 0 ? compiled : compile(ruleset, elements);
  yield null;
  const forwards = forwardsIn(ruleset, whole, own.priority, search);
  for (;;) {
    const { done, value } = forwards.next();
    if (done) return value;
    yield null;
  }
}

function* elementsFor({
  wanted,
}: Compiled): Generator<RulesQuestion, ReadonlyMap<string, readonly unknown[] | null>, Answer> {
  const elements = new Map<string, readonly unknown[] | null>();
  for (const [key, kind] of [...wanted].slice(0, MAX_LISTS)) {
    const words = key.split(' ');
    if (words.length !== 3 || !words.every((word) => IDENTIFIER.test(word))) continue;
    const text = yield { argv: ['--json', 'list', kind, ...words], maxBytes: MAX_ELEMENTS_BYTES };
    elements.set(key, typeof text !== 'string' ? null : elementsOf(parsed(text)));
  }
  return elements;
}

/** What stands for the answer of a program that has failed; the limit is one of Node's, or the system's. */
export function unanswered(error: unknown): Answer {
  const codes = [error, (error as Error).cause].map(systemCodeOf);
  return codes.some((code) => code === 'ENOBUFS' || code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
    ? TOO_LONG
    : null;
}

interface Asker {
  /** By a program that does so in its own time. */
  readonly ask: (argv: readonly string[], maxBytes: number) => Promise<string>;
  /** Resolves a turn of the event loop later. */
  readonly turn: () => Promise<void>;
}

/** null: the rules can't be read. */
export async function findForwards(
  own: OwnTable,
  search: Search,
  { ask, turn }: Asker,
): Promise<FoundForwards | null> {
  const found = finding(own, search);
  let answer: Answer = null;
  for (;;) {
    const { done, value } = found.next(answer);
    if (done) return value;
    if (value === null) await turn();
    answer = value === null ? null : await ask(value.argv, value.maxBytes).catch(unanswered);
  }
}
