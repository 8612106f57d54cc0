/**
 * What a datagram costs the module, in the daemon's engine and in Node: `node --import tsx test/bench/datagrams.ts [--json] [--rounds N]`,
 * after `make`. Questions to name servers and their answers, each on both interfaces; and long QUIC conversations, of which most is data.
 * `off` is the same where no datagrams count; there the kernel's filter lets none of them reach the daemon.
 */
import { parseArgs } from 'node:util';
import type { Command } from '../../host/fabric/records.ts';
import { type End, framed, ip, Protocol } from '../frames.ts';
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
const QUESTIONS = 8192;
const CONVERSATIONS = 256;
const PACKETS = 32_768;
/** Of a datagram the filter hands over no more. */
const DATAGRAM_BYTES = 128;
const FULL = 1200;
const [LAN, WAN] = [1, 2];
const [IN, OUT] = [1, 2];
const random = numbers(20_260_802);

const client = (i: number): End => ({ address: `10.30.${i >> 8}.${i & 255}`, port: 1024 + (i % 60_000) });
const server = (i: number, port: number): End => ({ address: `10.20.0.${(i % 8) + 1}`, port });

function datagram(from: End, to: End, data: number): { bytes: Buffer; wireLength: number } {
  const udp = Buffer.alloc(8 + data);
  udp.writeUInt16BE(from.port, 0);
  udp.writeUInt16BE(to.port, 2);
  udp.writeUInt16BE(udp.length, 4);
  const frame = framed(ip(from.address, to.address, Protocol.udp, udp));
  return { bytes: frame.subarray(0, DATAGRAM_BYTES), wireLength: frame.length };
}

class Road {
  readonly frames: Frame[] = [];
  #atUs = 0;

  /** It comes in, and leaves on the other side. */
  passes(from: End, to: End, data: number, isUp: boolean): void {
    const what = datagram(from, to, data);
    for (const [iface, direction] of [
      [isUp ? LAN : WAN, IN],
      [isUp ? WAN : LAN, OUT],
    ] as const) {
      this.frames.push({ atUs: this.#atUs, iface, direction, ...what });
      this.#atUs += STEP_US;
    }
  }
}

function questions(): Frame[] {
  const road = new Road();
  for (let i = 0; i < QUESTIONS; i++) {
    const [from, to] = [client(random(2048)), server(random(8), 53)];
    road.passes(from, to, 40, true);
    road.passes(to, from, 90, false);
  }
  return road.frames;
}

function conversations(): Frame[] {
  const road = new Road();
  for (let i = 0; i < PACKETS; i++) {
    const number = random(CONVERSATIONS);
    const [from, to] = [client(4096 + number), server(number, 443)];
    if (i % 4 === 0) road.passes(from, to, 60, true);
    else road.passes(to, from, FULL, false);
  }
  return road.frames;
}

function workload(isOn: boolean): Workload {
  const commands: Command[] = [
    {
      kind: 'configure',
      sizes: { servers: 1024, clients: 65_536, attempts: 65_536, known: 256, prefixes: 8 },
      options: {
        ...{ unreachable: true, unanswered: true, refused: true, resolution: true, synAck: true },
        ...{ knownOnly: false, reportAttempts: false },
      },
      waitUs: WAIT_US,
      key: Uint8Array.from({ length: 16 }, () => random(256)),
    },
    { kind: 'watch', address: '10.20.0.0', bits: 96 + 16 },
    ...(isOn ? [53, 443] : []).map((port): Command => ({ kind: 'datagrams', port, on: true })),
  ];
  const sections: Section[] = [
    { commands },
    { name: 'question and answer', frames: questions() },
    { name: 'conversation', frames: conversations() },
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
const report = new Report('datagrams', values.json);
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
