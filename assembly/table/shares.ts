/**
 * Open attempts are counted in shares, by where their servers are: by address, in IPv6 by its first 64 bits. Who asks one
 * server, or one network of servers, for more than the table holds fills one share.
 */

import { Address } from '../wire/address';
import { hashNetwork } from './hash';

const SHARES: u32 = 64;

/** For each share its open attempts, and part of the hash of the server whose attempt was evicted from it last. */
const shares = memory.data(SHARES * 8, 8);

export function clearShares(): void {
  memory.fill(shares, 0, SHARES << 3);
}

export function shareFor(server: Address, serverHash: u64): u32 {
  return <u32>hashNetwork(server, serverHash) & (SHARES - 1);
}

/** So many more open attempts are in it, or so many less. */
export function countOpen(share: u32, change: i32): void {
  const at = shareAt(share);
  store<u32>(at, load<u32>(at) + change);
}

export function openIn(share: u32): u32 {
  return load<u32>(shareAt(share));
}

/** Open attempts in the fullest share. */
export function openInFullest(): u32 {
  let most: u32 = 0;
  for (let i: u32 = 0; i < SHARES; i++) most = max(most, openIn(i));
  return most;
}

/** An open attempt is evicted from it: whether the one before was about the same server. */
export function isEvictedAgain(share: u32, serverHash: u64): bool {
  const at = shareAt(share);
  const isSame = load<u32>(at, 4) == <u32>serverHash;
  store<u32>(at, <u32>serverHash, 4);
  return isSame;
}

function shareAt(share: u32): usize {
  return shares + ((<usize>share) << 3);
}
