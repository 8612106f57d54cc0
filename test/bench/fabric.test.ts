import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadModule } from '../../host/fabric/module.ts';
import type { Command } from '../../host/fabric/records.ts';
import { Flag } from '../frames.ts';
import { build, type EngineName, open, type Result } from './engines.ts';
import { type Frame, numbers, type Section, type Workload, workload } from './frames.ts';

const [SYN, RST, ACK] = [Flag.syn, Flag.rst, Flag.ack];
const ENGINES: readonly EngineName[] = ['c', 'fabricd', 'node'];
const { codes } = loadModule();

type Configure = Extract<Command, { readonly kind: 'configure' }>;

/** What each engine makes of the same rounds. */
async function run(frames: Workload, rounds: number): Promise<Record<EngineName, Result>> {
  const results = new Map<string, Result>();
  for (const name of ENGINES) {
    const runner = open(name, frames);
    for (let i = 1; i < rounds; i++) await runner.round('time');
    results.set(name, await runner.round('check'));
    await runner.close();
  }
  return Object.fromEntries(results) as Record<EngineName, Result>;
}

/** Counters and events by name: the first 64 counters are the verdicts'. */
function named({ counters, events }: Result): Record<string, number> {
  return Object.fromEntries([
    ...[...counters].map(([i, value]) => [
      codes.name(i < codes.number('Counter.Answered') ? 'Verdict' : 'Counter', i),
      value,
    ]),
    ...[...events].map(([i, value]) => [`event ${codes.name('Event', i)}`, value]),
  ]);
}

function assertSameWork({ c, fabricd, node }: Record<EngineName, Result>): void {
  assert.equal(fabricd.digest, node.digest);
  assert.deepEqual(named(fabricd), named(node));
  assert.deepEqual(named(c), named(node));
  assert.equal(c.digest, node.digest);
}

/** The same frames with bytes changed, targets of ARP too, or cut short by a capture or on the wire, or again at another time or interface. */
function damaged({ periodUs, sections }: Workload): Workload {
  const random = numbers(77);
  const damage = (frame: Frame): Frame => {
    const bytes = Buffer.from(
      frame.bytes.subarray(0, random(6) === 0 ? random(frame.bytes.length) : undefined),
    );
    // A takeover asks for a subnet's broadcast address.
    if (bytes.length >= 42 && bytes.readUInt16BE(12) === 0x0806 && random(2) === 0)
      bytes.set([10, 20, 255, 255], 38);
    const headers = Math.min(bytes.length, 110);
    for (let i = random(4); i > 0 && headers > 0; i--) bytes[random(headers)] = random(256);
    // Half of what comes in is vouched for, or a frame of a capture: otherwise little would be more than a wrong checksum.
    const changed = frame.direction + 4 * random(2) + (random(16) === 0 ? 8 : 0);
    const [iface, direction] =
      random(4) === 0 ? [random(4), random(3) + 4 * random(4)] : [frame.iface, random(4) === 0 ? 0 : changed];
    const wireLength = random(2) === 0 ? frame.bytes.length : bytes.length;
    return { ...frame, iface, direction, bytes, wireLength, atUs: Math.max(0, frame.atUs - random(16) ** 4) };
  };
  const one = {
    periodUs,
    sections: sections.map(
      (section): Section =>
        'frames' in section ? { name: section.name, frames: section.frames.map(damage) } : section,
    ),
  };
  return reconfigured(one, (configure) => [{ ...configure, everything: 0b10 }]);
}

/** The same where unreachable messages do not count, and no server answers in the second half of a round. */
function silenced(frames: Workload): Workload {
  const { periodUs, sections } = reconfigured(frames, (configure) => [
    { ...configure, options: { ...configure.options, unreachable: false } },
  ]);
  let halves = 0;
  return {
    periodUs,
    sections: sections.map((section): Section => {
      if (!('frames' in section) || section.name !== 'SYN-ACK') return section;
      halves++;
      return halves === 2 ? { name: section.name, frames: [] } : section;
    }),
  };
}

/** Tables too small for all; some answers are refusals, some come in where the clients are, some messages, too. */
function crowded(frames: Workload): Workload {
  const sizes = { servers: 64, clients: 512, attempts: 1024, known: 256, prefixes: 8 };
  const { periodUs, sections } = reconfigured(frames, (configure) => [{ ...configure, sizes }]);
  const random = numbers(78);
  const change = (frame: Frame): Frame => {
    const what = random(8);
    if (what === 0) return { ...frame, iface: 1, direction: 1 };
    const bytes = Buffer.from(frame.bytes);
    const flagsAt = 14 + (bytes.readUInt16BE(12) === 0x86dd ? 40 : 20) + 13;
    if (what < 3 && bytes[flagsAt] === (SYN | ACK)) bytes[flagsAt] = RST | ACK;
    return { ...frame, bytes };
  };
  const changed = new Set(['SYN-ACK', 'ICMP unreachable']);
  return {
    periodUs,
    sections: sections.map(
      (section): Section =>
        'frames' in section && changed.has(section.name)
          ? { name: section.name, frames: section.frames.map(change) }
          : section,
    ),
  };
}

function reconfigured(
  { periodUs, sections }: Workload,
  change: (configure: Configure) => readonly Command[],
): Workload {
  const changed = (command: Command): readonly Command[] =>
    command.kind === 'configure' ? change(command) : [command];
  return {
    periodUs,
    sections: sections.map(
      (section): Section => ('frames' in section ? section : { commands: section.commands.flatMap(changed) }),
    ),
  };
}

describe('the bench of the fabric', () => {
  const frames = workload();
  build();

  it('has C by hand do the work of the module: the same verdicts, outages, clients and events', async () => {
    assertSameWork(await run(frames, 3));
  });

  it('has C by hand do the work of the module on damaged frames too', async () => {
    const results = await run(damaged(frames), 2);
    assertSameWork(results);
    const counts = named(results.node);
    const wrong = ['SynBadChecksum', 'SynForOthers', 'SynAckBadChecksum'];
    assert.deepEqual(
      wrong.filter((name) => !counts[name]),
      [],
    );
  });

  it('has C by hand do the work of the module where servers fall silent and no message counts that says so', async () => {
    assertSameWork(await run(damaged(silenced(frames)), 3));
  });

  it('has C by hand do the work of the module where tables overflow, servers refuse and evidence is forged', async () => {
    const results = await run(crowded(frames), 3);
    assertSameWork(results);
    const counts = named(results.node);
    const wanted = [
      'WrongSide',
      'ResetRefuses',
      'OpenEvicted',
      'StrangersEvicted',
      'Unjudged',
      'event Answers',
    ];
    assert.deepEqual(
      wanted.filter((name) => !counts[name]),
      [],
    );
  });

  it('has C by hand do the work of the module where tables overflow and frames are damaged', async () => {
    assertSameWork(await run(damaged(crowded(frames)), 3));
  });

  it('has C by hand refuse the waits that the module refuses', async () => {
    const refused = reconfigured(frames, (configure) => [
      configure,
      { ...configure, waitUs: 0 },
      { ...configure, waitUs: codes.number('MAX_WAIT_US') + 2 },
    ]);
    assertSameWork(await run(refused, 1));
  });

  it('makes every table work: handshakes, retransmissions, eviction, outages that end and that go on', async () => {
    const counts = named((await run(frames, 2)).node);
    const wanted = [
      'SynNoted',
      'SynRepeated',
      'SynForwarded',
      'SynLinked',
      'SynAckAnswers',
      'SynAckRepeated',
      'UnreachableLinks',
      'UnreachableUnasked',
      'ArpSign',
      'ArpNoNews',
      'NeighbourSign',
      'NeighbourNoNews',
      'NotWatched',
      'OtherTcp',
      'OtherTransport',
      'Answered',
      'Unanswered',
      'Unreachable',
      'AttemptsEvicted',
      'ServersDown',
      'event Outage',
      'event Waiting',
      'event Signal',
      'event Released',
    ];
    assert.deepEqual(
      wanted.filter((name) => !counts[name]),
      [],
    );
  });
});
