/**
 * How many connections a second the emulator's bench puts through a real router, and how long their answers take: the lab's router with
 * `ringback run` and `ringback-fabricd`, between emulated clients and servers. `board/lab/lab node --import tsx test/bench/router.ts [--json]`,
 * after `make`. The goal: 8,000 a second, half of them answered within a millisecond.
 */
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { Lab } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { benched, cabled } from '../lab/bench/bench.ts';
import { Report } from './report.ts';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const SECONDS = 15;
/** Until everybody is told. */
const QUIET_S = 45;
const RATES = [2000, 8000];
const PEOPLE = 50_000;
const SERVERS = 200;
const GOAL = { rate: 8000, p50Ms: 1 };
/** Fewer come about where the machine has no time for it. */
const LEAST = 0.97;

const scenario = (rate: number): string => `
scenario: 1
title: ${rate} connections a second, and ten servers that lose their power
for: ${SECONDS + QUIET_S}s
network: {behind: {people: {port: lan0, via: 172.27.179.254, network: 10.0.0.0/13}}}
router: {clients: [{address: 172.27.179.201, mail: sato@example.jp}]}
hosts: {sato: {on: lan, addresses: [172.27.179.201]}}
population:
  people: {count: ${PEOPLE}, in: people, patience: 20s}
  servers: {count: ${SERVERS}, in: wan, serves: [80], boot: 1s}
traffic:
  - {from: people, to: servers, connections: ${rate * SECONDS}, for: ${SECONDS}s}
script:
  - {at: 5s, do: kill server-1..server-10}
  - {at: 6s, do: try sato server-1, patience: 6s}
  - {at: ${SECONDS + 5}s, do: revive server-1..server-10}
`;

const report = new Report('router', values.json);
report.line('connections/s', 'served', 'p50', 'p99', 'frames', 'told', 'outages');
let reached = true;
for (const rate of RATES) {
  const lab = await Lab.create();
  try {
    await cabled(lab);
    const clients = [{ address: '172.27.179.201', mail: 'sato@example.jp' }];
    const ringback = await Ringback.start(lab, { clients, servers: [] });
    const { begun, ends, answeredMs, sent, received, seconds, verdict, lost } = await benched(
      lab,
      scenario(rate),
    );
    const { p50 = Number.NaN, p99 = Number.NaN } = answeredMs ?? {};
    // A machine that has no time for it plays slower.
    const reachedRate = Math.round(begun / (seconds - QUIET_S));
    const outages = ringback.matching({ event: 'outage.opened' }).length;
    report.record({
      ...{
        rate: reachedRate,
        seconds: SECONDS,
        begun,
        served: ends.served,
        p50Ms: p50,
        p99Ms: p99,
        sent,
        received,
      },
      ...{ told: verdict.told, broken: verdict.broken.length, outages, lost },
      ...{ load: loadavg()[0] ?? 0, processors: availableParallelism() },
    });
    report.line(
      String(reachedRate),
      `${((100 * ends.served) / begun).toFixed(1)} %`,
      ...[`${p50.toFixed(2)} ms`, `${p99.toFixed(1)} ms`, String(sent + received)],
      ...[`${verdict.told} of ${verdict.turnedAway}`, String(outages)],
    );
    for (const sentence of verdict.broken) if (!values.json) console.log(`  ${sentence}`);
    if (rate === GOAL.rate && (p50 > GOAL.p50Ms || reachedRate < LEAST * rate)) reached = false;
    if (!verdict.holds) reached = false;
  } finally {
    await lab.remove();
  }
}
report.end();
if (!reached) process.exitCode = 1;
