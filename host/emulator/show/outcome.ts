/** What became of people: who was told, who was not, and why, from what was true. */
import type { Ledger, PersonStory } from '../truth/ledger.ts';
import type { VainTry } from '../truth/waits.ts';
import type { Chronicle } from './chronicle.ts';

/** Somebody who was turned away. */
interface ShownPerson {
  readonly name: string;
  readonly address: string;
  readonly mail: string | null;
  readonly server: string;
  readonly fromUs: number;
  readonly tries: number;
  readonly toldUs: number | null;
  /** Why he was not told; null: he was. */
  readonly why: string | null;
}

export interface Outcome {
  /** The first ones. */
  readonly people: readonly ShownPerson[];
  readonly count: number;
  readonly told: number;
  /** Those who were not told, by the reason. */
  readonly untold: readonly { readonly why: string; readonly count: number }[];
}

const NO_MAIL = 'no mail address is known';

export function outcomeOf(ledger: Ledger, { turnedAway }: Chronicle): Outcome {
  const reasons = new Map<string, number>();
  const because = (why: string, count = 1): void => void reasons.set(why, (reasons.get(why) ?? 0) + count);
  let [count, told] = [0, 0];
  for (const mail of ledger.people) {
    const person = ledger.person(mail);
    const failed = person.waits.filter(isFailed);
    if (failed.length + person.tellings.length === 0) continue;
    count++;
    if (person.tellings.length > 0) told++;
    else because(whyNot(ledger, person, failed));
  }
  let strangers = 0;
  for (const client of turnedAway.clients()) if (ledger.mailOf(client) === null) strangers++;
  if (strangers > 0) because(NO_MAIL, strangers);
  return {
    people: turnedAway.rows.map((row) => personOf(ledger, row)),
    count: count + strangers,
    told,
    untold: [...reasons].map(([why, times]) => ({ why, count: times })).sort((a, b) => b.count - a.count),
  };
}

const isFailed = ({ end }: VainTry): boolean => end !== 'served' && end !== 'cut';

function personOf(ledger: Ledger, row: Chronicle['turnedAway']['rows'][number]): ShownPerson {
  const { name, address } = ledger.directory.client(row.client);
  const service = ledger.directory.service(row.service);
  const mail = ledger.mailOf(row.client);
  const shown = { name, address, mail, server: `${service.name} port ${service.port}` };
  const person = mail === null ? null : ledger.person(mail);
  const telling = person?.tellings.find(({ server, us }) => server === service.address && us >= row.firstUs);
  const failed = person?.waits.filter((wait) => isFailed(wait) && wait.service === row.service) ?? [];
  const why = telling !== undefined ? null : person === null ? NO_MAIL : whyNot(ledger, person, failed);
  return { ...shown, fromUs: row.firstUs, tries: row.tries, toldUs: telling?.us ?? null, why };
}

function whyNot({ spells }: Ledger, { waits }: PersonStory, failed: readonly VainTry[]): string {
  const last = failed.at(-1);
  if (last === undefined) return 'only a moment was bad';
  if (!spells.isUp(last.service)) return 'the server is still out of reach at the end';
  const isServed = waits.some(
    ({ end, service, firstUs }) => end === 'served' && service === last.service && firstUs >= last.firstUs,
  );
  if (isServed) return 'he tried again, and was served';
  return failed.some(({ spell }) => spell >= 0)
    ? 'he had no claim: see what is excused'
    : 'the server came back while he tried';
}
