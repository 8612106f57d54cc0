/** What a configuration will do, in sentences for `ringback check`. None of them names a secret or a person. */

import { networkInterfaces } from 'node:os';
import type { Tables } from '../../fabric/sizes.ts';
import { ownAddresses, prefixContains, prefixText } from '../../net/address.ts';
import { durationText } from '../../net/duration.ts';
import { endpointText } from '../../net/endpoint.ts';
import { OWN_PORTS } from '../../net/local-ports.ts';
import { OUTBOX_CAPACITY } from '../capacity.ts';
import { unconfirmedMost } from '../most.ts';
import { and, count, mostSentence, mostText, smtpSentence, trapSign } from '../sentences.ts';
import type { DetectConfiguration, FabricConfiguration, RouterConfiguration, Via } from '../types.ts';
import { MIN_LEARNT_MS } from '../unanswered.ts';
import { askOf, seesOnlyCopies } from './ask.ts';
import { type Firewall, forwardingSentences } from './forwarding.ts';
import { tableSizes } from './sizes.ts';
import { viaOf } from './via.ts';
import { NOT_OPENED, watchedOwn } from './warnings.ts';

type Interfaces = ReturnType<typeof networkInterfaces>;

/**
 * What is done, and how much memory it takes; `interfaces` are this machine's. What to think twice about is in `warnings`.
 */
export function explainRouter(
  configuration: RouterConfiguration,
  tables: Tables,
  interfaces: Interfaces = networkInterfaces(),
  firewall: Firewall | null = null,
): string[] {
  return [
    where(configuration),
    outages(configuration),
    ...datagrams(configuration),
    ...conversations(configuration),
    ...inquiry(configuration),
    ...exception(configuration, interfaces),
    ...forwardingSentences(configuration, firewall),
    signs(configuration),
    confirmation(configuration),
    ...telling(configuration),
    ...asking(configuration),
    ...looking(configuration),
    memory(configuration, tables),
    ...capacities(configuration, tables),
    ...hooked(configuration),
    `"ringback status" asks at ${configuration.control}.`,
  ];
}

function hooked({ hooks }: RouterConfiguration): string[] {
  const commands = hooks.map(([program = '']) => program);
  return commands.length === 0 ? [] : [`What happens to servers is told ${and(commands)}.`];
}

function where({ detect, fabric }: RouterConfiguration): string {
  const listening = listeningOf(fabric);
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

function listeningOf({ interfaces, daemon, socket, remote }: FabricConfiguration): string {
  if (remote !== null) {
    const { user, host, port, keys } = remote;
    return `on ${and(interfaces)} of the router ${host}, by its daemon, to which it connects as ${user} at port ${port} with the key in ${keys}; that daemon connects to servers for it`;
  }
  if (socket !== null) return `wherever the data plane at ${socket} listens`;
  return `on ${and(interfaces)}, by "${(daemon ?? []).join(' ')}"`;
}

function outages({ detect }: RouterConfiguration): string {
  const causes = causesOf(detect);
  if (causes.length === 0) return 'No outage is looked for.';
  const who = detect.knownClientsOnly ? ' Only clients with a known mail address are noticed.' : '';
  const own = detect.own
    ? ` What this machine itself tries counts, too; not what comes from its local ports ${OWN_PORTS.first} to ${OWN_PORTS.first + OWN_PORTS.count - 1}, which are ringback's.`
    : '';
  return `A server counts as down when ${and(causes, 'disjunction')}.${who}${own}`;
}

function datagrams({ detect }: RouterConfiguration): string[] {
  const { datagrams: ports } = detect;
  if (ports.length === 0 || causesOf(detect).length === 0) return [];
  return [
    `Datagrams to ${ports.length === 1 ? 'port' : 'ports'} ${and(ports.map(String))} of UDP count as connection requests do, and answers to them as accepted ones: every one of them is looked at.`,
  ];
}

function conversations({ detect }: RouterConfiguration): string[] {
  if (!detect.conversations || detect.unansweredMs === null) return [];
  return [
    `In a conversation that was accepted, what a client sends, and sends again twice, counts as a request that stays unanswered for ${durationText(detect.unansweredMs)} if nothing comes from the server meanwhile: every frame of conversations with servers is looked at, as far as there is time for that.`,
  ];
}

function causesOf(detect: DetectConfiguration): string[] {
  return [
    ...(detect.unreachable ? ['it is reported unreachable'] : []),
    ...(detect.unansweredMs === null
      ? []
      : [`a connection request stays unanswered for ${waitText(detect, detect.unansweredMs)}`]),
    ...(detect.refused ? ['a service known to live there refuses a connection'] : []),
  ];
}

function waitText({ learnsWait }: DetectConfiguration, longestMs: number): string {
  if (!learnsWait) return durationText(longestMs);
  return `as long as is learnt for its service from the time that answers take, ${durationText(MIN_LEARNT_MS)} at least, and ${durationText(longestMs)} at the most and until that is known`;
}

/** Who finds out whether a client that was turned away is the only one. */
function inquiry(configuration: RouterConfiguration): string[] {
  const { detect, fabric, servers } = configuration;
  if (causesOf(detect).length === 0) return [];
  const others = servers.filter((server) => askOf(configuration, server) !== detect.ask);
  const except =
    others.length === 0 ? '' : ` It is otherwise for ${and(others.map(({ address }) => address))}.`;
  const isElsewhere = fabric.remote !== null;
  if (detect.ask === 'connect') {
    const copies = seesOnlyCopies(fabric)
      ? ` Where ${isElsewhere ? "the daemon's machine" : 'this machine'} has no way to a server, that counts as down when a client was turned away and nobody has been answered for as long as one waits.`
      : '';
    return [
      `Before that is believed of a server, ${isElsewhere ? 'the daemon' : 'this machine'} connects to it itself: only to ports that people tried, that are known, or that the page answers for, and where an entry of servers has ports only to those.${except}${copies}`,
    ];
  }
  return [
    `That is believed without connecting to the server: one that turns away one client alone counts as down for all.${except}`,
  ];
}

/** A watched network has addresses of this machine in it as a rule. */
function exception(configuration: RouterConfiguration, interfaces: Interfaces): string[] {
  const { detect, servers } = configuration;
  if (causesOf(detect).length === 0) return [];
  const own = [...ownAddresses(interfaces)].filter((address) =>
    detect.watch.some((prefix) => prefixContains(prefix, address)),
  );
  const named = own.filter((address) =>
    servers.some((server) => server.address === address && server.real === null),
  );
  const known = [...named, ...watchedOwn(configuration, interfaces)];
  const others = own.filter((address) => !known.includes(address));
  return [
    ...(others.length === 0
      ? []
      : [`Of the watched addresses ${and(others)} ${is(others)} this machine's own: ${NOT_OPENED}.`]),
    ...(named.length === 0
      ? []
      : [
          `${and(named)} ${is(named)} this machine itself: services there are asked by connections that never leave it, and nobody here notices when the machine itself ends.`,
        ]),
  ];
}

const is = (some: readonly string[]): string => (some.length === 1 ? 'is' : 'are');

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

function memory(configuration: RouterConfiguration, tables: Tables): string {
  const { servers, clients, attempts, conversations } = configuration.fabric.capacity;
  const inConversation = configuration.detect.conversations
    ? `, ${count(conversations, 'conversation')} in which something is not acknowledged`
    : '';
  const total = tables.bytes(tableSizes(configuration, 0));
  return (
    `The data plane's tables take about ${(total / 2 ** 20).toFixed(1)} MiB: ${count(servers, 'server and service', 'servers and services')}, ` +
    `${count(clients, 'waiting client')}, ${count(attempts, 'connection attempt')} in flight${inConversation}.`
  );
}

function capacities({ fabric }: RouterConfiguration, tables: Tables): string[] {
  const { servers, clients } = fabric.capacity;
  const kept = tables.clientsKept(clients);
  const whole = count(Math.floor(servers / 2), 'server');
  return [
    `A server takes a place for itself and one for each of its services, so that ${whole} with one service each find room. Whoever has answered nobody for longest goes first; what servers names stays. Outages of addresses that never answered anybody and that it does not name take no more than a quarter.`,
    `Up to ${count(clients, 'client')} can wait, for all servers together. Clients nobody has a mail address of are noted for one server while no more wait for it than places are left: ${Math.ceil(clients / 2).toLocaleString('en')} where nobody waits for another. Kept for those with a known mail address: the last ${count(kept, 'place')}. Who comes beyond that is not noted, and counted in "ringback status" as clients refused.`,
    `Up to ${count(OUTBOX_CAPACITY, 'notice')} can be on their way. Where more people wait for one server, they are told in portions, as there is room: nobody who was noted is given up for want of it.`,
  ];
}

function looking({ dashboard }: RouterConfiguration): string[] {
  if (dashboard === null) return [];
  const { listen, names, people } = dashboard;
  const known = names.length === 0 ? '' : ` It answers to ${and(names)}, too.`;
  const shown = people === 'named' ? 'with clients and mail addresses' : 'without naming anybody';
  return [
    `A dashboard, ${shown}, its metrics and its health are at http://${endpointText(listen)}/, for whoever has its token.${known}`,
  ];
}

function asking({ page }: RouterConfiguration): string[] {
  if (page === null) return [];
  const known = page.known === 'pass' ? 'clients with a known mail address get no page' : 'to all who come';
  const form = page.form === 'router' ? `this router (${page.routerUrl})` : "the dead server's address";
  const shown = page.ports.filter((port) => !page.greet.includes(port));
  const ports = (some: readonly number[]): string =>
    `${some.length === 1 ? 'port' : 'ports'} ${and(some.map(String))}`;
  return [
    `In a dead server's place, on ${ports(shown)}, answers a page (${known}) that asks where to send a notice; its form goes to ${form}.`,
    ...(page.greet.length === 0
      ? []
      : [
          `On ${ports(page.greet)} a line of the port's protocol says in its place that it is down, and to come again later.`,
        ]),
  ];
}
