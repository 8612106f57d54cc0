import { OUTGOING_BYTES, outgoing, outgoingBuffer } from '../../../assembly/index';
import { Direction } from '../../../assembly/path/packet';
import { Counter, Verdict } from '../../../assembly/path/verdict';
import { Command, Form, Status } from '../../../assembly/record/commands';
import { Cause, Event, Sign } from '../../../assembly/record/events';
import { Address } from '../../../assembly/wire/address';
import { ARP_LENGTH, Arp, ArpOperation } from '../../../assembly/wire/arp';
import { hardwareAt } from '../../../assembly/wire/bytes';
import { BROADCAST, ETHERNET_LENGTH, Ethernet, EtherType } from '../../../assembly/wire/ethernet';
import { ICMPV6, Icmpv6Type } from '../../../assembly/wire/icmp';
import { checksumBehind, IPV6_LENGTH, Ipv6 } from '../../../assembly/wire/ipv6';
import { NEIGHBOUR_HOP_LIMIT, Neighbour } from '../../../assembly/wire/neighbour';
import { ELSEWHERE, ipv4, newAddress, ROUTER, SATO, SATO6, SERVER, SERVER6 } from '../addresses';
import { SECOND_US, WAIT_US } from '../numbers';
import { againFor, announce, bare, restore } from '../orders';
import { advertisement, arpReply, arpRequest, HOST, HOST_6, syn, unreachable } from '../packets';
import { counterOf, fresh, give, giveOutgoing, now, pass, wait } from '../play';
import { said, saidTimes } from '../said';

const BROADCAST_OF_SUBNET = ipv4(172, 27, 178, 255);
const STANDBY: u32 = 9;
/** 02:00:00:00:00:09 in memory order. */
const STANDBY_HARDWARE: u64 = 0x090000000002;

/** The message of the frame that was built, once all around it is right. */
function builtArp(): Arp {
  expect<u32>(outgoing()).toBe((1 << 16) | (ETHERNET_LENGTH + ARP_LENGTH));
  assert(Ethernet.checked(outgoingBuffer(), ETHERNET_LENGTH) != null, 'it is whole');
  const header = changetype<Ethernet>(outgoingBuffer());
  expect<u64>(hardwareAt(header.destination)).toBe(BROADCAST);
  expect<u64>(hardwareAt(header.source)).toBe(STANDBY_HARDWARE);
  expect<u32>(header.type).toBe(EtherType.Arp);
  assert(Arp.checked(outgoingBuffer() + ETHERNET_LENGTH, ARP_LENGTH) != null, 'it is whole');
  const message = changetype<Arp>(outgoingBuffer() + ETHERNET_LENGTH);
  expect<u64>(message.senderHardware).toBe(STANDBY_HARDWARE);
  return message;
}

/** The same for a neighbour message of `length` bytes, to a group with that MAC address. */
function builtNeighbour(length: u32, type: u32, groupHardware: u64): Neighbour {
  expect<u32>(outgoing()).toBe((1 << 16) | (ETHERNET_LENGTH + IPV6_LENGTH + length));
  assert(Ethernet.checked(outgoingBuffer(), ETHERNET_LENGTH) != null, 'it is whole');
  const header = changetype<Ethernet>(outgoingBuffer());
  expect<u64>(hardwareAt(header.destination)).toBe(groupHardware);
  expect<u64>(hardwareAt(header.source)).toBe(STANDBY_HARDWARE);
  expect<u32>(header.type).toBe(EtherType.Ipv6);
  assert(Ipv6.checked(outgoingBuffer() + ETHERNET_LENGTH, IPV6_LENGTH + length) != null, 'it is whole');
  const packet = changetype<Ipv6>(outgoingBuffer() + ETHERNET_LENGTH);
  expect<u32>(packet.payloadLength).toBe(length);
  expect<u32>(packet.nextHeader).toBe(ICMPV6);
  expect<u32>(packet.hopLimit).toBe(NEIGHBOUR_HOP_LIMIT);
  expect<u32>(checksumBehind(changetype<usize>(packet), length)).toBe(0, 'the checksum is right');
  const at = changetype<usize>(packet) + IPV6_LENGTH;
  expect<u32>(load<u8>(at)).toBe(type);
  assert(Neighbour.checked(at, length) != null, 'it is whole');
  return changetype<Neighbour>(at);
}

function sourceOf(): Address {
  return changetype<Address>(outgoingBuffer() + ETHERNET_LENGTH + 8);
}

/** The two halves of the group that the packet is for, in network order. */
function groupHigh(): u64 {
  return bswap<u64>(load<u64>(outgoingBuffer() + ETHERNET_LENGTH, 24));
}

function groupLow(): u64 {
  return bswap<u64>(load<u64>(outgoingBuffer() + ETHERNET_LENGTH, 32));
}

describe('an announcement', () => {
  it("is the takeover's ARP request (paragraphs 42, 56, 80 and 94)", () => {
    fresh();
    expect<u32>(announce(Form.Request, SERVER, BROADCAST_OF_SUBNET, STANDBY)).toBe(Status.Ok);
    const message = builtArp();
    expect<u32>(message.operation).toBe(ArpOperation.Request);
    expect<u32>(load<u32>(message.sender)).toBe(SERVER.ipv4);
    expect<u64>(message.targetHardware).toBe(0);
    expect<u32>(load<u32>(message.target)).toBe(BROADCAST_OF_SUBNET.ipv4);
    expect<u64>(counterOf(Counter.Announced)).toBe(1);
  });

  it('is an ARP reply that has the same addresses for sender and target (RFC 5944 section 4.6)', () => {
    fresh();
    expect<u32>(announce(Form.Reply, SERVER, SERVER, STANDBY)).toBe(Status.Ok);
    const message = builtArp();
    expect<u32>(message.operation).toBe(ArpOperation.Reply);
    expect<u32>(load<u32>(message.sender)).toBe(SERVER.ipv4);
    expect<u64>(message.targetHardware).toBe(STANDBY_HARDWARE);
    expect<bool>(message.isGratuitous).toBe(true);
  });

  it('is an ARP probe that says nothing of its sender (RFC 5227 section 2.1.1)', () => {
    fresh();
    expect<u32>(announce(Form.Probe, SERVER, SERVER, STANDBY)).toBe(Status.Ok);
    const message = builtArp();
    expect<u32>(message.operation).toBe(ArpOperation.Request);
    expect<u32>(load<u32>(message.sender)).toBe(0);
    expect<u64>(message.targetHardware).toBe(0);
    expect<u32>(load<u32>(message.target)).toBe(SERVER.ipv4);
  });

  it('is a neighbour advertisement to all nodes that nobody asked for (RFC 4861 section 7.2.6)', () => {
    fresh();
    for (let router: u32 = 0; router < 2; router++) {
      expect<u32>(announce(Form.Neighbour, SERVER6, SERVER6, STANDBY, 1, router != 0)).toBe(Status.Ok);
      const message = builtNeighbour(32, Icmpv6Type.NeighbourAdvertisement, 0x010000003333);
      expect<bool>(sourceOf().equals(SERVER6)).toBe(true);
      expect<u64>(groupHigh()).toBe(0xff02000000000000);
      expect<u64>(groupLow()).toBe(1);
      expect<bool>(message.isRouter).toBe(router != 0);
      expect<bool>(message.isSolicited).toBe(false);
      expect<bool>(message.isOverride).toBe(true);
      expect<bool>(changetype<Address>(message.target).equals(SERVER6)).toBe(true);
      expect<u64>(message.linkLayer(32)).toBe(STANDBY_HARDWARE);
    }
  });

  it('is a neighbour solicitation from nobody to the group of the address (RFC 4862 section 5.4.2)', () => {
    fresh();
    const address = newAddress();
    address.set(SERVER6);
    store<u32>(changetype<usize>(address), 0x563412fe, 12);
    expect<u32>(announce(Form.Probe, address, address, STANDBY)).toBe(Status.Ok);
    const message = builtNeighbour(24, Icmpv6Type.NeighbourSolicitation, 0x563412ff3333);
    expect<bool>(sourceOf().hi == 0 && sourceOf().lo == 0).toBe(true);
    expect<u64>(groupHigh()).toBe(0xff02000000000000);
    expect<u64>(groupLow()).toBe(0x00000001ff123456);
    expect<bool>(changetype<Address>(message.target).equals(address)).toBe(true);
    expect<u64>(message.linkLayer(24)).toBe(0);
  });

  it('is for any interface that can be told apart', () => {
    fresh();
    expect<u32>(announce(Form.Probe, SERVER, SERVER, STANDBY, 0)).toBe(Status.BadValue);
    expect<u32>(announce(Form.Probe, SERVER, SERVER, STANDBY, 256)).toBe(Status.BadValue);
    expect<u32>(announce(Form.Probe, SERVER, SERVER, STANDBY, 255)).toBe(Status.Ok);
    expect<u32>(outgoing() >> 16).toBe(255);
  });

  it('of a form that there is not is refused, and so is one of the wrong version of IP', () => {
    fresh();
    for (let form: u32 = 0; form < 256; form++) {
      const isForm = form >= <u32>Form.Request && form <= <u32>Form.Probe;
      if (!isForm) assert(announce(form, SERVER) == Status.BadForm, 'it is refused');
    }
    expect<u32>(announce(Form.Request, SERVER6)).toBe(Status.BadFamily);
    expect<u32>(announce(Form.Request, SERVER, SERVER6)).toBe(Status.BadFamily);
    expect<u32>(announce(Form.Reply, SERVER6)).toBe(Status.BadFamily);
    expect<u32>(announce(Form.Neighbour, SERVER)).toBe(Status.BadFamily);
  });

  it('of an address that no host can have is refused, or of a MAC address that no adapter can', () => {
    fresh();
    expect<u32>(announce(Form.Probe, ipv4(0, 0, 0, 0))).toBe(Status.BadValue);
    expect<u32>(announce(Form.Reply, ipv4(255, 255, 255, 255))).toBe(Status.BadValue);
    expect<u32>(announce(Form.Neighbour, newAddress())).toBe(Status.BadValue);
    expect<u32>(announce(Form.Reply, SERVER)).toBe(Status.Ok);
    expect<u32>(againFor(0)).toBe(Status.BadValue);
    expect<u32>(againFor(BROADCAST)).toBe(Status.BadValue);
    expect<u32>(againFor(0x010000005e0001)).toBe(Status.BadValue);
    expect<u32>(againFor(0xfedcba987654)).toBe(Status.Ok);
    expect<u64>(hardwareAt(outgoingBuffer() + 6)).toBe(0xfedcba987654);
  });

  it('is there until the next command, whatever becomes of that', () => {
    fresh();
    announce(Form.Reply, SERVER);
    expect<bool>(outgoing() != 0).toBe(true);
    expect<u32>(announce(Form.Reply, SERVER6)).toBe(Status.BadFamily);
    expect<u32>(outgoing()).toBe(0);
    announce(Form.Reply, SERVER);
    bare(Command.Counters);
    expect<u32>(outgoing()).toBe(0);
    expect<u64>(counterOf(Counter.Announced)).toBe(2);
  });

  it('never needs more room than the carrier was told', () => {
    fresh();
    announce(Form.Neighbour, SERVER6);
    expect<u32>(outgoing() & 0xffff).toBe(OUTGOING_BYTES);
  });
});

describe('where a takeover meets the detector', () => {
  it("the takeover's request is an announcement of a server that could not be reached", () => {
    fresh();
    syn(SATO, SERVER, 7);
    give();
    unreachable(SATO, SERVER, 7, HOST);
    give(Direction.Out);
    announce(Form.Request, SERVER, BROADCAST_OF_SUBNET, STANDBY);
    expect<u32>(giveOutgoing()).toBe(Verdict.ArpSign);
    expect<u32>(said(Event.Signal).code).toBe(Sign.Announcement);
    expect<bool>(said(Event.Signal).server.equals(SERVER)).toBe(true);
  });

  it('both forms of ARP are one of a server that was silent and resolved, for its MAC address is new', () => {
    for (let form = <u32>Form.Request; form <= <u32>Form.Reply; form++) {
      fresh();
      arpReply(SERVER, ROUTER);
      give();
      pass(SECOND_US);
      syn(SATO, SERVER, 7);
      give();
      wait(WAIT_US);
      arpReply(SERVER, ROUTER);
      expect<u32>(give()).toBe(Verdict.ArpNoNews);
      announce(form, SERVER, BROADCAST_OF_SUBNET, STANDBY);
      expect<u32>(giveOutgoing()).toBe(Verdict.ArpSign);
      expect<u32>(said(Event.Signal).code).toBe(Sign.Announcement);
    }
  });

  it('the request is one where nobody knows which MAC address the server had: after a restart', () => {
    fresh();
    restore(SERVER, 0, SATO, Cause.Unanswered, now(), now());
    arpRequest(SERVER, ROUTER);
    expect<u32>(give()).toBe(Verdict.ArpNoNews);
    fresh();
    restore(SERVER, 0, SATO, Cause.Unanswered, now(), now());
    announce(Form.Request, SERVER, BROADCAST_OF_SUBNET, STANDBY);
    expect<u32>(giveOutgoing()).toBe(Verdict.ArpSign);
    expect<u32>(said(Event.Signal).code).toBe(Sign.Announcement);
  });

  it('the advertisement is a sign of a server that could not be reached, and of one that was silent', () => {
    fresh();
    syn(SATO6, SERVER6, 7);
    give();
    unreachable(SATO6, SERVER6, 7, HOST_6);
    give(Direction.Out);
    announce(Form.Neighbour, SERVER6, SERVER6, STANDBY);
    expect<u32>(giveOutgoing()).toBe(Verdict.NeighbourSign);
    expect<u32>(said(Event.Signal).code).toBe(Sign.Neighbour);
    fresh();
    advertisement(SERVER6, true);
    give();
    pass(SECOND_US);
    syn(SATO6, SERVER6, 7);
    give();
    wait(WAIT_US);
    announce(Form.Neighbour, SERVER6, SERVER6, STANDBY);
    expect<u32>(giveOutgoing()).toBe(Verdict.NeighbourSign);
  });

  it('the probes are a sign of nothing', () => {
    fresh();
    syn(SATO, SERVER, 7);
    give();
    unreachable(SATO, SERVER, 7, HOST);
    give(Direction.Out);
    announce(Form.Probe, SERVER, SERVER, STANDBY);
    expect<u32>(giveOutgoing()).toBe(Verdict.NotWatched);
    announce(Form.Probe, SERVER6, SERVER6, STANDBY);
    expect<u32>(giveOutgoing()).toBe(Verdict.NotWatched);
    announce(Form.Probe, ELSEWHERE, ELSEWHERE, STANDBY);
    expect<u32>(giveOutgoing()).toBe(Verdict.NotWatched);
    expect<u32>(saidTimes(Event.Signal)).toBe(0);
  });
});
