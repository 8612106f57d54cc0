/**
 * On which side evidence came in. What speaks for or against a server counts where the server lies: clients can write
 * whatever they like into what they send.
 */

import { Attempt, AttemptFlag } from '../table/attempt';
import { findServer, serverAt } from '../table/servers';
import { Address } from '../wire/address';
import { areBridged } from './crossing';
import { nowUs } from './options';
import { destination, destinationHash, hasSide, iface, isOutgoing, MAX_INTERFACES } from './packet';
import { sideOf } from './servers';

/** As many as may be on their way through at a time; another one takes an older one's place. */
const PLACES: u32 = 64;

/** A kernel keeps what it forwards while it looks for its receiver (RFC 4861 section 7.2.2), and gives up after 3 s. */
const KEPT_US: i64 = 10_000_000;

/** For each place: what it was about, and the interface on which it came in. */
const about = memory.data(PLACES * 8, 8);
const interfaces = memory.data(PLACES, 8);

/** What is known of an interface: requests of clients have come in there, have left there. */
const enum Way {
  In = 1,
  Out = 2,
}

/** For each interface: Way bits. */
const ways = memory.data(MAX_INTERFACES + 1);

/** No request has been seen yet. */
export function clearWays(): void {
  memory.fill(ways, 0, MAX_INTERFACES + 1);
}

/** The request of a client came in on the one interface, and leaves on the other. */
export function noteWay(from: u32, to: u32): void {
  const source = ways + <usize>from;
  store<u8>(source, load<u8>(source) | <u8>Way.In);
  const target = ways + <usize>to;
  store<u8>(target, load<u8>(target) | <u8>Way.Out);
}

/**
 * Whether what would be evidence about the attempt is none: it came in where clients are, and requests to that server leave
 * elsewhere; or it leaves after it came in there. Clients are where the request came in, and where others did but none ever left:
 * answers may come back by another uplink.
 */
export function isForged(attempt: Attempt, serverHash: u64): bool {
  if (isOutgoing()) return attempt.has(AttemptFlag.Forged);
  if (!hasSide()) return false;
  if (<u32>attempt.interface != iface() && load<u8>(ways + <usize>iface()) != <u8>Way.In) return false;
  const side = attempt.left != 0 ? <u32>attempt.left : sideOf(attempt.server, serverHash);
  if (side == 0 || side == iface()) return false;
  attempt.set(AttemptFlag.Forged);
  return true;
}

/** Whether what is in hand came in where that server may be: nothing that leaves did, nor what came in on another side. */
export function isFromServer(address: Address, addressHash: u64): bool {
  return !isOutgoing() && isOnSide(sideOf(address, addressHash));
}

/**
 * Whether what is in hand came in on that side, 0 if nobody knows it. A bridge lets out on several what it does not know the place
 * of: of its interfaces those where requests have left are one side.
 */
export function isOnSide(side: u32): bool {
  if (side == 0 || side == iface() || !hasSide()) return true;
  return areBridged(side, iface()) && (load<u8>(ways + <usize>iface()) & <u8>Way.Out) != 0;
}

/**
 * What `hash` names comes in, and has no attempt to be remembered with: a message about UDP, ping and the rest, or an answer
 * that is heard of before its request.
 */
export function noteInbound(hash: u64): void {
  if (!hasSide()) return;
  const place = <usize>(hash & (PLACES - 1));
  store<u64>(about + (place << 3), hash);
  store<u8>(interfaces + place, <u8>iface());
}

/** Whether the message that leaves is one that came in where it leaves, from where the server is not. */
export function isForgedInbound(hash: u64): bool {
  const place = <usize>(hash & (PLACES - 1));
  if (!isOutgoing() || load<u64>(about + (place << 3)) != hash) return false;
  if (<u32>load<u8>(interfaces + place) != iface()) return false;
  const side = sideOf(destination, destinationHash());
  return side != 0 && side != iface();
}

/**
 * Evidence about that server, or a piece that may be some, is in hand and is about nothing: if it came in where the server is
 * not, it may leave again after the request that it was made up for.
 */
export function noteUnasked(address: Address, addressHash: u64): void {
  if (isOutgoing() || isFromServer(address, addressHash)) return;
  const host = findServer(address, addressHash, 0);
  if (host != 0) serverAt(host).forgedUs = nowUs();
}

/** Whether evidence that leaves, and was not seen coming in, may be one of those. */
export function mayBeForged(address: Address, addressHash: u64): bool {
  const host = findServer(address, addressHash, 0);
  return isOutgoing() && host != 0 && serverAt(host).forgedUs + KEPT_US > nowUs();
}

/** Whether what leaves came in on another interface. */
export function cameInElsewhere(hash: u64): bool {
  const place = <usize>(hash & (PLACES - 1));
  return load<u64>(about + (place << 3)) == hash && <u32>load<u8>(interfaces + place) != iface();
}
