import { FRAME_BYTES } from '../../../assembly/index';
import { Link } from '../../../assembly/path/frame';
import { Direction } from '../../../assembly/path/packet';
import { Verdict } from '../../../assembly/path/verdict';
import { Address } from '../../../assembly/wire/address';
import { EtherType } from '../../../assembly/wire/ethernet';
import { SATO, SATO6, SERVER, SERVER6 } from '../addresses';
import {
  begin,
  cookedV1,
  cookedV2,
  cutTo,
  endIp,
  ethernet,
  etherTypeOf,
  frameLength,
  ICMP,
  ICMPV6,
  icmp,
  ip,
  patchIp8,
  patchIp16,
  put8,
  put16,
  SYN,
  TCP,
  tag,
  tcp,
  UDP,
  udp,
  zeros,
} from '../frames';
import {
  advertisement,
  arpReply,
  CLIENT_PORT,
  HOST,
  HOST_6,
  solicitation,
  syn,
  unreachable,
  WEB,
} from '../packets';
import { framesCounted, fresh, give } from '../play';

const MAX_TAGS: u32 = 8;
const ECHO_REQUEST: u32 = 8;
const SENT_BY_US: u32 = 4;

/** The client's request without a link header. */
function request(sequence: u32, six: bool = false): void {
  ip(six ? SATO6 : SATO, six ? SERVER6 : SERVER, TCP);
  tcp(CLIENT_PORT, WEB, sequence, 0, SYN);
  endIp();
}

function tagged(type: u32, tags: u32): void {
  begin();
  ethernet(type);
  for (let i: u32 = 1; i < tags; i++) tag(type);
  tag(EtherType.Ipv4);
}

/** Puts the IPv4 address as ::ffff:a.b.c.d to that offset of the IPv6 packet at hand. */
function disguise(offset: u32, address: Address): void {
  for (let i: u32 = 0; i < 16; i++) patchIp8(offset + i, load<u8>(changetype<usize>(address) + i));
}

/** Gives every truncation of the frame at hand: each must be found malformed, and be counted once. */
function refuseTruncations(link: Link): void {
  const whole = frameLength();
  for (let captured: u32 = 0; captured < whole; captured++) {
    const before = framesCounted();
    cutTo(captured);
    assert(give(Direction.In, 1, link) <= <u32>Verdict.LastMalformed, 'what is cut short is malformed');
    assert(framesCounted() == before + 1, 'and counted once');
  }
  cutTo(whole);
  assert(give(Direction.In, 1, link) > <u32>Verdict.LastMalformed, 'the whole is not');
}

describe('a frame', () => {
  it('is recognised on Ethernet, raw, and in Linux cooked captures, with either IP version', () => {
    fresh();
    for (let six: u32 = 0; six < 2; six++) {
      const type = six != 0 ? EtherType.Ipv6 : EtherType.Ipv4;
      begin();
      ethernet(type);
      request(1, six != 0);
      expect<u32>(give()).toBe(Verdict.SynNoted);
      begin();
      request(2, six != 0);
      expect<u32>(give(Direction.In, 1, Link.Raw)).toBe(Verdict.SynNoted);
      begin();
      cookedV1(0, type);
      request(3, six != 0);
      expect<u32>(give(Direction.In, 1, Link.CookedV1)).toBe(Verdict.SynNoted);
      begin();
      cookedV2(type, 5);
      request(4, six != 0);
      expect<u32>(give(Direction.In, 1, Link.CookedV2)).toBe(Verdict.SynNoted);
    }
  });

  it('is the same on another interface of a cooked capture, which says so in its header', () => {
    fresh();
    begin();
    cookedV1(0, EtherType.Ipv4);
    request(1);
    expect<u32>(give(Direction.Unknown, 0, Link.CookedV1)).toBe(Verdict.SynNoted);
    expect<u32>(give(Direction.Unknown, 0, Link.CookedV1)).toBe(Verdict.SynRepeated);
    begin();
    cookedV1(SENT_BY_US, EtherType.Ipv4);
    request(1);
    expect<u32>(give(Direction.Unknown, 0, Link.CookedV1)).toBe(Verdict.SynForwarded);
    begin();
    cookedV2(EtherType.Ipv4, 2);
    request(2);
    expect<u32>(give(Direction.Unknown, 0, Link.CookedV2)).toBe(Verdict.SynNoted);
    begin();
    cookedV2(EtherType.Ipv4, 3);
    request(2);
    expect<u32>(give(Direction.Unknown, 0, Link.CookedV2)).toBe(Verdict.SynForwarded);
  });

  it('may carry VLAN tags of all three types, up to eight', () => {
    fresh();
    const types: u32[] = [EtherType.Vlan, EtherType.ServiceVlan, EtherType.OldServiceVlan];
    let sequence: u32 = 0;
    for (let i = 0; i < types.length; i++) {
      for (let tags: u32 = 1; tags <= MAX_TAGS; tags++) {
        tagged(types[i], tags);
        request(++sequence);
        assert(give() == Verdict.SynNoted, 'the request behind the tags is seen');
      }
      tagged(types[i], MAX_TAGS + 1);
      request(++sequence);
      assert(give() == Verdict.TooManyTags, 'more tags than any frame has');
    }
  });

  it('may carry an outer tag of 802.1ad and an inner one of 802.1Q, in cooked captures too', () => {
    fresh();
    begin();
    ethernet(EtherType.ServiceVlan);
    tag(EtherType.Vlan);
    tag(EtherType.Ipv6);
    request(1, true);
    expect<u32>(give()).toBe(Verdict.SynNoted);
    begin();
    cookedV1(0, EtherType.Vlan);
    tag(EtherType.Ipv4);
    request(2);
    expect<u32>(give(Direction.In, 1, Link.CookedV1)).toBe(Verdict.SynNoted);
  });

  it('is malformed at every length that cuts it short, on every link and with every protocol', () => {
    fresh();
    syn(SATO, SERVER, 1);
    refuseTruncations(Link.Ethernet);
    syn(SATO6, SERVER6, 1);
    refuseTruncations(Link.Ethernet);
    begin();
    request(2);
    refuseTruncations(Link.Raw);
    begin();
    cookedV1(0, EtherType.Ipv4);
    request(3);
    refuseTruncations(Link.CookedV1);
    begin();
    cookedV2(EtherType.Ipv6, 1);
    request(3, true);
    refuseTruncations(Link.CookedV2);
    tagged(EtherType.Vlan, 2);
    request(4);
    refuseTruncations(Link.Ethernet);
    arpReply(SERVER, SATO);
    refuseTruncations(Link.Ethernet);
  });

  it('that quotes a request is malformed until its ports and sequence number are there', () => {
    fresh();
    unreachable(SATO, SERVER, 1, HOST);
    cutTo(14 + 20 + 8 + 20 + 8);
    refuseTruncations(Link.Ethernet);
    unreachable(SATO6, SERVER6, 1, HOST_6);
    cutTo(14 + 40 + 8 + 40 + 8);
    refuseTruncations(Link.Ethernet);
    advertisement(SERVER6, true, 0);
    refuseTruncations(Link.Ethernet);
  });

  it('says which header it was that did not hold', () => {
    fresh();
    begin();
    expect<u32>(give()).toBe(Verdict.LinkCutShort);
    expect<u32>(give(Direction.In, 1, Link.Raw)).toBe(Verdict.LinkCutShort);
    syn(SATO, SERVER, 1);
    patchIp8(0, 0x44);
    expect<u32>(give()).toBe(Verdict.Ipv4Malformed);
    syn(SATO6, SERVER6, 1);
    patchIp8(0, 0x40);
    expect<u32>(give()).toBe(Verdict.Ipv6Malformed);
    syn(SATO, SERVER, 1);
    patchIp8(32, 0x40);
    expect<u32>(give()).toBe(Verdict.TcpMalformed);
    arpReply(SERVER, SATO);
    cutTo(41);
    expect<u32>(give()).toBe(Verdict.ArpMalformed);
    unreachable(SATO, SERVER, 1, HOST);
    cutTo(14 + 20 + 7);
    expect<u32>(give()).toBe(Verdict.IcmpMalformed);
    cutTo(14 + 20 + 8 + 19);
    expect<u32>(give()).toBe(Verdict.QuoteMalformed);
    advertisement(SERVER6, true, 0);
    cutTo(14 + 40 + 23);
    expect<u32>(give()).toBe(Verdict.NeighbourMalformed);
  });

  it('ends where its IP header says: padding is no part of it', () => {
    fresh();
    begin();
    ethernet(EtherType.Ipv4);
    ip(SATO, SERVER, TCP);
    endIp();
    tcp(CLIENT_PORT, WEB, 1, 0, SYN);
    expect<u32>(give()).toBe(Verdict.TcpMalformed);
    syn(SATO, SERVER, 2);
    zeros(20);
    expect<u32>(give()).toBe(Verdict.SynNoted);
  });

  it('is of another protocol, transport or message, and nothing of ours', () => {
    fresh();
    begin();
    ethernet(0x88cc);
    zeros(40);
    expect<u32>(give()).toBe(Verdict.OtherProtocol);
    begin();
    zeros(40);
    expect<u32>(give(Direction.In, 1, Link.Raw)).toBe(Verdict.OtherProtocol);
    expect<u32>(give(Direction.In, 1, 0)).toBe(Verdict.OtherLink);
    expect<u32>(give(Direction.In, 1, 5)).toBe(Verdict.OtherLink);
    for (let six: u32 = 0; six < 2; six++) {
      const source = six != 0 ? SATO6 : SATO;
      const destination = six != 0 ? SERVER6 : SERVER;
      begin();
      ethernet(etherTypeOf(source));
      ip(source, destination, UDP);
      udp(53, 53);
      endIp();
      expect<u32>(give()).toBe(Verdict.OtherTransport);
      begin();
      ethernet(etherTypeOf(source));
      ip(source, destination, six != 0 ? ICMPV6 : ICMP);
      icmp(six != 0 ? 128 : ECHO_REQUEST, 0);
      endIp();
      expect<u32>(give()).toBe(Verdict.OtherIcmp);
    }
  });

  it('is looked at in a first fragment, and not in a later one', () => {
    fresh();
    syn(SATO, SERVER, 1);
    patchIp16(6, 0x2000);
    expect<u32>(give()).toBe(Verdict.SynNoted);
    patchIp16(6, 0x0001);
    expect<u32>(give()).toBe(Verdict.LaterFragment);
    for (let offset: u32 = 0; offset < 2; offset++) {
      begin();
      ethernet(EtherType.Ipv6);
      ip(SATO6, SERVER6, 44);
      put8(TCP);
      put8(0);
      put16((offset << 3) | 1);
      zeros(4);
      tcp(CLIENT_PORT, WEB, 1, 0, SYN);
      endIp();
      expect<u32>(give()).toBe(offset == 0 ? <u32>Verdict.SynNoted : <u32>Verdict.LaterFragment);
    }
  });

  it('is found behind IPv4 options and IPv6 extension headers', () => {
    fresh();
    begin();
    ethernet(EtherType.Ipv4);
    ip(SATO, SERVER, TCP);
    zeros(40);
    patchIp8(0, 0x4f);
    tcp(CLIENT_PORT, WEB, 1, 0, SYN);
    endIp();
    expect<u32>(give()).toBe(Verdict.SynNoted);
    begin();
    ethernet(EtherType.Ipv6);
    ip(SATO6, SERVER6, 0);
    put8(60);
    put8(0);
    zeros(6);
    put8(TCP);
    put8(1);
    zeros(14);
    tcp(CLIENT_PORT, WEB, 1, 0, SYN);
    endIp();
    expect<u32>(give()).toBe(Verdict.SynNoted);
  });

  it('is looked at no further than the buffer goes', () => {
    fresh();
    expect<u32>(FRAME_BYTES).toBe(512);
    syn(SATO, SERVER, 1);
    zeros(2000);
    expect<u32>(give()).toBe(Verdict.SynNoted);
    begin();
    ethernet(EtherType.Ipv6);
    ip(SATO6, SERVER6, 0);
    put8(TCP);
    put8(63);
    zeros(510);
    tcp(CLIENT_PORT, WEB, 1, 0, SYN);
    endIp();
    expect<u32>(give()).toBe(Verdict.Ipv6Malformed);
  });

  it('of an IPv6 packet whose addresses are IPv4 ones in disguise is nothing of IPv4', () => {
    fresh();
    syn(SATO6, SERVER6, 1);
    disguise(24, SERVER);
    expect<u32>(give()).toBeLessThanOrEqual(Verdict.NotWatched);
    advertisement(SERVER6, false);
    disguise(40 + 8, SERVER);
    expect<u32>(give()).toBeLessThanOrEqual(Verdict.NotWatched);
    unreachable(SATO6, SERVER6, 1, HOST_6);
    disguise(40 + 8 + 24, SERVER);
    expect<u32>(give(Direction.Unknown)).toBeLessThanOrEqual(Verdict.NotWatched);
    solicitation(SERVER6, SATO6);
    disguise(8, SERVER);
    expect<u32>(give()).toBeLessThanOrEqual(Verdict.NotWatched);
  });
});
