import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CONNECT,
  configuration,
  HOST,
  OTHER,
  SATO,
  SECURE,
  SERVER,
  STRANGER,
  TANAKA,
  World,
} from './world.ts';

/** A world in which Sato waits for the server, and what was asked so far is taken. */
function waiting(more?: string): World {
  const world = new World(configuration(more));
  world.down(HOST);
  world.client('waiting', HOST, SATO);
  world.asked();
  return world;
}

describe('An outage', () => {
  it('is logged with its clients, each once', () => {
    const world = waiting();
    world.client('waiting', HOST, SATO);
    world.client('waiting', HOST, STRANGER);
    assert.deepEqual(world.told('outage.opened', 'client.waiting'), [
      `outage.opened ${SERVER} 0`,
      `client.waiting ${SERVER} 0 ${SATO}`,
      `client.waiting ${SERVER} 0 ${STRANGER}`,
    ]);
    assert.deepEqual(world.lines[0], {
      level: 'info',
      event: 'outage.opened',
      fields: { server: SERVER, port: 0, cause: 'unreachable' },
    });
  });

  it('has its clients’ times on this program’s clock', () => {
    const world = new World();
    world.down(HOST, { ago: 20 });
    world.pass(1);
    world.client('waiting', HOST, SATO, 3);
    const outage = world.outage(HOST);
    assert.equal(outage?.fromMs, world.nowMs - 21_000);
    const at = world.nowMs - 3000;
    assert.deepEqual(outage?.clients.get(SATO), { firstMs: at, lastMs: at, tries: 1 });
  });

  it('loses the client that was answered after all, and the one that was swept', () => {
    const world = waiting();
    for (const client of [STRANGER, TANAKA]) world.client('waiting', HOST, client);
    world.answered(HOST, SATO);
    world.client('swept', HOST, STRANGER);
    assert.deepEqual(world.waiting(), { [`${SERVER} 0`]: [TANAKA] });
  });

  it('matters while somebody waits who can be told', () => {
    const world = new World();
    world.down(HOST);
    const outage = world.outage(HOST);
    assert.ok(outage !== undefined, 'there is an outage');
    const awaited = (): boolean => world.router.people.isAwaited(outage);
    assert.equal(awaited(), false);
    world.client('waiting', HOST, STRANGER);
    assert.equal(awaited(), false);
    world.client('waiting', HOST, SATO);
    assert.equal(awaited(), true);
    world.answered(HOST, SATO);
    assert.equal(awaited(), false);
  });

  it('of many strangers does not flood the log, and leaves nobody out who can be told', () => {
    const world = new World();
    world.down(HOST);
    for (let i = 0; i < 5000; i++) world.client('waiting', HOST, `10.0.${i >> 8}.${i & 255}`);
    world.client('waiting', HOST, SATO);
    const lines = world.told('client.waiting');
    assert.ok(lines.length < 1000, `${lines.length} lines`);
    assert.equal(lines.at(-1), `client.waiting ${SERVER} 0 ${SATO}`);
    assert.equal(world.outage(HOST)?.clients.size, 5001);
  });

  it('that is dropped is over, and nobody is told', () => {
    const world = waiting();
    world.about('dropped', HOST);
    assert.deepEqual(world.waiting(), {});
    assert.deepEqual(world.asked(), [`stop ${SERVER} 0`]);
    assert.deepEqual(world.told('outage.closed'), [`outage.closed ${SERVER} 0`]);
    world.signal(HOST);
    world.handsOut(HOST, SATO);
    assert.deepEqual([world.notices, world.asked()], [[], []]);
  });

  it('that nobody knows of makes nothing of what is said about it', () => {
    const world = new World();
    world.client('waiting', HOST, SATO);
    world.client('released', HOST, SATO);
    world.signal(HOST);
    world.about('releaseEnd', HOST);
    world.about('dropped', HOST);
    world.forgotten(HOST, false);
    world.answered(HOST, SATO);
    world.router.recoveries.onTrap(SERVER);
    assert.deepEqual([world.notices, world.asked(), world.waiting()], [[], [], {}]);
  });
});

describe('With confirm: none a sign', () => {
  for (const sign of ['arp', 'announcement', 'syn-ack', 'neighbour'] as const) {
    it(`of the fabric ends the outage: ${sign}`, () => {
      const world = waiting();
      world.signal(HOST, sign);
      world.handsOut(HOST, SATO);
      assert.equal(world.notices.length, 1);
      const [signal] = world.lines.filter(({ event }) => event === 'recovery.signal');
      assert.deepEqual(signal?.fields, { server: SERVER, port: 0, sign });
      const [closed] = world.lines.filter(({ event }) => event === 'outage.closed');
      assert.deepEqual([closed?.fields.sign, closed?.fields.clients], [sign, 1]);
    });
  }

  it('by trap ends all that is down there, and nothing elsewhere', () => {
    const world = waiting();
    world.down(SECURE, { triedPort: 443 });
    world.down({ server: OTHER, port: 0 });
    world.asked();
    world.router.recoveries.onTrap(SERVER);
    const released = world.asked().filter((what) => what.startsWith('release'));
    assert.deepEqual(released.sort(), [`release ${SERVER} 0`, `release ${SERVER} 443`]);
  });

  it('that comes again while the chain is handed out changes nothing', () => {
    const world = waiting();
    world.signal(HOST);
    world.asked();
    world.client('released', HOST, SATO);
    world.signal(HOST, 'syn-ack');
    world.router.recoveries.onTrap(SERVER);
    world.about('releaseEnd', HOST);
    assert.deepEqual(world.asked(), [`forget ${SERVER} 0`]);
    assert.equal(world.notices.length, 1);
  });
});

describe('With confirm: connect a sign', () => {
  it('starts a check and tells nobody, by trap as by ARP', () => {
    for (const sign of [
      (world: World) => world.router.recoveries.onTrap(SERVER),
      (world: World) => world.signal(HOST),
    ]) {
      const world = waiting(CONNECT);
      sign(world);
      assert.deepEqual(world.asked(), [`check ${SERVER} 0`]);
      world.pass(3600);
      assert.deepEqual(world.notices, []);
    }
  });

  it('by an answer is checked with the port that has answered', () => {
    const world = waiting(CONNECT);
    world.asked();
    world.signal(HOST, 'syn-ack', 80, 443);
    assert.deepEqual(world.asked(), [`check for 443 at ${SERVER} 0`]);
    assert.equal(world.outage(HOST)?.triedPort, 80);
  });

  it('is true when the check says so', () => {
    const world = waiting(CONNECT);
    world.signal(HOST, 'arp', 443);
    const outage = world.outage(HOST);
    assert.equal(outage?.triedPort, 443);
    world.asked();
    if (outage !== undefined) world.router.recoveries.onChecked(outage, 443);
    assert.deepEqual(world.asked(), [`stop ${SERVER} 0`, `release ${SERVER} 0`]);
    assert.deepEqual(world.told('recovery.confirmed'), [`recovery.confirmed ${SERVER} 443`]);
    world.handsOut(HOST, SATO);
    assert.equal(world.notices.length, 1);
  });

  it('is not when the check says so: the fabric is told, and everybody waits on', () => {
    const world = waiting(CONNECT);
    world.signal(HOST);
    const outage = world.outage(HOST);
    world.asked();
    if (outage !== undefined) world.router.recoveries.onChecked(outage, null);
    assert.deepEqual(world.asked(), [`stillDown ${SERVER} 0`]);
    assert.deepEqual(world.told('recovery.denied'), [`recovery.denied ${SERVER} 0`]);
    assert.deepEqual(world.waiting(), { [`${SERVER} 0`]: [SATO] });
    world.signal(HOST);
    assert.deepEqual(world.asked(), [`check ${SERVER} 0`]);
  });

  it('of what could be seen by connecting only is told as such', () => {
    const world = waiting(CONNECT);
    const outage = world.outage(HOST);
    assert.ok(outage !== undefined, 'there is an outage');
    world.router.recoveries.onSign(outage, 'connect');
    world.router.recoveries.onChecked(outage, 80);
    world.handsOut(HOST, SATO);
    const [closed] = world.lines.filter(({ event }) => event === 'outage.closed');
    assert.equal(closed?.fields.sign, 'connect');
  });

  it('that is checked to the end after the outage is over changes nothing', () => {
    const world = waiting(CONNECT);
    const outage = world.outage(HOST);
    world.signal(HOST);
    world.about('dropped', HOST);
    world.down(HOST);
    world.asked();
    for (const port of [80, null]) if (outage !== undefined) world.router.recoveries.onChecked(outage, port);
    assert.deepEqual(world.asked(), []);
  });

  it('lets the checks look by themselves from the beginning', () => {
    const world = new World(configuration(CONNECT));
    world.down(HOST);
    assert.deepEqual(world.asked(), [`watch ${SERVER} 0`]);
  });

  it('counts by the configuration of the moment', () => {
    const world = waiting(CONNECT);
    world.signal(HOST);
    const outage = world.outage(HOST);
    if (outage !== undefined) world.router.recoveries.onChecked(outage, 80);
    world.reconfigure(configuration(`${CONNECT}\nnotify: {fresh: 1s}`));
    world.handsOut(HOST, SATO);
    assert.deepEqual(world.notices, []);
  });
});

describe('The history', () => {
  it('has what was told, and what ended while somebody waited who could have been', () => {
    const world = waiting(CONNECT);
    world.about('dropped', HOST);
    world.down({ server: OTHER, port: 0 });
    world.client('waiting', { server: OTHER, port: 0 }, STRANGER);
    world.about('dropped', { server: OTHER, port: 0 });
    assert.deepEqual(
      world.history.map(({ server, sign, clients, people }) => [server, sign, clients, people]),
      [[SERVER, null, 1, 0]],
    );
    const told = waiting();
    told.signal(HOST);
    told.handsOut(HOST, SATO, STRANGER);
    assert.deepEqual(
      told.history.map(({ server, sign, clients, people }) => [server, sign, clients, people]),
      [[SERVER, 'arp', 2, 1]],
    );
  });
});
