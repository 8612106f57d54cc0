/**
 * A router of its own: its card on a cable, `ringback-fabricd` on a socket, `ringback run` beside it, the servers and
 * people that it watches, and an SMTP server. Both programs are killed and started again, round by round.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Status } from '../../../host/router/status.ts';
import { Cable } from './cable.ts';
import { integrityOf, integrityOfCopy } from './database.ts';
import { Journal } from './journal.ts';
import { PostOffice } from './post-office.ts';
import { type Life, Program } from './program.ts';
import { Random } from './random.ts';
import { NETWORK, Traffic } from './traffic.ts';

const DIST = fileURLToPath(new URL('../../../dist/', import.meta.url));
const RINGBACK = `${DIST}ringback.mjs`;
const FIRST_PORT = 2500;
/** Only a world that is broken waits so long. */
const PATIENCE_MS = 120_000;
/** As an init system would: a program that ended by itself is started again. */
const RESPAWN_MS = 200;
/** A copy of the database is looked at after every so many kills of the host. */
const KILLS_A_COPY = 10;

type Victims = 'host' | 'daemon' | 'both';
const VICTIMS: readonly (readonly [Victims, number])[] = [
  ['host', 0.4],
  ['daemon', 0.2],
  ['both', 0.4],
];
type Moment = 'start-up' | 'turned away' | 'recovery' | 'commit' | 'commit of a recovery' | 'mail' | 'any';
const MOMENTS: readonly (readonly [Moment, number])[] = [
  ['start-up', 0.15],
  ['turned away', 0.12],
  ['recovery', 0.12],
  ['commit', 0.12],
  ['commit of a recovery', 0.12],
  ['mail', 0.12],
  ['any', 0.25],
];

/** A line `client.waiting` of a host: somebody was promised a notice. */
export interface Report {
  readonly server: string;
  readonly client: string;
  /** Unix milliseconds. */
  readonly atMs: number;
  readonly life: Life;
}

/** A host begins to listen with a daemon. */
interface Contact {
  readonly atMs: number;
  readonly host: Life;
  readonly daemon: Life | null;
}

export class World {
  readonly seed: number;
  readonly journal = new Journal();
  readonly traffic: Traffic;
  readonly office: PostOffice;
  readonly reports: Report[] = [];
  readonly contacts: Contact[] = [];
  /** What went wrong on the way, in sentences. */
  readonly problems: string[] = [];
  readonly counts = { hostKills: 0, daemonKills: 0, vainStarts: 0, databases: 0 };
  readonly #random: Random;
  readonly #cable: Cable;
  readonly #directory: string;
  /** On a real disk, where a commit takes its time and a kill can come into it. */
  readonly #state = mkdtempSync(join(tmpdir(), 'ringback-crash-'));
  readonly #host: Program;
  readonly #daemon: Program;
  readonly #stop = new AbortController();
  readonly #players: Promise<unknown>;
  /** The host listens with its daemon. */
  #connected = false;
  /** Why it makes no sense to go on. */
  #fatal: string | null = null;
  /** Its end was asked for. */
  #ending = false;
  #respawn: NodeJS.Timeout | null = null;

  private constructor(seed: number, directory: string, cable: Cable, office: PostOffice, journal: Journal) {
    this.seed = seed;
    this.#directory = directory;
    this.#cable = cable;
    this.office = office;
    this.journal = journal;
    this.#random = new Random(seed, 'kills');
    this.traffic = new Traffic(new Random(seed, 'traffic'), (frames) => cable.send(frames), journal);
    const socket = `${directory}/fabric.sock`;
    this.#daemon = new Program({
      name: 'daemon',
      command: `${DIST}ringback-fabricd`,
      argv: ['--socket', socket, '--interface', cable.card],
      journal,
      onLine: () => undefined,
      onEnd: (life) => this.#onDaemonEnd(life),
    });
    this.#host = new Program({
      name: 'host',
      command: process.execPath,
      argv: [RINGBACK, 'run', '-c', this.#configuration],
      journal,
      onLine: (line, life) => this.#onLine(line, life),
      onEnd: (life, code) => this.#onHostEnd(life, code),
    });
    this.#writeConfiguration(socket);
    this.#daemon.start();
    this.#host.start();
    this.#players = Promise.all([this.traffic.play(this.#stop.signal), office.play(this.#stop.signal)]);
  }

  /** Only inside `board/lab/lab`. Worlds of different seeds live beside each other. */
  static async open(seed: number): Promise<World> {
    const directory = `/run/lab/crash${seed}`;
    mkdirSync(directory, { recursive: true });
    const journal = new Journal();
    const cable = await Cable.lay(`crash${seed}`);
    const office = await PostOffice.open(new Random(seed, 'mail'), journal, FIRST_PORT + seed);
    return new World(seed, directory, cable, office, journal);
  }

  /** Kills the host, the daemon or both at a moment of the seed's choice, and starts them again. */
  async round(number: number): Promise<void> {
    this.journal.round = number;
    const random = this.#random;
    const victims = random.pick(VICTIMS);
    const moment = random.pick(MOMENTS);
    const pauses = { host: random.between(0, 600), daemon: random.between(0, 600) };
    await this.#come(moment, random);
    this.journal.note(`kill of ${victims}, moment: ${moment}`);
    await Promise.all([
      victims === 'daemon' ? undefined : this.#replaceHost(pauses.host),
      victims === 'host' ? undefined : this.#replaceDaemon(pauses.daemon),
    ]);
  }

  /** No more kills: all come back, everybody is told, the host ends. */
  async finish(): Promise<void> {
    this.journal.note('the end begins');
    this.#stop.abort();
    await this.#players;
    this.office.heal();
    await this.#until('the host listens', () => this.#connected);
    const last = this.traffic.lastWord();
    await this.#until('the last one waits', () =>
      this.reports.some(({ server, client }) => server === last.server && client === last.client),
    );
    this.traffic.recoverAll();
    await this.#until('nothing is left to be told', async () => {
      const { outages, notices } = await this.#status();
      if (notices.failed > 0) this.problems.push(`${notices.failed} notices failed for good`);
      return outages.length === 0 && notices.pending === 0;
    });
    this.#ending = true;
    const code = await this.#host.stop();
    if (code !== 0) this.problems.push(`the host ended with status ${code} after SIGTERM`);
    this.#judge('the database at the end', integrityOf(this.#state));
  }

  /** Whatever has happened. */
  async close(): Promise<void> {
    this.#ending = true;
    this.#stop.abort();
    if (this.#respawn !== null) clearTimeout(this.#respawn);
    await Promise.all([this.#host.remove(), this.#daemon.remove(), this.#players]);
    await this.office.close();
    await this.#cable.remove();
    for (const directory of [this.#directory, this.#state]) rmSync(directory, { recursive: true });
  }

  get #configuration(): string {
    return `${this.#directory}/ringback.yaml`;
  }

  #writeConfiguration(socket: string): void {
    const configuration = {
      state: this.#state,
      // All that happens to others is heard on one cable: there is nobody to be asked.
      fabric: { socket, interfaces: [{ name: this.#cable.card, sees: 'everything' }] },
      // Only what is on the wire makes an outage: none begins after the last word.
      detect: { watch: [NETWORK], unanswered: false, ask: 'none' },
      recover: { traps: false, confirm: 'none', settle: '300ms' },
      notify: { give_up: '3d', most: false },
      smtp: { host: '127.0.0.1', port: this.office.port, tls: 'none', from: 'ringback@router.example' },
      clients: this.traffic.people,
      control: `${this.#directory}/control.sock`,
    };
    writeFileSync(this.#configuration, JSON.stringify(configuration));
  }

  async #status(): Promise<Status> {
    const argv = [RINGBACK, 'status', '-c', this.#configuration, '--json'];
    const { stdout } = await promisify(execFile)(process.execPath, argv);
    return JSON.parse(stdout) as Status;
  }

  /** Waits for the moment to kill. */
  async #come(moment: Moment, random: Random): Promise<void> {
    if (moment === 'start-up') {
      await sleep(random.between(0, 900));
      return;
    }
    const atOnceMs = 1.5 * random.next();
    const shortlyMs = random.between(0, 80);
    const laterMs = random.between(0, 3000);
    await this.#until('the host listens', () => this.#connected);
    switch (moment) {
      case 'turned away':
      case 'recovery':
        await this.traffic.next(moment);
        await sleep(shortlyMs);
        break;
      case 'commit of a recovery':
        await this.traffic.next('recovery');
        await this.#write(500, atOnceMs);
        break;
      case 'commit':
        await this.#write(laterMs, atOnceMs);
        break;
      case 'mail':
        // They come only now and then.
        await Promise.race([this.office.next(), sleep(laterMs)]);
        await sleep(shortlyMs);
        break;
      case 'any':
        await sleep(laterMs);
        break;
    }
  }

  /** The host has begun to write to its database `agoMs` ago, unless it does not within `patienceMs`. */
  async #write(patienceMs: number, agoMs: number): Promise<void> {
    const watcher = watch(this.#state);
    await Promise.race([once(watcher, 'change'), sleep(patienceMs)]);
    watcher.close();
    // A commit takes about a millisecond, less than a timer is good for.
    for (const startMs = performance.now(); performance.now() - startMs < agoMs; );
  }

  async #replaceHost(pauseMs: number): Promise<void> {
    await this.#host.kill();
    this.counts.hostKills += 1;
    if (this.counts.hostKills % KILLS_A_COPY === 0) {
      this.#judge('a copy of the database after a kill', integrityOfCopy(this.#state));
    }
    await sleep(pauseMs);
    this.#host.start();
  }

  async #replaceDaemon(pauseMs: number): Promise<void> {
    await this.#daemon.kill();
    this.counts.daemonKills += 1;
    await sleep(pauseMs);
    this.#daemon.start();
  }

  #judge(what: string, integrity: string): void {
    this.counts.databases += 1;
    if (integrity !== 'ok') this.problems.push(`round ${this.journal.round}: ${what}: ${integrity}`);
  }

  #onLine(line: string, life: Life): void {
    const { time, level, event, server, client } = JSON.parse(line) as Record<string, unknown>;
    const atMs = Date.parse(String(time));
    if (event === 'ready' || event === 'fabric.back') {
      this.#connected = true;
      this.contacts.push({ atMs, host: life, daemon: this.#daemon.lifeAt(atMs) });
    }
    if (event === 'fabric.lost') this.#connected = false;
    if (event === 'client.waiting') {
      this.reports.push({ server: String(server), client: String(client), atMs, life });
    }
    // That its daemon is gone is the only thing that may be worse than a warning here: a notice that is given up is
    // lost, and so is a database that has to be begun anew.
    if (level === 'error' && event !== 'fabric.lost') this.problems.push(`host ${life.number}: ${line}`);
  }

  #onHostEnd(life: Life, code: number | null): void {
    this.#connected = false;
    if (life.killedMs !== null || this.#ending) return;
    // There is nothing to run with while the daemon is dead, and that is the only reason to end.
    if (code === 1 && /fabric\.sock|ECONNRESET|EPIPE/.test(life.said)) this.counts.vainStarts += 1;
    else this.#fatal = `host ${life.number} ended by itself with status ${code}: ${life.said}`;
    this.#respawn = setTimeout(() => this.#host.start(), RESPAWN_MS);
  }

  #onDaemonEnd(life: Life): void {
    if (life.killedMs !== null || this.#ending) return;
    this.#fatal = `daemon ${life.number} ended by itself: ${life.said}`;
    this.#daemon.start();
  }

  async #until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    for (const startMs = Date.now(); !(await holds()); await sleep(20)) {
      if (this.#fatal === null && Date.now() - startMs < PATIENCE_MS) continue;
      const where = `seed ${this.seed}, round ${this.journal.round}`;
      const reason = this.#fatal ?? `waited in vain: ${what}`;
      throw new Error([`${where}: ${reason}`, ...this.problems, this.journal.end()].join('\n'));
    }
  }
}
