/** What is said of a server, of a client and of a mail address, in sentences: what is known, what is decided, and what comes next. */
import { viaOf } from '../config/router/via.ts';
import type { RouterConfiguration } from '../config/types.ts';
import type { NoticeRecord, PastOutageRecord } from '../control/records.ts';
import { dateText, lastedText, placeText, triesText, untoldText } from '../control/records-text.ts';
import { prefixContains, prefixText } from '../net/address.ts';
import { durationText } from '../net/duration.ts';
import { portFields } from '../net/target.ts';
import type { PastEvent } from './lately.ts';
import type { Outage, Waiting } from './outages.ts';
import type { People, Person } from './people.ts';
import type { Recoveries } from './recoveries.ts';
import type { Services } from './services.ts';
import type { Steered } from './steered.ts';

/** What is looked at; nothing is changed. */
export interface Known {
  readonly configuration: RouterConfiguration;
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

/** Ports, clients and addresses that a sentence names. */
const MAX_SAID = 16;

const named = (words: readonly (string | number)[]): string => {
  const more = words.length - MAX_SAID;
  return words.slice(0, MAX_SAID).join(', ') + (more > 0 ? ` and ${more} more` : '');
};

const when = ({ dateOf }: Known, ms: number): string => dateText(dateOf(ms)?.toISOString() ?? null);
const since = ({ nowMs }: Known, ms: number): string =>
  lastedText(Math.max(0, Math.round((nowMs - ms) / 1000)));

function nameText({ configuration }: Known, server: string): string {
  const name = configuration.servers.find(({ address }) => address === server)?.name;
  return name == null ? server : `${name} (${server})`;
}

function outageName(known: Known, { server, port }: Outage): string {
  const fields = portFields(port);
  return placeText({ ...fields, server: nameText(known, server) });
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
    sentences.push(`Services that have answered somebody: ${named(ports)}.`);
    const shut = answering.filter((row) => services.isShut(row)).map(({ port }) => portFields(port).port);
    if (shut.length > 0)
      sentences.push(
        `Port ${named(shut)} answers clients and not this router: what it meets when it asks there says nothing.`,
      );
  }
  if (steered.isForbidden(server))
    sentences.push(
      'This router never connects to it (ask: none): what clients meet is believed, and no page stands in its place.',
    );
  const via = viaOf(
    configuration,
    configuration.servers.find(({ address }) => address === server),
  );
  if (via !== 'direct')
    sentences.push(
      `Its people are told by ${via === 'server' ? 'the server itself, from a list' : 'the station, from a list'}.`,
    );
  if (own.length === 0) sentences.push('Nothing of it is down, and nobody has failed there of late.');
  return [...sentences, ...own.flatMap((outage) => outageSentences(known, outage))];
}

function standing(known: Known, server: string): string {
  const name = nameText(known, server);
  if (isWatched(known, server)) return `${name} is a server: what clients meet there counts.`;
  const watched = named(known.configuration.detect.watch.map(prefixText));
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
    sentences.push(
      'Nobody is told, and no page stands there, unless the router itself finds it silent, refused or unreachable.',
    );
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
      `In its place the page answers at port ${named(ports)}; each is tried about every 8 s, and given back at the first answer.`,
    );
  sentences.push(
    'It is looked into at once when a trap, an announcement, ARP, neighbour discovery or an answer to a client speaks for it.',
  );
  return sentences;
}

/** Of a past outage, whether people were told, and why others were not. */
export function pastSentence(past: PastOutageRecord): string {
  const { from, to, seconds, cause, told, people } = past;
  const others = untoldText(past);
  const span = `from ${dateText(from)} to ${dateText(to)} (${lastedText(seconds)})`;
  return `${placeText(past)} was down (${cause}) ${span}: ${told} of ${people} people told${others === '' ? '' : `; not: ${others}`}.`;
}

/** Of a client: whose it is, what it waits for, and whether anybody will be told of it. */
export function clientSentences(known: Known, client: string): string[] {
  const { outages } = known;
  const waits = outages.flatMap((outage) => {
    const waiting = outage.clients.get(client);
    return waiting === undefined ? [] : waitSentences(known, outage, waiting);
  });
  return [
    ...whoseSentences(known, client),
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
    const ports = named(configuration.page.ports);
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
  return [`It failed at ${place} before ${dateText(ended.at.toISOString())}. ${outcome}`];
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
  const what = `Notice ${id} to ${mail} about ${named(servers)}`;
  if (state === 'sent') return `${what} was sent at ${dateText(finished)}.`;
  if (state !== 'queued')
    return `${what} was given up at ${dateText(finished)}: ${reason ?? 'no reason is known'}.`;
  if (beingSent) return `${what} is being sent at this moment.`;
  const due = nextInSeconds === 0 ? 'now' : `in ${lastedText(nextInSeconds ?? 0)}, at ${dateText(next)}`;
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
