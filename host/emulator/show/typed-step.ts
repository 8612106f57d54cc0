/** What somebody types while a world plays: a step of a script, in its words. */
import { Refusal } from '../../config/shape.ts';
import { memberName, type Scenario, type Verb } from '../scenario/types.ts';
import { ANYBODY, GRAMMAR, nodesOf, type VerbText } from '../scenario/verbs.ts';

const FIRST_PORT = 80;

/** What is to be done, or (a text) why it is nothing. */
export function typedStep(text: string, scenario: Scenario): readonly Verb[] | string {
  const [verb = '', ...words] = text.split(' ').filter((word) => word !== '');
  const grammar = Object.hasOwn(GRAMMAR, verb) ? GRAMMAR[verb] : undefined;
  if (grammar === undefined) return `no such verb; ${Object.keys(GRAMMAR).slice(0, 4).join(', ')}, …`;
  const read = grammar.read(words);
  if (read === undefined || read instanceof Refusal) return `it is ${grammar.usage}`;
  const done: Verb[] = [];
  for (const one of read) {
    if (nodesOf(one).includes(ANYBODY)) return `it is ${grammar.usage}`;
    if (one.verb === 'flap') return 'flap is for scripts; unplug and plug it';
    const stranger = nodesOf(one).find((node) => !isThere(node, scenario));
    if (stranger !== undefined) return `nobody is called ${stranger}`;
    done.push(completed(one, scenario));
  }
  return done;
}

function isThere(name: string, { hosts, servers, people, networks }: Scenario): boolean {
  if ([...hosts, ...networks].some((one) => one.name === name)) return true;
  const number = Number(/-(\d+)$/.exec(name)?.[1] ?? 0);
  return [...servers, ...people].some(
    (plan) => number >= 1 && number <= plan.count && memberName(plan.name, number) === name,
  );
}

/** Without a port it is the first on which the server serves. */
function completed(verb: Exclude<VerbText, { readonly verb: 'flap' }>, { hosts }: Scenario): Verb {
  if (verb.verb !== 'try' || verb.port !== 0) return verb;
  return { ...verb, port: hosts.find(({ name }) => name === verb.server)?.serves[0] ?? FIRST_PORT };
}
