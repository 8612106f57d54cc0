import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { Kernel } from '../../../../host/takeover/machine/kernel.ts';
import { machineTime } from '../../../../host/time.ts';
import { until } from '../../tools.ts';
import { cable, ip, killChild, noNetwork } from './own-network.ts';

/** What a DHCP client says of its address, and the kernel of one that a router has advertised. */
const LIFETIME = ['valid_lft', '600', 'preferred_lft', '600'];

describe('the interfaces of a real kernel', { skip: noNetwork }, () => {
  const heard: string[] = [];
  let pictures = 0;
  const kernel = new Kernel(
    {
      onChange: () => void pictures++,
      onLink: (ifname, up, carrier) => void heard.push(`${ifname} ${up} ${carrier}`),
    },
    machineTime,
  );

  before(async () => {
    // What is looked for is what somebody has put there, not what the kernel gives itself.
    writeFileSync('/proc/sys/net/ipv6/conf/default/addr_gen_mode', '1');
    ip('link', 'set', 'lo', 'up');
    cable('eth0', 'far0');
    ip('link', 'set', 'far0', 'up');
    ip('link', 'set', 'eth0', 'up');
    await kernel.start();
  });
  after(() => kernel.close());

  it('are known with their MAC addresses, and the loopback has none', () => {
    const said = JSON.parse(ip('-json', 'link', 'show', 'eth0'))[0];
    assert.equal(kernel.macOf('eth0'), said.address);
    assert.equal(kernel.indexOf('eth0'), said.ifindex);
    assert.ok(kernel.isOwn(said.address));
    assert.equal(kernel.macOf('lo'), null);
    assert.equal(kernel.isOwn('00:00:00:00:00:00'), false);
    assert.deepEqual([kernel.isUp('eth0'), kernel.hasCarrier('eth0')], [true, true]);
    assert.deepEqual([kernel.has('none0'), kernel.macOf('none0'), kernel.indexOf('none0')], [false, null, 0]);
    assert.deepEqual([kernel.isUp('none0'), kernel.hasCarrier('none0')], [false, false]);
  });

  it('have the addresses that a DHCP client has put there, and not those that a router has advertised', async () => {
    ip('address', 'add', '192.0.2.7/24', 'dev', 'eth0', ...LIFETIME);
    ip('address', 'add', '192.0.2.8/24', 'dev', 'eth0');
    ip('address', 'add', '2001:db8:2::7/64', 'dev', 'eth0', 'nodad', ...LIFETIME);
    ip('address', 'add', '2001:db8:2::8/64', 'dev', 'eth0', 'nodad');
    ip('address', 'add', 'fe80::8/64', 'dev', 'eth0', 'nodad');
    await kernel.refresh();
    assert.deepEqual(
      kernel
        .addressesOf('eth0')
        .map(({ address }) => address)
        .sort(),
      ['192.0.2.7', '192.0.2.8', '2001:db8:2::8'],
    );
    assert.deepEqual(kernel.prefixOf('eth0', '2001:db8:2::7'), { address: '2001:db8:2::7', length: 64 });
    assert.equal(kernel.prefixOf('eth0', 'fe80::8'), undefined, 'link-local ones are not for takeovers');
    assert.equal(kernel.holderOf('2001:db8:2::7'), 'eth0');
  });

  it('of this machine are spoken from by what stays first, and never by what is temporary', async () => {
    writeFileSync('/proc/sys/net/ipv6/conf/eth0/use_tempaddr', '2');
    ip('address', 'add', '2001:db8:5::7/64', 'dev', 'eth0', 'nodad', 'mngtmpaddr', ...LIFETIME);
    ip('address', 'add', '2001:db8:5::8/64', 'dev', 'eth0', 'nodad');
    await until('the kernel has made one for privacy', () =>
      /temporary/.test(ip('-6', 'address', 'show', 'dev', 'eth0')),
    );
    await kernel.refresh();
    assert.deepEqual(kernel.ownAddresses('2001:db8:5::1'), [
      '2001:db8:5::8',
      '2001:db8:5::7',
      '2001:db8:2::8',
      '2001:db8:2::7',
    ]);
    assert.deepEqual(kernel.ownAddresses('198.51.100.1').sort(), ['192.0.2.7', '192.0.2.8'], 'none of lo');
    ip('address', 'flush', 'dev', 'eth0');
  });

  it('have their own end of an address with a peer', async () => {
    ip('address', 'add', '198.51.100.1', 'peer', '198.51.100.2/32', 'dev', 'eth0');
    ip('address', 'add', '2001:db8:6::3', 'peer', '2001:db8:6::4/128', 'dev', 'eth0', 'nodad');
    await kernel.refresh();
    assert.deepEqual(kernel.addressesOf('eth0'), [
      { address: '198.51.100.1', length: 32 },
      { address: '2001:db8:6::3', length: 128 },
    ]);
    assert.deepEqual(kernel.holdersOf('198.51.100.2'), []);
    ip('address', 'flush', 'dev', 'eth0');
  });

  it('are heard of at once when a cable is pulled, and when it is back', async () => {
    heard.length = 0;
    ip('link', 'set', 'far0', 'down');
    await until('its carrier is gone', () => heard.includes('eth0 true false'));
    ip('link', 'set', 'far0', 'up');
    await until('its carrier is back', () => heard.includes('eth0 true true'));
    ip('link', 'set', 'eth0', 'down');
    await until('it is off', () => heard.includes('eth0 false false'));
    ip('link', 'set', 'eth0', 'up');
    await until('the picture shows it', () => kernel.hasCarrier('eth0'));
  });

  it('go on when they join a bridge, and when they leave it', async () => {
    ip('link', 'add', 'br0', 'type', 'bridge');
    await until('the bridge is known', () => kernel.macOf('br0') !== null);
    heard.length = 0;
    ip('link', 'set', 'eth0', 'master', 'br0');
    ip('link', 'set', 'eth0', 'nomaster');
    // What is heard after it comes after it.
    ip('link', 'set', 'br0', 'up');
    await until('all of it was heard', () => heard.some((line) => line.startsWith('br0 true')));
    const own = heard.filter((line) => line.startsWith('eth0 '));
    assert.deepEqual([...new Set(own)], ['eth0 true true']);
    assert.ok(own.length > 1);
    ip('link', 'delete', 'br0');
    await until('the bridge is gone', () => !kernel.has('br0'));
    assert.equal(heard.at(-1), 'br0 false false');
  });

  it('have no longer the name that they had', async () => {
    cable('old0', 'far1');
    ip('link', 'set', 'far1', 'up');
    ip('link', 'set', 'old0', 'up');
    ip('address', 'add', '192.0.2.9/24', 'dev', 'old0');
    await until('it is known', () => kernel.holderOf('192.0.2.9') === 'old0');
    heard.length = 0;
    ip('link', 'set', 'old0', 'down');
    ip('link', 'set', 'old0', 'name', 'new0');
    ip('link', 'set', 'new0', 'up');
    await until(
      'it is known by its new one',
      () => kernel.isUp('new0') && kernel.holderOf('192.0.2.9') === 'new0',
    );
    assert.equal(kernel.has('old0'), false);
    assert.ok(heard.includes('old0 false false') && heard.includes('new0 true true'));
  });

  it('that vanish are heard of, with their addresses', async () => {
    heard.length = 0;
    const before = pictures;
    ip('link', 'delete', 'new0');
    await until('it is gone', () => !kernel.has('new0') && pictures > before);
    assert.deepEqual(kernel.holdersOf('192.0.2.9'), []);
    assert.equal(heard.filter((line) => line.startsWith('new0 ')).at(-1), 'new0 false false');
  });

  it('have none of an address that somebody else has', async () => {
    ip('address', 'add', '2001:db8:9::80/64', 'dev', 'far0', 'nodad');
    ip('address', 'add', '2001:db8:9::80/64', 'dev', 'eth0');
    await until('the kernel has found that out', () =>
      /dadfailed/.test(ip('address', 'show', 'dev', 'eth0')),
    );
    await kernel.refresh();
    assert.deepEqual(kernel.addressesOf('eth0'), []);
    assert.deepEqual(kernel.ownAddresses('2001:db8:9::1'), ['2001:db8:9::80'], 'far0 has it');
    ip('address', 'flush', 'dev', 'eth0');
    ip('address', 'flush', 'dev', 'far0');
  });

  it('are looked at anew when nobody watched', async () => {
    killChild('ip -oneline monitor');
    ip('link', 'set', 'far0', 'down');
    heard.length = 0;
    await until('its carrier is gone', () => heard.includes('eth0 true false'));
    ip('link', 'set', 'far0', 'up');
    await until('somebody watches again', () => heard.includes('eth0 true true'));
  });
});
