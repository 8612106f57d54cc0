/** A world with a crowd that waits for one server, and the processes after one that was killed. */
import type { StoredOutage } from '../../../host/store/outages.ts';
import { crowd, mailOf } from './crowd.ts';
import { configuration, HOST, World } from './world.ts';

export const NONE = 'recover: {confirm: none, traps: {listen: false}}';

/** A configuration with so many clients whose mail addresses are known. */
export function known(count: number, more = NONE) {
  const clients = crowd(count).map((address, n) => ({ address, mail: mailOf(n), language: null }));
  return { ...configuration(more), clients };
}

/** The server is down, and all of these wait for it; `room`: for so many notices. */
export function waiting(world: World, clients: readonly string[], room = world.room): World {
  world.room = room;
  world.down(HOST);
  for (const client of clients) world.client('waiting', HOST, client);
  return world;
}

export function recovers(world: World, clients: readonly string[]): void {
  world.signal(HOST);
  world.asked();
  world.handsOut(HOST, ...clients);
}

export const onDisk = (world: World): string[] =>
  [...world.disk.values()].flatMap(({ clients }) => [...clients]);
export const mails = (world: World): string[] => world.notices.map(({ mail }) => mail).toSorted();
export const everybody = (count: number): string[] =>
  crowd(count)
    .map((_, n) => mailOf(n))
    .toSorted();

/** What a process finds that is started after that one was killed. */
export function left(world: World): StoredOutage[] {
  return [...world.disk].map(([id, { name, clients, told, telling, state = 'down' }]) => {
    const [server = '', port = ''] = name.split(' ');
    const tried = { firstMs: world.nowMs - 5000, lastMs: world.nowMs - 5000, tries: 1 };
    const chain = new Map([...clients].map((client) => [client, tried]));
    const row = {
      id,
      server,
      port: Number(port),
      cause: 'unreachable',
      triedPort: 80,
      fromMs: world.nowMs - 10_000,
    };
    const rest = { told, suspected: state !== 'down', telling: telling ?? null, clients: chain };
    return { ...row, ...rest } as StoredOutage;
  });
}

/** The next process, with what that one has left on disk. */
export function restarted(world: World, given: ReturnType<typeof known>): World {
  const next = new World(given);
  next.nowMs = world.nowMs;
  for (const [id, row] of world.disk) next.disk.set(id, { ...row, clients: new Set(row.clients) });
  next.router.resume(left(world));
  return next;
}

/** A fabric that lived on says what it knows: the chain that it has handed out. */
export function syncs(world: World, clients: readonly string[]): void {
  world.saysAgain();
  world.down(HOST, { state: 'released' });
  for (const client of clients) world.client('waiting', HOST, client);
  world.syncEnd();
}
