/** Sections that the files of several commands have. */

import * as v from 'valibot';
import type { Most } from './most.ts';
import { list, mapping, type Shape } from './shape.ts';
import type { ClientConfiguration, SmtpConfiguration, TrapConfiguration, TrapUser } from './types.ts';
import {
  address,
  authProtocol,
  endpoint,
  host,
  key,
  line,
  mail,
  oneOf,
  port,
  privProtocol,
  secret,
  trap,
  wholeNumber,
} from './values.ts';

/** Longer lists are a mistake. */
const MOST_ADDRESSES = 65_535;

export const language = oneOf(['en', 'ja']);

const user: Shape<TrapUser> = v.pipe(
  mapping({
    // RFC 3414 section 5: a user name has 1 to 32 octets.
    name: line('the name of a user', 32),
    auth: v.optional(mapping({ protocol: authProtocol, key })),
    priv: v.optional(mapping({ protocol: privProtocol, key })),
  }),
  v.transform(({ name, auth, priv }) => ({
    name,
    auth: auth === undefined ? null : { protocol: auth.protocol, key: auth.key },
    priv: priv === undefined ? null : { protocol: priv.protocol, key: priv.key },
  })),
);

/** null: no traps are listened for. */
export const traps: Shape<TrapConfiguration | null> = v.pipe(
  mapping({
    listen: v.optional(endpoint, '0.0.0.0:162'),
    communities: v.optional(
      list(secret('a community'), { allowed: 'a list of communities, as in [public]', max: 1024 }),
      ['public'],
    ),
    users: v.optional(list(user, { allowed: 'a list of users with name, auth and priv', max: 1024 }), []),
    relays: v.optional(list(address, { allowed: 'a list of addresses', max: MOST_ADDRESSES }), []),
    accept: v.optional(
      list(trap, { allowed: 'a list of traps, as in [coldStart, warmStart, linkUp]', min: 1, max: 1024 }),
      ['coldStart', 'warmStart', 'linkUp'],
    ),
  }),
  v.transform(({ listen, communities, users, relays, accept }) =>
    listen === null ? null : { listen, communities, users, relays, accept },
  ),
);

/** A mapping, or `false` for none of it. */
export function orNone<T>(shape: Shape<T>): Shape<T | null> {
  const none = v.pipe(
    v.literal(false),
    v.transform(() => null),
  );
  return v.lazy((input): Shape<T | null> => (input === false ? none : shape));
}

export const smtp: Shape<SmtpConfiguration> = v.pipe(
  mapping({
    host,
    port: v.optional(port, 25),
    tls: v.optional(oneOf(['auto', 'starttls', 'implicit', 'none']), 'auto'),
    user: v.optional(line('the name of a user', 255)),
    password: v.optional(secret('a password')),
    from: mail,
  }),
  v.transform((keys) => ({
    host: keys.host,
    port: keys.port,
    tls: keys.tls,
    user: keys.user ?? null,
    password: keys.password ?? null,
    from: keys.from,
  })),
);

/** More is no limit. */
const MOST_MAILS = 10_000;
const mails = wholeNumber('a number of mails', 1, MOST_MAILS);
const mostMails: Shape<Most> = v.pipe(
  mapping({ hour: v.optional(mails, 6), day: v.optional(mails, 20) }),
  v.transform(({ hour, day }) => ({ hour, day })),
);

/** How many mails a person gets; null: as many as there are. */
export const most = v.optional(orNone(mostMails), {});

const client: Shape<ClientConfiguration> = v.pipe(
  mapping({ address, mail, language: v.optional(language) }),
  v.transform((keys) => ({ address: keys.address, mail: keys.mail, language: keys.language ?? null })),
);

/** Tables 73 and 75 of people whose mail addresses are known. */
export const clients = v.optional(list(client, { allowed: 'a list of {address, mail, language}' }), []);
