/** The lists of who waited, for those who tell people in the router's place (embodiments 2 and 3: paragraphs 102 to 137). */
import type { Chance } from '../chance.ts';
import { notifierOf } from '../config/router/via.ts';
import type { RouterConfiguration } from '../config/types.ts';
import { createList, type ListProgress } from '../mail/list-writer.ts';
import type { Listed, NewNotice } from '../store/notice-rows.ts';
import { type Ended, type KnownPlaces, knownAs, tellingOf } from './notices.ts';
import { eachOf } from './portions.ts';

const ID_BYTES = 16;

/** What decides who is on a list, and what is known of those who are. */
interface Listing {
  /** Who gave his mail address to this router, which tells him itself. */
  isOurs(client: string): boolean;
  /** Who has this client by the operator's word, by the owner of his mail address; null: nobody. */
  ownerOf(client: string): string | null;
  /** Owners of mail addresses whom this router tells itself, at other clients. */
  readonly told: Iterable<string>;
  /** How far an earlier process has come. */
  readonly entered: ListProgress | null;
}

/**
 * The list mails of a recovery; none if the router tells people itself, the server is not in table 75, or nobody is to
 * be told (paragraphs 120 to 122).
 */
export function* listsOf(
  configuration: RouterConfiguration,
  { server, recoveredMs, outages, clients }: Ended,
  { isOurs, ownerOf, told, entered }: Listing,
  { nowMs, chance, forwards }: { nowMs: number; chance: Chance; forwards: KnownPlaces },
): Generator<void, NewNotice[]> {
  const mail = notifierOf(configuration, server);
  if (mail === null) return [];
  const { notify, smtp } = configuration;
  // Paragraph 97: the try was too long ago to matter.
  const listed: Listed[] = [];
  yield* eachOf(clients, ([client, waiting]) => {
    if (!isOurs(client) && nowMs - waiting.lastMs <= notify.freshMs) listed.push({ client, ...waiting });
  });
  return createList({
    mail,
    // Not the outage's own name: whoever came late to it makes another list.
    id: chance.bytes(ID_BYTES).toString('hex'),
    ...(entered === null ? {} : { entered }),
    server,
    ...knownAs(forwards, outages),
    fromMs: Math.min(...outages.map(({ fromMs }) => fromMs)),
    recoveredMs,
    telling: tellingOf(outages),
    listed,
    people: { ownerOf, counted: told },
    from: smtp?.from ?? '',
  });
}
