import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { arp, Flag, framed, segment, unreachable } from '../frames.ts';
import { random } from '../random.ts';
import { buildRunner, compiled, inProcess, readable } from './engines.ts';
import { Script } from './script.ts';
import { configure, STORIES } from './stories.ts';

/** Traffic that means something, in tables so small that everything gets evicted, with damage in between. */
function noise(seed: number, steps: number): Script {
  const next = random(seed);
  const below = (limit: number): number => Math.floor(next() * limit);
  const script = new Script()
    .command(configure({ reportAttempts: true }, { servers: 5, clients: 8, attempts: 8 }), 'configure')
    .command({ kind: 'watch', address: '172.27.178.0', bits: 120 }, 'watch');
  for (let i = 0; i < steps; i++) {
    const client = { address: `172.27.179.${below(20)}`, port: 40_000 + below(3) };
    const server = { address: `172.27.178.${80 + below(9)}`, port: 80 + below(2) };
    const target = { server: server.address, port: below(2) * server.port };
    const sequence = below(3);
    const request = segment(client, server, { flags: Flag.syn, sequence, data: below(4) === 0 ? 9 : 0 });
    const answer = { sequence: 5, acknowledgement: sequence + 1 + below(2) };
    const frames = [
      request,
      segment(server, client, { ...answer, flags: Flag.syn | Flag.ack }),
      segment(server, client, { ...answer, flags: Flag.rst | Flag.ack }),
      unreachable('172.27.179.1', below(6), request, client.address),
    ].map(framed);
    frames.push(
      arp({
        operation: below(2) === 0 ? 1 : 2,
        sender: server.address,
        target: client.address,
        hardware: below(3),
      }),
    );
    const frame = frames[below(frames.length)] ?? Buffer.alloc(0);
    if (below(10) === 0) frame[below(frame.length)] = below(256);
    const cut = below(10) === 0 ? frame.subarray(0, below(frame.length + 1)) : frame;
    const direction = (['in', 'out', 'unknown'] as const)[below(3)] ?? 'in';
    script.frame(cut, 'noise', { iface: 1 + below(2), direction });
    script.after(next() * 4 - 0.2, below(5) === 0);
    const kinds = ['release', 'forget', 'stillDown', 'knowService', 'unknowService'] as const;
    const kind = kinds[below(40)];
    if (kind !== undefined) script.command({ kind, ...target }, kind);
    if (below(50) === 0) script.command({ kind: 'knowClient', client: client.address }, 'knowClient');
    const holder = { address: server.address, hardware: `02:00:00:00:00:0${below(3)}`, interface: 1 };
    if (below(50) === 0) script.command({ kind: 'claim', ...holder, interface: below(3) }, 'claim');
    if (below(50) === 0) script.command({ kind: 'unclaim', address: server.address }, 'unclaim');
    if (below(50) === 0)
      script.command({ kind: 'announce', form: 'probe', ticket: i & 0xffff, ...holder }, 'announce');
    if (below(200) === 0) script.command({ kind: 'sync' }, 'sync');
    if (below(200) === 0) script.command({ kind: 'sweep', olderThanUs: below(100) * 1e6 }, 'sweep');
  }
  return script.command({ kind: 'counters' }, 'counters').command({ kind: 'flush' }, 'flush');
}

describe('golden vectors', () => {
  before(buildRunner);

  for (const [name, tell] of Object.entries(STORIES)) {
    it(`both engines tell ${name} as the golden file does`, () => {
      const { steps } = tell();
      const { output, codes, codec } = inProcess(steps);
      assert.deepEqual(compiled(steps, codes, codec), output, 'the engines differ');
      const file = fileURLToPath(new URL(`./${name}.golden`, import.meta.url));
      const told = readable(steps, output, codes, codec);
      // GOLDEN=write takes what the module does now for right; look at the difference before it is committed.
      if (process.env.GOLDEN === 'write') writeFileSync(file, told);
      assert.ok(existsSync(file), `${file} is missing`);
      assert.equal(told, readFileSync(file, 'utf8'));
    });
  }

  for (const seed of [1, 2, 3]) {
    it(`both engines say the same of 20,000 frames of noise, seed ${seed}`, () => {
      const { steps } = noise(seed, 20_000);
      const { output, codes, codec } = inProcess(steps);
      assert.deepEqual(compiled(steps, codes, codec), output);
      const kinds = new Set(
        output.filter((line) => line.startsWith('event')).map((line) => line.slice(6, 8)),
      );
      assert.ok(kinds.size >= 13, `only events ${[...kinds].join(' ')}`);
    });
  }
});
