/** What a file of `ringback takeover` says that does not go together. */

import { broadcastOf, isVersion4, networkOf } from '../../net/address.ts';
import { durationText } from '../../net/duration.ts';
import { type Add, type Mistake, repeated } from '../contradictions.ts';
import type { ActiveConfiguration, StandbyConfiguration, TakeoverConfiguration } from './types.ts';

/** Every contradiction there is, in no particular order. */
export function takeoverContradictions({ takeover }: TakeoverConfiguration): Mistake[] {
  const found: Mistake[] = [];
  const add: Add = (path, message) => void found.push({ path: ['takeover', ...path], message });

  if (takeover.oldKey === takeover.key) add(['old_key'], 'is the same as key; leave it away');
  if (takeover.role === 'active') ofActive(takeover, add);
  else ofStandby(takeover, add);
  return found;
}

function ofActive({ listen, standby, addresses, gateway }: ActiveConfiguration, add: Add): void {
  repeated(
    addresses.map(({ address }) => address),
    (index) => ['addresses', index, 'address'],
    add,
  );
  for (const [index, { address, length }] of addresses.entries()) {
    const broadcast = broadcastOf({ address, length });
    const isNetwork = broadcast !== null && networkOf({ address, length }).address === address;
    if (isNetwork || address === broadcast) {
      const what = isNetwork ? 'the network itself' : 'its broadcast address';
      add(['addresses', index, 'address'], `${address}/${length} is ${what}; give the address of a machine`);
    }
    if (address === standby.host) {
      add(['addresses', index, 'address'], `${address} is the standby's own; it can't take that over`);
    }
  }
  if (listen !== null && listen.host !== '::' && isVersion4(listen.host) !== isVersion4(standby.host)) {
    add(['listen'], `${listen.host} can't talk to standby ${standby.host}; give an address of the same kind`);
  }
  if (gateway !== null && addresses.some(({ address }) => address === gateway.address)) {
    add(['gateway', 'address'], `${gateway.address} is one of addresses, and always answers`);
  }
}

function ofStandby({ key, listen, actives, heartbeat, checkMs }: StandbyConfiguration, add: Add): void {
  for (const key of ['name', 'address'] as const) {
    repeated(
      actives.map((active) => active[key]),
      (index) => ['actives', index, key],
      add,
    );
  }
  for (const [index, { address, key: own }] of actives.entries()) {
    if (own === key) add(['actives', index, 'key'], 'is the same as key; leave it away');
    if (address === listen.host) {
      add(['actives', index, 'address'], `${address} is where this standby listens; give the active's own`);
    }
  }
  if (heartbeat !== null && checkMs !== null && checkMs > 100 * heartbeat.everyMs * heartbeat.lost) {
    const most = durationText(100 * heartbeat.everyMs * heartbeat.lost);
    add(['check'], `${durationText(checkMs)} is out of proportion to heartbeat; at most ${most}, or false`);
  }
}
