/** What a node makes of what iproute2 says of a machine that this is not, and when; the lines are of iproute2 5.10 to 6.9. */

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Kernel } from '../../../../host/takeover/machine/kernel.ts';
import { FakeTime } from '../../fake-time.ts';
import { isGone, type StandIns, standIns } from './stand-in.ts';

const IP = `case "$*" in
*monitor*) echo $$ >> "$D/monitors"; touch "$D/monitor"; cat "$D/piece" 2>/dev/null && sleep 0.1; exec tail -n +1 -f "$D/monitor";;
*"address show"*) echo >> "$D/pictures"; cp "$D/address" "$D/address.$$"
  mv "$D/hold" "$D/held.$$" 2>/dev/null && until [ -e "$D/go" ]; do sleep 0.01; done; cat "$D/address.$$"; exit "$(cat "$D/status" 2>/dev/null || echo 0)";;
*) cat > "$D/routes";;
esac`;

const LAN = {
  ifindex: 2,
  ifname: 'eth0',
  flags: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'],
  link_type: 'ether',
  address: '02:00:00:00:00:01',
  addr_info: [{ family: 'inet', local: '192.0.2.1', prefixlen: 24, scope: 'global', label: 'eth0' }],
};

interface Shown {
  readonly kernel: Kernel;
  readonly heard: string[];
  readonly machine: StandIns;
  readonly changes: () => number;
  /** Waits for what real programs do; no time passes but what the test lets pass. */
  readonly seen: (condition: () => boolean) => Promise<void>;
  readonly pass: (ms: number) => void;
}

function shown(context: TestContext, interfaces: readonly object[]): Shown {
  const time = new FakeTime();
  const machine = standIns(context);
  machine.put('ip', IP);
  machine.write('address', JSON.stringify(interfaces));
  const heard: string[] = [];
  let changes = 0;
  const kernel = new Kernel(
    {
      onChange: () => void changes++,
      onLink: (...link) => void heard.push(link.join(' ')),
    },
    time,
  );
  context.after(() => kernel.close());
  return {
    kernel,
    heard,
    machine,
    changes: () => changes,
    seen: async (condition) => {
      while (!condition()) await turn();
    },
    pass: (ms) => time.tick(ms),
  };
}

describe('an interface is', { timeout: 60_000 }, () => {
  it('Ethernet if it has such an address: a VLAN, a radio and a bond do, a tunnel and InfiniBand do not', async (context) => {
    const up = { flags: ['UP', 'LOWER_UP'], addr_info: [] };
    const { kernel } = shown(context, [
      // What a filter has left out: iproute2 before 5.15.
      {},
      { ...LAN, ...up, ifindex: 5, link: 'eth0', ifname: 'eth0.10' },
      {
        ...up,
        ifindex: 6,
        ifname: 'wlan0',
        link_type: 'ether',
        address: '02:00:00:00:00:06',
        permaddr: '02:00:00:00:00:07',
      },
      { ...up, ifindex: 7, ifname: 'bond0', link_type: 'ether', address: '02:00:00:00:00:08' },
      {
        ...up,
        ifindex: 8,
        ifname: 'ppp0',
        flags: ['POINTOPOINT', 'NOARP', 'UP', 'LOWER_UP'],
        link_type: 'ppp',
      },
      {
        ...up,
        ifindex: 9,
        ifname: 'wg0',
        flags: ['POINTOPOINT', 'NOARP', 'UP', 'LOWER_UP'],
        link_type: 'none',
      },
      { ...up, ifindex: 10, ifname: 'ib0', link_type: 'infiniband', address: '80:00:02:08:fe:80:00:00' },
      { ...up, ifindex: 11, link: null, ifname: 'tun6in4', link_type: 'sit', address: '192.0.2.1' },
    ]);
    await kernel.refresh();
    assert.deepEqual(
      kernel.interfaces.map(({ name, mac }) => [name, mac]),
      [
        ['eth0.10', '02:00:00:00:00:01'],
        ['wlan0', '02:00:00:00:00:06'],
        ['bond0', '02:00:00:00:00:08'],
        ['ppp0', null],
        ['wg0', null],
        ['ib0', null],
        ['tun6in4', null],
      ],
    );
    assert.ok(kernel.isUp('ppp0') && kernel.hasCarrier('wg0'));
  });

  it('none of what is said in no form that is known', async (context) => {
    const { kernel, machine } = shown(context, [
      { ...LAN, flags: null, addr_info: [null, {}, { local: 7 }] },
      [],
    ]);
    await kernel.refresh();
    assert.deepEqual(
      kernel.interfaces.map(({ name, flags, addresses }) => [name, flags, addresses]),
      [['eth0', [], []]],
    );
    machine.write('address', '{}');
    await kernel.refresh();
    assert.deepEqual(kernel.interfaces, []);
  });
});

describe('a change', { timeout: 60_000 }, () => {
  it('is heard of by the lines of ip monitor, however they come, and then looked at', async (context) => {
    const { kernel, heard, machine, changes, seen, pass } = shown(context, [LAN]);
    const line =
      '2: eth0.10@eth0: <NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN> mtu 1500 qdisc noqueue state LOWERLAYERDOWN group default \\    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff';
    machine.write('piece', line.slice(0, 30));
    await kernel.start();
    await seen(() => machine.isThere('monitor'));
    assert.deepEqual(heard, []);
    machine.add('monitor', line.slice(30));
    machine.add(
      'monitor',
      `
2: eth0    inet 192.0.2.7/24 scope global eth0\\       valid_lft forever preferred_lft forever
Deleted 2: eth0    inet6 fe80::1/64 scope link \\       valid_lft forever preferred_lft forever
Failed to send flush request: <UP>: No such file
3: wlan0: <BROADCAST,MULTICAST,UP,LOWER_UP> \\    link/ether
Deleted 4: eth1@NONE: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN group default \\    link/ether
5: ppp0: <POINTOPOINT,MULTICAST,NOARP,UP,LOWER_UP> mtu 1492 qdisc fq_codel state UNKNOWN group default qlen 3\\    link/ppp
`,
    );
    await seen(() => heard.length === 3);
    assert.deepEqual(heard, ['eth0.10 true false', 'wlan0 true true', 'ppp0 true true']);
    assert.equal(changes(), 0);
    machine.write('address', JSON.stringify([{ ...LAN, addr_info: [] }]));
    const pictures = machine.size('pictures');
    assert.equal(kernel.holderOf('192.0.2.1'), 'eth0');
    pass(20);
    await seen(() => changes() === 1);
    assert.equal(machine.size('pictures'), pictures + 1);
    assert.equal(kernel.holderOf('192.0.2.1'), null);
  });

  it('is found though nobody has said so', async (context) => {
    const { kernel, heard, machine, changes, seen, pass } = shown(context, [LAN]);
    await kernel.start();
    machine.write('address', JSON.stringify([{ ...LAN, ifname: 'lan', flags: ['UP'] }]));
    pass(10_000);
    await seen(() => changes() === 1);
    assert.deepEqual(heard, ['eth0 false false', 'lan true false']);
    machine.write('address', JSON.stringify([LAN]));
    pass(10_000);
    await seen(() => changes() === 2);
    assert.ok(kernel.has('eth0'));
  });

  it('that is heard of while a picture is taken counts more than the picture', async (context) => {
    const { kernel, heard, machine, changes, seen, pass } = shown(context, [LAN]);
    await kernel.start();
    machine.write('hold', '');
    const before = machine.size('pictures');
    pass(10_000);
    await seen(() => machine.size('pictures') > before && !machine.isThere('hold'));
    machine.write('monitor', '2: eth0: <NO-CARRIER,UP> mtu 1500\n');
    await seen(() => heard.length === 1);
    machine.write('go', '');
    await seen(() => changes() === 1);
    assert.deepEqual(heard, ['eth0 true false']);
  });

  it('is not undone by an earlier picture that comes later', async (context) => {
    const { kernel, machine, seen } = shown(context, [LAN]);
    machine.write('hold', '');
    const early = kernel.refresh();
    await seen(() => machine.size('pictures') > 0 && !machine.isThere('hold'));
    machine.write('address', JSON.stringify([{ ...LAN, addr_info: [] }]));
    await kernel.refresh();
    assert.deepEqual(kernel.addressesOf('eth0'), []);
    machine.write('go', '');
    await early;
    assert.deepEqual(kernel.addressesOf('eth0'), []);
  });

  it('of our own is known at once, and a picture from before it is not believed', async (context) => {
    const { kernel, machine, changes, seen, pass } = shown(context, [LAN]);
    await kernel.start();
    machine.write('hold', '');
    const before = machine.size('pictures');
    pass(10_000);
    await seen(() => machine.size('pictures') > before && !machine.isThere('hold'));
    kernel.note('eth0', { add: { address: '192.0.2.80', length: 24 } });
    kernel.note('eth0', { remove: '192.0.2.1' });
    kernel.note('none0', { add: { address: '192.0.2.80', length: 24 } });
    const own = [{ address: '192.0.2.80', length: 24 }];
    machine.write('go', '');
    await held(machine);
    assert.deepEqual([kernel.addressesOf('eth0'), changes()], [own, 0]);
    machine.write('address', JSON.stringify([{ ...LAN, addr_info: [] }]));
    await again(
      () => pass(20),
      () => changes() === 1,
    );
    assert.deepEqual(kernel.addressesOf('eth0'), []);
    kernel.note('eth0', { up: false });
    assert.deepEqual([kernel.isUp('eth0'), kernel.hasCarrier('eth0')], [false, false]);
    kernel.note('eth0', { up: true });
    assert.deepEqual([kernel.isUp('eth0'), kernel.hasCarrier('eth0')], [true, true]);
    for (const length of [24, 25]) kernel.note('eth0', { add: { address: '192.0.2.80', length } });
    assert.deepEqual(kernel.addressesOf('eth0'), [{ address: '192.0.2.80', length: 25 }]);
  });
});

describe('an ip that', { timeout: 60_000 }, () => {
  it('cannot say how it is now leaves what was, and is asked again', async (context) => {
    const { kernel, machine, changes, seen, pass } = shown(context, [LAN]);
    await kernel.start();
    machine.write('status', '1');
    pass(10_000);
    await seen(() => changes() === 1);
    assert.equal(kernel.holderOf('192.0.2.1'), 'eth0');
    machine.remove('status');
    machine.write('address', '[]');
    pass(10_000);
    await seen(() => changes() === 2);
    assert.deepEqual(kernel.interfaces, []);
  });

  it('watches no longer is started again, unless nobody needs it', async (context) => {
    const { kernel, machine, seen, pass } = shown(context, [LAN]);
    await kernel.start();
    await seen(() => machine.lines('monitors').length === 1);
    process.kill(Number(machine.lines('monitors')[0]), 'SIGKILL');
    await again(
      () => pass(1000),
      () => machine.lines('monitors').length === 2,
    );
    const [, second] = machine.lines('monitors');
    process.kill(Number(second), 'SIGKILL');
    await seen(() => isGone(Number(second)));
    for (let i = 0; i < 20; i++) await turn();
    kernel.close();
    for (let i = 0; i < 20; i++) {
      pass(1000);
      await turn();
    }
    assert.equal(machine.lines('monitors').length, 2);
  });

  it('is not there is missed at the start', async (context) => {
    const { kernel, machine } = shown(context, []);
    machine.alone();
    machine.remove('ip');
    await assert.rejects(kernel.start(), { code: 'unavailable', message: /there is no such program/ });
  });
});

/** The picture that was kept back has been read. */
async function held(machine: StandIns): Promise<void> {
  const pid = machine
    .names()
    .find((name) => name.startsWith('held.'))
    ?.slice('held.'.length);
  while (!isGone(Number(pid))) await turn();
  for (let i = 0; i < 20; i++) await turn();
}

async function again(action: () => void, condition: () => boolean): Promise<void> {
  while (!condition()) {
    action();
    await turn();
  }
}
