/** What the program has configured, and the time. Nothing here asks a clock: the engine says what time it is. */

import { Option } from '../record/commands';

/** Interfaces that may be without sides, those with the first numbers: each has a bit in Field.Everything. */
export const MAX_SIDELESS: u32 = 32;
/** One bit for each port. */
const PORT_BITS_BYTES: u32 = 65536 / 8;

let flags: u32 = 0;
let wait: i64 = 0;
let everything: u32 = 0;
let programPort: u32 = 0;
let programPorts: u32 = 0;
// Written out: an expression would need a start function.
let now: i64 = -0x4000000000000000;

/** One bit for each port that this machine answers for in a dead server's place. */
const answered = memory.data(PORT_BITS_BYTES, 8);

/** One bit for each port of UDP whose datagrams are looked at; and how many there are. */
const datagrams = memory.data(PORT_BITS_BYTES, 8);
let datagramPorts: u32 = 0;

/** `interfaces`: those that see everything, bit n - 1 for number n. */
export function setOptions(newFlags: u32, waitUs: i64, interfaces: u32): void {
  flags = newFlags;
  wait = waitUs;
  everything = interfaces;
  setProgramPorts(0, 0);
  memory.fill(answered, 0, PORT_BITS_BYTES);
  memory.fill(datagrams, 0, PORT_BITS_BYTES);
  datagramPorts = 0;
}

export function isOn(option: Option): bool {
  return (flags & option) != 0;
}

/** Whether the interface has no sides: clients' and servers' frames come in there alike, as on a mirror port. */
export function seesEverything(iface: u32): bool {
  return iface - 1 < MAX_SIDELESS && ((everything >> (iface - 1)) & 1) != 0;
}

/** The program's own connections come from `count` local ports, that one and those behind it. */
export function setProgramPorts(first: u32, count: u32): void {
  programPort = first;
  programPorts = count;
}

export function isProgramPort(port: u32): bool {
  return port - programPort < programPorts;
}

/** How long an attempt may stay unanswered, and a settled one is remembered. */
export function waitUs(): i64 {
  return wait;
}

/** The latest time heard of: packet times step back in captures and on multi-queue adapters, deadlines never do. */
export function nowUs(): i64 {
  return now;
}

export function advance(us: i64): void {
  if (us > now) now = us;
}

export function answerFor(port: u32, on: bool): void {
  setBit(answered, port, on);
}

export function isAnsweredFor(port: u32): bool {
  return isSet(answered, port);
}

/** Datagrams between that port of a server and its clients count from now on, or no longer. */
export function watchDatagrams(port: u32, on: bool): void {
  if (isSet(datagrams, port) == on) return;
  setBit(datagrams, port, on);
  datagramPorts += on ? 1 : -1;
}

/** Whether any datagrams count. */
export function watchesDatagrams(): bool {
  return datagramPorts != 0;
}

export function areDatagramsWatched(port: u32): bool {
  return isSet(datagrams, port);
}

function setBit(bits: usize, port: u32, on: bool): void {
  const at = bits + <usize>(port >> 3);
  const bit: u8 = (<u8>1) << (<u8>(port & 7));
  store<u8>(at, on ? load<u8>(at) | bit : load<u8>(at) & ~bit);
}

function isSet(bits: usize, port: u32): bool {
  return (load<u8>(bits + <usize>(port >> 3)) & ((<u8>1) << (<u8>(port & 7)))) != 0;
}
