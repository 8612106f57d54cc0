/**
 * Whether a standby takes over from a machine that lives, when both are busy:
 * `board/lab/lab node --import tsx test/bench/soak.ts [--minutes N] [--json]`, after `make`.
 *
 * ringback's heartbeats with the settings of the bench, two busy loops for each processor, writes to a disk and
 * large pings on the same network. How late heartbeats are is seen on the peer's cable. One that is called lost is
 * asked whether it still has the address, and answers; the exit status is 1 when something was taken all the same.
 */
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { address, Lab } from '../../board/lab/lab.ts';
import type { Ringback } from '../../board/lab/ringback.ts';
import { startLoad } from './load.ts';
import { Report } from './report.ts';
import { RINGBACK, SOAKED, startPair } from './takeover-ringback.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, minutes: { type: 'string', default: '10' } },
});
const minutes = Number(values.minutes);
if (!(minutes > 0 && minutes <= 24 * 60)) {
  console.error(`soak: --minutes ${values.minutes} is not a number of minutes up to a day`);
  process.exit(2);
}

/** After more than so many times its interval a heartbeat is late. */
const LATE = 2;

/** How late heartbeats are, from the times at which they passed. */
class Lateness {
  heard = 0;
  late = 0;
  worstMs = 0;
  readonly #everyMs: number;
  #lastMs = Number.NaN;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  hear(atMs: number): void {
    const afterMs = atMs - this.#lastMs;
    this.#lastMs = atMs;
    this.heard++;
    if (Number.isNaN(afterMs)) return;
    if (afterMs > LATE * this.#everyMs) this.late++;
    this.worstMs = Math.max(this.worstMs, afterMs - this.#everyMs);
  }
}

/** What passes from one node to the other; `from` is heard at the other's cable. */
function listen(lab: Lab, from: string, to: string): Lateness {
  const lateness = new Lateness(SOAKED.everyMs);
  const cards: Readonly<Record<string, string>> = { web: 'eth2', standby: 'eth0' };
  const filter = `udp and src host ${address(from)} and dst host ${address(to)}`;
  const wire = lab.sniff(to, cards[to] ?? '', '-tt', filter);
  if (wire.stdout === null) throw new Error('tcpdump has no output');
  createInterface(wire.stdout).on('line', (line) => lateness.hear(Number(line.split(' ')[0]) * 1000));
  return lateness;
}

const pair = await Lab.create('duplex');
const { web, standby } = await startPair(pair, SOAKED);
startLoad(pair, 't24', 't21');
const heartbeats = listen(pair, 'web', 'standby');
const reports = listen(pair, 'standby', 'web');
// Ends early only when it has failed.
await Promise.race([
  sleep(minutes * 60_000),
  standby.event({ event: 'takeover.taken' }, minutes * 60_000 + 60_000),
  web.ended,
  standby.ended,
]);
const count = (node: Ringback, event: string): number => node.matching({ event }).length;
const takeovers = count(standby, 'takeover.taken');
const lost = count(standby, 'takeover.lost') + count(web, 'takeover.lost');
const ended = [web, standby].filter((node) => !node.lives).length;

const report = new Report('soak', values.json);
const settings = RINGBACK.describe(SOAKED);
report.record({
  name: settings,
  minutes,
  takeovers,
  lost,
  heartbeats: heartbeats.heard,
  lateHeartbeats: heartbeats.late,
  worstHeartbeatMs: heartbeats.worstMs,
  reports: reports.heard,
  lateReports: reports.late,
  worstReportMs: reports.worstMs,
});
report.line(`${settings}, ${minutes} min under load`, 'count', 'late', 'worst, ms');
for (const [name, { heard, late, worstMs }] of [
  ['heartbeats of the active', heartbeats],
  ['reports of the standby', reports],
] as const) {
  report.line(name, String(heard), String(late), worstMs.toFixed(1));
}
report.line('called lost, and back', String(lost));
report.line('false takeovers', String(takeovers));
report.end();
const failed = takeovers > 0 || ended > 0;
if (failed) console.error([web, standby].map((node) => node.report()).join('\n\n'));
await pair.remove();
process.exit(failed ? 1 : 0);
