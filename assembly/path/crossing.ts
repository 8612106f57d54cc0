/**
 * Requests in frames to other machines that this one passes on all the same: it is a bridge. What comes in like that and goes no
 * further concerns nobody here. Each interface has a queue of its own, so either half may be heard of first.
 */

import { Direction, iface, isOutgoing, MAX_INTERFACES } from './packet';

/** As many as may be on their way through at a time; another one takes an older one's place. */
const PLACES: u32 = 256;

/** For each place: what it was about, the interface that it was heard on, and its Direction. */
const about = memory.data(PLACES * 8, 8);
const interfaces = memory.data(PLACES);
const ways = memory.data(PLACES);

/** For each interface: 1 if something has crossed from there, or to there. */
const bridged = memory.data(MAX_INTERFACES + 1);

/** Whether any has come in: on a router nothing is remembered. */
let some = false;

export function clearCrossings(): void {
  // Memory that nobody has written is none.
  if (!some) return;
  memory.fill(about, 0, PLACES << 3);
  memory.fill(bridged, 0, MAX_INTERFACES + 1);
  some = false;
}

/** Whether what comes in to go to that interface would cross, if that were up. */
export function wouldCross(side: u32): bool {
  return side != iface() && areBridged(side, iface());
}

/** Whether both are of a bridge, which sends to all of them what it does not know the place of. */
export function areBridged(one: u32, other: u32): bool {
  return load<u8>(bridged + <usize>one) != 0 && load<u8>(bridged + <usize>other) != 0;
}

/** The interface of the other half of what `hash` names, or 0: then this half is remembered. */
export function crossed(hash: u64): u32 {
  if (!some && isOutgoing()) return 0;
  some = true;
  const place = <usize>(hash & (PLACES - 1));
  const way = <u8>(isOutgoing() ? Direction.Out : Direction.In);
  const other = <u32>load<u8>(interfaces + place);
  if (load<u64>(about + (place << 3)) == hash && load<u8>(ways + place) != way && other != iface()) {
    store<u8>(bridged + <usize>other, 1);
    store<u8>(bridged + <usize>iface(), 1);
    return other;
  }
  store<u64>(about + (place << 3), hash);
  store<u8>(interfaces + place, <u8>iface());
  store<u8>(ways + place, way);
  return 0;
}
