/** Answers for which very many records are gone through leave frames their turn. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Engine } from '../../../host/fabric/engine.ts';
import type { Command, FabricEvent } from '../../../host/fabric/records.ts';
import { crowd } from '../router/crowd.ts';

const SERVER = '172.27.178.80';
const CLIENTS = 20_000;
const NOW_US = 1_000_000_000;

/** An engine of whose server so many wait, and what it has said since. */
function withCrowd(): { engine: Engine; said: FabricEvent['kind'][] } {
  const said: FabricEvent['kind'][] = [];
  const engine = new Engine({ onEvent: ({ kind }) => said.push(kind) });
  const none = { unreachable: true, unanswered: false, refused: false, resolution: false, synAck: false };
  engine.command({
    kind: 'configure',
    sizes: { servers: 64, clients: 2 * CLIENTS, attempts: 64, known: 64, prefixes: 8 },
    options: { ...none, knownOnly: false, reportAttempts: false },
    waitUs: 1_000_000,
    key: new Uint8Array(16),
  });
  engine.command({ kind: 'watch', address: '172.27.178.0', bits: 120 });
  engine.tick(NOW_US);
  const restored = {
    server: SERVER,
    port: 0,
    suspected: false,
    cause: 'unreachable',
    triedPort: 80,
  } as const;
  for (const client of crowd(CLIENTS)) {
    const tries = { tries: 1, firstUs: NOW_US - 1000, lastUs: NOW_US - 1000 };
    engine.command({ kind: 'restore', ...restored, client, ...tries });
  }
  said.length = 0;
  return { engine, said };
}

describe('A sweep of very many', () => {
  it('is done in parts, and says its end when there is no more', () => {
    const { engine, said } = withCrowd();
    const { functions, codes } = engine.module;
    const command = (given: Command): number => {
      new Uint8Array(functions.memory.buffer).set(engine.codec.encode(given), functions.commandBuffer());
      return functions.command();
    };
    assert.equal(command({ kind: 'sweep', olderThanUs: NOW_US - 1_000_000 }), 0, 'nothing is said yet');
    assert.equal(command({ kind: 'sync' }), codes.number('Status.Busy'));
    let parts = 1;
    while (functions.busy() !== 0 && functions.resume() === 0) parts++;
    assert.ok(parts >= 4, `${parts} parts`);
    engine.drain();
    assert.deepEqual(said, ['sweepEnd']);
  });

  it('is done to its end by who waits for all of it', () => {
    const { engine, said } = withCrowd();
    engine.command({ kind: 'sweep', olderThanUs: NOW_US - 1_000_000 });
    assert.deepEqual(said, ['sweepEnd']);
    said.length = 0;
    engine.command({ kind: 'sweep', olderThanUs: NOW_US });
    assert.equal(said.filter((kind) => kind === 'swept').length, CLIENTS);
    assert.equal(said.at(-1), 'sweepEnd');
  });
});
