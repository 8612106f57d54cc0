/**
 * A list of 10,000 clients on its whole way: `board/lab/lab node --import tsx test/bench/lists.ts [--json]`, after
 * `make`. A server comes back, `ringback run` on the lab's router writes the list mails, real postfix and dovecot hold
 * them, `ringback relay` on the server fetches them and tells everybody through a smtp-sink that keeps each mail. That
 * nobody is lost or told twice is checked; what is measured is each leg of the way.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Capture } from '../../board/lab/capture.ts';
import { address, Lab } from '../../board/lab/lab.ts';
import { noMailHost } from '../lab/relay/daemon.ts';
import { MailHost } from '../lab/relay/mail-host.ts';
import { fetching, throughOthers } from '../lab/relay/support.ts';
import { BUILD } from './engines.ts';
import { sinkCommand } from './mail-sink.ts';
import { median, Report } from './report.ts';
import { CHAIN_CLIENTS, clientAddress, mailAddress, prepareChain, WATCH } from './state-files.ts';
import { LoggedRun, stateBytes } from './state-run.ts';

/** Odd: the median is one of them. */
const ROUNDS = 3;
const CLIENTS_A_MAIL = 1000;
const MAILS = CHAIN_CLIENTS / CLIENTS_A_MAIL;
const SINK_PORT = 2525;
const TELL_MS = 300_000;

/** Times of one list's way, in milliseconds. */
interface Way {
  /** From the announcement on the wire until postfix has taken the last list mail. */
  readonly sentMs: number;
  /** Until the last of them lies in the mailbox. */
  readonly deliveredMs: number;
  /** Of the relay, from the command to `ready`. */
  readonly startMs: number;
  /** From `ready` until the notices of the last list mail are on disk. */
  readonly receivedMs: number;
  /** From the first notice that the SMTP server has taken to the last. */
  readonly toldMs: number;
  /** From the announcement to the last notice, without the wait for the relay to be started. */
  readonly allMs: number;
  readonly residentBytes: number;
  readonly databaseBytes: number;
}

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });

/** smtp-sink on the mail host, beside postfix; the mails lie in a directory in memory. */
class KeepingSink {
  readonly #lab: Lab;
  readonly #directory: string;
  #child: ReturnType<Lab['spawn']> | null = null;

  constructor(lab: Lab) {
    this.#lab = lab;
    this.#directory = `${lab.directory}/sink`;
  }

  async start(): Promise<void> {
    rmSync(this.#directory, { recursive: true, force: true });
    mkdirSync(this.#directory);
    const command = sinkCommand(`${address('mail')}:${SINK_PORT}`, `${this.#directory}/mail`);
    this.#child = this.#lab.spawn('mail', command);
    this.#child.stderr?.on('data', (text: Buffer) => process.stderr.write(text));
    for (;;) {
      const { stdout } = await this.#lab.run('mail', ['ss', '-Hltn', `sport = :${SINK_PORT}`]);
      if (stdout !== '') return;
      if (this.#child.exitCode !== null) throw new Error('smtp-sink does not start');
      await sleep(20);
    }
  }

  async stop(): Promise<void> {
    const child = this.#child;
    const gone = new Promise((resolve) => child?.once('exit', resolve));
    child?.kill();
    await gone;
  }

  /** Throws unless everybody has exactly one mail. */
  assertComplete(): void {
    const clients = new Map<string, number>();
    const messageIds = new Set<string>();
    const files = readdirSync(this.#directory);
    for (const file of files) {
      const mail = readFileSync(`${this.#directory}/${file}`, 'latin1');
      const of = (name: string): string => new RegExp(`^${name}: (.*?)\r?$`, 'm').exec(mail)?.[1] ?? '';
      const client = of('X-Ringback-Client');
      clients.set(client, (clients.get(client) ?? 0) + 1);
      messageIds.add(of('Message-ID'));
    }
    const lost = Array.from({ length: CHAIN_CLIENTS }, (_, i) => clientAddress(i)).filter(
      (client) => !clients.has(client),
    );
    const doubled = [...clients.values()].filter((count) => count > 1).length;
    const { size } = messageIds;
    if (lost.length > 0 || doubled > 0 || files.length !== CHAIN_CLIENTS || size !== CHAIN_CLIENTS) {
      throw new Error(
        `${files.length} mails with ${size} Message-IDs: ${lost.length} clients lost, ${doubled} told twice`,
      );
    }
  }
}

async function play(lab: Lab, host: MailHost, wan: Capture, state: string): Promise<Way> {
  const sink = new KeepingSink(lab);
  await sink.start();
  await prepareChain(`${state}/router`);
  const router = new LoggedRun(lab, {
    ...throughOthers('server'),
    state: `${state}/router`,
    detect: { watch: WATCH, unanswered: false },
    recover: { traps: false, confirm: 'none', settle: '0s' },
  });
  await router.line('fabric.restored');

  const announcedMs = Date.now();
  await lab.announce('s80', 4);
  const { atMs } = await wan.packet(/who-has 172\.27\.178\.80 tell 172\.27\.178\.80/, announcedMs);
  const sent = await router.lastOf('list.sent', MAILS, TELL_MS);
  const lists = await host.arrived('sav_1', MAILS);
  const deliveredMs = Math.max(...lists.map(({ receivedAt }) => receivedAt));
  await router.stop();

  const relay = new LoggedRun(
    lab,
    {
      ...fetching('sav_1'),
      state: `${state}/relay`,
      smtp: { host: address('mail'), port: SINK_PORT, tls: 'none', from: 'ringback@s80.example.jp' },
      clients: Array.from({ length: CHAIN_CLIENTS }, (_, i) => {
        return { address: clientAddress(i), mail: mailAddress(i), language: 'ja' };
      }),
    },
    's80',
  );
  const ready = await relay.line('ready');
  const received = await relay.lastOf('list.received', MAILS, TELL_MS);
  const first = await relay.line('notice.sent', TELL_MS);
  const last = await relay.lastOf('notice.sent', CHAIN_CLIENTS, TELL_MS);
  const { residentBytes } = relay;
  await host.arrived('sav_1', 0);
  await relay.stop();
  const databaseBytes = stateBytes(`${state}/relay`);
  await sink.stop();
  sink.assertComplete();
  return {
    sentMs: sent.atMs - atMs,
    deliveredMs: deliveredMs - sent.atMs,
    startMs: ready.atMs - relay.startedMs,
    receivedMs: received.atMs - ready.atMs,
    toldMs: last.atMs - first.atMs,
    allMs: deliveredMs - atMs + (last.atMs - relay.startedMs),
    residentBytes,
    databaseBytes,
  };
}

function print(ways: readonly Way[]): void {
  const report = new Report('lists', values.json);
  report.line(`a list of ${CHAIN_CLIENTS} clients for one server, ${MAILS} mails`, 'measured', '');
  const of = (value: (way: Way) => number): number => median(ways.map(value));
  const ms = (name: string, value: (way: Way) => number, about = ''): void => {
    report.record({ name, ms: of(value) });
    report.line(name, `${Math.round(of(value))} ms`, about);
  };
  const bytes = (name: string, value: (way: Way) => number): void => {
    report.record({ name, bytes: of(value) });
    report.line(name, `${(of(value) / 2 ** 20).toFixed(1)} MiB`, '');
  };
  ms('sign of life → list mails taken by postfix', (way) => way.sentMs, `median of ${ROUNDS}`);
  ms('  → in the mailbox', (way) => Math.max(0, way.deliveredMs));
  ms('relay: start → ready', (way) => way.startMs, `${CHAIN_CLIENTS} clients configured`);
  ms('  → every list fetched, all notices on disk', (way) => way.receivedMs);
  ms('first → last notice taken by smtp-sink', (way) => way.toldMs);
  const mailsPerSecond = of(({ toldMs }) => (CHAIN_CLIENTS / toldMs) * 1000);
  report.record({ name: 'notices/s', value: mailsPerSecond });
  report.line('  notices/s', String(Math.round(mailsPerSecond)), 'none lost, none doubled');
  ms('all of it', (way) => way.allMs);
  bytes('relay: resident at the last notice', (way) => way.residentBytes);
  bytes('relay: database', (way) => way.databaseBytes);
  report.end();
}

const hindrance = noMailHost();
if (hindrance !== false) {
  console.error(`bench: lists: ${hindrance}`);
  process.exit(1);
}
const lab = Lab.given();
mkdirSync(BUILD, { recursive: true });
const directory = mkdtempSync(`${BUILD}/lists-`);
try {
  const host = await MailHost.start(lab);
  const wan = await Capture.start(lab, 'router', 'wan0', 'arp');
  const ways: Way[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ways.push(await play(lab, host, wan, `${directory}/${round}`));
  }
  print(ways);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.exit(0);
