/** Addresses onto interfaces and off them again, on a real kernel: one cable, with the other end in the same network. */

import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, afterEach, before, describe, it } from 'node:test';
import { Interfaces } from '../../../../host/takeover/machine/interfaces.ts';
import { IpBatch } from '../../../../host/takeover/machine/ip-batch.ts';
import { Kernel } from '../../../../host/takeover/machine/kernel.ts';
import { StateFile } from '../../../../host/takeover/machine/state-file.ts';
import { machineTime } from '../../../../host/time.ts';
import { machineTimeWith } from '../../fake-time.ts';
import { recordingLog, until } from '../../tools.ts';
import { cable, ip, noNetwork } from './own-network.ts';

const C = { address: '192.0.2.80', length: 24 };
const D = { address: '192.0.2.81', length: 24 };
const C6 = { address: '2001:db8:2::80', length: 64 };
const FILE = `${tmpdir()}/interfaces-${process.pid}.state`;

interface Shown {
  readonly local: string;
  readonly broadcast?: string;
  readonly nodad?: boolean;
  readonly tentative?: boolean;
}

function shown(ifname: string): Shown[] {
  return JSON.parse(ip('-json', 'address', 'show', 'dev', ifname))[0].addr_info;
}

function isOn(ifname: string): boolean {
  return /[<,]UP[,>]/.test(ip('link', 'show', ifname));
}

describe('the interfaces of a node', { skip: noNetwork }, () => {
  const { log } = recordingLog();
  const batch = new IpBatch(machineTime);
  const kernel = new Kernel({ onChange: () => {}, onLink: () => {} }, machineTime);
  const memory = new StateFile(FILE, log);
  const waits: number[] = [];
  /** Looks come one after the other; what limits a command stays. */
  const time = machineTimeWith((waitMs) => {
    if (waitMs > 1000) return waitMs;
    waits.push(waitMs);
    return 0;
  });
  const standby = new Interfaces(batch, kernel, memory, true, time);
  const active = new Interfaces(batch, kernel, memory, false, time);
  /** No command of these arrives: there is no such network. */
  const lost = new IpBatch(machineTime, ['-n', 'none']);
  const helpless = new Interfaces(lost, kernel, memory, true, time);

  before(async () => {
    writeFileSync('/proc/sys/net/ipv6/conf/default/addr_gen_mode', '1');
    ip('link', 'set', 'lo', 'up');
    cable('eth0', 'far0');
    ip('link', 'set', 'far0', 'up');
    await kernel.start();
  });
  afterEach(async () => {
    ip('address', 'flush', 'dev', 'eth0');
    ip('address', 'flush', 'dev', 'far0');
    ip('link', 'set', 'eth0', 'down');
    memory.change({ raised: [], routes: [] });
    await kernel.refresh();
  });
  after(() => {
    kernel.close();
    batch.close();
    lost.close();
    standby.close();
    active.close();
    rmSync(FILE, { force: true });
  });

  it('have an address with the broadcast address of its network', async () => {
    assert.equal(await standby.activate('eth0', C, false), true, 'it was off');
    assert.equal(await standby.activate('eth0', { address: '198.51.100.9', length: 30 }, false), false);
    assert.deepEqual(
      shown('eth0').map(({ local, broadcast }) => [local, broadcast]),
      [
        ['192.0.2.80', '192.0.2.255'],
        ['198.51.100.9', '198.51.100.11'],
      ],
    );
    assert.ok(standby.has('eth0', C.address), 'before the kernel says so');
  });

  it('have an IPv6 address at once, which nobody is asked for', async () => {
    await standby.activate('eth0', C6, false);
    const [own] = shown('eth0');
    assert.deepEqual([own?.nodad, own?.tentative], [true, undefined]);
  });

  it('answer for an IPv6 address that somebody else had when it was put there', async () => {
    ip('link', 'set', 'eth0', 'up');
    ip('address', 'add', '2001:db8:2::80/64', 'dev', 'far0', 'nodad');
    ip('address', 'add', '2001:db8:2::80/64', 'dev', 'eth0');
    await until('the kernel has found that out', () =>
      /dadfailed/.test(ip('address', 'show', 'dev', 'eth0')),
    );
    await kernel.refresh();
    assert.equal(active.has('eth0', C6.address), false);
    ip('address', 'flush', 'dev', 'far0');
    await active.activate('eth0', C6, false);
    await kernel.refresh();
    assert.ok(active.has('eth0', C6.address));
    assert.deepEqual(
      shown('eth0').map(({ local, tentative }) => [local, tentative]),
      [[C6.address, undefined]],
    );
  });

  it('get their routes back, by what they were: of both kinds, as words of ip', async () => {
    ip('link', 'set', 'eth0', 'up');
    ip('address', 'add', '192.0.2.80/24', 'dev', 'eth0');
    ip(
      'address',
      'add',
      '2001:db8:2::1/64',
      'dev',
      'eth0',
      'nodad',
      'valid_lft',
      '600',
      'preferred_lft',
      '600',
    );
    for (const route of [
      'default via 192.0.2.21 metric 7 src 192.0.2.80',
      '198.51.100.0/24 via 203.0.113.9 onlink proto dhcp',
      '198.51.101.0/24 scope link proto static mtu 1400 initcwnd 20',
      '198.51.102.0/24 via inet6 fe80::1 proto static',
      '198.51.103.0/24 via 192.0.2.21 tos 0x10',
    ]) {
      ip('-4', 'route', 'add', ...route.split(' '), 'dev', 'eth0');
    }
    ip('-6', 'route', 'add', 'default', 'via', 'fe80::1', 'dev', 'eth0', 'metric', '9', 'proto', 'static');
    const all = (): string[] =>
      ['-4', '-6'].flatMap((version) =>
        ['boot', 'static', 'dhcp'].map((proto) => ip(version, 'route', 'show', 'proto', proto).trim()),
      );
    const before = all();
    assert.equal(
      before
        .join('\n')
        .split('\n')
        .filter((line) => line !== '').length,
      6,
    );
    await kernel.refresh();
    assert.equal(await active.deactivate('eth0', C), null);
    assert.deepEqual(all().join(''), '');
    assert.equal(isOn('eth0'), false);
    assert.equal(
      new StateFile(FILE, log).known.routes.length,
      6,
      'whoever comes after this process knows them',
    );
    await active.activate('eth0', C, false);
    assert.deepEqual(all(), before);
    assert.deepEqual(memory.known.routes, []);
    // And are known before the next picture is taken.
    assert.equal(kernel.routesOf('eth0').length, 6);
  });

  it('that take an address do so though a route cannot come back', async () => {
    const route = {
      ifname: 'eth0',
      to: '198.51.100.0/24',
      version: 4,
      via: '203.0.113.9',
      rest: ['proto', '4'],
    } as const;
    const other = { ...route, ifname: 'eth7' };
    memory.change({ routes: [route, other] });
    await active.activate('eth0', C, false);
    assert.deepEqual(
      shown('eth0').map(({ local }) => local),
      [C.address],
    );
    assert.deepEqual(memory.known.routes, [other], 'what belongs to another one waits for that');
  });

  it('stay on for an address that is put there meanwhile', async () => {
    await active.activate('eth0', C, false);
    const [, kept] = await Promise.all([active.activate('eth0', D, false), active.deactivate('eth0', C)]);
    assert.equal(kept, `eth0 stays on: it has ${D.address}`);
    assert.ok(isOn('eth0'));
  });

  it('are on again when what was done before has failed', async () => {
    const failing = helpless.activate('eth0', C, false);
    const next = helpless.deactivate('eth0', C);
    await assert.rejects(failing, /none/);
    assert.equal(await next, null, 'there is nothing to switch off');
    await assert.rejects(standby.activate('none0', C, false), /link set dev none0 up: Cannot find device/);
    await standby.activate('eth0', C, false);
    assert.ok(isOn('eth0'));
  });

  it('say when the kernel would not let go of an address, and not when it had already', async () => {
    await standby.activate('eth0', C, false);
    await assert.rejects(helpless.withdraw('eth0', C, false, false), /ip ended: .*none/);
    await assert.rejects(helpless.deactivate('eth0', C), /ip ended: .*none/);
    assert.ok(standby.has('eth0', C.address));
    ip('address', 'del', '192.0.2.80/24', 'dev', 'eth0');
    await helpless.withdraw('eth0', C, false, false);
    assert.equal(standby.has('eth0', C.address), false, 'that it is gone was looked at');
    ip('address', 'add', '192.0.2.80/24', 'dev', 'eth0');
    ip('link', 'set', 'eth0', 'down');
    // What is on an interface that is off nobody reaches.
    assert.equal(await helpless.deactivate('eth0', C), null);
  });

  it('of a standby are off again after the last address, if they were off before', async () => {
    await standby.activate('eth0', C, false);
    assert.deepEqual(new StateFile(FILE, log).known.raised, ['eth0']);
    await standby.activate('eth0', D, false);
    await standby.withdraw('eth0', C, false, true);
    assert.ok(isOn('eth0'), 'it has another one');
    await standby.withdraw('eth0', D, false, true);
    assert.equal(isOn('eth0'), false);
    assert.deepEqual(memory.known.raised, []);

    ip('link', 'set', 'eth0', 'up');
    await kernel.refresh();
    await standby.activate('eth0', C, false);
    await standby.withdraw('eth0', C, false, true);
    assert.ok(isOn('eth0'), 'it was on before');
  });

  it('that were raised go down again unless something uses them', async () => {
    await standby.raise(['eth0', 'none0']);
    assert.ok(isOn('eth0') && kernel.isUp('eth0'));
    assert.deepEqual(memory.known.raised, ['eth0']);
    await standby.lower('far0');
    assert.ok(isOn('eth0'));
    await standby.lower();
    assert.equal(isOn('eth0'), false);

    await active.raise(['eth0']);
    await active.activate('eth0', C, false);
    await active.deactivate('eth0', C);
    ip('link', 'set', 'eth0', 'up');
    await kernel.refresh();
    await active.lower();
    assert.ok(isOn('eth0'), 'an active’s interface with an address is its own from then on');
  });

  it('without a carrier are waited for, and then that is said', async () => {
    ip('link', 'set', 'far0', 'down');
    waits.length = 0;
    await assert.rejects(standby.activate('eth0', C, false), /eth0 has no carrier: is its cable out\?/);
    assert.equal(new Set(waits).size, 1);
    assert.deepEqual(
      shown('eth0').map(({ local }) => local),
      [C.address],
      'whoever asked for it takes it away',
    );
    assert.deepEqual(standby.factsOf('eth0').on, true);
    ip('link', 'set', 'far0', 'up');
    await kernel.refresh();
    assert.equal(standby.factsOf('eth0').broken, false);
    ip('link', 'set', 'far0', 'down');
    await kernel.refresh();
    assert.equal(standby.factsOf('eth0').broken, true);
    ip('link', 'set', 'far0', 'up');
    assert.deepEqual(standby.factsOf('none0'), {
      ifname: 'none0',
      mac: null,
      on: false,
      broken: false,
    });
  });

  it('send what comes from an address by themselves, and no longer when it goes', async () => {
    ip('link', 'set', 'eth0', 'up');
    ip('address', 'add', '192.0.2.9/24', 'dev', 'eth0');
    ip('route', 'add', '198.51.100.0/24', 'via', '192.0.2.21', 'dev', 'eth0');
    ip('route', 'add', '203.0.113.0/24', 'via', '192.0.2.21', 'dev', 'eth0', 'proto', 'bird');
    await kernel.refresh();
    await standby.activate('eth0', C, true);
    await standby.activate('eth0', C6, true);
    const table = String(73_730_000 + kernel.indexOf('eth0'));
    assert.match(ip('rule', 'show'), new RegExp(`7373:\tfrom 192.0.2.80 lookup ${table}`));
    assert.match(ip('-6', 'rule', 'show'), new RegExp(`7373:\tfrom 2001:db8:2::80 lookup ${table}`));
    assert.deepEqual(
      ip('route', 'show', 'table', table)
        .trim()
        .split('\n')
        .map((line) => line.trim()),
      ['192.0.2.0/24 dev eth0 scope link', '198.51.100.0/24 via 192.0.2.21 dev eth0'],
    );
    assert.match(ip('-6', 'route', 'show', 'table', table), /2001:db8:2::\/64 dev eth0/);
    ip('address', 'del', '192.0.2.80/24', 'dev', 'eth0');
    await standby.withdraw('eth0', C, true, false);
    await standby.withdraw('eth0', C6, true, false);
    assert.doesNotMatch(ip('rule', 'show') + ip('-6', 'rule', 'show'), /7373:/);
  });

  it('are talked by from an address that is there without them, until that is not wanted any more', async () => {
    for (const own of [C, C6]) {
      await active.talkBy('eth0', own);
      assert.match(ip(own === C ? '-4' : '-6', 'rule', 'show'), new RegExp(`from ${own.address} lookup`));
      await active.talkByNoMore('eth0', own);
      assert.doesNotMatch(ip(own === C ? '-4' : '-6', 'rule', 'show'), /7373:/);
    }
  });
});
