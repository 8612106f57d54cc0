/**
 * A relay that is killed over and over, and the dovecot that it reads from; list mails come through real postfix, and
 * the notices go to an SMTP server that fails at random.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Lab } from '../../../../board/lab/lab.ts';
import { integrityOf } from '../../crash/database.ts';
import { Journal, mentions } from '../../crash/journal.ts';
import { PostOffice } from '../../crash/post-office.ts';
import { Program } from '../../crash/program.ts';
import { Random } from '../../crash/random.ts';
import { pairOf } from '../../crash/traffic.ts';
import { LIST_KEY } from '../list-mail.ts';
import { MailHost, POP_PASSWORD } from '../mail-host.ts';
import { Lists } from './lists.ts';

const RINGBACK = fileURLToPath(new URL('../../../../dist/ringback.mjs', import.meta.url));
const FIRST_PORT = 2600;
/** Only a world that is broken waits so long. */
const PATIENCE_MS = 90_000;
/** Of what went wrong, told in full. */
const MAX_STORIES = 3;

type Victim = 'relay' | 'dovecot' | 'both';
const VICTIMS: readonly (readonly [Victim, number])[] = [
  ['relay', 0.8],
  ['dovecot', 0.1],
  ['both', 0.1],
];
type Moment = 'start-up' | 'list' | 'received' | 'commit' | 'mail' | 'any';
const MOMENTS: readonly (readonly [Moment, number])[] = [
  ['start-up', 0.15],
  ['list', 0.15],
  ['received', 0.2],
  ['commit', 0.2],
  ['mail', 0.15],
  ['any', 0.15],
];

export class RelayWorld {
  readonly lists: Lists;
  /** What went wrong, in sentences. */
  readonly problems: string[] = [];
  readonly counts = { relayKills: 0, dovecotKills: 0 };
  readonly #seed: number;
  readonly #lab: Lab;
  readonly #host: MailHost;
  readonly #office: PostOffice;
  readonly #journal: Journal;
  readonly #random: Random;
  readonly #cable: string;
  /** On a real disk, where a commit takes its time and a kill can come into it. */
  readonly #state = mkdtempSync(join(tmpdir(), 'ringback-relay-'));
  readonly #configuration: string;
  readonly #relay: Program;
  readonly #stop = new AbortController();
  readonly #players: Promise<unknown>;
  #ready = false;
  #ending = false;
  #fatal: string | null = null;
  #received: (() => void)[] = [];

  private constructor(seed: number, lab: Lab, host: MailHost, office: PostOffice, journal: Journal) {
    this.#seed = seed;
    this.#lab = lab;
    this.#host = host;
    this.#office = office;
    this.#journal = journal;
    this.#cable = cableName(seed);
    this.#random = new Random(seed, 'kills');
    this.#configuration = `${lab.directory}/relay.yaml`;
    this.lists = new Lists(new Random(seed, 'lists'), (raw) => host.send(raw, 'station'), journal);
    this.#writeConfiguration(`${lab.directory}/relay.sock`);
    this.#relay = new Program({
      name: 'relay',
      command: process.execPath,
      argv: [RINGBACK, 'relay', '-c', this.#configuration],
      journal,
      onLine: (line) => this.#onLine(line),
      onEnd: (life, code) => {
        this.#ready = false;
        if (life.killedMs === null && !this.#ending) {
          this.#fatal = `relay ${life.number} ended by itself with status ${code}: ${life.said}`;
        }
      },
    });
    this.#relay.start();
    this.#players = Promise.all([this.lists.play(this.#stop.signal), office.play(this.#stop.signal)]);
  }

  /** In a lab network of its own. */
  static async open(seed: number): Promise<RelayWorld> {
    const journal = new Journal();
    const lab = await Lab.create();
    const host = await MailHost.start(lab);
    await layCable(lab, seed);
    const office = await PostOffice.open(new Random(seed, 'mail'), journal, FIRST_PORT + seed);
    return new RelayWorld(seed, lab, host, office, journal);
  }

  /** Kills the relay, dovecot or both at a moment of the seed's choice, and starts them again. */
  async round(number: number): Promise<void> {
    this.#journal.round = number;
    const random = this.#random;
    const victim = random.pick(VICTIMS);
    const moment = random.pick(MOMENTS);
    const pauseMs = random.between(0, 300);
    await this.#come(moment, random);
    this.#journal.note(`kill of ${victim}, moment: ${moment}`);
    if (victim !== 'relay') {
      await this.#host.dovecot.kill();
      this.counts.dovecotKills += 1;
    }
    if (victim !== 'dovecot') {
      await this.#relay.kill();
      this.counts.relayKills += 1;
    }
    await sleep(pauseMs);
    if (victim !== 'dovecot') this.#relay.start();
    if (victim !== 'relay') await this.#host.dovecot.start();
  }

  /** No more kills: every list is read, everybody is told, the relay ends. */
  async finish(): Promise<void> {
    this.#journal.note('the end begins');
    this.#stop.abort();
    await this.#players;
    this.#office.heal();
    await this.#until('only forged lists are left in the mailbox', async () => {
      return (await this.#host.count('station')) === this.lists.forgedMails;
    });
    await this.#until('nothing is left to be told', async () => (await this.#pending()) === 0);
    this.#ending = true;
    const code = await this.#relay.stop();
    if (code !== 0) this.problems.push(`the relay ended with status ${code} after SIGTERM`);
    const integrity = integrityOf(this.#state);
    if (integrity !== 'ok') this.problems.push(`the database at the end: ${integrity}`);
  }

  /** Everybody on a good list has one notice, by Message-ID, and nobody else has one. Returns how many mails it took. */
  judge(): { told: number; mails: number } {
    const mailOf = new Map(this.lists.people.map(({ address, mail }) => [address, mail]));
    const told = new Map<string, Set<string>>();
    for (const { messageId, to, servers, clients } of this.#office.taken) {
      for (const client of clients) {
        if (to.length !== 1 || to[0] !== mailOf.get(client)) {
          this.problems.push(`${messageId} for ${client} went to ${to.join(', ')}`);
        }
      }
      for (const server of servers) {
        const pair = pairOf(server, to.join(', '));
        told.set(pair, (told.get(pair) ?? new Set()).add(messageId));
      }
    }
    const broken: string[] = [];
    for (const pair of this.lists.named) if (!told.has(pair)) broken.push(`${pair} was never told`);
    for (const [pair, messageIds] of told) {
      if (messageIds.size > 1) broken.push(`${pair} was told as ${[...messageIds].join(' and ')}`);
      if (!this.lists.named.has(pair)) broken.push(`${pair} was told without being on a good list`);
    }
    for (const [i, what] of broken.entries()) {
      this.problems.push(i < MAX_STORIES ? `${what}:\n${this.#storyOf(what)}` : what);
    }
    return { told: told.size, mails: this.#office.taken.length };
  }

  /** Whatever has happened. */
  async close(): Promise<void> {
    this.#ending = true;
    this.#stop.abort();
    await Promise.all([this.#relay.remove(), this.#players]);
    await this.#office.close();
    await promisify(execFile)('ip', ['link', 'delete', this.#cable]);
    await this.#lab.remove();
    rmSync(this.#state, { recursive: true });
  }

  #writeConfiguration(control: string): void {
    const configuration = {
      state: this.#state,
      relay: {
        pop: { host: mailHostAddress(this.#seed), user: 'station', password: POP_PASSWORD, every: '1s' },
        resolve: false,
      },
      notify: { most: false },
      smtp: { host: '127.0.0.1', port: this.#office.port, tls: 'none', from: 'ringback@station.example.jp' },
      clients: this.lists.people,
      list_key: LIST_KEY,
      control,
    };
    writeFileSync(this.#configuration, JSON.stringify(configuration));
  }

  async #pending(): Promise<number> {
    const argv = [RINGBACK, 'status', '-c', this.#configuration, '--json'];
    const { stdout } = await promisify(execFile)(process.execPath, argv);
    const { notices } = JSON.parse(stdout) as { notices: { pending: number; failed: number } };
    if (notices.failed > 0) this.problems.push(`${notices.failed} notices failed for good`);
    return notices.pending;
  }

  /** Waits for the moment to kill. */
  async #come(moment: Moment, random: Random): Promise<void> {
    if (moment === 'start-up') {
      await sleep(random.between(0, 900));
      return;
    }
    const shortlyMs = random.between(0, 60);
    const laterMs = random.between(0, 2000);
    await this.#until('the relay is ready', () => this.#ready);
    const happening = {
      list: () => this.lists.next(),
      received: () => new Promise<void>((resolve) => this.#received.push(resolve)),
      commit: () => this.#write(),
      mail: () => this.#office.next(),
      any: () => new Promise<void>(() => undefined),
    }[moment]();
    await Promise.race([happening, sleep(laterMs)]);
    if (moment !== 'commit') await sleep(shortlyMs);
  }

  /** The relay begins to write to its database. */
  async #write(): Promise<void> {
    const watcher = watch(this.#state);
    await Promise.race([once(watcher, 'change'), sleep(2000)]);
    watcher.close();
  }

  #onLine(line: string): void {
    const { level, event } = JSON.parse(line) as Record<string, unknown>;
    if (event === 'ready') this.#ready = true;
    if (event === 'list.received') {
      const waiting = this.#received;
      this.#received = [];
      for (const resolve of waiting) resolve();
    }
    // That its mailbox is gone is the only thing that may be worse than a warning here.
    if (level === 'error' && event !== 'mailbox.failed') this.problems.push(`relay: ${line}`);
  }

  /** What was said about the server and the client of a pair. */
  #storyOf(text: string): string {
    const [server = '', client = ''] = text.split(' ');
    const lists = /(mailbox|list)\./;
    return this.#journal.story(mentions(server), mentions(server, client), lists, /: (started|SIGKILL)$/);
  }

  async #until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    for (const startMs = Date.now(); !(await holds()); await sleep(50)) {
      if (this.#fatal === null && Date.now() - startMs < PATIENCE_MS) continue;
      const where = `seed ${this.#seed}, round ${this.#journal.round}`;
      const reason = this.#fatal ?? `waited in vain: ${what}`;
      throw new Error([`${where}: ${reason}`, ...this.problems, this.#journal.end()].join('\n'));
    }
  }
}

const cableName = (seed: number): string => `relay${seed}`;
const mailHostAddress = (seed: number): string => `10.25.${seed}.2`;

/** From where the tests run, and the SMTP server is, to the mail host. */
async function layCable(lab: Lab, seed: number): Promise<void> {
  const ip = (...argv: readonly string[]): Promise<unknown> => promisify(execFile)('ip', argv);
  const [here, there] = [cableName(seed), `${lab.prefix}mail`];
  await ip('link', 'add', here, 'type', 'veth', 'peer', 'name', 'relay', 'netns', there);
  await ip('address', 'add', `10.25.${seed}.1/24`, 'dev', here);
  await ip('link', 'set', here, 'up');
  await ip('-n', there, 'address', 'add', `${mailHostAddress(seed)}/24`, 'dev', 'relay');
  await ip('-n', there, 'link', 'set', 'relay', 'up');
}
