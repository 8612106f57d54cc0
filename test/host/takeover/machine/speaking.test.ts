import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Interface } from '../../../../host/takeover/machine/kernel.ts';
import { speakingFor } from '../../../../host/takeover/machine/speaking.ts';

const SERVICE = { address: '172.27.178.80', length: 24 };

interface Given {
  readonly addresses?: readonly string[];
  readonly mac?: string | null;
  readonly flags?: readonly string[];
}

function iface(
  name: string,
  { addresses = [], mac = '02:00:00:00:00:01', flags = ['UP'] }: Given,
): Interface {
  const placed = addresses.map((text) => {
    const [address = '', length] = text.split('/');
    return { address, length: Number(length), advertised: false, temporary: false, duplicate: 'no' as const };
  });
  return { name, index: 1, mac, flags, addresses: placed };
}

const lo = (...addresses: string[]) => iface('lo', { mac: null, flags: ['UP', 'LOOPBACK'], addresses });

describe('who speaks for an address', () => {
  it('is every interface that hears ARP, whatever it has itself', () => {
    const interfaces = [
      lo('127.0.0.1/8', '::1/128'),
      iface('eth0', { addresses: ['172.27.178.80/24'] }),
      iface('eth1', { addresses: ['172.27.178.11/24'] }),
      iface('eth2', { addresses: ['10.9.0.1/16', '2001:db8::1/64'] }),
      iface('eth3', {}),
      iface('eth4', { flags: [] }),
      iface('eth5.10', { addresses: ['172.27.178.12/32'] }),
    ];
    assert.deepEqual(speakingFor([SERVICE], interfaces), ['eth0', 'eth1', 'eth2', 'eth3', 'eth4', 'eth5.10']);
  });

  it('is none that has no ARP', () => {
    const interfaces = [
      lo('172.27.178.80/32'),
      iface('dummy0', { flags: ['UP', 'NOARP'] }),
      iface('ppp0', { mac: null, addresses: ['172.27.178.81/24'] }),
    ];
    assert.deepEqual(speakingFor([SERVICE], interfaces), []);
  });

  it('is none that would be missed by another network', () => {
    const dummy = iface('dummy0', { flags: ['UP', 'NOARP'], addresses: ['10.9.1.1/32'] });
    const [near, far] = [
      iface('eth0', { addresses: ['172.27.178.11/24'] }),
      iface('eth1', { addresses: ['10.9.0.1/16'] }),
    ];
    assert.deepEqual(speakingFor([SERVICE], [lo(), dummy, near, far]), ['eth0']);
    // Where the address itself is asked for, it comes first.
    const both = iface('eth2', { addresses: ['10.9.0.2/16', '172.27.178.13/24'] });
    assert.deepEqual(speakingFor([SERVICE], [lo(), dummy, near, far, both]), ['eth0', 'eth2']);
  });
});
