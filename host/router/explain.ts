/** `ringback explain`: why somebody is told or not, and what is believed of a server. */

import type { ServerConfiguration } from '../config/types.ts';
import { noticesAbout } from '../control/notice-records.ts';
import { type Post, pastOutages } from '../control/records.ts';
import type { ControlRoutes, Question } from '../control/socket.ts';
import { RingbackError } from '../errors.ts';
import type { Level } from '../log/catalogue/kinds.ts';
import type { Fields } from '../log/log.ts';
import { canonicalAddress } from '../net/address.ts';
import { canonicalMailAddress } from '../net/mail-address.ts';
import type { Store } from '../store/store.ts';
import type { Time } from '../time.ts';
import {
  clientSentences,
  isWatched,
  type Known,
  mailSentences,
  noticeSentence,
  outcomeSentences,
  pastSentence,
  serverSentences,
} from './explained.ts';
import { stamp } from './explained-words.ts';
import type { Lately } from './lately.ts';

/** The answer of the control socket. Times are ISO 8601. */
export interface Explanation {
  /** As it is called here: an address, or a mail address. */
  readonly of: string;
  readonly is: 'server' | 'client' | 'server and client' | 'mail';
  /** Whole sentences. */
  readonly says: readonly string[];
  /** The latest events about it, the oldest first. */
  readonly lately: readonly {
    readonly time: string;
    /** The same as the sentences say it: in the router's zone. */
    readonly at: string;
    readonly level: Level;
    readonly event: string;
    readonly fields: Fields;
  }[];
}

interface ExplainOptions {
  readonly known: () => Known;
  readonly store: Pick<Store, 'clock' | 'read' | 'write'>;
  readonly post: Post;
  readonly lately: Lately;
  readonly time: Time;
}

const MAX_EVENTS = 30;
const MAX_NOTICES = 5;
const MAX_PAST = 3;
const PARAMETERS = ['of'];

export function explainRoutes(options: ExplainOptions): ControlRoutes {
  return {
    'GET /explain': Object.assign(({ query }: Question) => explanationOf(query.get('of') ?? '', options), {
      parameters: PARAMETERS,
    }),
  };
}

async function explanationOf(
  text: string,
  { known: look, store, post, lately, time }: ExplainOptions,
): Promise<Explanation> {
  const known = look();
  const { of, is } = whatIs(text.trim(), known);
  const says: string[] = [];
  let mails: readonly string[] = [];
  if (is === 'mail') {
    says.push(...mailSentences(known, of));
    mails = [of];
  }
  if (is.includes('server')) {
    const past = pastOutages(store, MAX_PAST, of);
    says.push(...serverSentences(known, of), ...past.map(pastSentence));
  }
  if (is.includes('client')) {
    says.push(...clientSentences(known, of));
    mails = known.people.at(of).map(({ mail }) => mail);
  }
  const about = is === 'server' ? { server: of } : { mails };
  const notices = await noticesAbout({ store, post, time }, about, MAX_NOTICES);
  says.push(...notices.map(noticeSentence));
  const said = lately.about(new Set([of, ...mails]), MAX_EVENTS, is.includes('client') ? of : null);
  if (is.includes('client')) says.push(...outcomeSentences(known, of, said));
  return {
    ...{ of, is, says },
    lately: said.map(({ at, level, event, fields }) => {
      const time = at.toISOString();
      return { time, at: stamp(at), level, event, fields };
    }),
  };
}

/**
 * An address of a watched network is a server, as is what `servers:` names, and any other is a client; who is known, or waits, is
 * one wherever he is.
 */
function whatIs(text: string, known: Known): Pick<Explanation, 'of' | 'is'> {
  if (text.includes('@')) {
    const mail = canonicalMailAddress(text);
    if (mail === null) throw new RingbackError('usage', `${JSON.stringify(text)} is no mail address`);
    return { of: mail, is: 'mail' };
  }
  const { servers } = known.configuration;
  const lower = text.toLowerCase();
  const called = ({ name, names }: Pick<ServerConfiguration, 'name' | 'names'>): boolean =>
    [name, ...names].some((one) => one?.toLowerCase() === lower);
  // By the address and the port that people know, where this machine forwards them.
  const [, outer = '', port = '0'] = /^\[?([^[\]]+?)\]?:(\d{1,5})$/.exec(text) ?? [];
  const behind = known.entries.find(
    ({ address, real }) => real !== null && address === canonicalAddress(text),
  );
  const forwarded = canonicalAddress(outer);
  const entry = known.entries.find(called);
  const address =
    entry?.real?.host ??
    entry?.address ??
    behind?.real?.host ??
    canonicalAddress(text) ??
    (forwarded === null ? null : known.forwards.realOf({ server: forwarded, port: Number(port) }).server);
  if (address === null) {
    const what =
      'an address (ADDRESS:PORT where it is forwarded), a mail address, or a name of servers: is expected';
    throw new RingbackError('usage', `nobody is called ${JSON.stringify(text)}; ${what}`);
  }
  const { people, outages, services } = known;
  const isClient = people.knows(address) || outages.some(({ clients }) => clients.has(address));
  const isServer =
    servers.some((one) => one.address === address) ||
    outages.some(({ server }) => server === address) ||
    services.of(address).length > 0 ||
    (isWatched(known, address) && !isClient);
  if (isServer) return { of: address, is: isClient ? 'server and client' : 'server' };
  return { of: address, is: 'client' };
}
