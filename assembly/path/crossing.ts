/**
 * Requests in frames to other machines that this one passes on all the same: it is a bridge. What comes in like that and goes no
 * further concerns nobody here. Each interface has a queue of its own, so either half may be heard of first. Both are the same
 * frame: what a router passes on has one hop less, and is from its own MAC address to another one. A client can write to the
 * server's; it would have to send in the router's name, nor does any copy of its frame take longer than KEPT_US.
 */

import { mix } from '../table/hash';
import { hopsLeft } from './integrity';
import { seesEverything } from './options';
import {
  Direction,
  iface,
  isForOthers,
  isIncoming,
  isOutgoing,
  linkDestination,
  linkSource,
  MAX_INTERFACES,
  timeUs,
} from './packet';

/** As many as may be on their way through at a time; another one takes an older one's place. */
const PLACES: u32 = 256;

/** By their own times both halves are no further apart, however late either is read. */
const KEPT_US: i64 = 1_000_000;

/** For each place: what it was about, its time, the interface that it was heard on, and its Direction. */
const about = memory.data(PLACES * 8, 8);
const times = memory.data(PLACES * 8, 8);
const interfaces = memory.data(PLACES);
const ways = memory.data(PLACES);

/** For each interface: by which number its bridge is known here, that of one of its interfaces; 0: nothing has crossed there. */
const bridges = memory.data(MAX_INTERFACES + 1);

/** Whether there is anything to forget. */
let some = false;

export function clearCrossings(): void {
  // Memory that nobody has written is none.
  if (!some) return;
  memory.fill(about, 0, PLACES << 3);
  memory.fill(bridges, 0, MAX_INTERFACES + 1);
  some = false;
}

/** Whether what is in hand is to another machine, and comes in where that means something. */
export function isPassing(): bool {
  return isIncoming() && isForOthers() && !seesEverything(iface());
}

/**
 * Whether what comes in to go to that interface is for the bridge to pass on. Nobody here is told whether it does: that interface
 * may be down, and who is not passed on is turned away.
 */
export function wouldCross(side: u32): bool {
  return side != iface() && areBridged(side, iface());
}

/** Whether both are of one bridge, which sends to all of them what it does not know the place of. */
export function areBridged(one: u32, other: u32): bool {
  const bridge = load<u8>(bridges + <usize>one);
  return bridge != 0 && bridge == load<u8>(bridges + <usize>other);
}

/** The interface of the other half of what `hash` names, whose packet is at `ip`, or 0: then this half is remembered. */
export function crossed(ip: usize, hash: u32): u32 {
  some = true;
  const from = linkSource() | ((<u64>hopsLeft(ip)) << 48);
  const name = mix(<u64>hash ^ rotl(linkDestination(), 32)) ^ from;
  const place = <usize>(name & (PLACES - 1));
  const eight = place << 3;
  const way = <u8>(isOutgoing() ? Direction.Out : Direction.In);
  const other = <u32>load<u8>(interfaces + place);
  const isOther = load<u64>(about + eight) == name && load<u8>(ways + place) != way && other != iface();
  if (isOther && <u64>(timeUs() - load<i64>(times + eight) + KEPT_US) <= 2 * KEPT_US) {
    bridge(other, iface());
    return other;
  }
  store<u64>(about + eight, name);
  store<i64>(times + eight, timeUs());
  store<u8>(interfaces + place, <u8>iface());
  store<u8>(ways + place, way);
  return 0;
}

/** What has left by `to` after it came in on `from` leaves by the interface in hand, too: if it crossed there, it does here. */
export function leavesToo(from: u32, to: u32): void {
  if (areBridged(from, to)) bridge(to, iface());
}

/** Something has crossed from the one to the other. */
function bridge(one: u32, other: u32): void {
  if (areBridged(one, other)) return;
  const number = load<u8>(bridges + <usize>one) || <u8>one;
  const old = load<u8>(bridges + <usize>other);
  store<u8>(bridges + <usize>one, number);
  store<u8>(bridges + <usize>other, number);
  if (old == 0) return;
  // What were taken for two are one: no more often than there are interfaces.
  for (let i: u32 = 1; i <= MAX_INTERFACES; i++) {
    if (load<u8>(bridges + <usize>i) == old) store<u8>(bridges + <usize>i, number);
  }
}
