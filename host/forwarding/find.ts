/** How forwarded ports are found: what the program `nft` is asked, and what its answers say. */
import { type Addresses, type Forward, forwardsOf } from './forward.ts';
import { namedIn, type ReadRuleset, readRuleset } from './ruleset.ts';

/** Without the elements of sets, of which a firewall may have a hundred thousand. */
export const LIST_RULESET: readonly string[] = ['--json', '--terse', 'list', 'ruleset'];
const MAX_LISTS = 16;
/** `nft` reads its arguments as a text in its own language. */
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** A question about the elements of a set or a map by which destinations are translated. */
interface ElementsQuestion {
  readonly key: string;
  readonly argv: readonly string[];
}

/** What else there is to ask, when the ruleset is known. */
export function elementsQuestions(ruleset: string): readonly ElementsQuestion[] {
  const named = [...namedIn(parsed(ruleset))].slice(0, MAX_LISTS);
  return named.flatMap(([key, kind]) => {
    const words = key.split(' ');
    if (words.length !== 3 || !words.every((word) => IDENTIFIER.test(word))) return [];
    return [{ key, argv: ['--json', 'list', kind, ...words] }];
  });
}

interface Elements {
  readonly key: string;
  readonly text: string;
}

/** What the ruleset, and the sets and maps that were asked for, say together. */
export function readAnswers(ruleset: string, answers: readonly Elements[]): ReadRuleset {
  const elements = new Map(answers.map(({ key, text }) => [key, elementsOf(parsed(text))]));
  return readRuleset(parsed(ruleset), elements);
}

/** Asks by a program that does so in its own time; null: it can't. */
export async function findForwards(
  ask: (argv: readonly string[]) => Promise<string>,
  addresses: () => Addresses,
): Promise<readonly Forward[] | null> {
  try {
    const ruleset = await ask(LIST_RULESET);
    const answers: Elements[] = [];
    for (const { key, argv } of elementsQuestions(ruleset))
      answers.push({ key, text: await ask(argv).catch(() => '') });
    return forwardsOf(readAnswers(ruleset, answers).rules, addresses());
  } catch {
    return null;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function elementsOf(answer: unknown): unknown {
  const objects: unknown = (answer as { nftables?: unknown } | null)?.nftables;
  if (!Array.isArray(objects)) return [];
  for (const object of objects) {
    const { set, map } = (object ?? {}) as { set?: { elem?: unknown }; map?: { elem?: unknown } };
    const elements = (set ?? map)?.elem;
    if (elements !== undefined) return elements;
  }
  return [];
}
