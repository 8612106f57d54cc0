/**
 * Who else says that he has an address that this machine has, or wants it: the check before an address is taken (RFC 5227
 * section 2.1.1, RFC 4862 section 5.4), and two machines that both believe to be in charge. It looks on and
 * changes nothing of what detection makes of the same frame.
 */

import { Form } from '../record/commands';
import { Event, emit } from '../record/events';
import { claimAt, findClaim } from '../table/claims';
import { hashAddress } from '../table/hash';
import { Address } from '../wire/address';
import { Arp, ArpOperation } from '../wire/arp';
import { Icmpv6Type } from '../wire/icmp';
import { Neighbour } from '../wire/neighbour';
import { count } from './counters';
import { nowUs } from './options';
import { iface, isOutgoing, linkSource } from './packet';
import { Counter } from './verdict';

/** So seldom that a flood does not reach the program. */
const TOLD_AGAIN_US: i64 = 1_000_000;

const subject = changetype<Address>(memory.data(16, 8));

export function challengeByArp(message: Arp): void {
  const operation = message.operation;
  if (operation != ArpOperation.Request && operation != ArpOperation.Reply) return;
  subject.setIpv4(message.sender);
  let form = operation == ArpOperation.Reply ? Form.Reply : Form.Request;
  if (form == Form.Request && subject.isUnspecified) {
    subject.setIpv4(message.target);
    form = Form.Probe;
  }
  challenge(form, message.senderHardware);
}

/** The message of `captured` bytes, from `source`. */
export function challengeByNeighbour(type: u32, source: Address, message: Neighbour, captured: u32): void {
  let form = Form.Neighbour;
  let hardware = message.linkLayer(captured);
  if (type == Icmpv6Type.NeighbourAdvertisement) {
    subject.setIpv6(message.target);
  } else if (source.isUnspecified) {
    subject.setIpv6(message.target);
    form = Form.Probe;
    hardware = 0;
  } else {
    subject.set(source);
    form = Form.Solicitation;
  }
  // An IPv4 address in disguise is on no wire (RFC 4942 section 2.2); here it would be taken for the real one.
  if (!subject.isIpv4) challenge(form, hardware != 0 ? hardware : linkSource());
}

/** Somebody with that MAC address, 48 bits in memory order or 0 for unknown, speaks for the subject. */
function challenge(form: Form, hardware: u64): void {
  const index = findClaim(subject, hashAddress(subject));
  if (index == 0 || hardware == 0 || isOutgoing()) return;
  const claim = claimAt(index);
  if (claim.hardware == hardware || (claim.interface != 0 && claim.interface != iface())) return;
  count(Counter.Conflicts);
  if (nowUs() - claim.toldUs(iface()) < TOLD_AGAIN_US) {
    count(Counter.ConflictsUntold);
    return;
  }
  claim.tell(iface(), nowUs());
  emit(Event.Conflict, nowUs()).code(form).server(claim.address).iface(iface()).hardware(hardware);
}
