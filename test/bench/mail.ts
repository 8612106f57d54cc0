/**
 * How fast notices go out: `node --import tsx test/bench/mail.ts [--json]`. Mails a second into one local smtp-sink,
 * beside postfix's own smtp-source with as many connections and a new session for each mail; `busy` is the share of
 * one processor that smtp-sink and the sending process took, so it shows which of them sets the pace. Through the
 * outbox, notices are entered into a database on disk as one recovery's, and all that becomes of them is written there.
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { machineChance } from '../../host/chance.ts';
import type { Language } from '../../host/config/types.ts';
import { createLog, type Log } from '../../host/log/log.ts';
import { composeNotice, createNotice, type Mail } from '../../host/mail/mail.ts';
import { composeMessage } from '../../host/mail/message.ts';
import { Outbox, type Sender } from '../../host/mail/outbox.ts';
import { MailSender, SMTP_CONNECTIONS } from '../../host/mail/smtp.ts';
import { StateClock } from '../../host/store/clock.ts';
import type { Notice } from '../../host/store/notice-rows.ts';
import { Store } from '../../host/store/store.ts';
import { machineTime } from '../../host/time.ts';
import { BUILD } from './engines.ts';
import { runSource, type Sink, startSink } from './mail-sink.ts';
import { median, Report } from './report.ts';

const FROM = 'ringback@router.example';
/** The outbox gets as many in each round: 20,000 in all, and more to warm up. */
const MAILS = 4000;
/** Odd: the median is one of them. */
const ROUNDS = 5;
/** Of what smtp-source does. */
const MIN_RATIO = 0.25;
const GIVE_UP_MS = 3_600_000;
/** Mails handed to the sender at a time: no connection ever waits for the next one. */
const OUTSTANDING = 4 * SMTP_CONNECTIONS;

/** Sends `MAILS` mails to the sink, the last of them accepted when it resolves. */
type Run = (sink: Sink) => Promise<void>;

interface Sample {
  readonly mailsPerSecond: number;
  readonly sinkBusy: number;
  /** This process's; null where another one does the sending. */
  readonly ownBusy: number | null;
}

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const clock = new StateClock([], machineTime);

/** The notice of the client with this number. */
function noticeOf(client: number, language: Language, outage: number): Notice {
  const recoveredMs = clock.nowMs();
  const item = {
    server: '172.27.178.80',
    serverName: 'www.example.jp',
    client: `172.27.${179 + (client >> 8)}.${client & 255}`,
    fromMs: recoveredMs - 600_000,
    recoveredMs,
    firstMs: recoveredMs - 500_000,
    lastMs: recoveredMs - 300_000,
    tries: 3,
  };
  const mail = `client-${client}@example.jp`;
  return createNotice({ mail, language, item, outage, from: FROM });
}

function notices(language: Language, outage: number): readonly Notice[] {
  return Array.from({ length: MAILS }, (_, client) => noticeOf(client, language, outage));
}

function mails(language: Language): readonly Mail[] {
  return notices(language, 0).map((notice) => composeNotice(notice, { from: FROM, clock, stopUrl: null }));
}

function openSender({ port }: Sink): MailSender {
  return new MailSender(
    { host: '127.0.0.1', port, tls: 'auto', user: null, password: null, from: FROM },
    machineTime,
  );
}

/** The sender alone, the mails at hand. */
function throughSender(mails: readonly Mail[]): Run {
  return async (sink) => {
    const sender = openSender(sink);
    const left = mails.values();
    const work = async (): Promise<void> => {
      for (const mail of left) {
        const delivery = await sender.send(mail);
        if (delivery.outcome !== 'delivered') throw new Error(`${delivery.outcome}: ${delivery.reason}`);
      }
    };
    await Promise.all(Array.from({ length: OUTSTANDING }, work));
    sender.close(true);
  };
}

/** The log's lines are made and thrown away; that a mail did not go out at once is the end of the bench. */
function strictLog(): Log {
  const fail = (event: string, fields?: object): never => {
    throw new Error(`${event} ${JSON.stringify(fields)}`);
  };
  const log = createLog({ write: () => undefined, terminal: false, now: () => new Date() });
  return { ...log, warn: fail, error: fail };
}

/** The outbox of a state in this directory. */
class ThroughOutbox {
  readonly #store: Store;
  readonly #outbox: Outbox;
  #outage = 0;
  #left = 0;
  #onLast: () => void = () => undefined;

  private constructor(store: Store, sink: Sink, log: Log) {
    this.#store = store;
    const mailSender = openSender(sink);
    const sender: Sender = {
      send: async (mail) => {
        const delivery = await mailSender.send(mail);
        if (delivery.outcome === 'delivered' && --this.#left === 0) this.#onLast();
        return delivery;
      },
      close: (force) => mailSender.close(force),
    };
    this.#outbox = new Outbox({
      store,
      sender,
      from: FROM,
      giveUpMs: GIVE_UP_MS,
      stopUrl: () => null,
      log,
      time: machineTime,
      chance: machineChance,
    });
  }

  static async open(directory: string, sink: Sink): Promise<ThroughOutbox> {
    const log = strictLog();
    return new ThroughOutbox(await Store.open({ directory, log, time: machineTime }), sink, log);
  }

  /** One recovery, and everybody is told. */
  async run(language: Language): Promise<void> {
    const entered = notices(language, ++this.#outage).map((notice) => ({ ...notice, holdMs: 0 }));
    this.#left = MAILS;
    const sent = new Promise<void>((resolve) => {
      this.#onLast = resolve;
    });
    this.#outbox.announce(this.#store.write((sql) => this.#outbox.enter(sql, entered)));
    await sent;
  }

  async close(): Promise<void> {
    await this.#outbox.close(0);
    this.#store.close();
  }
}

function throughSource(mails: readonly Mail[]): Run {
  const bytes = mails.map((mail) => composeMessage(mail).split('\r\n\r\n', 2)[1]?.length ?? 0);
  return (sink) => runSource(sink, { mails: MAILS, connections: SMTP_CONNECTIONS, textBytes: median(bytes) });
}

async function sample(run: Run, sink: Sink, ours: boolean): Promise<Sample> {
  const [startMs, sinkSeconds, usage] = [performance.now(), sink.seconds(), process.cpuUsage()];
  await run(sink);
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(usage);
  return {
    mailsPerSecond: MAILS / seconds,
    sinkBusy: (sink.seconds() - sinkSeconds) / seconds,
    ownBusy: ours ? (user + system) / 1e6 / seconds : null,
  };
}

/** All runs once to warm up, then in turn: what else the machine does meets all of them alike. */
async function inTurn(runs: ReadonlyMap<string, Run>, sink: Sink): Promise<ReadonlyMap<string, Sample[]>> {
  const samples = new Map(Array.from(runs.keys(), (name): [string, Sample[]] => [name, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, run] of runs) {
      const taken = await sample(run, sink, name !== SOURCE);
      if (round > 0) samples.get(name)?.push(taken);
    }
  }
  return samples;
}

function print(samples: ReadonlyMap<string, readonly Sample[]>): void {
  const report = new Report('mail', values.json);
  report.line(
    `mails to smtp-sink, ${SMTP_CONNECTIONS} connections`,
    'mails/s',
    'of smtp-source',
    'limit',
    'sink busy',
    'sender busy',
  );
  const rate = (taken: readonly Sample[] = []): number =>
    median(taken.map(({ mailsPerSecond }) => mailsPerSecond));
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  for (const [what, taken] of samples) {
    const mailsPerSecond = rate(taken);
    const ratio = mailsPerSecond / rate(samples.get(SOURCE));
    const sinkBusy = median(taken.map((one) => one.sinkBusy));
    const own = taken.flatMap(({ ownBusy }) => (ownBusy === null ? [] : [ownBusy]));
    const senderBusy = own.length === 0 ? null : median(own);
    report.record({
      what,
      connections: SMTP_CONNECTIONS,
      mails: MAILS,
      rounds: ROUNDS,
      mailsPerSecond,
      ratio,
      ...(what === OUTBOX ? { limit: MIN_RATIO } : {}),
      sinkBusy,
      ...(senderBusy === null ? {} : { senderBusy }),
    });
    report.line(
      what,
      String(Math.round(mailsPerSecond)),
      ratio.toFixed(2),
      what === OUTBOX ? MIN_RATIO.toFixed(2) : '',
      percent(sinkBusy),
      senderBusy === null ? '' : percent(senderBusy),
    );
  }
  report.end();
}

const SOURCE = 'smtp-source';
const OUTBOX = 'outbox, Japanese';
const [english, japanese] = [mails('en'), mails('ja')];
mkdirSync(BUILD, { recursive: true });
const directory = mkdtempSync(`${BUILD}/mail-`);
const sink = await startSink();
try {
  const outbox = await ThroughOutbox.open(directory, sink);
  const runs = new Map<string, Run>([
    [SOURCE, throughSource(japanese)],
    ['sender, English', throughSender(english)],
    ['sender, Japanese', throughSender(japanese)],
    [OUTBOX, () => outbox.run('ja')],
  ]);
  print(await inTurn(runs, sink));
  await outbox.close();
} finally {
  await sink.stop();
  rmSync(directory, { recursive: true });
}
