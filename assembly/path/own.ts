/** What own addresses send: nobody waits there, unless what this machine tries counts (Option.Own). */

import { Option } from '../record/commands';
import { Attempt, AttemptFlag } from '../table/attempt';
import { isOwn } from '../table/own-addresses';
import { Address } from '../wire/address';
import { leavesToo } from './crossing';
import { isOn, isProgramPort } from './options';
import { destination, destinationHash, iface, isOutgoing, source, sourceHash } from './packet';
import { noteSide } from './servers';
import { noteWay } from './sides';

export function isNobody(address: Address, addressHash: u64): bool {
  return isOwn(address, addressHash) && !isOn(Option.Own);
}

/** Whether what that address has tried counts although no client's request came in for it. */
export function isOwnTry(address: Address, addressHash: u64): bool {
  return isOn(Option.Own) && isOwn(address, addressHash);
}

/** Whether the request in hand, from that port, is nobody's: what leaves is a client's only where that counts, and is not the program's. */
export function isNobodys(port: u32): bool {
  if (isOutgoing()) return !isOwnTry(source, sourceHash()) || isProgramPort(port);
  // Seen once more on a mirror port.
  return isProgramPort(port) && isOwnTry(source, sourceHash());
}

/** The attempt has begun with what is in hand; `other`: of what crosses a bridge, the interface of its other half, or 0. */
export function beginWhere(attempt: Attempt, other: u32 = 0): void {
  attempt.interface = <u8>(isOutgoing() && other != 0 ? other : iface());
  const left = isOutgoing() ? iface() : other;
  if (left == 0) return;
  attempt.left = <u8>left;
  noteSide(destination, destinationHash(), left);
  if (other == 0) attempt.set(AttemptFlag.Own);
  else noteWay(attempt.interface, left);
}

/** Whether what is in hand is the attempt's request again where it began, and not the same packet where it goes on. */
export function isAgain(attempt: Attempt): bool {
  return isOutgoing() == attempt.has(AttemptFlag.Own) && <u32>attempt.interface == iface();
}

/** The attempt's request leaves, if it does. */
export function noteLeaving(attempt: Attempt): void {
  if (!isOutgoing() || attempt.has(AttemptFlag.Own) || <u32>attempt.left == iface()) return;
  leavesToo(attempt.interface, attempt.left);
  attempt.left = <u8>iface();
  noteWay(attempt.interface, iface());
  noteSide(destination, destinationHash(), iface());
}
