/**
 * How long the event loop of `ringback run` stands still at the most, with very many waiting, on the lab's router:
 * `board/lab/lab node --import tsx test/bench/blocks.ts [--json]`, after `make`. Each round has three lives of the program: one
 * with 100,000 who wait for 1,000 servers, one with 65,000 for one, whom the configuration names, one whose 100,000 are given up.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';
import { Lab } from '../../board/lab/lab.ts';
import type { Configuration } from '../../board/lab/ringback.ts';
import type { Block } from './blocks-probe.ts';
import { BUILD } from './engines.ts';
import { median, Report } from './report.ts';
import {
  CHAIN_CLIENTS,
  CLIENTS,
  clientAddress,
  mailAddress,
  prepareChain,
  prepareWaiting,
  SERVERS,
  WATCH,
} from './state-files.ts';
import { LoggedRun } from './state-run.ts';

const LIMIT_MS = 50;
/** Odd: the median is one of them. */
const ROUNDS = 3;
const CROWD = 65_000;
/** What is not awaited is over by then. */
const AFTER_MS = 1500;
/** They have tried half a minute ago at the most, and are given up then. */
const SWEEP = '40s';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });

/** Blocks by what the program was doing: how late a timer was, without the time without a processor. */
type Longest = Map<string, number[]>;

class Watched {
  readonly run: LoggedRun;
  readonly #file: string;
  readonly #longest: Longest;
  #sinceMs = 0;

  constructor(lab: Lab, sections: Configuration, longest: Longest) {
    this.#file = `${lab.directory}/blocks`;
    this.#longest = longest;
    const probe = `${lab.directory}/blocks-probe.mjs`;
    const { outputFiles } = buildSync({
      entryPoints: [new URL('blocks-probe.ts', import.meta.url).pathname],
      write: false,
      format: 'esm',
      platform: 'node',
    });
    writeFileSync(probe, outputFiles[0]?.contents ?? '');
    writeFileSync(this.#file, '');
    this.run = new LoggedRun(lab, sections, 'router', ([node = '', ...argv]) => [
      ...['env', `BLOCKS=${this.#file}`, node, '--import', probe],
      ...argv,
    ]);
  }

  /** Nobody waits for what is before that. */
  async start(): Promise<void> {
    await this.run.line('ready');
    this.#sinceMs = Date.now();
  }

  /** All that was since the last one, under this name. */
  async during<T>(name: string, what: Promise<T>): Promise<T> {
    const result = await what;
    await sleep(AFTER_MS);
    const nowMs = Date.now();
    const blocks = readFileSync(this.#file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Block)
      .filter(({ atMs }) => atMs > this.#sinceMs && atMs <= nowMs);
    this.#sinceMs = nowMs;
    const most = Math.max(0, ...blocks.map(({ lateMs, queuedMs }) => lateMs - queuedMs));
    this.#longest.set(name, [...(this.#longest.get(name) ?? []), most]);
    return result;
  }
}

function sections(state: string, more: Configuration): Configuration {
  return {
    state,
    fabric: { capacity: { servers: 4 * SERVERS + 96, clients: 131_072, attempts: 65_536 } },
    detect: { watch: WATCH, unanswered: false },
    recover: { traps: false, confirm: 'none', settle: '0s' },
    servers: [],
    ...more,
  };
}

async function many(lab: Lab, state: string, longest: Longest): Promise<void> {
  const watched = new Watched(lab, sections(state, {}), longest);
  const { run } = watched;
  await watched.start();
  await watched.during(`${CLIENTS} restored to the fabric`, run.line('fabric.restored'));
  await watched.during(`status of ${CLIENTS} waiting`, run.status());
  await lab.announce('s80', 4);
  const told = run.lastOf('notice.queued', CHAIN_CLIENTS).then(() => run.line('outage.closed'));
  await watched.during(`${CHAIN_CLIENTS} released and told`, told);
  await run.stop();
}

async function crowd(lab: Lab, state: string, longest: Longest): Promise<void> {
  const clients = Array.from({ length: CROWD }, (_, i) => {
    return { address: clientAddress(i), mail: mailAddress(i) };
  });
  const watched = new Watched(lab, sections(state, { clients }), longest);
  const { run } = watched;
  await watched.start();
  await watched.during(`${CROWD} named and waiting, after the start`, run.line('ready'));
  run.reload();
  await watched.during(`SIGHUP, ${CROWD} named`, run.line('configuration.reloaded'));
  await lab.announce('s80', 4);
  const told = run.lastOf('notice.queued', CROWD, 120_000).then(() => run.line('outage.closed'));
  await watched.during(`${CROWD} released and told`, told);
  await run.stop();
}

async function given(lab: Lab, state: string, longest: Longest): Promise<void> {
  const notify = { fresh: SWEEP, sweep: SWEEP };
  const watched = new Watched(lab, sections(state, { notify }), longest);
  const { run } = watched;
  await watched.start();
  await watched.during(`${CLIENTS} given up`, run.line('log.suppressed', 90_000));
  await run.stop();
}

const lab = Lab.given();
mkdirSync(BUILD, { recursive: true });
const directory = mkdtempSync(`${BUILD}/blocks-`);
const longest: Longest = new Map();
try {
  await prepareWaiting(`${directory}/many`);
  await prepareChain(`${directory}/crowd`, CROWD);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, play] of [
      ['many', many],
      ['crowd', crowd],
      ['many', given],
    ] as const) {
      const state = `${directory}/state`;
      rmSync(state, { recursive: true, force: true });
      cpSync(`${directory}/${name}`, state, { recursive: true });
      await play(lab, state, longest);
    }
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}

const report = new Report('blocks', values.json);
report.line('longest block of the event loop', 'measured', 'least', 'most', 'limit', '');
let isMissed = false;
for (const [name, blocks] of longest) {
  const [ms, least, most] = [median(blocks), Math.min(...blocks), Math.max(...blocks)];
  const isOver = ms > LIMIT_MS;
  isMissed ||= isOver;
  report.record({ name, ms, least, most, limitMs: LIMIT_MS, isMissed: isOver ? 1 : 0 });
  const shown = [ms, least, most, LIMIT_MS].map((value) => `${Math.round(value)} ms`);
  report.line(name, ...shown, isOver ? 'MISSED' : 'ok');
}
report.end();
process.exit(isMissed ? 1 : 0);
