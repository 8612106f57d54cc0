/** Many frames at a time are worked on as one after the other. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Engine } from '../../../host/fabric/engine.ts';
import { FrameBatch } from '../../../host/fabric/frame-batch.ts';
import type { Command } from '../../../host/fabric/records.ts';
import { arp, Flag, framed, segment, unreachable } from '../../frames.ts';
import { random } from '../../random.ts';
import { configure, STORIES } from '../../vectors/stories.ts';

interface Frame {
  readonly link: string;
  readonly iface: number;
  readonly timeUs: number;
  readonly bytes: Uint8Array;
  readonly wireLength: number;
}

/** Of both kinds, more than a list has places for. */
const MANY = 30_000;
const ROOM_BYTES = 100_000;

/** An engine that says of a signal what a replay does; `said` is every record, in order. */
function listening(said: string[]): { engine: Engine; signals: () => number } {
  let signals = 0;
  const engine: Engine = new Engine({
    onEvent: () => {},
    onCopies: (records) => {
      const { codec } = engine;
      for (let at = 0; at < records.length; at += codec.recordBytes) {
        said.push(Buffer.from(records.subarray(at, at + codec.recordBytes)).toString('hex'));
        const event = codec.decode(records, at);
        if (event.kind !== 'signal') continue;
        signals++;
        for (const kind of ['release', 'forget'] as const)
          engine.command({ kind, server: event.server, port: event.port });
      }
    },
  });
  return { engine, signals: () => signals };
}

function oneByOne(commands: readonly Command[], frames: readonly Frame[]) {
  const said: string[] = [];
  const { engine, signals } = listening(said);
  for (const command of commands) engine.command(command);
  const { codes } = engine.module;
  for (const { link, iface, timeUs, bytes, wireLength } of frames) {
    engine.tick(timeUs);
    const direction = codes.number('Direction.Unknown');
    engine.frame(codes.number(link), iface, direction, bytes, timeUs, wireLength);
    engine.drain();
  }
  engine.command({ kind: 'counters' });
  return { said, signals: signals() };
}

function batched(commands: readonly Command[], frames: readonly Frame[], everyElsewhere: number): string[] {
  const said: string[] = [];
  const { engine } = listening(said);
  for (const command of commands) engine.command(command);
  const { codes } = engine.module;
  const batch = new FrameBatch(engine, ROOM_BYTES);
  let at = 0;
  for (const [index, { link, iface, timeUs, bytes, wireLength }] of frames.entries()) {
    if (at + bytes.length > ROOM_BYTES) {
      batch.run();
      at = 0;
    }
    const isElsewhere = index % everyElsewhere === everyElsewhere - 1;
    if (!isElsewhere) batch.room.set(bytes, at);
    const [buffer, start] = isElsewhere ? [bytes, 0] : [batch.room, at];
    batch.add(buffer, start, bytes.length, codes.number(link), iface, wireLength, timeUs);
    if (!isElsewhere) at += bytes.length;
  }
  batch.run();
  engine.command({ kind: 'counters' });
  return said;
}

/** Traffic that means something, in tables that are soon full, with damage in between. */
function noise(seed: number, beganUs: number): Frame[] {
  const next = random(seed);
  const below = (limit: number): number => Math.floor(next() * limit);
  let timeUs = beganUs;
  return Array.from({ length: MANY }, () => {
    timeUs += below(4) === 0 ? below(3_000_000) : 0;
    const client = { address: `172.27.179.${below(6)}`, port: 40_000 + below(3) };
    const server = { address: `172.27.178.${80 + below(4)}`, port: 80 };
    const sequence = below(2);
    const request = segment(client, server, { flags: Flag.syn, sequence });
    const answer = { sequence: 5, acknowledgement: sequence + 1 };
    const hardware = below(3);
    const frames = [
      framed(request),
      framed(segment(server, client, { ...answer, flags: Flag.syn | Flag.ack })),
      framed(segment(server, client, { ...answer, flags: Flag.rst | Flag.ack })),
      framed(unreachable('172.27.179.1', below(6), request, client.address)),
      framed(arp({ operation: 2, sender: server.address, target: client.address, hardware })),
    ];
    const bytes = frames[below(frames.length)] ?? Buffer.alloc(0);
    if (below(10) === 0) bytes[below(bytes.length)] = below(256);
    const wireLength = below(5) === 0 ? 0xffff_ffff : bytes.length;
    return { link: 'Link.Ethernet', iface: 1 + below(2), timeUs, bytes, wireLength };
  });
}

const COMMANDS: readonly Command[] = [
  configure({ reportAttempts: true }, { servers: 8, clients: 64, attempts: 64 }),
  { kind: 'watch', address: '172.27.178.0', bits: 120 },
];

describe('A batch of frames', () => {
  for (const [beganUs, what] of [
    [1_700_000_000_000_000, 'of today'],
    [-60_000_000, 'around 1970'],
  ] as const) {
    it(`says ${what} what each frame by itself would have said, and lets a signal be answered first`, () => {
      const frames = noise(7, beganUs);
      const { said, signals } = oneByOne(COMMANDS, frames);
      assert.ok(signals > 100, `${signals} signals`);
      for (const everyElsewhere of [MANY + 1, 3])
        assert.deepEqual(batched(COMMANDS, frames, everyElsewhere), said);
    });
  }

  it('says so of every story that has no commands in between, of whatever link', () => {
    for (const [name, story] of Object.entries(STORIES)) {
      const { steps } = story();
      const first = steps.findIndex(({ kind }) => kind === 'frame');
      const commands = steps
        .slice(0, first)
        .flatMap((step) => (step.kind === 'command' ? [step.command] : []));
      const frames = steps.slice(first).flatMap((step) => {
        if (step.kind !== 'frame') return [];
        const { link, ...frame } = step;
        return [{ ...frame, link: `Link.${link.charAt(0).toUpperCase()}${link.slice(1)}` }];
      });
      const { said } = oneByOne(commands, frames);
      assert.deepEqual(batched(commands, frames, 4), said, name);
    }
  });
});
