/** Very many records on their way from a daemon or to it leave the event loop to others. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { connectDaemon } from '../../../host/fabric/daemon.ts';
import type { FabricLink } from '../../../host/fabric/link.ts';
import type { Command } from '../../../host/fabric/records.ts';
import { machineTime } from '../../../host/time.ts';
import { until } from '../tools.ts';
import { codec, eventRecord, readyRecord } from './daemon-records.ts';
import { directory, Heard } from './scripted.ts';

const MANY = 5000;
const SIZE = codec.recordBytes;

/** A link that is ready, and its other end. */
async function linked(context: TestContext, heard: Heard): Promise<{ link: FabricLink; daemon: Socket }> {
  const place = directory();
  const server = createServer();
  server.listen(place.path('socket'));
  await once(server, 'listening');
  const options = { interfaces: [], daemon: null, socket: place.path('socket') };
  const link = connectDaemon(machineTime)(options, heard);
  const [daemon] = (await once(server, 'connection')) as [Socket];
  context.after(async () => {
    await link.close();
    daemon.destroy();
    server.close();
    place.remove();
  });
  daemon.write(readyRecord());
  await until('it is ready', () => heard.ready.length === 1);
  return { link, daemon };
}

/** Kinds of the records that come to it, and whether it was ended behind them. */
function taking(daemon: Socket): { kinds: number[]; isEnded: boolean } {
  const taken = { kinds: [] as number[], isEnded: false };
  let rest = Buffer.alloc(0);
  daemon.on('data', (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes]);
    for (; rest.length >= SIZE; rest = rest.subarray(SIZE)) taken.kinds.push(rest[0] ?? 0);
  });
  daemon.on('end', () => {
    taken.isEnded = true;
  });
  return taken;
}

describe('Very many records', () => {
  it('go to a daemon piece by piece, and what is said after them comes after them', async (context) => {
    const { link, daemon } = await linked(context, new Heard());
    const taken = taking(daemon);
    let made = 0;
    const commands = function* (): Generator<Command> {
      for (; made < MANY; made++) yield { kind: 'knowClient', client: '172.27.179.151' };
    };
    link.sendAll(commands());
    assert.ok(made < MANY, `${made} of them at once`);
    link.send({ kind: 'sync' });
    link.sendAll([{ kind: 'learnt' }]);
    await until('all of them', () => taken.kinds.length === MANY + 2);
    link.send({ kind: 'sync' });
    await until('what comes later', () => taken.kinds.length === MANY + 3);
    const [first, sync, learnt] = (['knowClient', 'sync', 'learnt'] as const).map(
      (kind) => codec.encode({ kind, client: '::' } as Command)[0],
    );
    assert.ok(taken.kinds.slice(0, MANY).every((kind) => kind === first));
    assert.deepEqual(taken.kinds.slice(MANY), [sync, learnt, sync]);
  });

  it('that are on their way are written when the link is closed', async (context) => {
    const { link, daemon } = await linked(context, new Heard());
    const taken = taking(daemon);
    link.sendAll(Array.from({ length: MANY }, () => ({ kind: 'sync' })));
    await link.close();
    await until('its end', () => taken.isEnded);
    assert.equal(taken.kinds.length, MANY);
  });

  it('are heard of a daemon a few in each turn of the event loop', async (context) => {
    const inTurns: number[] = [];
    let inTurn = 0;
    class Counting extends Heard {
      override onEvent(event: Parameters<Heard['onEvent']>[0]): void {
        super.onEvent(event);
        if (inTurn++ > 0) return;
        setImmediate(() => {
          inTurns.push(inTurn);
          inTurn = 0;
        });
      }
    }
    const heard = new Counting();
    const { daemon } = await linked(context, heard);
    daemon.write(Buffer.concat(Array.from({ length: MANY }, (_, serial) => eventRecord('SyncEnd', serial))));
    await until('all of them', () => heard.events.length === MANY && inTurn === 0);
    assert.equal(heard.order.includes('gap'), false);
    // What is read at once, and what was read beside it.
    assert.ok(Math.max(...inTurns) <= 2 * 1024, `${Math.max(...inTurns)} in one`);
  });
});
