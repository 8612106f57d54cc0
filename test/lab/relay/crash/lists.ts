/** List mails as they come to a relay: whole, in parts, twice, forged. Each is about a server of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Journal } from '../../crash/journal.ts';
import type { Random } from '../../crash/random.ts';
import { type Person, pairOf } from '../../crash/traffic.ts';
import { listMail } from '../list-mail.ts';

const CLIENTS = 60;
/** Some have two clients. */
const PEOPLE = 40;
const MAX_CLIENTS = 12;
/** Nobody has given the relay these people's mail addresses. */
const STRANGER = '172.27.181.1';
const FORGED_SHARE = 0.15;
const TWICE_SHARE = 0.2;
const PARTS_SHARE = 0.2;

export class Lists {
  /** By their clients. */
  readonly people: readonly Person[];
  /** Every pair of a server and a mail address that a good list has named. */
  readonly named = new Set<string>();
  /** The same of the forged ones. */
  readonly forged = new Set<string>();
  /** How many forged mails were sent: they stay in the mailbox. */
  forgedMails = 0;
  mails = 0;
  readonly #random: Random;
  readonly #send: (raw: string) => Promise<void>;
  readonly #journal: Journal;
  #servers = 0;
  #waiting: (() => void)[] = [];

  constructor(random: Random, send: (raw: string) => Promise<void>, journal: Journal) {
    this.#random = random;
    this.#send = send;
    this.#journal = journal;
    this.people = Array.from({ length: CLIENTS }, (_, i) => {
      return { address: `172.27.180.${i + 1}`, mail: `person${(i % PEOPLE) + 1}@example.jp` };
    });
  }

  /** One after the other until it is told to stop. */
  async play(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.#next();
      await sleep(this.#random.between(50, 500));
    }
  }

  /** Resolves when the next one has been taken by the mail host. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async #next(): Promise<void> {
    const random = this.#random;
    this.#servers += 1;
    const server = `10.178.${this.#servers >> 8}.${this.#servers & 255}`;
    const clients = random.shuffled(this.people).slice(0, random.between(1, MAX_CLIENTS));
    const forged = random.chance(FORGED_SHARE);
    const twice = random.chance(TWICE_SHARE);
    const half = random.chance(PARTS_SHARE) ? clients.length >> 1 : 0;
    const parts = half > 0 ? [clients.slice(0, half), clients.slice(half)] : [clients];
    const list = `list-${this.#servers}-${random.between(0, 2 ** 32 - 1)}`;
    for (const { mail } of clients) (forged ? this.forged : this.named).add(pairOf(server, mail));
    for (const [i, part] of parts.entries()) {
      const raw = listMail({
        server,
        clients: [...part.map(({ address }) => address), STRANGER],
        list,
        part: `${i + 1}/${parts.length}`,
        ...(forged ? { key: 'the key of somebody else, as long as it must be' } : {}),
      });
      for (let copy = 0; copy < (twice ? 2 : 1); copy += 1) {
        await this.#send(raw);
        this.mails += 1;
        if (forged) this.forgedMails += 1;
      }
    }
    const kind = [forged ? 'forged' : 'good', ...(twice ? ['twice'] : []), `${parts.length} parts`];
    const who = clients.map(({ address }) => address).join(' ');
    this.#journal.note(`sent: list about ${server} (${kind.join(', ')}): ${who}`);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
