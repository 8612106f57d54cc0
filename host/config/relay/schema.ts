/** The configuration of `ringback relay`: its keys, their defaults, and what they become. */

import * as v from 'valibot';
import { USUAL_CONTROL } from '../../role/control-place.ts';
import { MAX_ANNOUNCED, TRAP_PORT } from '../announced.ts';
import { clients, language, log, most, ofCommand, orNone, smtp, traps, trapUser } from '../sections.ts';
import { entry, list, mapping, type Shape } from '../shape.ts';
import {
  address,
  directory,
  duration,
  flag,
  host,
  key,
  line,
  nameServer,
  oneOf,
  port,
  secret,
  socketPath,
} from '../values.ts';
import type { PopConfiguration, RelayConfiguration, ReturnConfiguration } from './types.ts';

const POP_PORT = 110;
const MAX_TOLD = 16;
/** RFC 8314 section 3.2. */
export const POPS_PORT = 995;
/** RFC 2449 section 4: 255 octets of a command less its name, the blank and the line's end. */
export const MAX_LOGIN_OCTETS = 248;
const MAX_RESOLVERS = 16;

const pop: Shape<PopConfiguration> = v.pipe(
  mapping({
    host: entry('The POP3 server.', host),
    port: entry('Its port.', v.optional(port), `${POP_PORT}, with tls: implicit ${POPS_PORT}`),
    tls: entry(
      `TLS: where it is offered, from then on always, and on port ${POPS_PORT} from the first byte (auto); by STLS or not at all; from the first byte (implicit); never (none).`,
      v.optional(oneOf(['auto', 'starttls', 'implicit', 'none']), 'auto'),
    ),
    user: entry('Whose mailbox it is.', line('the name of a user', MAX_LOGIN_OCTETS)),
    password: entry('Of that user.', secret('a password')),
    every: entry('From the end of one look into the mailbox to the next.', v.optional(duration(1000), '60s')),
  }),
  v.transform((keys) => ({
    host: keys.host,
    port: keys.port ?? (keys.tls === 'implicit' ? POPS_PORT : POP_PORT),
    tls: keys.tls,
    user: keys.user,
    password: keys.password,
    everyMs: keys.every,
  })),
);

const announce: Shape<ReturnConfiguration> = v.pipe(
  mapping({
    to: entry(
      'Who is told: the router, a station.',
      list(host, { allowed: 'a list of hosts, as in [172.27.178.1, 172.27.179.50]', min: 1, max: MAX_TOLD }),
    ),
    port: entry('The UDP port there.', v.optional(port, TRAP_PORT)),
    community: entry('Of SNMPv2c, for a trap coldStart.', v.optional(secret('a community'))),
    user: entry('Of SNMPv3, for a trap coldStart.', v.optional(trapUser)),
    servers: entry(
      'Addresses that the datagram names; with a trap its sender counts.',
      v.optional(list(address, { allowed: 'a list of addresses', max: MAX_ANNOUNCED }), []),
      "this machine's",
    ),
  }),
  v.transform((keys) => ({
    to: keys.to,
    port: keys.port,
    community: keys.community ?? null,
    user: keys.user ?? null,
    servers: keys.servers,
  })),
);

const relay = v.pipe(
  mapping({
    pop: entry('The mailbox to which lists come.', pop),
    traps: entry(
      'SNMP traps and informs that make it look into the mailbox at once; false: none are listened for.',
      v.optional(orNone(traps), false),
    ),
    announce: entry(
      'Says that its server is back when it starts, and when its network returns: by a trap, or by a datagram that is signed with list_key; false: nobody is told.',
      v.optional(orNone(announce), false),
    ),
    resolve: entry('Servers are called in mails as reverse DNS has them.', v.optional(flag, true)),
    resolver: entry(
      'DNS servers that are asked.',
      v.optional(
        list(nameServer, {
          allowed: 'a list of DNS servers, as in [127.0.0.1:53]',
          min: 1,
          max: MAX_RESOLVERS,
        }),
      ),
      "the system's",
    ),
    oldest: entry('Lists that were sent longer ago are refused.', v.optional(duration(1000), '3d')),
  }),
  v.transform((keys) => ({
    pop: keys.pop,
    traps: keys.traps,
    announce: keys.announce,
    resolve: keys.resolve,
    resolver: keys.resolver ?? null,
    oldestMs: keys.oldest,
  })),
);

const OF_RUN = ofCommand('run');
/** Keys at the top of the files that the other commands read. */
const ELSEWHERE = {
  fabric: OF_RUN,
  detect: OF_RUN,
  recover: `${OF_RUN} (traps that make a relay look into its mailbox are in relay.traps)`,
  servers: OF_RUN,
  station: OF_RUN,
  page: OF_RUN,
  dashboard: OF_RUN,
  hooks: OF_RUN,
  takeover: ofCommand('takeover'),
};
const NOTIFY_ELSEWHERE = { via: OF_RUN, fresh: OF_RUN, sweep: OF_RUN };

const notify = v.pipe(
  mapping(
    {
      give_up: entry(
        "A mail that can't be delivered for so long is given up.",
        v.optional(duration(1000), '3d'),
      ),
      most,
      language: entry('Of mails to people who have none of their own.', v.optional(language, 'en')),
    },
    NOTIFY_ELSEWHERE,
  ),
  v.transform((keys) => ({ giveUpMs: keys.give_up, most: keys.most, language: keys.language })),
);

/** A whole file of `ringback relay`, each key for itself; what keys mean to each other is for contradictions.ts. */
export const relaySchema: Shape<RelayConfiguration> = v.pipe(
  mapping(
    {
      state: entry(
        'The directory in which notices and history are kept; false: in memory only. Read at the start.',
        v.optional(directory, '/var/lib/ringback-relay'),
      ),
      relay: entry('Where lists come from.', relay),
      notify: entry('How often people are told, and in which language.', v.optional(notify, {})),
      smtp: entry('How mails go out.', smtp),
      clients,
      list_key: entry("What the router signs lists with: the same as in the router's file.", key),
      log,
      control: entry(
        'The Unix socket on which it is asked. Read at the start.',
        v.optional(socketPath, USUAL_CONTROL.relay),
      ),
    },
    ELSEWHERE,
  ),
  v.transform((keys) => ({
    state: keys.state,
    relay: keys.relay,
    notify: keys.notify,
    smtp: keys.smtp,
    clients: keys.clients,
    listKey: keys.list_key,
    log: keys.log,
    control: keys.control,
  })),
);
