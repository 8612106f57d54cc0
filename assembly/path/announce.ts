/** Frames that say or ask who has an address: a takeover's (JP 2001-144806 paragraphs 42, 56, 80 and 94), and the check before it. */

import { CommandRecord, Form, Status } from '../record/commands';
import { Address } from '../wire/address';
import { ARP_LENGTH, ArpOperation, putArp } from '../wire/arp';
import { BROADCAST, ETHERNET_LENGTH, EtherType, isAdapter, putEthernet } from '../wire/ethernet';
import { ICMPV6 } from '../wire/icmp';
import { checksumBehind, IPV6_LENGTH, putIpv6 } from '../wire/ipv6';
import {
  ADVERTISEMENT_LENGTH,
  NEIGHBOUR_HOP_LIMIT,
  putAdvertisement,
  putChecksum,
  putSolicitation,
  SOLICITATION_LENGTH,
} from '../wire/neighbour';
import { count } from './counters';
import { MAX_INTERFACES } from './packet';
import { Counter } from './verdict';

/** Bytes of the longest frame that is built: an advertisement. */
export const OUTGOING_BYTES: u32 = ETHERNET_LENGTH + IPV6_LENGTH + ADVERTISEMENT_LENGTH;

const outgoing = memory.data(OUTGOING_BYTES, 8);
const body = outgoing + ETHERNET_LENGTH;

/** Length of the frame in the buffer | its interface << 16, or 0. */
let built: u32 = 0;

const unspecified = changetype<Address>(memory.data(16, 8));
const group = changetype<Address>(memory.data(16, 8));

export function outgoingAt(): usize {
  return outgoing;
}

export function outgoingFrame(): u32 {
  return built;
}

/** A frame is there only until the next command. */
export function dropOutgoing(): void {
  built = 0;
}

export function announce(record: CommandRecord): Status {
  const form = record.code;
  if (form < <u32>Form.Request || form > <u32>Form.Probe) return Status.BadForm;
  const isIpv4 = record.server.isIpv4;
  if (isIpv4 ? form == Form.Neighbour : form == Form.Request || form == Form.Reply) return Status.BadFamily;
  if (form == Form.Request && !record.client.isIpv4) return Status.BadFamily;
  const isComplete = record.server.isHost && isAdapter(record.hardware) && isInterface(record.iface);
  if (!isComplete) return Status.BadValue;
  const length = isIpv4 ? announceV4(record) : announceV6(record);
  built = length | (record.iface << 16);
  count(Counter.Announced);
  return Status.Ok;
}

/** As far as a frame's interface is told apart. */
export function isInterface(number: u32): bool {
  return number != 0 && number <= MAX_INTERFACES;
}

function announceV4(record: CommandRecord): u32 {
  const address = record.server;
  const hardware = record.hardware;
  putEthernet(outgoing, BROADCAST, hardware, EtherType.Arp);
  switch (record.code) {
    case Form.Request:
      putArp(body, ArpOperation.Request, hardware, address, 0, record.client);
      break;
    case Form.Reply:
      // Both are the sender's: RFC 5944 section 4.6.
      putArp(body, ArpOperation.Reply, hardware, address, hardware, address);
      break;
    default:
      putArp(body, ArpOperation.Request, hardware, null, 0, address);
      break;
  }
  return ETHERNET_LENGTH + ARP_LENGTH;
}

function announceV6(record: CommandRecord): u32 {
  const address = record.server;
  const message = body + IPV6_LENGTH;
  let length = ADVERTISEMENT_LENGTH;
  let source = address;
  // ff02::1, all nodes (RFC 4291 section 2.7.1).
  group.hi = 0x02ff;
  group.lo = (<u64>1) << 56;
  if (record.code == Form.Probe) {
    length = SOLICITATION_LENGTH;
    source = unspecified;
    // ff02::1:ffXX:XXXX with the last three bytes of the address.
    group.lo = (address.lo & 0xffffff0000000000) | 0xff01000000;
    putSolicitation(message, address);
  } else {
    putAdvertisement(message, address, record.hardware, record.isRouter);
  }
  // 33:33 and the last four bytes of the group (RFC 2464 section 7).
  putEthernet(outgoing, ((group.lo >> 32) << 16) | 0x3333, record.hardware, EtherType.Ipv6);
  putIpv6(body, length, ICMPV6, NEIGHBOUR_HOP_LIMIT, source, group);
  putChecksum(message, checksumBehind(body, length));
  return ETHERNET_LENGTH + IPV6_LENGTH + length;
}
