import { Link } from '../../../assembly/path/frame';
import { Direction } from '../../../assembly/path/packet';
import { Counter, Verdict } from '../../../assembly/path/verdict';
import { Command } from '../../../assembly/record/commands';
import { Event } from '../../../assembly/record/events';
import { EtherType } from '../../../assembly/wire/ethernet';
import { ROUTER, SATO, SATO6, SECOND, SERVER, SERVER6, TANAKA } from '../addresses';
import {
  ACK,
  begin,
  cutTo,
  endIp,
  ethernet,
  ICMPV6,
  icmp,
  ip,
  patchIp8,
  patchIp16,
  put8,
  put16,
  SYN,
  TCP,
  tcp,
  zeros,
} from '../frames';
import { MILLISECOND_US, WAIT_US } from '../numbers';
import { aboutServer } from '../orders';
import {
  beginError,
  CLIENT_PORT,
  endError,
  HOST,
  HOST_6,
  NEEDS_FRAGMENTATION,
  PORT,
  PORT_6,
  PROHIBITED,
  PROHIBITED_6,
  PROTOCOL,
  SECURE,
  syn,
  synAck,
  unreachable,
  unreachableDatagram,
  WEB,
} from '../packets';
import { counterOf, fresh, give, pass, wait } from '../play';
import { said, saidOf, saidTimes } from '../said';

/** Bytes up to the end of the quoted ports and sequence number. */
const SHORTEST: u32 = 14 + 20 + 8 + 20 + 8;

describe('an unreachable message', () => {
  it('that quotes a request which never passed is forged, where the way of frames is known', () => {
    fresh();
    unreachable(SATO, SERVER, 7, HOST);
    expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachableUnasked);
    expect<u32>(give(Direction.In)).toBe(Verdict.UnreachableUnasked);
    syn(SATO, SERVER, 8);
    give();
    unreachable(SATO, SERVER, 7, HOST);
    expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachableUnasked);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
  });

  it('that quotes a request which the capture did not see counts, where the way of frames is not known', () => {
    fresh();
    unreachable(SATO, SERVER, 7, HOST);
    expect<u32>(give(Direction.Unknown)).toBe(Verdict.UnreachableLinks);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
    expect<u32>(said(Event.Outage).tries).toBe(WEB);
    unreachable(SATO, SERVER, 7, PROHIBITED);
    expect<u32>(give(Direction.Unknown)).toBe(Verdict.UnreachablePolicy);
  });

  it('must show that what it quotes asks for a connection', () => {
    fresh();
    unreachable(SATO, SERVER, 7, HOST);
    cutTo(SHORTEST);
    expect<u32>(give(Direction.Unknown)).toBe(Verdict.UnreachableUnasked, 'the flags are not there');
    beginError(SATO, HOST);
    ip(SATO, SERVER, TCP);
    tcp(CLIENT_PORT, WEB, 7, 0, ACK);
    endIp();
    endError();
    expect<u32>(give(Direction.Unknown)).toBe(
      Verdict.UnreachableUnasked,
      'data to a connection that was there',
    );
    beginError(SECOND, HOST);
    ip(SECOND, SERVER, TCP);
    tcp(WEB, CLIENT_PORT, 7, 8, SYN | ACK);
    endIp();
    endError();
    expect<u32>(give(Direction.Unknown)).toBe(Verdict.UnreachableUnasked, 'an answer');
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
  });

  it("that quotes a server's answer says nothing of the server", () => {
    fresh();
    beginError(SERVER, PORT);
    ip(SERVER, SATO, TCP);
    tcp(WEB, CLIENT_PORT, 7, 8, SYN | ACK);
    endIp();
    endError();
    expect<u32>(give(Direction.In)).toBe(Verdict.NotWatched);
    unreachableDatagram(SERVER, SATO, HOST);
    expect<u32>(give(Direction.In)).toBe(Verdict.NotWatched);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
  });

  it('that says a rule forbids it is no outage, and neither is the silence after it', () => {
    const codes: u32[] = [9, 10, PROHIBITED, 14, 15];
    for (let i = 0; i < codes.length; i++) {
      fresh();
      syn(SATO, SERVER, 7);
      give();
      unreachable(SATO, SERVER, 7, codes[i]);
      expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachablePolicy);
      wait(2 * WAIT_US);
      expect<u32>(saidTimes(Event.Outage)).toBe(0);
      expect<u64>(counterOf(Counter.Unreachable)).toBe(1);
    }
    fresh();
    syn(SATO6, SERVER6, 7);
    give();
    unreachable(SATO6, SERVER6, 7, PROHIBITED_6);
    expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachablePolicy);
    unreachableDatagram(SATO, SERVER, PROHIBITED);
    expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachablePolicy);
  });

  it('that needs fragmentation is no outage, and the attempt stays open', () => {
    fresh();
    syn(SATO, SERVER, 7);
    give();
    unreachable(SATO, SERVER, 7, NEEDS_FRAGMENTATION);
    expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachableMtu);
    unreachableDatagram(SATO, SERVER, NEEDS_FRAGMENTATION);
    expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachableMtu);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    synAck(SATO, SERVER, 7);
    expect<u32>(give()).toBe(Verdict.SynAckAnswers);
  });

  it('about a port is an outage of a service that is known, and of no other', () => {
    fresh();
    aboutServer(Command.KnowService, SERVER, WEB);
    aboutServer(Command.KnowService, SERVER6, WEB);
    syn(SATO, SERVER, 7);
    give();
    unreachable(SATO, SERVER, 7, PORT);
    expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachableLinks);
    expect<u32>(said(Event.Outage).port).toBe(WEB);
    syn(SATO6, SERVER6, 7);
    give();
    unreachable(SATO6, SERVER6, 7, PORT_6);
    expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachableLinks);
    syn(TANAKA, SERVER, 8, SECURE);
    give();
    unreachable(TANAKA, SERVER, 8, PORT, SECURE);
    expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachableUnknown);
    expect<u64>(counterOf(Counter.ServicesUnknown)).toBe(1);
    expect<u32>(saidTimes(Event.Outage)).toBe(2);
  });

  it('about the protocol is about the service', () => {
    fresh();
    aboutServer(Command.KnowService, SERVER, WEB);
    syn(SATO, SERVER, 7);
    give();
    unreachable(SATO, SERVER, 7, PROTOCOL);
    expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachableLinks);
    expect<u32>(said(Event.Outage).port).toBe(WEB);
  });

  it('about a port of a host that is down already links to the host', () => {
    fresh();
    syn(SATO, SERVER, 7);
    give();
    unreachable(SATO, SERVER, 7, HOST);
    give(Direction.Out);
    syn(TANAKA, SERVER, 8, SECURE);
    give();
    unreachable(TANAKA, SERVER, 8, PORT, SECURE);
    expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachableLinks);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
  });

  it('about a port counts without its request, too, where the way of frames is not known', () => {
    fresh();
    unreachable(SATO, SERVER, 7, PORT);
    expect<u32>(give(Direction.Unknown)).toBe(Verdict.UnreachableUnknown);
    aboutServer(Command.KnowService, SERVER, WEB);
    expect<u32>(give(Direction.Unknown)).toBe(Verdict.UnreachableLinks);
    expect<u32>(said(Event.Outage).port).toBe(WEB);
    expect<u32>(said(Event.Waiting).port).toBe(WEB);
  });

  it('of another protocol counts as it leaves towards its client, and not as it comes in', () => {
    fresh();
    unreachableDatagram(SATO, SERVER, HOST);
    expect<u32>(give(Direction.In)).toBe(Verdict.UnreachableInbound);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachableLinks);
    expect<u32>(saidTimes(Event.Waiting)).toBe(1);
    expect<u32>(said(Event.Outage).tries).toBe(0, 'no TCP port was tried');
  });

  it('of another protocol says nothing about its ports', () => {
    fresh();
    unreachableDatagram(SATO, SERVER, PORT);
    expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachableIgnored);
  });

  it('seen again on a bridge within 2 ms is the same try, a later one is another', () => {
    fresh();
    unreachableDatagram(SATO, SERVER, HOST);
    give(Direction.Out, 1);
    pass(2 * MILLISECOND_US - 1);
    give(Direction.Out, 2);
    aboutServer(Command.Release, SERVER);
    expect<u32>(said(Event.Released).tries).toBe(1);
    fresh();
    give(Direction.Out, 1);
    pass(2 * MILLISECOND_US);
    give(Direction.Out, 2);
    aboutServer(Command.Release, SERVER);
    expect<u32>(said(Event.Released).tries).toBe(2);
  });

  it('of a later fragment is of no protocol that is known', () => {
    fresh();
    beginError(SATO, HOST);
    ip(SATO, SERVER, TCP);
    patchIp16(6, 0x0010);
    tcp(CLIENT_PORT, WEB, 7, 0, SYN);
    endIp();
    endError();
    expect<u32>(give(Direction.In)).toBe(Verdict.UnreachableInbound);
    expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachableLinks);
    begin();
    ethernet(EtherType.Ipv6);
    ip(SERVER6, SATO6, ICMPV6);
    icmp(1, HOST_6);
    ip(SATO6, SERVER6, 44);
    put8(TCP);
    put8(0);
    put16(0x1008);
    zeros(4);
    endIp();
    endIp();
    expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachableLinks);
  });

  it('that quotes too little, or what is no IP header, is malformed', () => {
    fresh();
    unreachable(SATO, SERVER, 7, HOST);
    cutTo(SHORTEST - 1);
    expect<u32>(give(Direction.Out)).toBe(Verdict.QuoteMalformed);
    beginError(SATO, HOST);
    ip(SATO, SERVER, TCP);
    patchIp8(0, 0x43);
    tcp(CLIENT_PORT, WEB, 7, 0, SYN);
    endIp();
    endError();
    expect<u32>(give(Direction.Out)).toBe(Verdict.QuoteMalformed);
    unreachable(SATO6, SERVER6, 7, HOST_6);
    cutTo(14 + 40 + 8 + 39);
    expect<u32>(give(Direction.Out)).toBe(Verdict.QuoteMalformed);
    beginError(SATO, HOST);
    endError();
    expect<u32>(give(Direction.Out)).toBe(Verdict.QuoteMalformed);
  });

  it('is read without a link header as well', () => {
    fresh();
    begin();
    ip(ROUTER, SATO, 1);
    icmp(3, HOST);
    ip(SATO, SERVER, TCP);
    tcp(CLIENT_PORT, WEB, 7, 0, SYN);
    endIp();
    endIp();
    expect<u32>(give(Direction.Unknown, 1, Link.Raw)).toBe(Verdict.UnreachableLinks);
  });

  it('enters nobody for a source that is no host', () => {
    fresh();
    beginError(SATO, HOST);
    ip(SATO, SERVER, TCP);
    patchIp16(12, 0xe000);
    tcp(CLIENT_PORT, WEB, 7, 0, SYN);
    endIp();
    endError();
    give(Direction.Unknown);
    expect<u32>(saidTimes(Event.Waiting)).toBe(0);
  });
});
