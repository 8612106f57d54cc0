/** What the nodes of the seed's figures are told. */
import { parseTakeoverConfiguration } from '../../../host/config/takeover/file.ts';
import type { ActiveConfiguration, StandbyConfiguration } from '../../../host/config/takeover/types.ts';

export const KEY = 'a secret of the pair';
export const ADDRESSES = { web: ['172.27.178.80', '172.27.178.81'], shop: ['172.27.178.82'] } as const;

export function activeConfiguration(name: 'web' | 'shop', more: object = {}): ActiveConfiguration {
  const addresses = ADDRESSES[name].map((address, i) => ({ address: `${address}/24`, adapter: `eth${i}` }));
  const node = { role: 'active', name, standby: '172.27.178.13', key: KEY, addresses, ...more };
  const { takeover } = parseTakeoverConfiguration(JSON.stringify({ takeover: node }), 'test');
  if (takeover.role !== 'active') throw new Error('no active');
  return takeover;
}

export function standbyConfiguration(more: object = {}): StandbyConfiguration {
  const node = {
    role: 'standby',
    listen: '172.27.178.13:7373',
    key: KEY,
    adapters: ['eth0', 'eth1'],
    actives: [
      { name: 'web', address: '172.27.178.11' },
      { name: 'shop', address: '172.27.178.12' },
    ],
    ...more,
  };
  const { takeover } = parseTakeoverConfiguration(JSON.stringify({ takeover: node }), 'test');
  if (takeover.role !== 'standby') throw new Error('no standby');
  return takeover;
}
