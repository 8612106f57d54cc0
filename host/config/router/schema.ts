/** The configuration of `ringback run`: its keys, their defaults, and what they become. */

import * as v from 'valibot';
import type { Limits } from '../../fabric/sizes.ts';
import { durationText, HOUR_MS, SECOND_MS } from '../../net/duration.ts';
import { USUAL_CONTROL } from '../../role/control-place.ts';
import { clients, hooks, language, log, most, ofCommand, orNone, smtp, traps } from '../sections.ts';
import { entry, list, mapping, type Shape } from '../shape.ts';
import type { Ask, RouterConfiguration, ServerConfiguration } from '../types.ts';
import { DEFAULT_UNANSWERED_MS, MAX_LEARNT_MS } from '../unanswered.ts';
import {
  address,
  directory,
  domain,
  duration,
  durationOrAuto,
  flag,
  key,
  line,
  mail,
  oneOf,
  port,
  prefix,
  real,
  socketPath,
} from '../values.ts';
import { dashboard } from './dashboard.ts';
import { fabric } from './fabric.ts';
import { page, ports } from './page.ts';

const MAX_PREFIXES = 4096;
/** The daemon's filter has room for twice as many. */
const MAX_DATAGRAM_PORTS = 16;
const MAX_NAMES = 1024;

const ask: Shape<Ask> = oneOf(['connect', 'none']);

const detect = v.pipe(
  mapping({
    watch: entry(
      'These addresses are servers, and nothing is learnt of others.',
      list(prefix, {
        allowed: `the servers' networks, 1 to ${MAX_PREFIXES}, as in [172.27.178.0/24]`,
        min: 1,
        max: MAX_PREFIXES,
      }),
    ),
    unreachable: entry('ICMP unreachable messages count.', v.optional(flag, true)),
    unanswered: entry(
      'A connection request that is unanswered for so long is a failure; auto: how long is learnt for each service, from the time that its answers take; false: silence does not count.',
      v.optional(durationOrAuto(SECOND_MS, HOUR_MS), durationText(DEFAULT_UNANSWERED_MS)),
    ),
    refused: entry('A refusal counts, at services that are known.', v.optional(flag, true)),
    datagrams: entry(
      'Ports of UDP: a datagram to a server is a request, and none that comes back is silence. Every one of them is looked at.',
      v.optional(
        list(port, {
          allowed: `up to ${MAX_DATAGRAM_PORTS} ports of UDP, as in [443, 53]`,
          max: MAX_DATAGRAM_PORTS,
        }),
        [],
      ),
    ),
    known_clients_only: entry('Only clients whose mail address is known are noted.', v.optional(flag, false)),
    own: entry(
      "What this machine itself tries counts as a client's tries do; not what ringback tries.",
      v.optional(flag, false),
    ),
    ask: entry(
      'Whether a server is asked, by connecting to it, before it is believed that it is down.',
      v.optional(ask, 'connect'),
    ),
    forwarded: entry(
      "Whether ports that this machine forwards to watched servers are found in the kernel's rules (found), or named in servers alone (named).",
      v.optional(oneOf(['found', 'named']), 'found'),
    ),
  }),
  v.transform((keys) => ({
    watch: keys.watch,
    unreachable: keys.unreachable,
    unansweredMs: keys.unanswered === 'auto' ? MAX_LEARNT_MS : keys.unanswered,
    learnsWait: keys.unanswered === 'auto',
    refused: keys.refused,
    datagrams: keys.datagrams,
    knownClientsOnly: keys.known_clients_only,
    own: keys.own,
    ask: keys.ask,
    forwarded: keys.forwarded,
  })),
);

const recover = v.pipe(
  mapping({
    traps: entry(
      'SNMP traps and informs as signs of life; false: none are listened for.',
      v.optional(orNone(traps), {}),
    ),
    arp: entry('Address resolution (ARP, neighbour discovery) is a sign of life.', v.optional(flag, true)),
    syn_ack: entry('An accepted connection is a sign of life.', v.optional(flag, true)),
    confirm: entry(
      'Whether a sign of life starts a check (connect), or is believed (none).',
      v.optional(oneOf(['connect', 'none']), 'connect'),
    ),
    settle: entry(
      'How long a server must answer before anybody is told.',
      v.optional(duration(0, HOUR_MS), '5s'),
    ),
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
    via: entry(
      "Who tells the people: this router (direct), the relay on the server that is back, or the station's.",
      v.optional(via, 'direct'),
    ),
    fresh: entry('Who last tried longer ago is not told.', v.optional(duration(1000), '12h')),
    sweep: entry(
      'Who last tried longer ago is forgotten; not shorter than fresh.',
      v.optional(duration(1000), '7d'),
    ),
    give_up: entry(
      "A mail that can't be delivered for so long is given up.",
      v.optional(duration(1000), '3d'),
    ),
    most,
    language: entry('Of mails to people who have none of their own.', v.optional(language, 'en')),
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
    address: entry("The server's address.", address),
    name: entry(
      'What it is called in mails and on the page.',
      v.optional(line('a name', 253)),
      'its address',
    ),
    names: entry(
      'Names by which browsers ask for it; by no others the page has a form.',
      v.optional(
        list(domain, {
          allowed: 'a list of host names, as in [www.example.jp, example.jp]',
          max: MAX_NAMES,
        }),
        [],
      ),
    ),
    ports: entry(
      'Services that are known from the start, so that silence or a refusal counts there.',
      v.optional(ports(0), []),
    ),
    mail: entry('Where its relay reads lists; needed with via: server.', v.optional(mail)),
    via: entry('Who tells the people, for this server.', v.optional(via), 'notify.via'),
    ask: entry('Whether it is asked; none: it is never connected to.', v.optional(ask), 'detect.ask'),
    real: entry(
      'Where ports of address are forwarded to, if that is an address of this router: the server as it is behind it.',
      v.optional(real),
      "the address is the server's own",
    ),
  }),
  v.transform((keys) => ({
    address: keys.address,
    name: keys.name ?? null,
    names: keys.names,
    ports: [...new Set(keys.ports)],
    mail: keys.mail ?? null,
    via: keys.via ?? null,
    ask: keys.ask ?? null,
    real: keys.real ?? null,
  })),
);

/** Keys at the top of the files that the other commands read. */
const ELSEWHERE = {
  relay: ofCommand('relay'),
  takeover: ofCommand('takeover'),
  scenario: 'belongs to "ringback emulate"; that command, and "ringback check", take the file without -c',
};

/** A whole file of `ringback run`, each key for itself; what keys mean to each other is for contradictions.ts. */
export const routerSchema = (limits: Limits): Shape<RouterConfiguration> =>
  v.pipe(
    mapping(
      {
        state: entry(
          'The directory in which outages, who waits, notices and history are kept; false: in memory only. Read at the start.',
          v.optional(directory, '/var/lib/ringback'),
        ),
        fabric: entry('Interfaces, the daemon, sizes. Read at the start.', v.optional(fabric(limits), {})),
        detect: entry('Which servers there are, and what counts as down.', v.optional(detect, {})),
        recover: entry('What counts as back.', v.optional(recover, {})),
        notify: entry('Who is told, how often, and by whom.', v.optional(notify, {})),
        smtp: entry('How mails go out; needed once there are any.', v.optional(smtp)),
        clients,
        servers: entry(
          'Servers that are known from the start.',
          v.optional(
            list(server, { allowed: 'a list of {address, name, names, ports, mail, via, ask, real}' }),
            [],
          ),
        ),
        station: entry(
          'The management station, with via: station.',
          v.optional(mapping({ mail: entry("Where the station's relay reads lists.", mail) })),
        ),
        page: entry(
          "The page in a dead server's place. Read at the start.",
          v.optional(orNone(page)),
          'no page',
        ),
        dashboard: entry(
          'What an operator looks at: a page, metrics, health. Read at the start.',
          v.optional(orNone(dashboard)),
          'no dashboard',
        ),
        list_key: entry(
          "Signs lists, and is needed where a relay tells people: the same in the relay's file.",
          v.optional(key),
        ),
        hooks: entry(
          'Commands that are run when a server is down, is up again, and somebody is told: with down, up or told, server, port, cause, and how many people.',
          v.optional(hooks, []),
        ),
        log,
        control: entry(
          'The Unix socket on which it is asked. Read at the start.',
          v.optional(socketPath, USUAL_CONTROL.router),
        ),
      },
      ELSEWHERE,
    ),
    v.transform((keys) => ({
      state: keys.state,
      fabric: keys.fabric,
      detect: keys.detect,
      recover: keys.recover,
      notify: keys.notify,
      smtp: keys.smtp ?? null,
      clients: keys.clients,
      servers: keys.servers,
      station: keys.station === undefined ? null : { mail: keys.station.mail },
      page: keys.page ?? null,
      dashboard: keys.dashboard ?? null,
      listKey: keys.list_key ?? null,
      hooks: keys.hooks,
      log: keys.log,
      control: keys.control,
    })),
  );
