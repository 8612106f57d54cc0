/**
 * How fast a capture is replayed: `node --import tsx test/bench/replay.ts [--json]`, after `make`, against tcpdump that reads the same
 * one for its connection requests and answers. Captures of a million packets, cut to 256 bytes as captures often are: connections
 * with what is sent through them, handshakes only, and the bench's frames round after round, a quarter of whose
 * connections fail. In turn, CPU seconds without what both take for a capture without packets; the ratio is the
 * median of its rounds.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Flag, framed, segment } from '../frames.ts';
import { BUILD } from './engines.ts';
import { type Frame, workload } from './frames.ts';
import { median, Report } from './report.ts';

const RINGBACK = fileURLToPath(new URL('../../dist/ringback.mjs', import.meta.url));
const PACKETS = 1_000_000;
const SNAP_BYTES = 256;
const ROUNDS = 5;
const ETHERNET = 1;
/** What the daemon's filter lets pass of TCP. */
const FILTER = 'tcp[tcpflags] & tcp-syn != 0';
const WATCHED = ['--watch', '10.20.0.0/16', '--watch', '2001:db8:178::/64'];
/** Of a packet: how often as much as tcpdump takes; null: whatever it is, for each failure is noted by itself. */
const CAPTURES = [
  { name: 'ordinary', most: 2.5 },
  { name: 'handshakes', most: 5 },
  { name: 'failures', most: null },
] as const;

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });

function record({ atUs, bytes }: Frame, startUs: number): Buffer {
  const length = Math.min(bytes.length, SNAP_BYTES);
  const buffer = Buffer.alloc(16 + length);
  const timeUs = startUs + atUs;
  buffer.writeUInt32LE(Math.floor(timeUs / 1e6), 0);
  buffer.writeUInt32LE(timeUs % 1e6, 4);
  buffer.writeUInt32LE(length, 8);
  buffer.writeUInt32LE(bytes.length, 12);
  bytes.copy(buffer, 16, 0, length);
  return buffer;
}

/** As many packets as there are to be, of frames that come again in each period. */
function writeCapture(file: string, frames: readonly Frame[], periodUs: number, packets: number): void {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.set([2, 0, 4, 0], 4);
  head.writeUInt32LE(SNAP_BYTES, 16);
  head.writeUInt32LE(ETHERNET, 20);
  const descriptor = openSync(file, 'w');
  writeSync(descriptor, head);
  for (let left = packets, round = 0; left > 0; left -= frames.length, round++) {
    const records = frames.slice(0, left).map((frame) => record(frame, round * periodUs));
    writeSync(descriptor, Buffer.concat(records));
  }
  closeSync(descriptor);
}

const CONNECTIONS = 10_000;
const STEP_US = 20;
const DATA_PACKETS = 20;
const DATA_BYTES = 200;

/** Requests, answers and acknowledgements of connections that come about, and so many packets behind each. */
function connections(data: number): Frame[] {
  return Array.from({ length: CONNECTIONS }, (_, n) => {
    const client = { address: `10.10.${n >> 8}.${n & 0xff}`, port: 30_000 + (n % 20_000) };
    const server = { address: `10.20.0.${1 + (n % 200)}`, port: 443 };
    const [sequence, own] = [n * 1000, n * 7];
    const packets = [
      segment(client, server, { flags: Flag.syn, sequence }),
      segment(server, client, { flags: Flag.syn | Flag.ack, sequence: own, acknowledgement: sequence + 1 }),
      segment(client, server, { flags: Flag.ack, sequence: sequence + 1, acknowledgement: own + 1 }),
    ];
    for (let i = 0; i < data; i++) {
      const [from, to] = i % 4 === 0 ? [client, server] : [server, client];
      const place = { sequence: sequence + 1 + i, acknowledgement: own + 1 };
      packets.push(segment(from, to, { flags: Flag.ack, ...place, data: DATA_BYTES }));
    }
    return packets.map((packet, place) => ({
      atUs: (n * packets.length + place) * STEP_US,
      iface: 1,
      direction: 1,
      bytes: framed(packet),
    }));
  }).flat();
}

/** Writes what its process took to the file that is its third output, as it ends. */
const TAKEN = `
  import { writeSync } from 'node:fs';
  process.once('exit', () => {
    const { user, system } = process.cpuUsage();
    writeSync(3, String((user + system) / 1e6));
  });`;

/** CPU seconds of a run of ringback, and what it has printed. */
function replayed(file: string, waitMs: number): { seconds: number; packets: number } {
  const place = `${file}.taken`;
  const taken = openSync(place, 'w');
  const argv = [
    '--import',
    `data:text/javascript,${encodeURIComponent(TAKEN)}`,
    RINGBACK,
    'replay',
    '--json',
  ];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...argv, ...WATCHED, '--unanswered', `${waitMs}ms`, file],
    { stdio: ['ignore', 'pipe', 'pipe', taken], encoding: 'utf8', maxBuffer: 2 ** 30 },
  );
  closeSync(taken);
  if (status !== 0) throw new Error(`ringback replay ended with ${status}: ${stderr}`);
  const { packets } = JSON.parse(stdout) as { packets: number };
  return { seconds: Number(readFileSync(place, 'utf8')), packets };
}

/** CPU seconds of tcpdump, by the times of its shell. */
function dumped(file: string): number {
  const script = 'tcpdump -r "$0" -w /dev/null "$1" 2>/dev/null; times';
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script, file, FILTER], { encoding: 'utf8' });
  const [, minutes, seconds, systemMinutes, systemSeconds] =
    /\n(\d+)m([\d.]+)s (\d+)m([\d.]+)s\n?$/.exec(stdout) ?? [];
  if (status !== 0 || seconds === undefined) throw new Error(`tcpdump: ${stderr}${stdout}`);
  return Number(minutes) * 60 + Number(seconds) + Number(systemMinutes) * 60 + Number(systemSeconds);
}

const place = join(BUILD, `replay-${process.pid}`);
mkdirSync(place, { recursive: true });
const report = new Report('replay', values.json);
report.line(
  ...[`replay, CPU, ${PACKETS.toLocaleString('en')} packets`, 'µs a packet', 'tcpdump', 'ratio'],
  ...['spread', 'at most', ''],
);
let isOver = false;
try {
  const { periodUs, sections } = workload();
  const failures = sections.flatMap((section) => ('frames' in section ? section.frames : []));
  // Half a round is the wait that these attempts need, so that each round is new again.
  const waitMs = periodUs / 2 / 1000;
  const empty = join(place, 'empty.pcap');
  writeCapture(empty, [], 0, 0);
  for (const { name, most } of CAPTURES) {
    const file = join(place, `${name}.pcap`);
    const isOfBench = name === 'failures';
    const frames = isOfBench ? failures : connections(name === 'ordinary' ? DATA_PACKETS : 0);
    writeCapture(file, frames, isOfBench ? periodUs : frames.length * STEP_US, PACKETS);
    const rounds = Array.from({ length: ROUNDS }, () => {
      const one = replayed(file, waitMs);
      if (one.packets !== PACKETS) throw new Error(`${one.packets} of ${PACKETS} packets were read`);
      const own = one.seconds - replayed(empty, waitMs).seconds;
      const other = dumped(file) - dumped(empty);
      return { own, other, ratio: own / other };
    });
    rmSync(file);
    const ratios = rounds.map(({ ratio }) => ratio);
    const ratio = median(ratios);
    const [us, otherUs] = (['own', 'other'] as const).map(
      (whose) => (median(rounds.map((round) => round[whose])) / PACKETS) * 1e6,
    ) as [number, number];
    const spread = `${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}`;
    const isWithin = most === null || ratio <= most;
    isOver ||= !isWithin;
    const limit = most === null ? {} : { limit: most, isWithin: isWithin ? 1 : 0 };
    report.record({ capture: name, us, tcpdumpUs: otherUs, ratio, ...limit });
    const verdict = most === null ? '' : isWithin ? 'ok' : 'MISSED';
    report.line(
      ...[name, us.toFixed(3), otherUs.toFixed(3), ratio.toFixed(2), spread, String(most ?? ''), verdict],
    );
  }
} finally {
  rmSync(place, { recursive: true });
}
report.end();
process.exit(isOver ? 1 : 0);
