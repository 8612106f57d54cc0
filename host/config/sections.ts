/** Sections that the files of several commands have. */

import * as v from 'valibot';
import type { Most } from './most.ts';
import { choice, entry, list, mapping, type Shape } from './shape.ts';
import type { ClientConfiguration, SmtpConfiguration, TrapConfiguration, TrapUser } from './types.ts';
import {
  address,
  authProtocol,
  command,
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
const MAX_ADDRESSES = 65_535;

/** Of a key at the top, or in a section, that the file of another command has. */
export const ofCommand = (command: string): string =>
  `belongs to "ringback ${command}"; give that command a configuration file of its own`;

/** The program that carries the module, in PATH or beside the program. */
export const DAEMON = 'ringback-fabricd';

export const language = oneOf(['en', 'ja']);

export const trapUser: Shape<TrapUser> = v.pipe(
  mapping({
    // RFC 3414 section 5: a user name has 1 to 32 octets.
    name: entry('Its user name.', line('the name of a user', 32)),
    auth: entry(
      'By what its messages are authenticated.',
      v.optional(
        mapping({ protocol: entry('The hash function.', authProtocol), key: entry('The password.', key) }),
      ),
    ),
    priv: entry(
      'By what its messages are encrypted; not without auth.',
      v.optional(mapping({ protocol: entry('The cipher.', privProtocol), key: entry('The password.', key) })),
    ),
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
    listen: entry(
      'Where traps and informs come in, by UDP; false: nowhere.',
      v.optional(endpoint, '0.0.0.0:162'),
    ),
    communities: entry(
      'Communities of v1 and v2c that are believed.',
      v.optional(
        list(secret('a community'), { allowed: 'a list of communities, as in [public]', max: 1024 }),
        ['public'],
      ),
    ),
    users: entry(
      'Users of v3 that are believed.',
      v.optional(list(trapUser, { allowed: 'a list of users with name, auth and priv', max: 1024 }), []),
    ),
    relays: entry(
      'Senders that pass on traps of others: the address within the trap is believed.',
      v.optional(list(address, { allowed: 'a list of addresses', max: MAX_ADDRESSES }), []),
    ),
    accept: entry(
      'Traps that count.',
      v.optional(
        list(trap, { allowed: 'a list of traps, as in [coldStart, warmStart, linkUp]', min: 1, max: 1024 }),
        ['coldStart', 'warmStart', 'linkUp'],
      ),
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
  return choice<T | null>([shape, none], (input) => (input === false ? none : shape));
}

export const hooks = list(command, {
  allowed: 'a list of commands, as in [[/usr/libexec/ringback/changed]]',
  max: 16,
});

export const smtp: Shape<SmtpConfiguration> = v.pipe(
  mapping({
    host: entry('The mail server by which mails go out.', host),
    port: entry('Its port.', v.optional(port, 25)),
    tls: entry(
      'TLS: where it is offered, no password without it, and on port 465 from the first byte (auto); by STARTTLS or not at all; from the first byte (implicit); never (none).',
      v.optional(oneOf(['auto', 'starttls', 'implicit', 'none']), 'auto'),
    ),
    user: entry(
      'Whom it logs in as; with a password, or neither.',
      v.optional(line('the name of a user', 255)),
    ),
    password: entry('Of that user.', v.optional(secret('a password'))),
    from: entry('The sender of all mails.', mail),
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

/** How a role logs. */
export const log = entry(
  'The log of the program, on standard output.',
  v.optional(
    mapping({
      format: entry(
        'Lines for people on a terminal, else JSON, with the priority where journald listens (auto); JSON; lines for people; lines for people with the priority in the place of the time, for journald and logger --prio-prefix.',
        v.optional(oneOf(['auto', 'json', 'text', 'journald']), 'auto'),
      ),
      level: entry(
        'The least that is said; --verbose says all.',
        v.optional(oneOf(['debug', 'info', 'warn', 'error']), 'info'),
      ),
    }),
    {},
  ),
);

/** More is no limit. */
const MAX_MAILS = 10_000;
const mails = wholeNumber('a number of mails', 1, MAX_MAILS);
const mostMails: Shape<Most> = v.pipe(
  mapping({
    hour: entry('Mails that a person gets within any hour.', v.optional(mails, 6)),
    day: entry('Mails that a person gets within any day; not fewer than hour.', v.optional(mails, 20)),
  }),
  v.transform(({ hour, day }) => ({ hour, day })),
);

/** null: as many as there are. */
export const most = entry(
  'How many mails a person gets; what is more is collected into one mail. false: as many as there are.',
  v.optional(orNone(mostMails), {}),
);

const client: Shape<ClientConfiguration> = v.pipe(
  mapping({
    address: entry("The client's address.", address),
    mail: entry(
      'The mail address of the person, who may have several clients, and gets one notice of an outage all the same.',
      mail,
    ),
    language: entry('Of the mails to this person.', v.optional(language), 'notify.language'),
  }),
  v.transform((keys) => ({ address: keys.address, mail: keys.mail, language: keys.language ?? null })),
);

/** Tables 73 and 75 of people whose mail addresses are known. */
export const clients = entry(
  'People whose mail addresses are known, and the machines that they use.',
  v.optional(list(client, { allowed: 'a list of {address, mail, language}' }), []),
);
