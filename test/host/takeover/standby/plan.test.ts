import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { networkOf } from '../../../../host/net/address.ts';
import { askedFor } from '../../../../host/takeover/machine/network.ts';
import { inOrder, needed, plan } from '../../../../host/takeover/standby/plan.ts';

const mac = (ifname: string): string => `02:00:00:00:13:0${ifname.at(-1)}`;
const facts = (ifname: string, more: { mac?: string | null; broken?: boolean } = {}) => ({
  ifname,
  mac: mac(ifname),
  on: true,
  broken: false,
  ...more,
});
const NOTHING = { used: new Map<string, number>(), share: false, forbidden: new Set<string>() };

describe('the plan of a standby', () => {
  it('uses interfaces in the configured order, the one that listens last', () => {
    assert.deepEqual(inOrder(['eth0', 'eth1', 'eth2'], 'eth0'), ['eth1', 'eth2', 'eth0']);
    assert.deepEqual(inOrder(['eth2', 'eth1'], 'eth0'), ['eth2', 'eth1']);
    assert.deepEqual(inOrder(['eth1'], null), ['eth1']);
  });

  it('gives every address an interface of its own', () => {
    const interfaces = [facts('eth1'), facts('eth0')];
    assert.deepEqual(plan({ ...NOTHING, interfaces }), { interfaces: ['eth1', 'eth0'] });
    assert.deepEqual(plan({ ...NOTHING, interfaces, used: new Map([['eth1', 1]]) }), {
      interfaces: ['eth0'],
    });
    const used = new Map([
      ['eth1', 1],
      ['eth0', 1],
    ]);
    assert.deepEqual(plan({ ...NOTHING, interfaces, used }), {
      reason: 'no interface is free: each of 2 has an address',
    });
    assert.deepEqual(plan({ ...NOTHING, interfaces, used, share: true }), { interfaces: ['eth1', 'eth0'] });
  });

  it('shares the interface that has the fewest', () => {
    const interfaces = [facts('eth1'), facts('eth0')];
    const used = new Map([
      ['eth1', 2],
      ['eth0', 1],
    ]);
    assert.deepEqual(plan({ ...NOTHING, interfaces, used, share: true }), { interfaces: ['eth0', 'eth1'] });
  });

  it('prefers one whose cable is in, and leaves out one that is not there', () => {
    const interfaces = [facts('eth1', { broken: true }), facts('eth2', { mac: null }), facts('eth0')];
    assert.deepEqual(plan({ ...NOTHING, interfaces }), { interfaces: ['eth0', 'eth1'] });
    const used = new Map([['eth0', 1]]);
    const shared = plan({ ...NOTHING, interfaces, used, share: true });
    assert.deepEqual(
      shared,
      { interfaces: ['eth0', 'eth1'] },
      'nobody waits for a cable where another one is in',
    );
    assert.deepEqual(plan({ ...NOTHING, interfaces: [facts('eth2', { mac: null })] }), {
      reason: 'none of the interfaces is there',
    });
  });

  it('never puts an address on the MAC address that the active had for it', () => {
    const forbidden = new Set([mac('eth1')]);
    assert.deepEqual(plan({ ...NOTHING, interfaces: [facts('eth1'), facts('eth0')], forbidden }), {
      interfaces: ['eth0'],
    });
    const alone = plan({ ...NOTHING, interfaces: [facts('eth1')], forbidden });
    assert.ok('reason' in alone);
    assert.match(alone.reason, /eth1 has the MAC address of the active/);
  });

  it('needs as many interfaces as the active with the most addresses, not as all of them', () => {
    const counts = new Map([
      ['web', 2],
      ['shop', 1],
    ]);
    assert.deepEqual(needed(counts), { active: 'web', interfaces: 2 });
    assert.deepEqual(needed(new Map()), { active: null, interfaces: 0 });
  });
});

describe('the announcement asks for', () => {
  it('the broadcast address of the subnet', () => {
    assert.equal(askedFor({ address: '172.27.178.80', length: 24 }), '172.27.178.255');
    assert.equal(askedFor({ address: '10.1.2.3', length: 8 }), '10.255.255.255');
    assert.equal(askedFor({ address: '172.27.178.81', length: 30 }), '172.27.178.83');
  });

  it('the address itself where there is no broadcast address', () => {
    assert.equal(askedFor({ address: '172.27.178.80', length: 31 }), '172.27.178.80');
    assert.equal(askedFor({ address: '172.27.178.80', length: 32 }), '172.27.178.80');
  });

  it('and the network of an address is known in both families', () => {
    assert.deepEqual(networkOf({ address: '172.27.178.80', length: 20 }), {
      address: '172.27.176.0',
      length: 20,
    });
    assert.deepEqual(networkOf({ address: '2001:db8:178::80', length: 64 }), {
      address: '2001:db8:178::',
      length: 64,
    });
  });
});
