/** The configuration of `ringback run`: its keys, their defaults, and what they become. */

import * as v from 'valibot';
import { CONTROL } from '../../role/control-place.ts';
import { clients, language, most, orNone, smtp, traps } from '../sections.ts';
import { isMapping, list, mapping, type Shape } from '../shape.ts';
import type { Ask, RouterConfiguration, ServerConfiguration } from '../types.ts';
import {
  address,
  argument,
  directory,
  domain,
  duration,
  endpoint,
  flag,
  interfaceName,
  key,
  line,
  mail,
  oneOf,
  port,
  prefix,
  routerUrl,
  socketPath,
  unanswered,
  wholeNumber,
} from '../values.ts';
import { seesOnlyCopies } from './ask.ts';

const MINUTE_MS = 60_000;
const MOST_SERVERS = 65_535;
const MOST_RECORDS = 16_777_216;
const MOST_PREFIXES = 4096;
const MOST_NAMES = 1024;
/** Interfaces are told apart by one byte, and 0 is none. */
const MOST_INTERFACES = 255;

const ports = (min: number) => list(port, { allowed: 'a list of ports, as in [80, 443]', min, max: 1024 });

interface Interface {
  readonly name: string;
  readonly seesEverything: boolean;
}

const nameAlone: Shape<Interface> = v.pipe(
  interfaceName,
  v.transform((name) => ({ name, seesEverything: false })),
);

const interfaceWithKeys: Shape<Interface> = v.pipe(
  mapping({ name: interfaceName, sees: v.optional(oneOf(['everything'])) }),
  v.transform(({ name, sees }) => ({ name, seesEverything: sees === 'everything' })),
);

const networkInterface: Shape<Interface> = v.lazy((input) =>
  isMapping(input) ? interfaceWithKeys : nameAlone,
);

const fabric = v.pipe(
  mapping({
    interfaces: v.optional(
      list(networkInterface, {
        allowed: 'a list of interfaces, as in [lan0, wan0] or [lan0, {name: t1, sees: everything}]',
        min: 1,
        max: MOST_INTERFACES,
      }),
    ),
    daemon: v.optional(
      list(argument, { allowed: 'a command and its arguments, as in [ringback-fabricd]', min: 1, max: 100 }),
    ),
    socket: v.optional(socketPath),
    capacity: v.optional(
      mapping({
        servers: v.optional(wholeNumber('a table size', 16, MOST_SERVERS), 1024),
        clients: v.optional(wholeNumber('a table size', 16, MOST_RECORDS), 65_536),
        attempts: v.optional(wholeNumber('a table size', 16, MOST_RECORDS), 65_536),
      }),
      {},
    ),
  }),
  v.transform(({ interfaces = [], daemon, socket, capacity }) => ({
    interfaces: interfaces.map(({ name }) => name),
    seesEverything: interfaces.filter(({ seesEverything }) => seesEverything).map(({ name }) => name),
    daemon: daemon ?? (socket === undefined ? ['ringback-fabricd'] : null),
    socket: socket ?? null,
    capacity: { servers: capacity.servers, clients: capacity.clients, attempts: capacity.attempts },
  })),
);

const ask: Shape<Ask> = oneOf(['connect', 'none']);

const detect = v.pipe(
  mapping({
    watch: list(prefix, {
      allowed: `the servers' networks, 1 to ${MOST_PREFIXES}, as in [172.27.178.0/24]`,
      min: 1,
      max: MOST_PREFIXES,
    }),
    unreachable: v.optional(flag, true),
    unanswered: v.optional(unanswered, '30s'),
    refused: v.optional(flag, true),
    known_clients_only: v.optional(flag, false),
    ask: v.optional(ask),
  }),
  v.transform((keys) => ({
    watch: keys.watch,
    unreachable: keys.unreachable,
    unansweredMs: keys.unanswered,
    refused: keys.refused,
    knownClientsOnly: keys.known_clients_only,
    ask: keys.ask,
  })),
);

const recover = v.pipe(
  mapping({
    traps: v.optional(orNone(traps), {}),
    arp: v.optional(flag, true),
    syn_ack: v.optional(flag, true),
    confirm: v.optional(oneOf(['connect', 'none']), 'connect'),
    settle: v.optional(duration(0, 60 * MINUTE_MS), '5s'),
  }),
  v.transform((keys) => ({
    traps: keys.traps,
    arp: keys.arp,
    synAck: keys.syn_ack,
    confirm: keys.confirm,
    settleMs: keys.settle,
  })),
);

const via = oneOf(['direct', 'server', 'station']);

const notify = v.pipe(
  mapping({
    via: v.optional(via, 'direct'),
    fresh: v.optional(duration(1000), '12h'),
    sweep: v.optional(duration(1000), '7d'),
    give_up: v.optional(duration(1000), '3d'),
    most,
    language: v.optional(language, 'en'),
  }),
  v.transform((keys) => ({
    via: keys.via,
    freshMs: keys.fresh,
    sweepMs: keys.sweep,
    giveUpMs: keys.give_up,
    most: keys.most,
    language: keys.language,
  })),
);

const server: Shape<ServerConfiguration> = v.pipe(
  mapping({
    address,
    name: v.optional(line('a name', 253)),
    names: v.optional(
      list(domain, { allowed: 'a list of host names, as in [www.example.jp, example.jp]', max: MOST_NAMES }),
      [],
    ),
    ports: v.optional(ports(0), []),
    mail: v.optional(mail),
    via: v.optional(via),
    ask: v.optional(ask),
  }),
  v.transform((keys) => ({
    address: keys.address,
    name: keys.name ?? null,
    names: keys.names,
    ports: [...new Set(keys.ports)],
    mail: keys.mail ?? null,
    via: keys.via ?? null,
    ask: keys.ask ?? null,
  })),
);

const page = v.pipe(
  mapping({
    listen: v.optional(endpoint, 8480),
    ports: v.optional(ports(1), [80]),
    form: v.optional(oneOf(['server', 'router']), 'server'),
    router_url: v.optional(routerUrl),
    ask_again: v.optional(duration(1000), '30d'),
    known: v.optional(oneOf(['show', 'pass']), 'show'),
  }),
  v.transform((keys) =>
    keys.listen === null
      ? null
      : {
          listen: keys.listen,
          ports: [...new Set(keys.ports)],
          form: keys.form,
          routerUrl: keys.router_url ?? null,
          askAgainMs: keys.ask_again,
          known: keys.known,
        },
  ),
);

/** Whoever sees nothing but copies of other machines' traffic need not have a way to the servers. */
function usualAsk(keys: Pick<RouterConfiguration['fabric'], 'interfaces' | 'seesEverything'>): Ask {
  return seesOnlyCopies(keys) ? 'none' : 'connect';
}

/** Keys at the top of the files that the other commands read. */
const ELSEWHERE = {
  relay: 'belongs to "ringback relay"; give that command a configuration file of its own',
  takeover: 'belongs to "ringback takeover"; give that command a configuration file of its own',
};

/** A whole file of `ringback run`, each key for itself; what keys mean to each other is for contradictions.ts. */
export const routerSchema: Shape<RouterConfiguration> = v.pipe(
  mapping(
    {
      state: v.optional(directory, '/var/lib/ringback'),
      fabric: v.optional(fabric, {}),
      detect: v.optional(detect, {}),
      recover: v.optional(recover, {}),
      notify: v.optional(notify, {}),
      smtp: v.optional(smtp),
      clients,
      servers: v.optional(
        list(server, { allowed: 'a list of {address, name, names, ports, mail, via, ask}' }),
        [],
      ),
      station: v.optional(mapping({ mail })),
      page: v.optional(orNone(page)),
      list_key: v.optional(key),
      control: v.optional(socketPath, CONTROL),
    },
    ELSEWHERE,
  ),
  v.transform((keys) => ({
    state: keys.state,
    fabric: keys.fabric,
    detect: { ...keys.detect, ask: keys.detect.ask ?? usualAsk(keys.fabric) },
    recover: keys.recover,
    notify: keys.notify,
    smtp: keys.smtp ?? null,
    clients: keys.clients,
    servers: keys.servers,
    station: keys.station === undefined ? null : { mail: keys.station.mail },
    page: keys.page ?? null,
    listKey: keys.list_key ?? null,
    control: keys.control,
  })),
);
