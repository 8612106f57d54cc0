/**
 * One look into the mailbox: list mails become notices (paragraphs 115 to 125 and 135 to 137 of the seed). A message is
 * deleted only when its notices are on disk, so that a crash at any moment neither loses nor repeats anything.
 */
import { createHmac } from 'node:crypto';
import type { RelayConfiguration } from '../config/relay/types.ts';
import type { ClientConfiguration } from '../config/types.ts';
import type { Fields, Log } from '../log.ts';
import { createNotice } from '../notify/mail.ts';
import type { Outbox } from '../notify/outbox.ts';
import {
  addList,
  type Fate,
  hasList,
  type KnownMessage,
  loadMessages,
  removeMessage,
  saveMessage,
} from '../store/lists.ts';
import type { Notice } from '../store/outbox.ts';
import { loadSetting, saveSetting } from '../store/settings.ts';
import type { Store } from '../store/store.ts';
import { type ListMail, MOST_MESSAGE_BYTES, readListMail } from './list.ts';
import { Mailbox, type MailboxEntry } from './pop.ts';
import { PopError } from './pop-error.ts';
import { hostNameOf } from './resolver.ts';

/** Messages that are looked at; of more than that the newest. */
const MOST_ENTRIES = 10_000;
/** Refusals that one look reports one by one: whoever fills the mailbox with forgeries shall not fill the log. */
const MOST_REPORTED = 100;

export interface MailboxReaderOptions {
  readonly store: Store;
  readonly outbox: Outbox;
  readonly configuration: RelayConfiguration;
  readonly log: Log;
}

export class MailboxReader {
  readonly #store: Store;
  readonly #outbox: Outbox;
  readonly #log: Log;
  #configuration: RelayConfiguration;
  #people: ReadonlyMap<string, ClientConfiguration>;
  /** What a refusal hangs on. */
  #rules: string;
  /** Of this look. */
  #refusals = 0;
  #saysFull = false;
  #saysNoRoom = false;

  constructor({ store, outbox, configuration, log }: MailboxReaderOptions) {
    this.#store = store;
    this.#outbox = outbox;
    this.#log = log;
    this.#configuration = configuration;
    this.#people = peopleOf(configuration);
    this.#rules = rulesOf(configuration);
  }

  reconfigure(configuration: RelayConfiguration): void {
    this.#configuration = configuration;
    this.#people = peopleOf(configuration);
    this.#rules = rulesOf(configuration);
  }

  /** Rejects with PopError, or RingbackError('configuration'). */
  async look(signal: AbortSignal): Promise<void> {
    const { host, port, tls, user, password } = this.#configuration.relay.pop;
    const place = `${host}:${port}`;
    const mustTls = this.#store.read((sql) => loadSetting(sql, 'mailbox with TLS')) === place;
    const mailbox = await Mailbox.open({ host, port, tls, mustTls, user, password }, signal);
    try {
      if (mailbox.offeredTls && !mustTls) {
        this.#store.write((sql) => saveSetting(sql, 'mailbox with TLS', place));
      }
      const { total, entries } = await mailbox.list(MOST_ENTRIES);
      this.#tellFull(total);
      const known = this.#stillThere(entries);
      const names = new Map<string, string | null>();
      this.#refusals = 0;
      for (const entry of entries) {
        await this.#handle(mailbox, entry, known.get(entry.uidl), names);
      }
      await mailbox.quit();
    } finally {
      mailbox.abandon();
      const more = this.#refusals - MOST_REPORTED;
      if (more > 0) this.#log.warn('list.refused', { messages: more, reason: 'as others before' });
    }
  }

  #tellFull(total: number): void {
    const isFull = total > MOST_ENTRIES;
    if (isFull && !this.#saysFull) this.#log.warn('mailbox.full', { messages: total, read: MOST_ENTRIES });
    this.#saysFull = isFull;
  }

  /** What is known of messages; what of them is not in the mailbox any more is forgotten. */
  #stillThere(entries: readonly MailboxEntry[]): ReadonlyMap<string, KnownMessage> {
    const known = this.#store.read(loadMessages);
    const there = new Set(entries.map(({ uidl }) => uidl));
    const gone = [...known.keys()].filter((uidl) => !there.has(uidl));
    if (gone.length > 0) {
      this.#store.write((sql) => {
        for (const uidl of gone) removeMessage(sql, uidl);
      });
    }
    return known;
  }

  async #handle(
    mailbox: Mailbox,
    entry: MailboxEntry,
    known: KnownMessage | undefined,
    names: Map<string, string | null>,
  ): Promise<void> {
    try {
      const isSettled =
        known !== undefined && known.fate !== 'taken' && [null, this.#rules].includes(known.rules);
      if (isSettled) return;
      const fate = known?.fate === 'taken' ? 'taken' : await this.#read(mailbox, entry, names);
      // What is in memory only is lost with the program, and then the message is needed again.
      if (fate === 'taken' && this.#isSafe) await mailbox.remove(entry.number);
    } catch (error) {
      // Somebody else has removed it meanwhile; the others are still there.
      if (!(error instanceof PopError) || error.kind !== 'refused') throw error;
      this.#log.warn('mailbox.refused', { uidl: entry.uidl, reason: error.message });
    }
  }

  get #isSafe(): boolean {
    return this.#store.health.reason === null;
  }

  /** What became of the message; null: nothing yet. */
  async #read(
    mailbox: Mailbox,
    { number, uidl, bytes }: MailboxEntry,
    names: Map<string, string | null>,
  ): Promise<Fate | null> {
    const { listKey, relay } = this.#configuration;
    const message = bytes > MOST_MESSAGE_BYTES ? null : await mailbox.retrieve(number, MOST_MESSAGE_BYTES);
    if (message === null) return this.#settle(uidl, 'left');
    const reading = await readListMail(message, listKey);
    if (reading.kind === 'stranger') return this.#settle(uidl, 'left');
    if (reading.kind === 'refused') return this.#refuse(uidl, reading.reason);
    const { list } = reading;
    if (this.#store.read((sql) => hasList(sql, list.id, list.part))) {
      this.#report({ uidl, server: list.server, reason: 'it came before: a repeat' });
      return this.#settle(uidl, 'taken');
    }
    const nowMs = this.#wallMs;
    if (list.sent !== null && nowMs !== null && nowMs - list.sent.getTime() > relay.oldestMs) {
      return this.#refuse(uidl, `it is too old: sent ${list.sent.toISOString()}`);
    }
    return this.#take(uidl, list, names);
  }

  /** null: the clock of this machine is wrong. */
  get #wallMs(): number | null {
    const { clock } = this.#store;
    return clock.dateOf(clock.nowMs())?.getTime() ?? null;
  }

  #settle(uidl: string, fate: Fate): Fate {
    const rules = fate === 'refused' ? this.#rules : null;
    this.#store.write((sql) => saveMessage(sql, uidl, { fate, rules }));
    return fate;
  }

  #refuse(uidl: string, reason: string): Fate {
    this.#report({ uidl, reason });
    return this.#settle(uidl, 'refused');
  }

  #report(fields: Fields): void {
    this.#refusals++;
    if (this.#refusals <= MOST_REPORTED) this.#log.warn('list.refused', fields);
  }

  /** Its notices, and that it was here, in one transaction. */
  async #take(uidl: string, list: ListMail, names: Map<string, string | null>): Promise<Fate | null> {
    const { id, part, parts, server, clients } = list;
    const known = clients.filter(({ address }) => this.#people.has(address));
    const { room } = this.#outbox;
    if (known.length > room) {
      if (!this.#saysNoRoom) this.#log.warn('list.postponed', { uidl, server, told: known.length, room });
      this.#saysNoRoom = true;
      return null;
    }
    this.#saysNoRoom = false;
    if (known.length > 0 && !names.has(server)) names.set(server, await this.#nameOf(list));
    const notices = this.#noticesOf(list, names.get(server) ?? list.name);
    const told = notices.length;
    const queued = this.#store.write((sql) => {
      const receivedMs = this.#store.clock.nowMs();
      addList(sql, { list: id, part, parts, server, clients: clients.length, told, receivedMs });
      saveMessage(sql, uidl, { fate: 'taken', rules: null });
      return this.#outbox.enter(
        sql,
        notices.map((notice) => ({ ...notice, holdMs: 0 })),
      );
    });
    this.#log.info('list.received', { server, clients: clients.length, told, part: `${part}/${parts}` });
    this.#outbox.announce(queued);
    return 'taken';
  }

  async #nameOf({ server, name }: ListMail): Promise<string | null> {
    const { resolve, resolver } = this.#configuration.relay;
    return (resolve ? await hostNameOf(server, resolver) : null) ?? name;
  }

  /** Its times are those of the router's wall clock, and if that was wrong, those of the moment at which the list came. */
  #noticesOf(list: ListMail, serverName: string | null): Notice[] {
    const { id, server, recovered, awaySeconds, clients } = list;
    const { notify, smtp } = this.#configuration;
    const recoveredMs = recovered?.getTime() ?? this.#wallMs ?? 0;
    const notices = new Map<string, Notice>();
    for (const { address, first, last, tries } of clients) {
      const person = this.#people.get(address);
      // Paragraph 123: nobody knows the address.
      if (person === undefined) continue;
      const item = {
        server,
        serverName,
        client: address,
        fromMs: recoveredMs - awaySeconds * 1000,
        recoveredMs,
        firstMs: first?.getTime() ?? 0,
        lastMs: last?.getTime() ?? 0,
        tries,
      };
      const language = person.language ?? notify.language;
      const notice = createNotice({ mail: person.mail, language, item, outage: id, from: smtp.from });
      notices.set(address, notice);
    }
    return [...notices.values()];
  }
}

function peopleOf({ clients }: RelayConfiguration): ReadonlyMap<string, ClientConfiguration> {
  return new Map(clients.map((client) => [client.address, client]));
}

/** Tells configurations apart that may refuse different messages, without telling the key. */
function rulesOf({ listKey, relay }: RelayConfiguration): string {
  return createHmac('sha256', listKey).update(`rules ${relay.oldestMs}`).digest('hex').slice(0, 16);
}
