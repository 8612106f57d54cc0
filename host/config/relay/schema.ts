/** The configuration of `ringback relay`: its keys, their defaults, and what they become. */

import * as v from 'valibot';
import { clients, language, most, orNone, smtp, traps } from '../sections.ts';
import { list, mapping, type Shape } from '../shape.ts';
import {
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
import type { PopConfiguration, RelayConfiguration } from './types.ts';

const POP_PORT = 110;
/** RFC 8314 section 3.2. */
const POPS_PORT = 995;
/** RFC 2449 section 4: 255 octets of a command less its name, the blank and the line's end. */
const MOST_LOGIN_OCTETS = 248;
const MOST_RESOLVERS = 16;

const pop: Shape<PopConfiguration> = v.pipe(
  mapping({
    host,
    port: v.optional(port),
    tls: v.optional(oneOf(['auto', 'starttls', 'implicit', 'none']), 'auto'),
    user: line('the name of a user', MOST_LOGIN_OCTETS),
    password: secret('a password'),
    every: v.optional(duration(1000), '60s'),
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

const relay = v.pipe(
  mapping({
    pop,
    traps: v.optional(orNone(traps), false),
    resolve: v.optional(flag, true),
    resolver: v.optional(
      list(nameServer, {
        allowed: 'a list of DNS servers, as in [127.0.0.1:53]',
        min: 1,
        max: MOST_RESOLVERS,
      }),
    ),
    oldest: v.optional(duration(1000), '3d'),
  }),
  v.transform((keys) => ({
    pop: keys.pop,
    traps: keys.traps,
    resolve: keys.resolve,
    resolver: keys.resolver ?? null,
    oldestMs: keys.oldest,
  })),
);

const notify = v.pipe(
  mapping({
    give_up: v.optional(duration(1000), '3d'),
    most,
    language: v.optional(language, 'en'),
  }),
  v.transform((keys) => ({ giveUpMs: keys.give_up, most: keys.most, language: keys.language })),
);

const ROUTERS = 'belongs to "ringback run"; give that command a configuration file of its own';
/** Keys at the top of the files that the other commands read. */
const ELSEWHERE = {
  fabric: ROUTERS,
  detect: ROUTERS,
  recover: `${ROUTERS} (traps that make a relay look into its mailbox are in relay.traps)`,
  servers: ROUTERS,
  station: ROUTERS,
  page: ROUTERS,
  takeover: 'belongs to "ringback takeover"; give that command a configuration file of its own',
};

/** A whole file of `ringback relay`, each key for itself; what keys mean to each other is for contradictions.ts. */
export const relaySchema: Shape<RelayConfiguration> = v.pipe(
  mapping(
    {
      state: v.optional(directory, '/var/lib/ringback-relay'),
      relay,
      notify: v.optional(notify, {}),
      smtp,
      clients,
      list_key: key,
      control: v.optional(socketPath, '/var/run/ringback-relay.sock'),
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
    control: keys.control,
  })),
);
