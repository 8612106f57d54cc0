/** Which routes of a real kernel a node puts back, and what it knows of them while they change. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { afterEach, before, describe, it } from 'node:test';
import { Routes } from '../../../../host/takeover/machine/routes.ts';
import { machineTime } from '../../../../host/time.ts';
import { until } from '../../tools.ts';
import { cable, ip, noNetwork } from './own-network.ts';
import { standIns } from './stand-in.ts';

function add(route: string, version: '-4' | '-6' = '-4'): void {
  ip(version, 'route', 'add', ...route.split(' '));
}

describe('the routes of a node', { skip: noNetwork }, () => {
  let routes = new Routes(machineTime);
  const known = (): string[] => routes.all.map(({ to }) => to).sort();

  before(() => {
    writeFileSync('/proc/sys/net/ipv6/conf/default/addr_gen_mode', '1');
    cable('eth0', 'eth1');
    for (const ifname of ['lo', 'eth0', 'eth1']) ip('link', 'set', ifname, 'up');
    ip('address', 'add', '192.0.2.80/24', 'dev', 'eth0');
    ip('address', 'add', '2001:db8:2::80/64', 'dev', 'eth0', 'nodad');
  });
  afterEach(() => {
    routes.close();
    routes = new Routes(machineTime);
    for (const version of ['-4', '-6']) {
      for (const proto of ['boot', 'static', 'dhcp', 'bird', 'ra'])
        ip(version, 'route', 'flush', 'proto', proto);
    }
  });

  it('are those that somebody has put into the main table: by hand, by a configuration, or a DHCP client', async () => {
    add('198.51.100.0/24 via 192.0.2.21');
    add('198.51.101.0/24 via 192.0.2.21 proto static');
    add('default via 192.0.2.21 proto dhcp');
    add('198.51.102.0/24 via 192.0.2.21 proto bird');
    add('198.51.103.0/24 via 192.0.2.21 table 100');
    add('2001:db8:9::/64 via fe80::1 dev eth1 proto static', '-6');
    add('default via fe80::1 dev eth0 proto ra', '-6');
    await routes.read();
    assert.deepEqual(known(), ['198.51.100.0/24', '198.51.101.0/24', '2001:db8:9::/64', 'default']);
    assert.deepEqual(
      routes.all.find(({ to }) => to === 'default'),
      {
        ifname: 'eth0',
        to: 'default',
        version: 4,
        via: '192.0.2.21',
        rest: ['proto', '16'],
      },
    );
  });

  it('are none that belong to no interface, or to several', async () => {
    add('blackhole 198.51.100.0/24');
    add('198.51.101.0/24 nexthop via 192.0.2.21 nexthop via 192.0.2.22');
    add('198.51.102.0/24 dev eth1');
    await routes.read();
    assert.deepEqual(
      routes.all.map(({ to, via }) => [to, via]),
      [['198.51.102.0/24', null]],
    );
  });

  it('are known again soon after something has changed, though the changes do not end', async () => {
    await routes.read();
    routes.watch();
    add('198.51.100.0/24 via 192.0.2.21');
    const changing = setInterval(() => routes.changed(), 10);
    await until('it is known', () => known().length === 1).finally(() => clearInterval(changing));
  });

  it('are not looked for again where nobody watches', async (context) => {
    const machine = standIns(context);
    machine.put('ip', 'echo "$*" >> "$D/asked"; exec ip "$@"');
    await routes.read();
    assert.equal(machine.lines('asked').length, 2, 'once for each kind');
    routes.changed();
    routes.watch();
    routes.changed();
    await until('it is looked for', () => machine.lines('asked').length === 4);
    routes.close();
    routes.changed();
    // What comes later has come.
    const later = new Routes(machineTime);
    later.watch();
    later.changed();
    await until('it is looked for', () => machine.lines('asked').length >= 6);
    later.close();
    assert.equal(machine.lines('asked').length, 6);
  });

  it('that were put back are not taken away by a picture from before', async (context) => {
    const machine = standIns(context);
    routes.watch();
    machine.put(
      'ip',
      'ip "$@" > "$D/shown.$$"; echo taken >> "$D/taken"; until [ -e "$D/go" ]; do sleep 0.02; done; cat "$D/shown.$$"',
    );
    const reading = routes.read();
    await until('both pictures are taken', () => machine.lines('taken').length === 2);
    add('198.51.100.0/24 via 192.0.2.21');
    const [own, ...none] = [
      { ifname: 'eth0', to: '198.51.100.0/24', version: 4, via: null, rest: [] } as const,
    ];
    assert.deepEqual(none, []);
    routes.note([own]);
    machine.write('go', '');
    await reading;
    assert.deepEqual(routes.all, [own]);
    await until('the next one shows it', () => routes.all[0]?.via === '192.0.2.21');
    routes.note([{ ...own, via: '192.0.2.22' }]);
    assert.deepEqual(
      routes.all.map(({ via }) => via),
      ['192.0.2.22'],
      'one of that network by that interface',
    );
  });

  it('are not undone by an earlier picture that comes later', async (context) => {
    const machine = standIns(context);
    machine.put(
      'ip',
      'ip "$@" > "$D/shown.$$"; mv "$D/hold" "$D/held" 2>/dev/null && until [ -e "$D/go" ]; do sleep 0.02; done; cat "$D/shown.$$"',
    );
    machine.write('hold', '');
    const early = routes.read();
    await until('the first is taken', () => machine.isThere('held'));
    add('198.51.100.0/24 via 192.0.2.21');
    await routes.read();
    assert.deepEqual(known(), ['198.51.100.0/24']);
    machine.write('go', '');
    await early;
    assert.deepEqual(known(), ['198.51.100.0/24']);
  });

  it('of IPv4 are known where there is no IPv6', async (context) => {
    add('198.51.100.0/24 via 192.0.2.21');
    const machine = standIns(context);
    machine.put('ip', 'case "$*" in *" -6 "*) echo no IPv6 >&2; exit 1;; esac; exec ip "$@"');
    await routes.read();
    assert.deepEqual(known(), ['198.51.100.0/24']);
  });

  it('are what they were while they cannot be read, and that is said to whoever asks', async (context) => {
    add('198.51.100.0/24 via 192.0.2.21');
    await routes.read();
    routes.watch();
    const machine = standIns(context);
    machine.put('ip', 'echo failed >> "$D/failed"; echo no buffer >&2; exit 2');
    await assert.rejects(routes.read(), { code: 'unavailable', message: /ip -4 -batch -: no buffer/ });
    const before = machine.lines('failed').length;
    routes.changed();
    await until('it is tried', () => machine.lines('failed').length > before);
    assert.deepEqual(known(), ['198.51.100.0/24']);
  });
});
