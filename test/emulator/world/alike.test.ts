/** The same world twice, other worlds, and what people and servers in numbers are. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { LAN, SmallWorld, WAN } from './small.ts';

const TOWN = `
network: {behind: {people: {port: lan0, via: 172.27.179.254, network: [10.0.0.0/13, "2001:db8:a::/48"]}, rack: {port: wan0, network: [172.16.0.0/16, "2001:db8:b::/48"], loss: 1%, duplicate: 1%}}}
population:
  people: {count: 2000, in: people, known: 30%, mail: "p{n}@example.jp", ip6: 40%, is: {chromium: 50%, apple: 30%, windows: 20%}, patience: {median: 8s, p95: 60s}, again: {after: 20s, times: 2, chance: 40%}}
  servers: {count: 50, in: rack, serves: [443, 80]}
traffic: [{from: people, to: servers, connections: 20000, popularity: zipf 1.1, at: 0s, for: 10m}]
`;

function town(seed: number): SmallWorld {
  const world = new SmallWorld(`seed: ${seed}\n${TOWN}`);
  world.until(60).do({ verb: 'unplug', node: 'server-1' }).until(180).do({ verb: 'plug', node: 'server-1' });
  return world
    .do({ verb: 'kill', node: 'server-2' })
    .until(300)
    .do({ verb: 'cut', network: 'rack' })
    .until(330);
}

function hashOf({ frames, ends }: SmallWorld): string {
  const hash = createHash('sha256');
  for (const { seconds, iface, isOut, bytes } of frames)
    hash.update(`${seconds} ${iface} ${isOut} `).update(bytes);
  return hash.update(JSON.stringify(ends)).digest('hex');
}

describe('A world', () => {
  it('of the same seed is the same to the last byte, of another one another', () => {
    const once = hashOf(town(1));
    assert.equal(hashOf(town(1)), once);
    assert.notEqual(hashOf(town(2)), once);
  });

  it('has an end for each try', () => {
    const world = town(3);
    world.world.end();
    assert.equal(world.ends.length, world.tried);
    assert.ok(world.tried > 10_000);
    const ends = new Set(world.ends.map(({ end }) => end));
    assert.deepEqual([...ends].sort(), ['cut', 'gaveUp', 'served', 'unreachable']);
  });

  it('loses and doubles as many packets as its wires do', () => {
    const world = town(4).until(59);
    const before = (kind: string, isOut: boolean): number =>
      world.frames.filter(
        (frame) => frame.iface === WAN && frame.kind === kind && frame.isOut === isOut && frame.seconds < 59,
      ).length;
    const [requests, answers] = [before('SYN', true), before('SYN-ACK', false)];
    // One of a hundred is lost on each way, one comes twice, and whoever gets no answer asks again.
    assert.ok(Math.abs(answers / requests - 0.99) < 0.02, `${answers} of ${requests}`);
  });
});

describe('People in numbers', () => {
  const { directory } = new SmallWorld(TOWN).world;
  const people = Array.from({ length: 2000 }, (_, index) =>
    directory.client(directory.clients - 2000 + index),
  );

  it('have addresses of their own, by which they are found', () => {
    assert.equal(new Set(people.map(({ address }) => address)).size, 2000);
    for (const [index, { address, name }] of people.entries()) {
      assert.equal(directory.clientAt(address), directory.clients - 2000 + index);
      assert.equal(
        directory.clientCalled(name, address.includes(':') ? 6 : 4),
        directory.clients - 2000 + index,
      );
    }
    assert.equal(directory.clientAt('10.7.255.254'), null);
  });

  it('use IPv6 and are known as often as is said', () => {
    const share = (isOne: (person: (typeof people)[number]) => boolean): number =>
      people.filter(isOne).length / 2000;
    assert.ok(Math.abs(share(({ address }) => address.includes(':')) - 0.4) < 0.04);
    assert.ok(Math.abs(share(({ mail }) => mail !== null) - 0.3) < 0.04);
    assert.equal(people.find(({ mail }) => mail !== null)?.mail?.endsWith('@example.jp'), true);
  });

  it('and servers have names by their numbers', () => {
    const [service = -1] = directory.servicesAt('172.16.0.10');
    assert.deepEqual(directory.service(service), { name: 'server-1', address: '172.16.0.10', port: 443 });
    assert.equal(directory.servicesAt('2001:db8:b::a').length, 2);
  });
});

describe('Strangers', () => {
  it('come in floods of forged senders, and end', () => {
    const world = new SmallWorld().until(1);
    const flood = { verb: 'flood', node: 's80', forged: '198.18.0.0/15' } as const;
    world
      .do({ ...flood, rate: 1000 })
      .until(3)
      .do({ ...flood, rate: 0 })
      .until(5);
    const requests = world.frames.filter(
      ({ kind, iface, isOut }) => kind === 'SYN' && iface === WAN && isOut,
    );
    assert.ok(Math.abs(requests.length - 2000) < 150, `${requests.length}`);
    assert.ok(requests.every(({ bytes, seconds }) => bytes[26] === 198 && seconds <= 3));
    assert.equal(new Set(requests.map(({ bytes }) => bytes.readUInt32BE(26))).size > 1900, true);
    assert.equal(world.tried, 0);
    assert.ok(Math.abs(world.times('SYN-ACK', { iface: WAN, isOut: false }).length - requests.length) < 5);
  });

  it('to a server that is gone use up the messages of the router', () => {
    const world = new SmallWorld().do({ verb: 'unplug', node: 's80' }).until(1);
    const flood = { verb: 'flood', node: 's80', forged: '198.18.0.0/15' } as const;
    world
      .do({ ...flood, rate: 2000 })
      .until(3)
      .tries('c150', 's80')
      .until(30);
    const messages = world.frames.filter(({ kind, iface }) => kind === 'ICMP 3/1' && iface === LAN);
    const isToStranger = ({ bytes }: { readonly bytes: Buffer }): boolean => bytes[30] === 198;
    assert.ok(messages.length > 300 && messages.length < 700, `${messages.length}`);
    assert.ok(messages.filter((message) => !isToStranger(message)).length <= 3);
  });
});
