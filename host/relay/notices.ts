/** Who is told by a list, and what: each person once, whichever of his clients tried (paragraphs 115 to 125). */

import type { ClientConfiguration } from '../config/types.ts';
import type { ListMail } from '../mail/list-reader.ts';
import { createNotice } from '../mail/mail.ts';
import { mailOwner } from '../net/mail-address.ts';
import { tellingOfList } from '../store/lists.ts';
import { clientsOfItem, type Notice } from '../store/notice-rows.ts';
import type { Terms } from './terms.ts';

type Tries = Pick<ListMail['clients'][number], 'first' | 'last' | 'tries'>;

/** Somebody who is on a list. */
interface OnList {
  /** As the operator names him at the first of these clients. */
  readonly person: ClientConfiguration;
  readonly clients: readonly string[];
  /** All his tries. */
  readonly tries: Tries;
}

/** By the owners of their mail addresses: all whose address is known (paragraph 123), but for those who were told before. */
export function peopleOn(
  { clients }: ListMail,
  people: Terms['people'],
  told: ReadonlySet<string>,
): ReadonlyMap<string, OnList> {
  const found = new Map<string, OnList>();
  for (const { address, ...tries } of clients) {
    const person = people.get(address);
    const owner = person === undefined ? null : mailOwner(person.mail);
    if (person === undefined || owner === null || told.has(owner)) continue;
    const other = found.get(owner);
    const all =
      other === undefined
        ? { person, clients: [address], tries }
        : { ...other, clients: [...other.clients, address], tries: bothTries(other.tries, tries) };
    found.set(owner, all);
  }
  return found;
}

function bothTries(one: Tries, other: Tries): Tries {
  return {
    first: edgeOf(Math.min, one.first, other.first),
    last: edgeOf(Math.max, one.last, other.last),
    tries: one.tries + other.tries,
  };
}

/** null: the router's clock was wrong. */
function edgeOf(choose: typeof Math.min, one: Date | null, other: Date | null): Date | null {
  return one === null || other === null ? null : new Date(choose(one.getTime(), other.getTime()));
}

/** Its times are those of the router's wall clock, and if that was wrong, those of the moment `nowMs` at which it came. */
export function noticesOf(
  { notify, smtp }: Terms['configuration'],
  list: ListMail,
  people: Iterable<OnList>,
  { serverName, nowMs }: { readonly serverName: string | null; readonly nowMs: number },
): Notice[] {
  const { id, part, server, places, recovered, awaySeconds } = list;
  const recoveredMs = recovered?.getTime() ?? nowMs;
  return [...people].map(({ person, clients, tries: { first, last, tries } }) =>
    createNotice({
      mail: person.mail,
      language: person.language ?? notify.language,
      item: {
        server,
        serverName,
        ...(places.length === 0 ? {} : { places }),
        ...clientsOfItem(clients),
        fromMs: recoveredMs - awaySeconds * 1000,
        recoveredMs,
        firstMs: first?.getTime() ?? 0,
        lastMs: last?.getTime() ?? 0,
        tries,
      },
      outage: id,
      telling: tellingOfList({ list: id, part }),
      from: smtp.from,
    }),
  );
}
