/**
 * How long the whole chain takes, from a packet on the cable to a line of the log, on the lab's router:
 * `board/lab/lab node --import tsx board/lab/latency.ts [--json] [--rounds N]`.
 */
import { parseArgs } from 'node:util';
import { Capture } from './capture.ts';
import { address, Lab } from './lab.ts';
import type { Match } from './log-lines.ts';
import { Ringback } from './ringback.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '20' } },
});
const rounds = Number(values.rounds);
if (!Number.isSafeInteger(rounds) || rounds < 1) {
  console.error(`latency: --rounds ${values.rounds} is not a number of rounds`);
  process.exit(2);
}

const now = (): number => performance.timeOrigin + performance.now();

/** Waits for the event, and returns when its line arrived here: Unix time in milliseconds. */
async function arrival(ringback: Ringback, match: Match, after: number): Promise<number> {
  const arrived = { atMs: 0 };
  const forget = ringback.onEvent((event) => {
    if (arrived.atMs === 0 && event.event === match.event && event.server === match.server)
      arrived.atMs = now();
  });
  await ringback.event(match, 30_000, after);
  forget();
  return arrived.atMs;
}

interface Round {
  /** ICMP host unreachable on the LAN → `client.waiting`. */
  readonly noticedMs: number;
  /** `client.waiting` → `outage.opened`, at which the page begins, of a machine that the kernel has not found. */
  readonly goneMs: number;
  /** The same of a service that refuses: it is asked. */
  readonly refusedMs: number;
  /** Gratuitous ARP on the WAN → `notice.sent`, which the SMTP server has acknowledged. */
  readonly toldMs: number;
}

async function play(lab: Lab, ringback: Ringback, lan: Capture, wan: Capture): Promise<Round> {
  const server = address('s80');
  const after = ringback.events.length;
  const startMs = now();

  await lab.powerOff('s80');
  const waiting = arrival(ringback, { event: 'client.waiting', server, client: address('c151') }, after);
  const opened = arrival(ringback, { event: 'outage.opened', server }, after);
  await lab.tryTo('c151', 's80');
  const unreachable = await lan.packet(/host 172\.27\.178\.80 unreachable/, startMs);
  const noticedMs = (await waiting) - unreachable.atMs;
  const goneMs = (await opened) - (await waiting);

  await lab.powerOn('s80');
  const sent = arrival(ringback, { event: 'notice.sent', server, client: address('c151') }, after);
  await lab.announce('s80', 4);
  const announcement = await wan.packet(/who-has 172\.27\.178\.80 tell 172\.27\.178\.80/, startMs);
  const toldMs = (await sent) - announcement.atMs;
  await ringback.event({ event: 'outage.closed', server }, 30_000, after);
  return { noticedMs, goneMs, toldMs, refusedMs: await refuse(lab, ringback) };
}

/** A service that has served somebody ends, and refuses somebody else. */
async function refuse(lab: Lab, ringback: Ringback): Promise<number> {
  const server = address('s81');
  const after = ringback.events.length;
  await lab.start('s81');
  await lab.tryTo('c150', 's81');
  await lab.stop('s81');
  const waiting = arrival(ringback, { event: 'client.waiting', server }, after);
  const opened = arrival(ringback, { event: 'outage.opened', server }, after);
  await lab.tryTo('c151', 's81');
  const refusedMs = (await opened) - (await waiting);
  await lab.start('s81');
  await lab.tryTo('c150', 's81');
  await ringback.event({ event: 'outage.closed', server }, 30_000, after);
  await lab.stop('s81');
  return refusedMs;
}

function report(name: string, limitMs: number, samplesMs: readonly number[]): void {
  const sorted = samplesMs.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN;
  const [medianMs, lowestMs, highestMs] = [at(0.5), at(0), at(1)];
  if (values.json) {
    console.log(
      JSON.stringify(
        { bench: 'latency', name, rounds, medianMs, lowestMs, highestMs, limitMs },
        (_, value) => (typeof value === 'number' ? Math.round(value * 1000) / 1000 : value),
      ),
    );
    return;
  }
  const cells = [medianMs, lowestMs, highestMs].map((ms) => ms.toFixed(1).padStart(9));
  console.log(`${name.padEnd(44)}${cells.join('')}${String(limitMs).padStart(9)}`);
}

const lab = Lab.given();
// The router gives up on the dead server sooner; what is measured begins only when it has.
await lab.run('router', ['sh', '-c', 'echo 100 >/proc/sys/net/ipv4/neigh/wan0/retrans_time_ms']);
await lab.start('mail');
const ringback = await Ringback.start(lab, {
  recover: { traps: false, confirm: 'none', settle: '0s' },
  notify: { most: false },
  detect: { unanswered: false },
});
const lan = await Capture.start(lab, 'router', 'lan0', 'icmp[icmptype] == icmp-unreach');
const wan = await Capture.start(lab, 'router', 'wan0', 'arp');

const measured: Round[] = [];
while (measured.length < rounds) measured.push(await play(lab, ringback, lan, wan));
if (!values.json) {
  console.log(`${`milliseconds, ${rounds} rounds`.padEnd(44)}   median   lowest  highest    limit`);
}
report(
  'ICMP unreachable sent → client.waiting',
  50,
  measured.map(({ noticedMs }) => noticedMs),
);
report(
  'client.waiting → outage, a machine that is gone',
  50,
  measured.map(({ goneMs }) => goneMs),
);
report(
  'client.waiting → outage, a service that refuses',
  1700,
  measured.map(({ refusedMs }) => refusedMs),
);
report(
  'sign of life → mail handed to SMTP',
  200,
  measured.map(({ toldMs }) => toldMs),
);
await ringback.stop();
process.exit(0);
