/**
 * What the state on disk costs `ringback run`, the whole program with ringback-fabricd on the lab's router:
 * `board/lab/lab node --import tsx test/bench/state.ts [--json]`, after `make`.
 *
 * It starts with 100,000 clients waiting for 1,000 servers, writes nothing while nothing happens, hands 10,000 of them
 * to the outbox when their server announces itself, and sends 100,000 notices that were queued. The database is where
 * the bench's other files are, on a disk; the log goes to a file.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Capture } from '../../board/lab/capture.ts';
import { Lab } from '../../board/lab/lab.ts';
import type { Configuration } from '../../board/lab/ringback.ts';
import { BUILD } from './engines.ts';
import { median, Report } from './report.ts';
import { CHAIN_CLIENTS, CLIENTS, prepareQueued, prepareWaiting, SERVERS, WATCH } from './state-files.ts';
import { measureQueue, type QueueResult } from './state-queue.ts';
import { LoggedRun, stateBytes, stateMark, type Writes } from './state-run.ts';
import { tell } from './state-tell.ts';

/** Odd: the median is one of them. */
const ROUNDS = 3;
const EMPTY_MS = 10_000;
/** What is not urgent is written a minute later: longer than that. */
const IDLE_MS = 70_000;
const QUEUED = 100_000;
const MIB = 2 ** 20;

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });

/** One start with everybody waiting, and one recovery. Times in milliseconds. */
interface Round {
  /** From the command to `ready`. */
  readonly readyMs: number;
  /** Processor time of the host up to then. */
  readonly readyBusyMs: number;
  readonly restoredMs: number;
  readonly readyBytes: number;
  /** From the announcement on the wire to the first `notice.queued`: all notices are on disk. */
  readonly diskMs: number;
  /** To `outage.closed`: all of them are logged, and the chain is being freed. */
  readonly closedMs: number;
  readonly idle: Idle | null;
  readonly databaseBytes: number;
}

interface Idle {
  readonly writes: Writes;
  /** Whether a file of the state was touched. */
  readonly touched: boolean;
  readonly lines: number;
  readonly residentBytes: number;
}

function sections(state: string): Configuration {
  return {
    state,
    // Servers that have answered nobody, and that nobody names, share a quarter of the records.
    fabric: { capacity: { servers: 4 * SERVERS + 96, clients: 131_072, attempts: 65_536 } },
    detect: { watch: WATCH, unanswered: false },
    recover: { traps: false, confirm: 'none', settle: '0s' },
    servers: [],
  };
}

/** Resident memory with nothing in the state. */
async function measureEmpty(lab: Lab, state: string, meanwhile: () => Promise<void>): Promise<number> {
  const run = new LoggedRun(lab, sections(state));
  await run.line('ready');
  await Promise.all([sleep(EMPTY_MS), meanwhile()]);
  const { residentBytes } = run;
  await run.stop();
  return residentBytes;
}

/** That nothing is lost is part of what is measured. */
async function assertComplete(run: LoggedRun): Promise<void> {
  const { outages, counters, gaps } = await run.status();
  const here = outages.reduce((sum, { clients }) => sum + clients.length, 0);
  const there = counters?.tables.clientsEntered;
  if (outages.length !== SERVERS || here !== CLIENTS || there !== CLIENTS || gaps !== 0) {
    throw new Error(`${outages.length} outages, ${here} clients, ${there} in the fabric, ${gaps} gaps`);
  }
}

async function measureIdle(run: LoggedRun, state: string, meanwhile: () => Promise<void>): Promise<Idle> {
  const before = { ...run.writes, mark: stateMark(state), lines: run.lines.length };
  await Promise.all([sleep(IDLE_MS), meanwhile()]);
  const { calls, bytes, diskBytes } = run.writes;
  return {
    writes: {
      calls: calls - before.calls,
      bytes: bytes - before.bytes,
      diskBytes: diskBytes - before.diskBytes,
    },
    touched: stateMark(state) !== before.mark,
    lines: run.lines.length - before.lines,
    residentBytes: run.residentBytes,
  };
}

async function play(
  lab: Lab,
  wan: Capture,
  state: string,
  idleMeanwhile: (() => Promise<void>) | null,
): Promise<Round> {
  const run = new LoggedRun(lab, sections(state));
  const ready = await run.line('ready');
  const [readyBusyMs, readyBytes] = [run.seconds * 1000, run.residentBytes];
  const restored = await run.line('fabric.restored');
  await assertComplete(run);
  const idle = idleMeanwhile === null ? null : await measureIdle(run, state, idleMeanwhile);
  const databaseBytes = stateBytes(state);

  const announcedMs = Date.now();
  await lab.announce('s80', 4);
  const { atMs } = await wan.packet(/who-has 172\.27\.178\.80 tell 172\.27\.178\.80/, announcedMs);
  const closed = await run.line('outage.closed');
  const queued = run.of('notice.queued');
  if (queued.length !== CHAIN_CLIENTS) throw new Error(`${queued.length} of ${CHAIN_CLIENTS} were queued`);
  await run.stop();
  return {
    readyMs: ready.atMs - run.startedMs,
    readyBusyMs,
    restoredMs: restored.atMs - run.startedMs,
    readyBytes,
    diskMs: (queued[0]?.atMs ?? Number.NaN) - atMs,
    closedMs: closed.atMs - atMs,
    idle,
    databaseBytes,
  };
}

class Table {
  readonly #report = new Report('state', values.json);

  constructor() {
    this.#report.line('state', 'measured', 'limit', '');
  }

  ms(name: string, ms: number, limitMs: number | null = null, about = ''): void {
    this.#report.record({ name, ms, ...(limitMs === null ? {} : { limitMs }) });
    this.#report.line(name, `${Math.round(ms)} ms`, limitMs === null ? '' : `${limitMs} ms`, about);
  }

  bytes(name: string, bytes: number, about = ''): void {
    this.#report.record({ name, bytes });
    this.#report.line(name, `${(bytes / MIB).toFixed(1)} MiB`, '', about);
  }

  number(name: string, value: number, limit: number | null = null, about = ''): void {
    this.#report.record({ name, value, ...(limit === null ? {} : { limit }) });
    const shown = (it: number): string => (Number.isInteger(it) ? String(it) : it.toFixed(2));
    this.#report.line(name, shown(value), limit === null ? '' : shown(limit), about);
  }

  end(): void {
    this.#report.end();
  }
}

function print(emptyBytes: number, rounds: readonly Round[], tellMs: number, queue: QueueResult): void {
  const table = new Table();
  const of = (value: (round: Round) => number): number => median(rounds.map(value));
  const idle = rounds.find((round) => round.idle !== null)?.idle;
  table.bytes('resident, nothing in the state', emptyBytes, `after ${EMPTY_MS / 1000} s`);
  const who = `${CLIENTS} clients wait for ${SERVERS} servers, median of ${ROUNDS}`;
  table.ms(
    'start → ready, the fabric knows all',
    of((round) => round.readyMs),
    2000,
    who,
  );
  table.ms(
    '  of it, until all is handed over',
    of((round) => round.restoredMs),
  );
  table.ms(
    '  processor time of the host',
    of((round) => round.readyBusyMs),
  );
  table.bytes(
    'resident at ready',
    of((round) => round.readyBytes),
  );
  table.bytes(
    'database',
    of((round) => round.databaseBytes),
  );
  if (idle !== null && idle !== undefined) {
    const { writes, touched, lines, residentBytes } = idle;
    const time = `in ${IDLE_MS / 1000} s after the start`;
    table.number('idle: bytes written to a disk', writes.diskBytes, 0, time);
    table.number('idle: the state was touched', touched ? 1 : 0, 0, time);
    table.number('idle: lines of the log', lines, 0, time);
    const wakeUps = "Node's threads wake each other with 8 bytes";
    table.number('idle: write calls of any kind', writes.calls, null, `${writes.bytes} bytes; ${wakeUps}`);
    table.bytes('resident after that', residentBytes);
  }
  const chain = `a chain of ${CHAIN_CLIENTS}`;
  table.ms(
    'sign of life → notices on disk',
    of((round) => round.diskMs),
    500,
    chain,
  );
  table.ms(
    '  until all of them are logged',
    of((round) => round.closedMs),
  );
  table.ms('  the database transaction alone', tellMs, null, 'in the bench itself, without its log');
  const { awayBytes, goingBytes, mostBytes, mailsPerSecond, sourcePerSecond } = queue;
  table.bytes('resident, mail server away', awayBytes, `${QUEUED} notices queued`);
  table.bytes('resident while they go out', goingBytes, `at most ${(mostBytes / MIB).toFixed(1)} MiB`);
  table.number(
    'mails/s then, of smtp-source',
    mailsPerSecond / sourcePerSecond,
    0.25,
    [`${Math.round(mailsPerSecond)} of ${Math.round(sourcePerSecond)} mails/s`].join(),
  );
  table.end();
}

const lab = Lab.given();
mkdirSync(BUILD, { recursive: true });
const directory = mkdtempSync(`${BUILD}/state-`);
const [prepared, state, queueState] = [`${directory}/prepared`, `${directory}/state`, `${directory}/queue`];
/** The state as it was prepared. */
const fresh = (): void => {
  rmSync(state, { recursive: true, force: true });
  cpSync(prepared, state, { recursive: true });
};
try {
  const emptyBytes = await measureEmpty(lab, `${directory}/empty`, () => prepareWaiting(prepared));
  const wan = await Capture.start(lab, 'router', 'wan0', 'arp');
  const rounds: Round[] = [];
  const tellMs: number[] = [];
  const meanwhile = async (): Promise<void> => {
    await prepareQueued(queueState, QUEUED);
    for (let round = 0; round < ROUNDS; round++) {
      const copy = `${directory}/tell-${round}`;
      cpSync(prepared, copy, { recursive: true });
      tellMs.push(await tell(copy));
    }
  };
  for (let round = 0; round < ROUNDS; round++) {
    fresh();
    rounds.push(await play(lab, wan, state, round === 0 ? meanwhile : null));
  }
  const queue = await measureQueue(lab, sections(queueState), QUEUED);
  print(emptyBytes, rounds, median(tellMs), queue);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.exit(0);
