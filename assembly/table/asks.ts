import { Address } from '../wire/address';
import { hashNumbered } from './hash';

/**
 * The probes under way: what the connections that this machine makes to a service meet. Records are numbered from 1. They
 * lie outside of the tables that `configure` sizes: the program begins a bounded number at a time.
 *
 *   0    8    16        24     28          32     36    40
 *   | hi | lo | sinceUs | port | probePort | next | met |
 */
@unmanaged
export class Ask {
  hi: u64;
  lo: u64;
  sinceUs: i64;
  /** One of UDP is numbered from DATAGRAMS on. */
  port: u32;
  /** The first of PROBE_PORTS local ports. */
  probePort: u16;
  next: u32;
  /** Met bits. */
  met: u32;

  get address(): Address {
    return changetype<Address>(changetype<usize>(this));
  }

  /** Whether one of its connections comes from this port. */
  isFrom(port: u32): bool {
    return port - <u32>this.probePort < PROBE_PORTS;
  }
}

/** Probes at a time: a power of two. */
export const MAX_ASKS: u32 = 256;
/** Local ports of one probe, one behind the other. */
export const PROBE_PORTS: u32 = 4;
const ASK_BYTES: u32 = 40;

const records = memory.data(MAX_ASKS * ASK_BYTES, 8);
const buckets = memory.data(MAX_ASKS * 4, 4);

let freeHead: u32 = 0;
let asked: u32 = 0;
/** Records from here on were never in use. */
let used: u32 = 0;

export function hasAsks(): bool {
  return asked != 0;
}

export function clearAsks(): void {
  memory.fill(buckets, 0, MAX_ASKS << 2);
  freeHead = 0;
  asked = 0;
  used = 0;
}

export function askAt(index: u32): Ask {
  return changetype<Ask>(records + <usize>((index - 1) * ASK_BYTES));
}

/** The number of the probe of `port` at `address`, or 0. */
export function findAsk(address: Address, addressHash: u64, port: u32): u32 {
  return load<u32>(linkTo(address, addressHash, port));
}

/** Begins a probe, or begins it again; false when there are too many. */
export function addAsk(address: Address, addressHash: u64, port: u32, probePort: u32, nowUs: i64): bool {
  const link = linkTo(address, addressHash, port);
  let index = load<u32>(link);
  if (index == 0) {
    index = takeRecord();
    if (index == 0) return false;
    store<u32>(link, index);
    const ask = askAt(index);
    ask.address.set(address);
    ask.port = port;
    ask.next = 0;
    asked++;
  }
  const ask = askAt(index);
  ask.sinceUs = nowUs;
  ask.probePort = <u16>probePort;
  ask.met = 0;
  return true;
}

/** False when it was not there. */
export function removeAsk(address: Address, addressHash: u64, port: u32): bool {
  const link = linkTo(address, addressHash, port);
  const index = load<u32>(link);
  if (index == 0) return false;
  store<u32>(link, askAt(index).next);
  askAt(index).next = freeHead;
  freeHead = index;
  asked--;
  return true;
}

function takeRecord(): u32 {
  const index = freeHead;
  if (index != 0) {
    freeHead = askAt(index).next;
    return index;
  }
  return used < MAX_ASKS ? ++used : 0;
}

/** Where the number of the record stands, or would stand. */
function linkTo(address: Address, addressHash: u64, port: u32): usize {
  let at = buckets + ((<usize>(hashNumbered(addressHash, port) & (MAX_ASKS - 1))) << 2);
  let index = load<u32>(at);
  while (index != 0) {
    const ask = askAt(index);
    if (ask.port == port && ask.address.equals(address)) return at;
    at = changetype<usize>(ask) + offsetof<Ask>('next');
    index = load<u32>(at);
  }
  return at;
}
