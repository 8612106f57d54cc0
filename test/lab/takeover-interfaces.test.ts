/** A takeover's hands on a real kernel: two interfaces on one network, each with addresses and a MAC address of its own. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { Interfaces } from '../../host/takeover/machine/interfaces.ts';
import { IpBatch } from '../../host/takeover/machine/ip-batch.ts';
import { Kernel } from '../../host/takeover/machine/kernel.ts';
import { StateFile } from '../../host/takeover/machine/state-file.ts';
import { Sysctls } from '../../host/takeover/machine/sysctl.ts';
import { machineTime } from '../../host/time.ts';
import { recordingLog, until } from '../host/tools.ts';

/** Names of this process's own: other tests may run in the same network. */
const [T0, T1] = [`t0-${process.pid}`, `t1-${process.pid}`];
const BRIDGE = `${process.pid}-interfaces`;
const TERMINAL = `${process.pid}-terminal`;
const FILE = `/run/lab/${process.pid}.state`;
const OWN = '192.0.2.13';
const C = { address: '192.0.2.80', length: 24 };
const D = { address: '192.0.2.81', length: 24 };
const C6 = { address: '2001:db8:2::80', length: 64 };

function ip(...argv: readonly string[]): string {
  return execFileSync('ip', [...argv], { encoding: 'utf8' });
}

function onTerminal(...argv: readonly string[]): string {
  return execFileSync('ip', ['netns', 'exec', TERMINAL, ...argv], { encoding: 'utf8' });
}

/** Which MAC address the terminal learns for an address by asking, or null if nobody answers. */
function asked(address: string): string | null {
  onTerminal('ip', 'neighbour', 'flush', 'all');
  try {
    onTerminal('ping', '-c', '1', '-W', '3', address);
  } catch {
    return null;
  }
  return /lladdr (\S+)/.exec(onTerminal('ip', 'neighbour', 'show', address))?.[1] ?? null;
}

function setting(ifname: string, name: string): string {
  return readFileSync(`/proc/sys/net/ipv4/conf/${ifname}/${name}`, 'utf8').trim();
}

describe('interfaces of a takeover', () => {
  const { log } = recordingLog();
  const batch = new IpBatch(machineTime);
  const heard: [string, boolean, boolean][] = [];
  const kernel = new Kernel(
    {
      onChange: () => {},
      onLink: (ifname, up, carrier) => void heard.push([ifname, up, carrier]),
    },
    machineTime,
  );
  const memory = new StateFile(FILE, log);
  const settings = new Sysctls(memory, log);
  const interfaces = new Interfaces(batch, kernel, memory, true, machineTime);

  before(async () => {
    ip('netns', 'add', BRIDGE);
    ip('netns', 'add', TERMINAL);
    ip(
      '-n',
      BRIDGE,
      'link',
      'add',
      'switch0',
      'up',
      'type',
      'bridge',
      'forward_delay',
      '0',
      'mcast_snooping',
      '0',
    );
    for (const [name, port] of [
      [T0, 'p0'],
      [T1, 'p1'],
    ] as const) {
      ip('link', 'add', name, 'type', 'veth', 'peer', 'name', port, 'netns', BRIDGE);
      ip('-n', BRIDGE, 'link', 'set', port, 'master', 'switch0', 'up');
    }
    ip('-n', TERMINAL, 'link', 'add', 'eth0', 'up', 'type', 'veth', 'peer', 'name', 'p2', 'netns', BRIDGE);
    ip('-n', BRIDGE, 'link', 'set', 'p2', 'master', 'switch0', 'up');
    ip('-n', TERMINAL, 'address', 'add', '192.0.2.21/24', 'dev', 'eth0');
    ip('-n', TERMINAL, 'address', 'add', '2001:db8:2::21/64', 'dev', 'eth0', 'nodad');
    ip('link', 'set', T0, 'up');
    ip('address', 'add', `${OWN}/24`, 'dev', T0);
    // As distributions have it: what would not go out here is dropped.
    for (const ifname of [T0, T1]) writeFileSync(`/proc/sys/net/ipv4/conf/${ifname}/rp_filter`, '1');
    await kernel.start();
  });

  after(() => {
    kernel.close();
    batch.close();
    interfaces.close();
    ip('link', 'delete', T0);
    ip('link', 'delete', T1);
    ip('netns', 'delete', BRIDGE);
    ip('netns', 'delete', TERMINAL);
  });

  it('answer for an address with the MAC address of the interface that took it, and leave everything as it was', async () => {
    const [own, takeover] = [kernel.macOf(T0), kernel.macOf(T1)];
    settings.isolate([T0, T1]);
    await interfaces.activate(T1, C, true);
    assert.ok(interfaces.has(T1, C.address));
    for (let i = 0; i < 3; i++) {
      assert.equal(asked(C.address), takeover);
      assert.equal(asked(OWN), own);
    }
    assert.match(ip('rule', 'show'), /from 192\.0\.2\.80 lookup/);
    // What the machine itself asks tells nobody another address.
    onTerminal('ip', 'neighbour', 'flush', 'all');
    asked(C.address);
    execFileSync('ping', ['-c', '1', '-I', OWN, '192.0.2.21']);
    assert.match(onTerminal('ip', 'neighbour', 'show', C.address), new RegExp(takeover ?? ''));

    await interfaces.withdraw(T1, C, true, true);
    settings.restore();
    await kernel.refresh();
    assert.equal(asked(C.address), null);
    assert.equal(kernel.isUp(T1), false, 'it was off before');
    assert.doesNotMatch(ip('rule', 'show'), /from 192\.0\.2\.80/);
    assert.deepEqual([setting(T1, 'arp_ignore'), setting(T0, 'rp_filter')], ['0', '1']);
    assert.throws(() => readFileSync(FILE), 'nothing is left to remember');
  });

  it('keep the second address when the first one of the same interface goes', async () => {
    settings.prepare([T1]);
    await interfaces.activate(T1, C, true);
    await interfaces.activate(T1, D, true);
    await interfaces.withdraw(T1, C, true, false);
    await kernel.refresh();
    assert.deepEqual(kernel.addressesOf(T1), [D]);
    await interfaces.withdraw(T1, D, true, true);
    settings.restore();
  });

  it('have an IPv6 address at once, without looking for duplicates', async () => {
    await interfaces.activate(T1, C6, true);
    assert.doesNotMatch(ip('-6', 'address', 'show', 'dev', T1, 'scope', 'global'), /tentative/);
    assert.equal(asked(C6.address), kernel.macOf(T1));
    assert.match(ip('-6', 'rule', 'show'), /from 2001:db8:2::80 lookup/);
    await interfaces.withdraw(T1, C6, true, true);
    assert.equal(asked(C6.address), null);
    assert.doesNotMatch(ip('-6', 'rule', 'show'), /from 2001:db8:2::80/);
  });

  it('are switched off with their only address, and come back with their routes', async () => {
    ip('link', 'set', T1, 'up');
    ip('address', 'add', '192.0.2.80/24', 'dev', T1);
    ip('route', 'add', '198.51.100.0/24', 'via', '192.0.2.21', 'dev', T1, 'metric', '50');
    await kernel.refresh();
    assert.equal(await interfaces.deactivate(T1, C), null);
    await kernel.refresh();
    assert.equal(kernel.isUp(T1), false);
    assert.doesNotMatch(ip('route', 'show'), /198\.51\.100/);
    // The program may end meanwhile.
    assert.equal(new StateFile(FILE, log).known.routes.length, 1);
    await interfaces.activate(T1, C, false);
    assert.match(ip('route', 'show'), new RegExp(`198.51.100.0/24 via 192.0.2.21 dev ${T1} .*metric 50`));
    await interfaces.deactivate(T1, C);
    assert.equal(memory.known.routes.length, 1, 'they are not forgotten when it goes again at once');
    memory.change({ raised: [], routes: [] });
  });

  it('leave to a routing daemon what it has put there', async () => {
    ip('link', 'set', T1, 'up');
    ip('address', 'add', '192.0.2.80/24', 'dev', T1);
    ip('route', 'add', '198.51.100.0/24', 'via', '192.0.2.21', 'dev', T1, 'proto', 'bird');
    ip('route', 'add', '203.0.113.0/24', 'via', '192.0.2.21', 'dev', T1, 'proto', 'static');
    await kernel.refresh();
    assert.deepEqual(
      kernel.routesOf(T1).map(({ to, rest }) => [to, rest]),
      [['203.0.113.0/24', ['proto', '4']]],
    );
    await interfaces.activate(T1, D, true);
    const table = /from 192\.0\.2\.81 lookup (\d+)/.exec(ip('rule', 'show'))?.[1] ?? 'none';
    const routes = ip('route', 'show', 'table', table);
    assert.match(routes, /203\.0\.113\.0/);
    assert.doesNotMatch(routes, /198\.51\.100\.0/);
    await interfaces.withdraw(T1, D, true, false);
    await interfaces.deactivate(T1, C);
    assert.deepEqual(
      memory.known.routes.map(({ to }) => to),
      ['203.0.113.0/24'],
    );
    memory.change({ raised: [], routes: [] });
  });

  it('stay on while they have an address that is not given', async () => {
    await interfaces.activate(T0, C, false);
    assert.equal(await interfaces.deactivate(T0, C), `${T0} stays on: it has ${OWN}`);
    await kernel.refresh();
    assert.deepEqual(
      kernel.addressesOf(T0).map(({ address }) => address),
      [OWN],
    );
    assert.equal(kernel.isUp(T0), true);
  });

  it('count an address that has a lifetime from DHCP, but none that a router has advertised', async () => {
    const LEASED = '192.0.2.99';
    const [ADVERTISED, PASSING] = ['2001:db8:2::99', '2001:db8:3::99'];
    const lifetime = ['valid_lft', '600', 'preferred_lft', '600'];
    settings.prepare([T1]);
    await interfaces.activate(T1, C, false);
    ip('address', 'add', `${LEASED}/24`, 'dev', T1, ...lifetime);
    for (const address of [PASSING, ADVERTISED])
      ip('address', 'add', `${address}/64`, 'dev', T1, 'nodad', ...lifetime);
    await kernel.refresh();
    assert.deepEqual(
      kernel.addressesOf(T1).map(({ address }) => address),
      [C.address, LEASED],
    );
    assert.deepEqual(kernel.holdersOf(LEASED), [T1]);
    assert.ok(kernel.ownAddresses('192.0.2.1').includes(LEASED));
    // It is enough to talk by, the nearest one first.
    assert.deepEqual(
      kernel.ownAddresses('2001:db8:2::1').filter((one) => one === ADVERTISED || one === PASSING),
      [ADVERTISED, PASSING],
    );
    assert.deepEqual(kernel.prefixOf(T1, ADVERTISED), { address: ADVERTISED, length: 64 });
    assert.equal(await interfaces.deactivate(T1, C), `${T1} stays on: it has ${LEASED}`);
    ip('address', 'del', `${LEASED}/24`, 'dev', T1);
    await kernel.refresh();
    await interfaces.activate(T1, C, false);
    assert.equal(
      await interfaces.deactivate(T1, C),
      null,
      'what a router has advertised does not keep it on',
    );
    await kernel.refresh();
    assert.equal(kernel.isUp(T1), false);
    ip('address', 'flush', 'dev', T1);
    await kernel.refresh();
    settings.restore();
    memory.change({ raised: [], routes: [] });
  });

  it('are left on while it is not known what is on them', async () => {
    await interfaces.activate(T1, C, false);
    memory.change({ raised: [T1] });
    const unread = new Kernel({ onChange: () => {}, onLink: () => {} }, machineTime);
    await new Interfaces(batch, unread, memory, true, machineTime).lower();
    await kernel.refresh();
    assert.ok(interfaces.has(T1, C.address));
    await interfaces.withdraw(T1, C, false, true);
    await kernel.refresh();
    assert.equal(kernel.isUp(T1), false);
  });

  it('are heard of at once when a cable is pulled', async () => {
    heard.length = 0;
    ip('-n', BRIDGE, 'link', 'set', 'p0', 'down');
    await until('the carrier is gone', () =>
      heard.some(([name, up, carrier]) => name === T0 && up && !carrier),
    );
    ip('-n', BRIDGE, 'link', 'set', 'p0', 'up');
    await until('the carrier is back', () => heard.some(([name, , carrier]) => name === T0 && carrier));
  });

  it('are heard of although nobody watched when the cable was pulled', async () => {
    const [pid] = execFileSync('pgrep', ['-P', String(process.pid), '-f', 'ip -oneline monitor'], {
      encoding: 'utf8',
    }).split('\n');
    process.kill(Number(pid), 'SIGKILL');
    ip('-n', BRIDGE, 'link', 'set', 'p0', 'down');
    await until('the kernel has taken it down', () => !/LOWER_UP/.test(ip('link', 'show', T0)));
    heard.length = 0;
    await until('the carrier is gone', () =>
      heard.some(([name, up, carrier]) => name === T0 && up && !carrier),
    );
    ip('-n', BRIDGE, 'link', 'set', 'p0', 'up');
    await until('the carrier is back', () => heard.some(([name, , carrier]) => name === T0 && carrier));
  });

  it('say what the kernel says when it refuses', async () => {
    await assert.rejects(interfaces.activate('none0', C, false), /none0.*Cannot find device/);
    await assert.rejects(batch.run([{ line: 'link set dev none0 up' }]), /Cannot find device/);
    await batch.run([{ line: 'link set dev none0 up', optional: true }]);
    await batch.run([{ line: `address del 192.0.2.99/24 dev ${T0}`, optional: true }], T0);
    // One that is gone already is as good as removed.
    await interfaces.withdraw(T0, { address: '192.0.2.99', length: 24 }, true, false);
  });

  it('are worked on again after ip was killed', async () => {
    const [pid] = execFileSync('pgrep', ['-P', String(process.pid), '-f', 'ip -oneline -force -batch'], {
      encoding: 'utf8',
    }).split('\n');
    process.kill(Number(pid), 'SIGKILL');
    // Until its end is noticed, what is asked of it fails.
    await until('work to go on', async () => /LOWER_UP/.test(await batch.run([], T0).catch(() => '')));
  });
});
