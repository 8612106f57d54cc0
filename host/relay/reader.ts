/**
 * One look into the mailbox: list mails become notices (paragraphs 115 to 125 and 135 to 137 of the seed). A message is
 * deleted only when its notices are on disk, so that a crash at any moment neither loses nor repeats anything.
 */
import type { RelayConfiguration } from '../config/relay/types.ts';
import type { FieldsOf } from '../log/events.ts';
import type { Log } from '../log/log.ts';
import { type ListMail, MAX_MESSAGE_BYTES, readListMail } from '../mail/list-reader.ts';
import type { Outbox } from '../mail/outbox.ts';
import { PopError } from '../pop/error.ts';
import type { OpenMailbox, PopSession } from '../pop/session.ts';
import {
  addList,
  hasList,
  type KnownMessage,
  type ListFate,
  loadMessages,
  removeMessage,
  saveMessage,
  toldByOthers,
} from '../store/lists.ts';
import { loadSetting, saveSetting } from '../store/settings.ts';
import type { Store } from '../store/store.ts';
import type { Time } from '../time.ts';
import { type NamedEntry, named } from './naming.ts';
import { noticesOf, peopleOn } from './notices.ts';
import type { HostNameOf } from './resolver.ts';
import { type Terms, termsOf } from './terms.ts';

/** Messages that are looked at; of more than that the newest. */
const MAX_ENTRIES = 10_000;
/** Refusals that one look reports one by one: whoever fills the mailbox with forgeries shall not fill the log. */
const MAX_REPORTED = 100;
/** What one look waits for the names of all its servers: they come back together, and the DNS may be down with them. */
const NAMES_MS = 15_000;

export interface MailboxReaderOptions {
  readonly store: Store;
  readonly outbox: Outbox;
  readonly configuration: RelayConfiguration;
  readonly log: Log;
  readonly time: Time;
  readonly mailbox: OpenMailbox;
  readonly hostNameOf: HostNameOf;
  /** A list, or one of its parts, has come. */
  readonly onList?: (server: string, parts: number) => void;
  readonly namesMs?: number;
}

/** One look keeps to its terms, whatever is configured meanwhile. */
interface Look extends Terms {
  readonly mailbox: PopSession;
  readonly signal: AbortSignal;
  readonly names: Map<string, string | null>;
  namesMs: number;
  /** Messages that the server deletes at its end. */
  readonly removed: string[];
}

export class MailboxReader {
  readonly #store: Store;
  readonly #outbox: Outbox;
  readonly #log: Log;
  readonly #time: Time;
  readonly #open: OpenMailbox;
  readonly #hostNameOf: HostNameOf;
  readonly #namesMs: number;
  readonly #onList: (server: string, parts: number) => void;
  #terms: Terms;
  /** Messages that the server would not hand over: the others come first. */
  readonly #withheld = new Set<string>();
  /** Of this look. */
  #refusals = 0;
  #saysFull = false;
  #saysNoRoom = false;

  constructor(options: MailboxReaderOptions) {
    const { store, outbox, configuration, log, time, namesMs = NAMES_MS } = options;
    this.#store = store;
    this.#outbox = outbox;
    this.#log = log;
    this.#time = time;
    this.#open = options.mailbox;
    this.#hostNameOf = options.hostNameOf;
    this.#namesMs = namesMs;
    this.#onList = options.onList ?? (() => {});
    this.#terms = termsOf(configuration);
  }

  reconfigure(configuration: RelayConfiguration): void {
    this.#terms = termsOf(configuration);
  }

  /** Rejects with PopError, or RingbackError('configuration'). */
  async look(signal: AbortSignal): Promise<void> {
    const terms = this.#terms;
    const { host, port, tls, user, password } = terms.configuration.relay.pop;
    const place = `${host}:${port}`;
    const mustTls = this.#store.read((sql) => loadSetting(sql, 'mailbox with TLS')) === place;
    const { login } = terms;
    const wasTaken = this.#store.read((sql) => loadSetting(sql, 'mailbox login')) === login;
    const options = { host, port, tls, mustTls, user, password, time: this.#time };
    const mailbox = await this.#open(options, signal).catch((error: unknown) => {
      throw wasTaken && error instanceof PopError && error.kind === 'login'
        ? new PopError('login-again', error.message, { cause: error })
        : error;
    });
    try {
      if (!wasTaken) this.#store.write((sql) => saveSetting(sql, 'mailbox login', login));
      if (mailbox.offeredTls && !mustTls) {
        this.#store.write((sql) => saveSetting(sql, 'mailbox with TLS', place));
      }
      const { total, entries: listed } = await mailbox.list(MAX_ENTRIES);
      this.#tellFull(total);
      const entries = await named(mailbox, listed);
      const known = this.#stillThere(`${user} at ${place}`, entries);
      const look: Look = { ...terms, mailbox, signal, names: new Map(), namesMs: this.#namesMs, removed: [] };
      this.#refusals = 0;
      const isWithheld = ({ uidl }: NamedEntry): number => Number(this.#withheld.has(uidl));
      for (const entry of entries.toSorted((a, b) => isWithheld(a) - isWithheld(b))) {
        // It may end the session, and with that what is to be removed would stay.
        if (look.removed.length > 0 && this.#withheld.has(entry.uidl)) break;
        await this.#handle(look, entry, known.get(entry.uidl));
      }
      await mailbox.quit();
      this.#markRemoved(look.removed);
    } finally {
      mailbox.abandon();
      const more = this.#refusals - MAX_REPORTED;
      if (more > 0) this.#log.warn('list.refused', { messages: more, reason: 'as others before' });
    }
  }

  #tellFull(total: number): void {
    const isFull = total > MAX_ENTRIES;
    if (isFull && !this.#saysFull) this.#log.warn('mailbox.full', { messages: total, read: MAX_ENTRIES });
    this.#saysFull = isFull;
  }

  /**
   * What is known of messages; what of them is not in the mailbox any more is forgotten, and all of it when this is
   * another mailbox, which may have the same names for other messages.
   */
  #stillThere(mailbox: string, entries: readonly NamedEntry[]): ReadonlyMap<string, KnownMessage> {
    const isSame = this.#store.read((sql) => loadSetting(sql, 'mailbox')) === mailbox;
    const there = new Set(isSame ? entries.map(({ uidl }) => uidl) : []);
    const known = this.#store.read(loadMessages);
    const gone = [...known.keys()].filter((uidl) => !there.has(uidl));
    for (const uidl of this.#withheld) if (!there.has(uidl)) this.#withheld.delete(uidl);
    for (const uidl of gone) known.delete(uidl);
    if (!isSame || gone.length > 0) {
      this.#store.write((sql) => {
        for (const uidl of gone) removeMessage(sql, uidl);
        saveSetting(sql, 'mailbox', mailbox);
      });
    }
    return known;
  }

  async #handle(look: Look, entry: NamedEntry, known: KnownMessage | undefined): Promise<void> {
    const { number, uidl } = entry;
    try {
      if (known?.fate === 'left' || (known?.fate === 'refused' && known.rules === look.rules)) return;
      const fate = known?.fate === 'taken' ? 'taken' : await this.#read(look, entry, known);
      // What is in memory only is lost with the program, and then the message is needed again.
      if (fate === 'taken' && this.#isSafe) {
        await look.mailbox.remove(number);
        look.removed.push(uidl);
      }
      this.#withheld.delete(uidl);
    } catch (error) {
      const isFirst = !this.#withheld.has(uidl);
      this.#withheld.add(uidl);
      // Somebody else has removed it meanwhile; the others are still there.
      if (!(error instanceof PopError) || error.kind !== 'refused') throw error;
      if (isFirst) this.#report('mailbox.refused', { uidl, reason: error.message });
    }
  }

  /** The server may give their names to others now (RFC 1939 section 7). */
  #markRemoved(uidls: readonly string[]): void {
    if (uidls.length === 0) return;
    this.#store.write((sql) => {
      for (const uidl of uidls) saveMessage(sql, uidl, { fate: 'removed', rules: null });
    });
  }

  get #isSafe(): boolean {
    return this.#store.health.reason === null;
  }

  /** What became of the message; null: nothing yet. */
  async #read(
    look: Look,
    { number, uidl, bytes }: NamedEntry,
    known: KnownMessage | undefined,
  ): Promise<ListFate | null> {
    const { mailbox, rules } = look;
    const { listKey, relay } = look.configuration;
    const message = bytes > MAX_MESSAGE_BYTES ? null : await mailbox.retrieve(number, MAX_MESSAGE_BYTES);
    if (message === null) return this.#settle(uidl, 'left');
    const reading = await readListMail(message, listKey);
    if (reading.kind === 'stranger') return this.#settle(uidl, 'left');
    if (reading.kind === 'refused') return this.#refuse(uidl, reading.reason, rules);
    const { list } = reading;
    if (this.#store.read((sql) => hasList(sql, list.id, list.part))) {
      // A server that did not delete it is no news.
      if (known?.fate !== 'removed') {
        this.#report('list.refused', { uidl, server: list.server, reason: 'it came before: a repeat' });
      }
      return this.#settle(uidl, 'taken');
    }
    const nowMs = this.#wallMs;
    if (list.sent !== null && nowMs !== null && nowMs - list.sent.getTime() > relay.oldestMs) {
      return this.#refuse(uidl, `it is too old: sent ${list.sent.toISOString()}`, rules);
    }
    return this.#take(look, uidl, list);
  }

  /** null: the clock of this machine is wrong. */
  get #wallMs(): number | null {
    const { clock } = this.#store;
    return clock.dateOf(clock.nowMs())?.getTime() ?? null;
  }

  #settle(uidl: string, fate: ListFate, rules: string | null = null): ListFate {
    this.#store.write((sql) => saveMessage(sql, uidl, { fate, rules }));
    return fate;
  }

  #refuse(uidl: string, reason: string, rules: string): ListFate {
    this.#report('list.refused', { uidl, reason });
    return this.#settle(uidl, 'refused', rules);
  }

  #report<E extends 'list.refused' | 'mailbox.refused'>(event: E, fields: FieldsOf<E>): void {
    this.#refusals++;
    if (this.#refusals <= MAX_REPORTED) this.#log.warn(event, fields);
  }

  /** Its notices, and that it was here, in one transaction. */
  async #take(look: Look, uidl: string, list: ListMail): Promise<ListFate | null> {
    const { id, part, parts, server, clients } = list;
    const told = this.#store.read((sql) => toldByOthers(sql, list.id));
    const known = peopleOn(list, look.people, told);
    const people = known.size;
    const serverName = people > 0 ? await this.#nameOf(look, list) : null;
    const { room } = this.#outbox;
    if (people > room) {
      const reason = 'there is no room for its notices';
      if (!this.#saysNoRoom)
        this.#log.warn('list.postponed', { uidl, server, people, told: people, room, reason });
      this.#saysNoRoom = true;
      return null;
    }
    this.#saysNoRoom = false;
    const notices = noticesOf(look.configuration, list, known.values(), {
      serverName,
      nowMs: this.#wallMs ?? 0,
    });
    const queued = this.#store.write((sql) => {
      const receivedMs = this.#store.clock.nowMs();
      const received = { list: id, part, parts, server, clients: clients.length, people, receivedMs };
      addList(sql, received, [...known.keys()]);
      saveMessage(sql, uidl, { fate: 'taken', rules: null });
      return this.#outbox.enter(
        sql,
        notices.map((notice) => ({ ...notice, holdMs: 0 })),
      );
    });
    // `told` is what older versions called them: nobody has heard yet (`ringback history` says who has).
    const counts = { clients: clients.length, people, queued: people, told: people };
    this.#log.info('list.received', { server, ...counts, part: `${part}/${parts}` });
    this.#outbox.announce(queued);
    this.#onList(server, parts);
    return 'taken';
  }

  async #nameOf(look: Look, { server, name, places }: ListMail): Promise<string | null> {
    // Behind a firewall it has a name that those outside do not know.
    if (name !== null && places.length > 0) return name;
    const { resolve, resolver } = look.configuration.relay;
    if (resolve && !look.names.has(server) && look.namesMs > 0) {
      const { clock } = this.#store;
      const askedMs = clock.nowMs();
      const asking = { time: this.#time, maxMs: look.namesMs, signal: look.signal };
      look.names.set(server, await this.#hostNameOf(server, resolver, asking));
      look.namesMs -= clock.nowMs() - askedMs;
      // The next look finds it again.
      look.signal.throwIfAborted();
    }
    return look.names.get(server) ?? name;
  }
}
