/** What a configuration will do, in sentences for `ringback check`. None of them names a secret or a person. */

import { networkInterfaces } from 'node:os';
import { canonicalAddress, isSingle, prefixContains, prefixText } from '../address.ts';
import { OUTBOX_CAPACITY } from '../capacity.ts';
import { durationText } from '../duration.ts';
import { unconfirmedMost } from '../most.ts';
import {
  and,
  count,
  HIDDEN,
  hiddenSmtp,
  hiddenTraps,
  mostSentence,
  mostText,
  smtpSentence,
  smtpWarnings,
  trapSign,
} from '../sentences.ts';
import type { DetectConfiguration, RouterConfiguration, Via } from '../types.ts';
import { askOf, seesOnlyCopies } from './ask.ts';
import { type TableSizes, tableSizes } from './sizes.ts';
import { viaOf } from './via.ts';

/** What is done, and how much memory it takes. What to think twice about is in `warnings`. */
export function explain(
  configuration: RouterConfiguration,
  tablesBytes: (sizes: TableSizes) => number,
): string[] {
  return [
    where(configuration),
    outages(configuration),
    ...inquiry(configuration),
    signs(configuration),
    confirmation(configuration),
    ...telling(configuration),
    ...asking(configuration),
    memory(configuration, tablesBytes),
    ...capacities(configuration),
    `"ringback status" asks at ${configuration.control}.`,
  ];
}

function where({ detect, fabric }: RouterConfiguration): string {
  const listening =
    fabric.socket === null
      ? `on ${and(fabric.interfaces)}, by "${(fabric.daemon ?? []).join(' ')}"`
      : `wherever the data plane at ${fabric.socket} listens`;
  const marked = fabric.interfaces.flatMap((name, index) => {
    if (!fabric.seesEverything.includes(name)) return [];
    return fabric.socket === null ? [name] : [`${name} (number ${index + 1} of its interfaces)`];
  });
  const copies =
    marked.length === 0
      ? ''
      : ` On ${and(marked)} everything is seen, so no frame there is known to come from a server's side.`;
  return `Watches the servers in ${and(detect.watch.map(prefixText))} ${listening}; nothing outside of that is learnt.${copies}`;
}

function outages({ detect }: RouterConfiguration): string {
  const causes = causesOf(detect);
  if (causes.length === 0) return 'No outage is looked for.';
  const who = detect.knownClientsOnly ? ' Only clients with a known mail address are noticed.' : '';
  return `A server counts as down when ${and(causes, 'disjunction')}.${who}`;
}

function causesOf(detect: DetectConfiguration): string[] {
  return [
    ...(detect.unreachable ? ['it is reported unreachable'] : []),
    ...(detect.unansweredMs === null
      ? []
      : [`a connection request stays unanswered for ${durationText(detect.unansweredMs)}`]),
    ...(detect.refused ? ['a service known to live there refuses a connection'] : []),
  ];
}

/** Who finds out whether a client that was turned away is the only one. */
function inquiry(configuration: RouterConfiguration): string[] {
  const { detect, fabric, servers } = configuration;
  if (causesOf(detect).length === 0) return [];
  const others = servers.filter((server) => askOf(configuration, server) !== detect.ask);
  const except =
    others.length === 0 ? '' : ` It is otherwise for ${and(others.map(({ address }) => address))}.`;
  if (detect.ask === 'connect') {
    return [
      `Before that is believed of a server, this router connects to it itself: only to ports that people tried, that are known, or that the page answers for.${except}`,
    ];
  }
  const why = seesOnlyCopies(fabric) ? ' (the rule where every interface sees everything)' : '';
  return [
    `This router believes it without connecting to the server itself${why}: a server that turns away one client alone counts as down for all.${except}`,
  ];
}

function signs({ recover }: RouterConfiguration): string {
  const heard = [
    ...(recover.arp ? ['an ARP reply or announcement (IPv6: a neighbour advertisement)'] : []),
    ...(recover.synAck ? ['an accepted connection'] : []),
    ...(recover.traps === null ? [] : [trapSign(recover.traps)]),
  ];
  return heard.length === 0
    ? 'No sign of recovery is listened for.'
    : `Signs that a server is back: ${and(heard, 'disjunction')}.`;
}

function confirmation({ recover }: RouterConfiguration): string {
  return recover.confirm === 'none'
    ? 'A sign is believed as it is: nobody connects to the server before people are told.'
    : `A sign starts a check: what people tried must accept connections for ${durationText(recover.settleMs)} before anybody is told.`;
}

function telling(configuration: RouterConfiguration): string[] {
  const { notify, smtp, clients, servers, page } = configuration;
  const ways = VIAS.map((via) => ({ via, of: servers.filter((one) => viaOf(configuration, one) === via) }));
  const others = ways.filter(({ via, of }) => via !== notify.via && of.length > 0);
  const language = notify.language === 'ja' ? 'Japanese' : 'English';
  const sentences = [
    `${tellingBy(notify.via, configuration)} Mails are in ${language}${clients.some((client) => client.language !== null) ? ' where the client has no language of its own' : ''}.`,
    ...others.map(
      ({ via, of }) =>
        `For ${and(of.map(({ address }) => address))} it is otherwise: ${tellingBy(via, configuration)}`,
    ),
    ...(page !== null && (notify.via !== 'direct' || others.some(({ via }) => via !== 'direct'))
      ? ['Who gave a mail address on the page is told by this router in any case.']
      : []),
    mostSentence(notify.most),
    ...(page === null
      ? []
      : [
          `An address that came in through the page gets ${mostText(unconfirmedMost(notify.most))} until it is confirmed by the link of a notice.`,
        ]),
    `Who last tried more than ${durationText(notify.freshMs)} ago is not told, and is forgotten after ${durationText(notify.sweepMs)}; a mail that can't be delivered is dropped after ${durationText(notify.giveUpMs)}.`,
  ];
  if (smtp !== null) sentences.push(smtpSentence(smtp));
  return sentences;
}

const VIAS: readonly Via[] = ['direct', 'server', 'station'];

function tellingBy(via: Via, { clients, servers, station }: RouterConfiguration): string {
  const relays = servers.filter(({ mail }) => mail !== null).length;
  return {
    direct: `Each waiting client with a known mail address (${clients.length.toLocaleString('en')} configured) gets one mail.`,
    server: `Each server's own relay (${relays.toLocaleString('en')} configured) gets the list of its waiting clients by mail, and tells them.`,
    station: `The management station${station === null ? '' : ' (1 configured)'} gets the list of waiting clients by mail, and tells them.`,
  }[via];
}

function memory(configuration: RouterConfiguration, tablesBytes: (sizes: TableSizes) => number): string {
  const { servers, clients, attempts } = configuration.fabric.capacity;
  const total = tablesBytes(tableSizes(configuration, 0));
  return (
    `The data plane's tables take about ${(total / 2 ** 20).toFixed(1)} MiB: ${count(servers, 'server')}, ` +
    `${count(clients, 'waiting client')}, ${count(attempts, 'connection attempt')} in flight.`
  );
}

function capacities({ fabric }: RouterConfiguration): string[] {
  const { clients } = fabric.capacity;
  return [
    `Up to ${count(clients, 'client')} can wait, for all servers together. Clients nobody has a mail address of are noted for one server while no more wait for it than places are left: ${Math.ceil(clients / 2).toLocaleString('en')} where nobody waits for another. Who comes beyond that is not noted, and counted in "ringback status" as clients refused.`,
    `Up to ${count(OUTBOX_CAPACITY, 'notice')} can be on their way. Where more people wait for one server, they are told in portions, as there is room: nobody who was noted is given up for want of it.`,
  ];
}

/** What is allowed, and is probably not meant; `interfaces` are this machine's. */
export function warnings(configuration: RouterConfiguration, interfaces = networkInterfaces()): string[] {
  const { detect, fabric, recover, notify, clients, servers, smtp, page } = configuration;
  const found: string[] = [];
  const everything = detect.watch.filter(({ length }) => length === 0);
  if (everything.length > 0) {
    found.push(
      `detect.watch contains ${and(everything.map(prefixText))}: every address counts as a server, and the tables fill with strangers.`,
    );
  }
  if (!detect.unreachable && detect.unansweredMs === null && !detect.refused) {
    found.push('detect has unreachable, unanswered and refused all off: no outage is ever noticed.');
  }
  if (recover.traps === null && !recover.arp && !recover.synAck) {
    found.push('recover has traps, arp and syn_ack all off: no recovery is ever noticed.');
  }
  const outside = servers.filter(
    ({ address }) => !detect.watch.some((prefix) => prefixContains(prefix, address)),
  );
  if (outside.length > 0) {
    found.push(
      `${count(outside.length, 'server')} outside of detect.watch will never be noticed: ${and(outside.map(({ address }) => address))}.`,
    );
  }
  const own = ownAddresses(configuration, interfaces);
  if (own.length > 0) {
    found.push(
      `detect.watch or servers name ${and(own)}, of this machine itself: an outage of this machine's own addresses is never opened.`,
    );
  }
  if (fabric.socket !== null && fabric.interfaces.length > 0 && fabric.seesEverything.length === 0) {
    found.push('fabric.interfaces has no effect beside fabric.socket: the daemon there has its own.');
  }
  if (page !== null && smtp === null) {
    found.push('page asks people for their mail addresses, and there is no smtp: nobody will be told.');
  }
  found.push(...pageWarnings(configuration));
  const isListed = [notify.via, ...servers.map(({ via }) => via ?? 'direct')].some((via) => via !== 'direct');
  if (clients.length === 0 && ((!isListed && page === null) || detect.knownClientsOnly)) {
    found.push(
      detect.knownClientsOnly
        ? 'clients is empty and known_clients_only is on: nobody is ever noticed.'
        : 'clients is empty: outages are noticed, but nobody has a mail address to be told at.',
    );
  }
  const relayed = servers.filter((server) => viaOf(configuration, server) === 'server');
  const mute = relayed.filter(({ mail }) => mail === null);
  if (notify.via === 'server' && mute.length === relayed.length) {
    found.push('No server has a mail address: with notify.via: server nobody can be told.');
  } else if (mute.length > 0) {
    found.push(
      `${count(mute.length, 'server')} without a mail address: who waits for them can't be told by via: server.`,
    );
  }
  if (smtp !== null) found.push(...smtpWarnings(smtp));
  return found;
}

function ownAddresses(
  { detect, servers }: RouterConfiguration,
  interfaces: ReturnType<typeof networkInterfaces>,
): string[] {
  const own = new Set(
    Object.values(interfaces).flatMap((some) => (some ?? []).map(({ address }) => canonicalAddress(address))),
  );
  const named = [
    ...detect.watch.filter(isSingle).map(({ address }) => address),
    ...servers.map(({ address }) => address),
  ];
  return [...new Set(named)].filter((address) => own.has(address));
}

/** Ports on which a page is wanted, and none comes. */
function pageWarnings({ page, servers }: RouterConfiguration): string[] {
  if (page === null) return [];
  const silent = servers.filter(({ ask }) => ask === 'none');
  const found: string[] = [];
  if (silent.length > 0) {
    found.push(
      `servers has ask: none for ${and(silent.map(({ address }) => address))}: no page comes in the place of a server that may not be asked.`,
    );
  }
  const left = servers.filter(
    ({ ports, ask }) =>
      ask !== 'none' && ports.length > 0 && page.ports.some((port) => !ports.includes(port)),
  );
  if (left.length > 0) {
    found.push(
      `page.ports has a port that servers: ports leaves out for ${and(left.map(({ address }) => address))}: there it is neither asked nor answered for.`,
    );
  }
  return found;
}

function asking({ page }: RouterConfiguration): string[] {
  if (page === null) return [];
  const known = page.known === 'pass' ? 'clients with a known mail address get no page' : 'to all who come';
  const form = page.form === 'router' ? `this router (${page.routerUrl})` : "the dead server's address";
  return [
    `In a dead server's place, on ${page.ports.length === 1 ? 'port' : 'ports'} ${and(page.ports.map(String))}, answers a page (${known}) that asks where to send a notice; its form goes to ${form}.`,
  ];
}

/** The same configuration with every password, community and key hidden, to be printed. */
export function redact(configuration: RouterConfiguration): RouterConfiguration {
  const { recover, smtp, listKey } = configuration;
  return {
    ...configuration,
    recover: { ...recover, traps: recover.traps && hiddenTraps(recover.traps) },
    smtp: smtp && hiddenSmtp(smtp),
    listKey: listKey === null ? null : HIDDEN,
  };
}
