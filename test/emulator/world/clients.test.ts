/** How clients try, what a crowd gets, and what servers answer. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LAN, SmallWorld, WAN } from './small.ts';

function near(actual: readonly number[], expected: readonly number[]): void {
  const text = `${actual.map((one) => one.toFixed(2)).join(' ')} instead of ${expected.join(' ')}`;
  assert.equal(actual.length, expected.length, text);
  for (const [index, one] of actual.entries()) {
    assert.ok(one >= (expected[index] ?? 0) - 0.001 && one <= (expected[index] ?? 0) * 1.026 + 0.001, text);
  }
}

/** Requests of a client to a server that keeps silence. */
function silence(stack: string, seconds = 200): SmallWorld {
  const world = new SmallWorld(`hosts: {c150: {is: ${stack}}}`).do({ verb: 'freeze', node: 's80' });
  return world
    .until(10)
    .tries('c150', 's80')
    .until(10 + seconds);
}

const requests = (world: SmallWorld): number[] => world.times('SYN', { iface: LAN, since: 10 });

describe('A client of a silent server', () => {
  it('on Linux asks eleven times, in 135 seconds at most', () => {
    const world = silence('linux');
    near(requests(world), [0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67]);
    assert.deepEqual(
      world.ends.map(({ end }) => end),
      ['gaveUp'],
    );
    near([world.ends[0]?.seconds ?? 0], [131]);
  });

  it('on an older one seven times', () => {
    const world = silence('linux-6.1');
    near(requests(world), [0, 1, 3, 7, 15, 31, 63]);
    near([world.ends[0]?.seconds ?? 0], [127]);
  });

  it("on Apple's gives up after 75 seconds", () => {
    const world = silence('apple');
    near(requests(world), [0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67]);
    near([world.ends[0]?.seconds ?? 0], [75]);
  });

  it('on Windows asks five times, on an old one three times', () => {
    near(requests(silence('windows')), [0, 1, 3, 7, 15]);
    near(requests(silence('windows-7')), [0, 3, 9]);
  });

  it('gives up in silence when it has had enough', () => {
    const world = new SmallWorld().do({ verb: 'freeze', node: 's80' });
    world.until(10).tries('c150', 's80', { patience: 3.5 }).until(100);
    assert.equal(requests(world).length, 4);
    assert.deepEqual(
      world.ends.map(({ end, seconds }) => [end, seconds]),
      [['gaveUp', 3.5]],
    );
  });

  it('keeps port, sequence number and options; identification and timestamp go on', () => {
    const frames = silence('linux', 10).frames.filter(({ kind, iface }) => kind === 'SYN' && iface === LAN);
    const [first, second] = frames.map(({ bytes }) => bytes);
    assert.ok(first !== undefined && second !== undefined);
    assert.deepEqual(second.subarray(34, 50), first.subarray(34, 50));
    assert.equal(second.readUInt16BE(18), (first.readUInt16BE(18) + 1) & 0xffff);
    const passed = second.readUInt32BE(62) - first.readUInt32BE(62);
    assert.ok(passed >= 1000 && passed <= 1026, `${passed} ms`);
  });

  it('in a browser has three ports', () => {
    const ports = (world: SmallWorld): number =>
      new Set(
        world.frames
          .filter(({ kind, iface }) => kind === 'SYN' && iface === LAN)
          .map(({ bytes }) => bytes.readUInt16BE(34)),
      ).size;
    const world = silence('chromium', 2);
    assert.equal(ports(world), 3);
    assert.equal(world.tried, 1);
    near(requests(world).slice(0, 1), [0]);
    const [, second = 0, third = 0] = requests(world);
    assert.ok(second >= 0.05 && second <= 0.16 && third >= 0.25 && third <= 0.27, `${second} ${third}`);
  });
});

describe('A browser whose server is gone', () => {
  it('tries the page again after a second, and once more after a minute', () => {
    const world = new SmallWorld('hosts: {c150: {is: chromium}}').do({ verb: 'unplug', node: 's80' });
    world.until(10).tries('c150', 's80').until(100);
    assert.deepEqual(
      world.ends.map(({ end }) => end),
      ['unreachable', 'unreachable', 'unreachable'],
    );
    assert.equal(world.tried, 3);
  });
});

describe('An answer', () => {
  it('of a closed port ends it at once; Windows asks twice more', () => {
    const linux = new SmallWorld().until(1).tries('c150', 's80').until(1.5);
    linux.do({ verb: 'stop', node: 's80', port: null }).until(2).tries('c151', 's80').until(9);
    assert.deepEqual(
      linux.ends.map(({ end }) => end),
      ['served', 'refused'],
    );
    assert.equal(linux.times('RST', { iface: LAN }).length, 1);
    const windows = new SmallWorld('hosts: {c150: {is: windows}}').do({
      verb: 'stop',
      node: 's80',
      port: 80,
    });
    windows.until(1).tries('c150', 's80').until(9);
    assert.equal(windows.times('RST', { iface: LAN, isOut: true }).length, 3);
    assert.deepEqual(
      windows.ends.map(({ end }) => end),
      ['refused'],
    );
    assert.ok(Math.abs((windows.ends[0]?.seconds ?? 0) - 1) < 0.02);
  });

  it('of a firewall is silence, RST or ICMP, for one client alone or for all', () => {
    const world = new SmallWorld();
    world.do({ verb: 'reject', node: 's80', client: 'c151', port: null });
    world.do({ verb: 'reset', node: 's81', client: null, port: 80 });
    world.do({ verb: 'drop', node: 's82', client: 'c150', port: null });
    world
      .until(1)
      .tries('c150', 's80')
      .tries('c151', 's80')
      .tries('c150', 's81')
      .tries('c150', 's82', { patience: 5 });
    world.tries('c151', 's82').until(10);
    const endOf = (client: string): string[] =>
      world.ends.filter((end) => end.client === client).map(({ end }) => end);
    assert.deepEqual(endOf('c150'), ['refused', 'served', 'gaveUp']);
    assert.deepEqual(endOf('c151').sort(), ['refused', 'served']);
    assert.equal(world.times('ICMP 3/3', { iface: LAN }).length, 1);
    // Who is banned alone is no truth about the server.
    assert.deepEqual(
      world.truth.filter((line) => line.startsWith('s82') && line.endsWith('cut off')),
      [],
    );
    assert.ok(world.truth.includes('s81 :80 is cut off'));
    world.do({ verb: 'admit', node: 's81', client: null, port: 80 }).tries('c152', 's81').until(20);
    assert.equal(endOf('c152')[0], 'served');
  });
});

describe('A crowd', () => {
  const crowd = (count: number, seconds: number): SmallWorld => {
    const world = new SmallWorld(`
network: {behind: {people: {port: lan0, via: 172.27.179.254, network: 10.0.0.0/13}}}
population: {people: {count: ${20 * count}, in: people, is: {linux-6.1: 100%}, patience: 1h}}
traffic: [{from: people, to: s80, connections: ${count}, at: 10s, for: ${seconds}s}]`);
    return world.do({ verb: 'unplug', node: 's80' }).until(14 + seconds);
  };

  it('of 300 gets about fifty messages at the end of the search, and the others none', () => {
    const world = crowd(300, 1);
    const messages = world.times('ICMP 3/1', { iface: LAN, since: 10 });
    const first = messages.filter((seconds) => seconds < 4);
    assert.ok(first.length >= 40 && first.length <= 60, `${first.length}`);
  });

  it('of a client with many requests gets six, and then one a second', () => {
    const world = new SmallWorld().do({ verb: 'unplug', node: 's80' }).until(10);
    for (let port = 1000; port < 1030; port++) world.tries('c150', 's80');
    world.until(14);
    assert.equal(world.times('ICMP 3/1', { iface: LAN }).length, 6);
  });

  it('waits in a queue of 256, of which the oldest give way', () => {
    const world = new SmallWorld('', {
      limits: { neighbours: 1024, icmpPerSecond: 1_000_000, icmpBurst: 1_000_000 },
    });
    world.do({ verb: 'unplug', node: 's80' }).until(10);
    for (let number = 0; number < 400; number++) world.tries(`c15${number % 10}`, 's80', { version: 4 });
    world.until(10.5);
    assert.equal(world.world.dropped, 144);
  });
});

describe('A machine with power again', () => {
  it('asks for its router first, refuses, and serves when its services run', () => {
    const world = new SmallWorld('hosts: {s80: {boot: 10s}}');
    world.until(1).do({ verb: 'kill', node: 's80' }).until(5).do({ verb: 'forget', node: 's80' });
    world
      .until(20)
      .do({ verb: 'revive', node: 's80' })
      .until(24)
      .tries('c150', 's80')
      .until(35)
      .tries('c150', 's80')
      .until(40);
    assert.deepEqual(
      world.ends.map(({ end }) => end),
      ['refused', 'served'],
    );
    const ofStart6 = new Set(['MLD report', 'ND duplicates']);
    const first = world.frames.find(
      ({ iface, isOut, kind }) => iface === WAN && !isOut && !ofStart6.has(kind),
    );
    assert.equal(first?.kind, 'ARP ask', 'of IPv4, before which IPv6 has its own');
    assert.ok((first?.seconds ?? 0) > 20 && (first?.seconds ?? 0) < 22);
    const own = world.truth.filter((line) => line.startsWith('s80 :80'));
    assert.deepEqual(own, ['s80 :80 answers', 's80 :80 is silent', 's80 :80 answers']);
  });

  it('asks again for its router alone, five seconds after it has answered', () => {
    const world = new SmallWorld().until(1).tries('c150', 's80').until(10);
    const [probe = 0] = world.times('ARP probe', { iface: WAN, isOut: false, since: 1 });
    assert.ok(probe >= 5 && probe <= 5.3, `${probe}`);
  });
});
