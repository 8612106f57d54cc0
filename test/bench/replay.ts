/**
 * How fast a capture is replayed: `node --import tsx test/bench/replay.ts [--json]`, after `make`. The capture is the
 * bench's frames, round after round up to a million, cut to 256 bytes as captures often are.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BUILD } from './engines.ts';
import { type Frame, workload } from './frames.ts';
import { Report } from './report.ts';

const RINGBACK = fileURLToPath(new URL('../../dist/ringback.mjs', import.meta.url));
const PACKETS = 1_000_000;
const SNAP_BYTES = 256;
const RUNS = 2;
const ETHERNET = 1;

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

/** Writes the capture; returns the wait that its attempts need, so that each round is new again. */
function writeCapture(file: string): number {
  const { periodUs, sections } = workload();
  const frames = sections.flatMap((section) => ('frames' in section ? section.frames : []));
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.set([2, 0, 4, 0], 4);
  head.writeUInt32LE(SNAP_BYTES, 16);
  head.writeUInt32LE(ETHERNET, 20);
  const descriptor = openSync(file, 'w');
  writeSync(descriptor, head);
  for (let left = PACKETS, round = 0; left > 0; left -= frames.length, round++) {
    const records = frames.slice(0, left).map((frame) => record(frame, round * periodUs));
    writeSync(descriptor, Buffer.concat(records));
  }
  closeSync(descriptor);
  return periodUs / 2 / 1000;
}

/** Seconds that a run of ringback takes. */
function run(...argv: readonly string[]): { seconds: number; stdout: string } {
  const startMs = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [RINGBACK, ...argv], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`ringback ${argv.join(' ')} ended with ${status}: ${stderr}`);
  return { seconds: (performance.now() - startMs) / 1000, stdout };
}

mkdirSync(BUILD, { recursive: true });
const file = `${BUILD}/replay-${process.pid}.pcap`;
try {
  const waitMs = writeCapture(file);
  const runs = Array.from({ length: RUNS }, () =>
    run(
      'replay',
      '--json',
      '--watch',
      '10.20.0.0/16',
      '--watch',
      '2001:db8:178::/64',
      '--unanswered',
      `${waitMs}ms`,
      file,
    ),
  );
  const read = Number((JSON.parse(runs[0]?.stdout ?? '{}') as { packets?: number }).packets);
  if (read !== PACKETS) throw new Error(`${read} of ${PACKETS} packets were read`);
  const seconds = Math.min(...runs.map((one) => one.seconds));
  const report = new Report('replay', values.json);
  report.record({ packets: PACKETS, seconds, packetsPerSecond: PACKETS / seconds, runs: RUNS });
  report.line(`replay, the faster of ${RUNS} runs`, 'packets', 'seconds', 'packets/s');
  report.line('', String(PACKETS), seconds.toFixed(2), String(Math.round(PACKETS / seconds)));
  report.end();
} finally {
  rmSync(file, { force: true });
}
