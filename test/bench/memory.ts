/**
 * What is kept in memory: `board/lab/lab node --import tsx test/bench/memory.ts [--json]`, after `make`.
 *
 * A waiting client: what the module's memory grows by with its table of clients, all of whose records are then entered,
 * by messages that name them. ringback-fabricd: all that is resident on the lab's router with tables of 16 records, less
 * its packet rings, which the kernel maps into it. `run`: all that is resident when it has had nothing to do for 20 s.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Lab } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { Engine } from '../../host/fabric/engine.ts';
import { Flag, framed, segment, unreachable } from '../frames.ts';
import { Report } from './report.ts';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const IDLE_MS = 20_000;
const KIB = 1024;
const MIB = 1024 * KIB;

const SERVERS = 8;
const CLIENTS = 65_536;

/** An engine with that many records for clients, watching 2001:db8:178::/64. */
function configured(clients: number, onWaiting: () => void): Engine {
  const engine = new Engine({ onEvent: ({ kind }) => kind === 'waiting' && onWaiting() });
  engine.command({
    kind: 'configure',
    sizes: { servers: 64, clients, attempts: 64, known: CLIENTS, prefixes: 8 },
    options: {
      unreachable: true,
      unanswered: false,
      refused: false,
      resolution: false,
      synAck: false,
      knownOnly: false,
      reportAttempts: false,
    },
    waitUs: 1_000_000,
    key: new Uint8Array(16),
  });
  engine.command({ kind: 'watch', address: '2001:db8:178::', bits: 64 });
  return engine;
}

/** Has `count` clients over IPv6 turned away, spread over the servers. Returns how many then wait. */
function enter(count: number): number {
  let waiting = 0;
  const engine = configured(CLIENTS, () => waiting++);
  const { codes } = engine.module;
  const [link, unknown] = [codes.number('Link.Ethernet'), codes.number('Direction.Unknown')];
  const serverOf = (i: number): string => `2001:db8:178::${(i % SERVERS) + 1}`;
  // Those that nobody names, and who answered nobody yet, share a quarter of the records.
  for (let i = 0; i < SERVERS; i++) engine.command({ kind: 'knowService', server: serverOf(i), port: 80 });
  for (let i = 0; i < count; i++) {
    const client = {
      address: `2001:db8:179::${(i >> 8).toString(16)}:${(i & 255).toString(16)}:2`,
      port: 5000,
    };
    // Somebody who counts on a notice gets any record there is; a flood of strangers does not.
    engine.command({ kind: 'knowClient', client: client.address });
    const server = { address: serverOf(i), port: 80 };
    const quoted = segment(client, server, { flags: Flag.syn, sequence: i });
    engine.frame(link, 1, unknown, framed(unreachable('2001:db8:179::1', 3, quoted, client.address)), i);
    engine.drain();
  }
  return waiting;
}

function bytesForEachClient(): { bytes: number; record: number; waiting: number } {
  const memory = (clients: number): number =>
    configured(clients, () => undefined).module.functions.memory.buffer.byteLength;
  return {
    // Memory grows by pages of 64 KiB, which makes no difference between multiples of them.
    bytes: (memory(2 * CLIENTS) - memory(CLIENTS)) / CLIENTS,
    record: new Engine({ onEvent: () => undefined }).module.codes.number('CLIENT_BYTES'),
    waiting: enter(CLIENTS),
  };
}

/** Resident bytes by mapping. */
function mappings(pid: number): { name: string; resident: number }[] {
  const found: { name: string; resident: number }[] = [];
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
    const start = /^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+ *(.*)$/.exec(line);
    if (start !== null) found.push({ name: start[1] ?? '', resident: 0 });
    const last = found.at(-1);
    const size = /^Rss: +(\d+) kB$/.exec(line);
    if (size !== null && last !== undefined) last.resident = Number(size[1]) * KIB;
  }
  return found;
}

const sum = (of: readonly { resident: number }[]): number =>
  of.reduce((total, { resident }) => total + resident, 0);

function parentOf(pid: number): number {
  return Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

const lab = Lab.given();
await lab.start('mail');
const capacity = { servers: 16, clients: 16, attempts: 16 };
const ringback = await Ringback.start(lab, { fabric: { capacity } });
const clients = bytesForEachClient();
await sleep(IDLE_MS);
const daemon = mappings(ringback.daemon().pid);
const rings = daemon.filter(({ name }) => name.startsWith('socket:'));
const host = sum(mappings(parentOf(ringback.daemon().pid)));
await ringback.stop();

const report = new Report('memory', values.json);
const size = (bytes: number): string =>
  bytes < KIB
    ? `${bytes} B`
    : bytes < 10 * MIB
      ? `${Math.round(bytes / KIB)} KiB`
      : `${(bytes / MIB).toFixed(1)} MiB`;
function say(name: string, bytes: number, limit: number, of: string): void {
  report.record({ name, bytes, limit });
  report.line(name, size(bytes), size(limit), of);
}
report.line('resident', 'measured', 'limit', '');
say(
  'a waiting client',
  clients.bytes,
  48,
  `record ${clients.record} B; ${clients.waiting} of ${CLIENTS} entered`,
);
say(
  'ringback-fabricd but for tables, rings',
  sum(daemon) - sum(rings),
  4 * MIB,
  `${size(sum(daemon))} less ${rings.length} rings of ${size(sum(rings) / rings.length)}`,
);
say('ringback run, idle', host, 80 * MIB, `after ${IDLE_MS / 1000} s`);
report.end();
if (clients.waiting !== CLIENTS)
  throw new Error(`only ${clients.waiting} of ${CLIENTS} clients found a place`);
process.exit(0);
