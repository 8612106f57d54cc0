/** What is said of a server, of a client and of a mail address, in sentences: what is known, what is decided, and what comes next. */
import { notifierOf, viaOf } from '../config/router/via.ts';
import type { RouterConfiguration, ServerConfiguration } from '../config/types.ts';
import type { NoticeRecord, PastOutageRecord } from '../control/records.ts';
import { lastedText, placeText, triesText, untoldText } from '../control/records-text.ts';
import { prefixContains, prefixText } from '../net/address.ts';
import { durationText } from '../net/duration.ts';
import { portFields } from '../net/target.ts';
import { listed, MAX_SAID, stamp, stampOf } from './explained-words.ts';
import type { Forwards } from './forwards.ts';
import type { PastEvent } from './lately.ts';
import type { Outage, Waiting } from './outages.ts';
import type { People, Person } from './people.ts';
import type { Recoveries } from './recoveries.ts';
import type { Services } from './services.ts';
import type { Steered } from './steered.ts';

/** What is looked at; nothing is changed. */
export interface Known {
  /** With each server under its own address. */
  readonly configuration: RouterConfiguration;
  /** As the file has them: of ports that are forwarded, by the addresses that people know. */
  readonly entries: readonly ServerConfiguration[];
  readonly forwards: Pick<Forwards, 'realOf' | 'nameOfAll' | 'placesOf'>;
  /** Whether it is an address of this machine's own that no entry names. */
  readonly isOwn: (address: string) => boolean;
  readonly outages: readonly Outage[];
  readonly people: Pick<
    People,
    'at' | 'stoppedAt' | 'knows' | 'isConfirmed' | 'isStopped' | 'addressesOf' | 'isNamed'
  >;
  readonly services: Pick<Services, 'of' | 'isShut'>;
  readonly steered: Pick<Steered, 'portsOf' | 'isForbidden'>;
  readonly recoveries: Pick<Recoveries, 'isSettling'>;
  readonly mostFor: (mail: string) => { readonly hour: number; readonly day: number } | null;
  readonly nowMs: number;
  readonly dateOf: (ms: number) => Date | null;
}

const when = ({ dateOf }: Known, ms: number): string => stamp(dateOf(ms));
const since = ({ nowMs }: Known, ms: number): string =>
  lastedText(Math.max(0, Math.round((nowMs - ms) / 1000)));

function nameText({ configuration }: Known, server: string): string {
  const name = configuration.servers.find(({ address }) => address === server)?.name;
  return name == null ? server : `${name} (${server})`;
}

function outageName(known: Known, outage: Outage): string {
  const { server, port } = outage;
  const name = known.forwards.nameOfAll([outage]);
  const called = placeText({
    ...portFields(port),
    server: name === null ? nameText(known, server) : `${name} (${server})`,
  });
  const places = known.forwards.placesOf([outage]);
  return places.length === 0 ? called : `${called}, known as ${listed(places)}`;
}

export function isWatched({ configuration }: Known, address: string): boolean {
  return configuration.detect.watch.some((prefix) => prefixContains(prefix, address));
}

/** Of a server: address, whether it counts, what is down, who waits, and what becomes of it. */
export function serverSentences(known: Known, server: string): string[] {
  const { configuration, outages, services, steered } = known;
  const own = outages.filter((outage) => outage.server === server);
  const sentences = [standing(known, server)];
  const answering = services.of(server);
  if (answering.length > 0) {
    const ports = answering.map((row) => placeText({ server: '', ...portFields(row.port) }).trim());
    sentences.push(`Services that have answered somebody: ${listed(ports)}.`);
    const shut = answering.filter((row) => services.isShut(row)).map(({ port }) => portFields(port).port);
    if (shut.length > 0)
      sentences.push(
        `Port ${listed(shut)} answers clients and not this router: what it meets when it asks there says nothing.`,
      );
  }
  if (steered.isForbidden(server))
    sentences.push(
      'This router never connects to it (ask: none): what clients meet is believed, and no page stands in its place.',
    );
  if (notifierOf(configuration, server) !== null)
    sentences.push(`Its people are told by ${viaText(known, server)}, from a list.`);
  if (own.length === 0) sentences.push('Nothing of it is down, and nobody has failed there of late.');
  return [...sentences, ...own.flatMap((outage) => outageSentences(known, outage))];
}

function viaText({ configuration }: Known, server: string): string {
  const entry = configuration.servers.find(({ address }) => address === server);
  return viaOf(configuration, entry) === 'server' ? 'the server itself' : 'the station';
}

function standing(known: Known, server: string): string {
  const name = nameText(known, server);
  if (known.isOwn(server))
    return `${name} is this machine's own: what clients meet there is an outage only where servers: names it.`;
  if (isWatched(known, server)) return `${name} is a server: what clients meet there counts.`;
  const watched = listed(known.configuration.detect.watch.map(prefixText));
  return `${name} is in no network of detect.watch (${watched}): what clients meet there does not count.`;
}

const STATES: Readonly<Record<Outage['state'], string>> = {
  down: 'is down',
  suspected: 'is being asked whether it is down: clients have failed there',
  short: 'was down for a moment and answers again',
};

function outageSentences(known: Known, outage: Outage): string[] {
  const { people, steered, recoveries } = known;
  const { state, cause, fromMs, clients } = outage;
  const reachable = [...clients.keys()].filter((client) => people.knows(client)).length;
  const waiting = clients.size === 1 ? '1 client waits' : `${clients.size} clients wait`;
  const sentences = [
    `${outageName(known, outage)} ${STATES[state]} (${cause}) since ${when(known, fromMs)}, for ${since(known, fromMs)}: ${waiting}, of ${reachable} of them a mail address is known.`,
  ];
  if (state === 'suspected') {
    sentences.push(suspectedSentence(known, outage.server));
    return sentences;
  }
  if (state === 'short' || recoveries.isSettling(outage)) {
    const settle = durationText(known.configuration.recover.settleMs);
    sentences.push(
      `It has answered again: people are told once it has done so for ${settle} (recover.settle).`,
    );
    return sentences;
  }
  const ports = steered.portsOf(outage);
  if (ports.length > 0)
    sentences.push(
      `In its place the page answers at port ${listed(ports)}; each is tried again and again, and given back at the first answer.`,
    );
  sentences.push(`It is looked into at once when ${signsOf(known)} speaks for it.`);
  return sentences;
}

function suspectedSentence({ steered }: Known, server: string): string {
  return steered.isForbidden(server)
    ? 'It is believed once nobody has been answered there for detect.unanswered.'
    : 'Nobody is told, and no page stands there, unless the router finds it silent, refused or unreachable itself; where its own asking says nothing, two clients have to fail.';
}

function signsOf({ configuration: { recover } }: Known): string {
  const signs = [
    ...(recover.traps === null ? [] : ['a trap', 'an announcement']),
    ...(recover.arp ? ['ARP', 'neighbour discovery'] : []),
    ...(recover.synAck ? ['an answer to a client'] : []),
  ];
  return signs.length < 2 ? (signs[0] ?? 'nothing') : `${signs.slice(0, -1).join(', ')} or ${signs.at(-1)}`;
}

/** Of a past outage, whether people were told, and why others were not. */
export function pastSentence(past: PastOutageRecord): string {
  const { from, to, seconds, cause, told, people } = past;
  const others = untoldText(past);
  const span = `from ${stampOf(from)} to ${stampOf(to)} (${lastedText(seconds)})`;
  return `${placeText(past)} was down (${cause}) ${span}: ${told} of ${people} people told${others === '' ? '' : `; not: ${others}`}.`;
}

/** Of a client: whose it is, what it waits for, and whether anybody will be told of it. */
export function clientSentences(known: Known, client: string): string[] {
  const { outages } = known;
  const waits = outages.flatMap((outage) => {
    const waiting = outage.clients.get(client);
    return waiting === undefined ? [] : waitSentences(known, outage, waiting);
  });
  const others = outages.filter(
    ({ server, clients }) => clients.has(client) && notifierOf(known.configuration, server) !== null,
  );
  const handed = others.map(
    ({ server }) =>
      `Of ${nameText(known, server)} it is on the list for ${viaText(known, server)}, which knows whom to tell.`,
  );
  const isKnown = known.people.knows(client);
  return [
    ...(isKnown || handed.length === 0 ? whoseSentences(known, client) : []),
    ...new Set(handed),
    ...(waits.length === 0
      ? [`${client} waits for nothing: no try of it has failed that is not over or told.`]
      : waits),
  ];
}

function whoseSentences(known: Known, client: string): string[] {
  const { configuration, people } = known;
  const persons = people.at(client);
  const sentences = [
    ...persons.map((person) => personSentence(known, client, person)),
    ...people
      .stoppedAt(client, 'all')
      .map(({ mail }) => `${mail} has said that no notices are wanted: nothing is sent there.`),
  ];
  if (sentences.length > 0) return sentences;
  if (configuration.detect.knownClientsOnly)
    return [`Nobody's mail address is known at ${client}: it does not count (detect.known_clients_only).`];
  if (configuration.page !== null) {
    const ports = listed(configuration.page.ports);
    return [
      `Nobody's mail address is known at ${client}: a page asks for one where it is turned away from port ${ports}.`,
    ];
  }
  return [
    `Nobody's mail address is known at ${client}: it is in no entry of clients:, and there is no page that asks.`,
  ];
}

function personSentence(known: Known, client: string, { mail, registeredMs }: Person): string {
  const by =
    registeredMs === undefined
      ? 'as clients: says'
      : `as was entered on the page at ${when(known, registeredMs)}`;
  const most = known.mostFor(mail);
  const limit = most === null ? '' : `; it gets ${most.hour} mails an hour and ${most.day} a day at most`;
  const unconfirmed = known.people.isConfirmed(mail) ? '' : ', and nobody has confirmed that yet';
  return `${mail} is told of what ${client} tries, ${by}${unconfirmed}${limit}.`;
}

function waitSentences(known: Known, outage: Outage, { firstMs, lastMs, tries }: Waiting): string[] {
  const { configuration, nowMs } = known;
  const { freshMs } = configuration.notify;
  const tried = `${triesText(tries)}, the first at ${when(known, firstMs)}${tries === 1 ? '' : `, the last at ${when(known, lastMs)}`}`;
  const head =
    outage.state === 'suspected'
      ? `It has failed at ${outageName(known, outage)} (${tried}), which is being asked whether it is down: it waits if that is so.`
      : `It waits for ${outageName(known, outage)}: ${tried}.`;
  const age = nowMs - lastMs;
  if (age > freshMs)
    return [
      head,
      `Its last try is ${since(known, lastMs)} old: nobody is told of one older than ${durationText(freshMs)} (notify.fresh).`,
    ];
  return [head];
}

/** How the suspicion ended for which a client had failed, where that is why it does not wait. */
const OUTCOMES: Readonly<Record<string, string>> = {
  alone:
    'The router asked, and it answers others: this client was turned away alone, which is no outage. Look for what refuses it: a ban, a firewall, the client itself.',
  short: 'It had been down for a moment, and answers again: its people are told once it has settled.',
  service: 'Its machine lives: only a service of it is down.',
  narrowed: 'Its machine lives: only a service of it is suspected.',
  dropped:
    'What was suspected was forgotten before it was found out: its place was needed, or all who failed are forgotten.',
};

/** What became of its last failures, of what was said lately. */
export function outcomeSentences(known: Known, client: string, said: readonly PastEvent[]): string[] {
  if (known.outages.some(({ clients }) => clients.has(client))) return [];
  const ended = said.findLast(({ event }) => event === 'suspicion.ended');
  const outcome = OUTCOMES[String(ended?.fields.outcome)];
  if (ended === undefined || outcome === undefined) return [];
  const place = `${ended.fields.server}${Number(ended.fields.port) === 0 ? '' : ` port ${ended.fields.port}`}`;
  return [`It failed at ${place} before ${stamp(ended.at)}. ${outcome}`];
}

/** Of a notice: where it is, and why it is not sent. */
export function noticeSentence({
  id,
  mail,
  servers,
  state,
  tries,
  reason,
  next,
  nextInSeconds,
  finished,
  beingSent,
}: NoticeRecord): string {
  const what = `Notice ${id} to ${mail} about ${listed(servers)}`;
  if (state === 'sent') return `${what} was sent at ${stampOf(finished)}.`;
  if (state !== 'queued')
    return `${what} was given up at ${stampOf(finished)}: ${reason ?? 'no reason is known'}.`;
  if (beingSent) return `${what} is being sent at this moment.`;
  const due = nextInSeconds === 0 ? 'now' : `in ${lastedText(nextInSeconds ?? 0)}, at ${stampOf(next)}`;
  const failed =
    reason === null ? '' : `; ${tries === 0 ? 'it waits' : `${triesText(tries)} failed`}: ${reason}`;
  return `${what} goes out ${due}${failed}.`;
}

/** Of a mail address: what it is told of, and what it waits for. */
export function mailSentences(known: Known, mail: string): string[] {
  const { people } = known;
  const clients = [...new Set(people.addressesOf(mail))];
  if (people.isStopped(mail)) return [`${mail} has said that no notices are wanted: nothing is sent there.`];
  if (clients.length === 0)
    return [
      `Nothing is known of ${mail}: no entry of clients: names it, and nobody has entered it on the page.`,
    ];
  const few = clients.slice(0, MAX_SAID);
  const waits = few.flatMap((client) => clientSentences(known, client));
  const others = clients.length - few.length;
  return others > 0 ? [...waits, `It has ${others} more addresses.`] : waits;
}
