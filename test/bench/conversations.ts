/**
 * What a frame of a conversation costs the module, in the daemon's engine and in Node: `node --import tsx test/bench/conversations.ts
 * [--json] [--rounds N]`, after `make`. Words that are acknowledged one by one, long uploads and downloads of full segments, and the same while
 * somebody waits; each frame on both interfaces. `off` is the same where no conversations count; there the kernel's filter lets none of these
 * frames reach the daemon. `handshakes` are what else comes: connections that are accepted.
 */
import { parseArgs } from 'node:util';
import type { Command } from '../../host/fabric/records.ts';
import { type End, Flag, framed, type Segment, segment } from '../frames.ts';
import { build, open, type Result } from './engines.ts';
import { type Frame, numbers, type Section, type Workload } from './frames.ts';
import { median, Report } from './report.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '25' } },
});
const rounds = Number(values.rounds);
const WARM_UP_ROUNDS = 3;
const ENGINES = [
  ['fabricd', 'module in fabricd'],
  ['node', 'module in Node'],
] as const;

const WAIT_US = 2_000_000;
const STEP_US = 20;
const CONVERSATIONS = 1024;
const FRAMES = 32_768;
/** Of a segment the filter hands over no more. */
const SEGMENT_BYTES = 128;
const FULL = 1448;
/** Of timestamps. */
const OPTIONS = 12;
const WINDOW = 501;
const [LAN, WAN] = [1, 2];
const [IN, OUT] = [1, 2];
const random = numbers(20_260_803);

const client = (i: number): End => ({ address: `10.30.${i >> 8}.${i & 255}`, port: 40_000 });
const server = (i: number): End => ({ address: `10.20.0.${(i % 8) + 1}`, port: 443 });

class Road {
  readonly frames: Frame[] = [];
  #atUs = 0;

  /** It comes in, and leaves on the other side. */
  passes(from: End, to: End, what: Segment): void {
    const frame = framed(segment(from, to, { options: OPTIONS, window: WINDOW, ...what }));
    const isUp = to.port === 443;
    for (const [iface, direction] of [
      [isUp ? LAN : WAN, IN],
      [isUp ? WAN : LAN, OUT],
    ] as const) {
      const bytes = frame.subarray(0, SEGMENT_BYTES);
      this.frames.push({ atUs: this.#atUs, iface, direction, bytes, wireLength: frame.length });
      this.#atUs += STEP_US;
    }
  }
}

function handshakes(first: number): Frame[] {
  const road = new Road();
  for (let i = 0; i < CONVERSATIONS; i++) {
    const [from, to] = [client(i), server(i)];
    road.passes(from, to, { flags: Flag.syn, sequence: first + i });
    road.passes(to, from, { flags: Flag.syn | Flag.ack, acknowledgement: first + i + 1 });
  }
  return road.frames;
}

/** One request that nobody answers: from then on whatever a server sends is a sign of its life. */
function waiting(): Frame[] {
  const road = new Road();
  road.passes(client(9000), { address: '10.20.9.9', port: 443 }, { flags: Flag.syn, sequence: 1 });
  return road.frames;
}

/** `up`, `down`: bytes that each turn of a conversation carries; every `each`th is acknowledged. */
function turns(up: number, down: number, each: number): Frame[] {
  const road = new Road();
  const sent = new Uint32Array(CONVERSATIONS);
  for (let i = 0; i < FRAMES; i++) {
    const number = random(CONVERSATIONS);
    const [from, to] = [client(number), server(number)];
    const sequence = sent[number] ?? 0;
    const isDue = i % each === 0;
    if (up > 0) {
      road.passes(from, to, { flags: Flag.ack, sequence, data: up });
      sent[number] = sequence + up;
    }
    if (down > 0 || isDue)
      road.passes(to, from, { flags: Flag.ack, acknowledgement: sequence + up, data: down });
    if (up === 0 && isDue) road.passes(from, to, { flags: Flag.ack, sequence });
  }
  return road.frames;
}

function workload(isOn: boolean): Workload {
  const commands: Command[] = [
    {
      kind: 'configure',
      sizes: {
        ...{ servers: 1024, clients: 65_536, attempts: 65_536, known: 256, prefixes: 8 },
        ...(isOn ? { conversations: 4096 } : {}),
      },
      options: {
        ...{ unreachable: true, unanswered: true, refused: true, resolution: true, synAck: true },
        ...{ knownOnly: false, reportAttempts: false },
      },
      waitUs: WAIT_US,
      key: Uint8Array.from({ length: 16 }, () => random(256)),
    },
    { kind: 'watch', address: '10.20.0.0', bits: 96 + 16 },
  ];
  const sections: Section[] = [
    { commands },
    { name: 'handshakes', frames: handshakes(1) },
    { name: 'words', frames: turns(40, 40, 1) },
    { name: 'upload', frames: turns(FULL, 0, 2) },
    { name: 'download', frames: turns(0, FULL, 2) },
    { name: 'download while somebody waits', frames: [...waiting(), ...turns(0, FULL, 2)] },
  ];
  return { periodUs: 2 * WAIT_US, sections };
}

/** Nanoseconds a frame of that section. */
function cost(results: readonly Result[], section: number, frames: number): number {
  const batches = results[0]?.ns
    .get(section)
    ?.map((_, i) => median(results.map(({ ns }) => ns.get(section)?.[i] ?? 0)));
  return (batches ?? []).reduce((sum, ns) => sum + ns, 0) / frames;
}

build();
const report = new Report('conversations', values.json);
report.line(`ns a frame, ${rounds} rounds`, ...ENGINES.flatMap(([, title]) => [title, 'off']));
const cells = new Map<string, string[]>();
for (const [engine] of ENGINES) {
  for (const isOn of [true, false]) {
    const frames = workload(isOn);
    const runner = open(engine, frames);
    const results: Result[] = [];
    for (let i = 0; i < WARM_UP_ROUNDS + rounds; i++) {
      const result = await runner.round('time');
      if (i >= WARM_UP_ROUNDS) results.push(result);
    }
    await runner.close();
    for (const [number, section] of frames.sections.entries()) {
      if (!('frames' in section)) continue;
      const ns = cost(results, number, section.frames.length);
      report.record({ kind: section.name, engine, counted: isOn ? 'on' : 'off', ns, rounds });
      cells.set(section.name, [...(cells.get(section.name) ?? []), ns.toFixed(1)]);
    }
  }
}
for (const [kind, row] of cells) report.line(kind, ...row);
report.end();
