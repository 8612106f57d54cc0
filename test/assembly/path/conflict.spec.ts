import { Link } from '../../../assembly/path/frame';
import { Direction } from '../../../assembly/path/packet';
import { Counter, Verdict } from '../../../assembly/path/verdict';
import { Form, Status } from '../../../assembly/record/commands';
import { Event } from '../../../assembly/record/events';
import { MAX_CLAIMS } from '../../../assembly/table/claims';
import { Address } from '../../../assembly/wire/address';
import { EtherType } from '../../../assembly/wire/ethernet';
import { Icmpv6Type } from '../../../assembly/wire/icmp';
import {
  ELSEWHERE,
  ELSEWHERE6,
  ipv4,
  newAddress,
  ROUTER,
  ROUTER6,
  SATO,
  SECOND,
  SERVER,
  SERVER6,
  someClient,
} from '../addresses';
import { arpMessage, begin, endIp, ethernet, frameBytes, ICMPV6, ip, neighbourMessage, tag } from '../frames';
import { SECOND_US } from '../numbers';
import { againFor, announce, claim, configure, unclaim } from '../orders';
import {
  advertisement,
  arpAnnouncement,
  arpProbe,
  arpReply,
  arpRequest,
  neighbourProbe,
  solicitation,
} from '../packets';
import { counterOf, fresh, give, giveOutgoing, now, pass } from '../play';
import { said, saidTimes } from '../said';

const OWN: u32 = 2;
const OTHER: u32 = 9;
const MILLISECOND_US: i64 = 1000;

/** The frame that was built last contradicts the claim, as that form of that somebody's. */
function expectConflict(form: Form, address: Address, hardware: u32 = OTHER): void {
  const before = saidTimes(Event.Conflict);
  give(Direction.In, 3);
  assert(saidTimes(Event.Conflict) == before + 1, 'it is a conflict');
  const conflict = said(Event.Conflict, before);
  expect<u32>(conflict.code).toBe(form);
  expect<bool>(conflict.server.equals(address)).toBe(true);
  expect<u32>(conflict.hardware).toBe(hardware);
  expect<u32>(conflict.port).toBe(3, 'the interface');
  expect<i64>(conflict.nowUs).toBe(now());
  pass(SECOND_US);
}

function expectNone(direction: Direction = Direction.In, iface: u32 = 1): void {
  const before = saidTimes(Event.Conflict);
  give(direction, iface);
  assert(saidTimes(Event.Conflict) == before, 'it is no conflict');
}

describe('a claimed address', () => {
  it('is contradicted by every form of ARP from somebody else', () => {
    fresh();
    expect<u32>(claim(SERVER, OWN)).toBe(Status.Ok);
    arpRequest(SERVER, ROUTER, OTHER);
    expectConflict(Form.Request, SERVER);
    arpAnnouncement(SERVER, OTHER);
    expectConflict(Form.Request, SERVER);
    arpReply(SERVER, ROUTER, OTHER);
    expectConflict(Form.Reply, SERVER);
    arpProbe(SERVER, OTHER);
    expectConflict(Form.Probe, SERVER);
    expect<u64>(counterOf(Counter.Conflicts)).toBe(4);
    expect<u64>(counterOf(Counter.ConflictsUntold)).toBe(0);
  });

  it('is contradicted by every form of neighbour discovery from somebody else', () => {
    fresh();
    expect<u32>(claim(SERVER6, 7)).toBe(Status.Ok);
    advertisement(SERVER6, false, OTHER);
    expectConflict(Form.Neighbour, SERVER6);
    advertisement(SERVER6, true, OTHER);
    expectConflict(Form.Neighbour, SERVER6);
    solicitation(SERVER6, ROUTER6, OTHER);
    expectConflict(Form.Solicitation, SERVER6);
    // These do not say who they are: the frame does, 02:00:00:00:00:02.
    neighbourProbe(SERVER6);
    expectConflict(Form.Probe, SERVER6, 2);
    advertisement(SERVER6, true, 0);
    expectConflict(Form.Neighbour, SERVER6, 2);
  });

  it('need not be one that is watched', () => {
    fresh();
    claim(ELSEWHERE, OWN);
    claim(ELSEWHERE6, OWN);
    arpReply(ELSEWHERE, ROUTER, OTHER);
    expectConflict(Form.Reply, ELSEWHERE);
    advertisement(ELSEWHERE6, true, OTHER);
    expectConflict(Form.Neighbour, ELSEWHERE6);
  });

  it('is contradicted behind tags too, where the frame alone tells who it is', () => {
    fresh();
    claim(SERVER6, OTHER);
    begin();
    ethernet(EtherType.ServiceVlan);
    tag(EtherType.Vlan);
    tag(EtherType.Ipv6);
    ip(newAddress(), ROUTER6, ICMPV6, 255);
    neighbourMessage(Icmpv6Type.NeighbourSolicitation, 0, SERVER6, 0, 0);
    endIp();
    expectConflict(Form.Probe, SERVER6, 2);
  });

  it('is not contradicted by the adapter that has it, wherever its frames come in', () => {
    fresh();
    claim(SERVER, OWN);
    claim(SERVER6, OWN);
    for (let form = <u32>Form.Request; form <= <u32>Form.Probe; form++) {
      const address = form == Form.Neighbour ? SERVER6 : SERVER;
      assert(announce(form, address, address, OWN) == Status.Ok, 'it is built');
      giveOutgoing(Direction.In, 5);
    }
    announce(Form.Probe, SERVER6, SERVER6, OWN);
    giveOutgoing(Direction.In, 5);
    expect<u32>(saidTimes(Event.Conflict)).toBe(0);
    expect<u64>(counterOf(Counter.Conflicts)).toBe(0);
  });

  it('is not contradicted by what this machine sends', () => {
    fresh();
    claim(SERVER, OWN);
    claim(SERVER6, OWN);
    arpReply(SERVER, ROUTER, OTHER);
    expectNone(Direction.Out);
    advertisement(SERVER6, true, OTHER);
    expectNone(Direction.Out);
    arpReply(SERVER, ROUTER, OTHER);
    expect<u32>(give(Direction.Unknown)).toBe(Verdict.ArpNoNews);
    expect<u32>(saidTimes(Event.Conflict)).toBe(1, 'where a capture does not say, it may be anybody');
  });

  it('is not contradicted by who asks for it, or speaks of another address', () => {
    fresh();
    claim(SERVER, OWN);
    claim(SERVER6, OWN);
    arpRequest(ROUTER, SERVER, OTHER);
    expectNone();
    arpReply(SECOND, SERVER, OTHER);
    expectNone();
    arpProbe(SECOND, OTHER);
    expectNone();
    solicitation(ROUTER6, SERVER6, OTHER);
    expectNone();
    advertisement(ROUTER6, true, OTHER);
    expectNone();
    neighbourProbe(ROUTER6);
    expectNone();
  });

  it('is not contradicted by a message that is none', () => {
    fresh();
    claim(SERVER, OWN);
    claim(SERVER6, 7);
    begin();
    ethernet(EtherType.Arp);
    arpMessage(3, OTHER, SERVER, ROUTER);
    expectNone();
    advertisement(SERVER6, true, OTHER);
    // Its hop limit says that it came from another link.
    store<u8>(frameBytes(), 254, 14 + 7);
    expect<u32>(give()).toBe(Verdict.NeighbourMalformed);
    expect<u32>(saidTimes(Event.Conflict)).toBe(0);
  });

  it('of IPv4 is not contradicted by IPv6 in disguise', () => {
    fresh();
    claim(SERVER, OWN);
    begin();
    ethernet(EtherType.Ipv6);
    ip(ROUTER6, SERVER6, ICMPV6, 255);
    neighbourMessage(Icmpv6Type.NeighbourAdvertisement, 0x20, SERVER6, 2, OTHER);
    memory.copy(frameBytes() + 14 + 40 + 8, changetype<usize>(SERVER), 16);
    endIp();
    expect<u32>(give()).toBe(Verdict.NeighbourMalformed);
    expect<u32>(saidTimes(Event.Conflict)).toBe(0);
  });

  it('is not contradicted where nothing tells who speaks', () => {
    fresh();
    claim(SERVER6, 7);
    neighbourProbe(SERVER6);
    const length = 40 + 24;
    memory.copy(frameBytes(), frameBytes() + 14, length);
    give(Direction.In, 1, Link.Raw);
    expect<u32>(saidTimes(Event.Conflict)).toBe(0);
  });

  it('may be claimed on one interface only', () => {
    fresh();
    claim(SERVER, OWN, 2);
    arpReply(SERVER, ROUTER, OTHER);
    expectNone(Direction.In, 1);
    give(Direction.In, 2);
    expect<u32>(saidTimes(Event.Conflict)).toBe(1);
    expect<u32>(said(Event.Conflict).port).toBe(2);
    expect<u32>(claim(SERVER, OWN, 256)).toBe(Status.BadValue);
    expect<u32>(claim(SERVER, OWN, 255)).toBe(Status.Ok);
  });

  it('is told of once in a second for each interface, however many contradict it', () => {
    fresh();
    claim(SERVER, OWN);
    claim(SECOND, OWN);
    for (let i: u32 = 0; i < 1000; i++) {
      arpReply(SERVER, ROUTER, 3 + (i & 63));
      give(Direction.In, 1 + (i & 1));
      if ((i & 1) == 1) pass(MILLISECOND_US);
    }
    expect<u32>(saidTimes(Event.Conflict)).toBe(2);
    expect<u64>(counterOf(Counter.Conflicts)).toBe(1000);
    expect<u64>(counterOf(Counter.ConflictsUntold)).toBe(998);
    arpReply(SECOND, ROUTER, OTHER);
    give();
    expect<u32>(saidTimes(Event.Conflict)).toBe(3, 'another claim has its own second');
    pass(SECOND_US - 501 * MILLISECOND_US);
    arpReply(SERVER, ROUTER, OTHER);
    expectNone();
    pass(MILLISECOND_US);
    give();
    expect<u32>(saidTimes(Event.Conflict)).toBe(4, 'a second later it is told again');
  });

  it('changes no verdict', () => {
    fresh();
    arpReply(ELSEWHERE, ROUTER, OTHER);
    const plain = give();
    claim(ELSEWHERE, OWN);
    expect<u32>(give()).toBe(plain);
    expect<u32>(plain).toBe(Verdict.NotWatched);
  });

  it('is forgotten when it is given up, or with a new configuration', () => {
    fresh();
    claim(SERVER, OWN);
    expect<u32>(unclaim(SERVER)).toBe(Status.Ok);
    expect<u32>(unclaim(SERVER)).toBe(Status.NotFound);
    arpReply(SERVER, ROUTER, OTHER);
    expectNone();
    claim(SERVER, OWN);
    configure();
    expectNone();
    expect<u32>(unclaim(SERVER)).toBe(Status.NotFound);
  });

  it('is one that a host can have, for an adapter', () => {
    fresh();
    expect<u32>(claim(ipv4(0, 0, 0, 0))).toBe(Status.BadValue);
    expect<u32>(claim(ipv4(224, 0, 0, 1))).toBe(Status.BadValue);
    expect<u32>(claim(newAddress())).toBe(Status.BadValue);
    expect<u32>(claim(SATO)).toBe(Status.Ok);
    expect<u32>(againFor(0)).toBe(Status.BadValue);
    expect<u32>(againFor(0xffffffffffff)).toBe(Status.BadValue);
  });

  it('is one of as many as there is room for', () => {
    fresh();
    for (let i: u32 = 1; i <= MAX_CLAIMS; i++) assert(claim(someClient(2 * i)) == Status.Ok, 'there is room');
    expect<u32>(claim(someClient(2 * (MAX_CLAIMS + 1)))).toBe(Status.Full);
    expect<u32>(claim(someClient(2 * MAX_CLAIMS), OTHER)).toBe(Status.Ok);
    unclaim(someClient(2 * 7));
    expect<u32>(claim(someClient(2 * (MAX_CLAIMS + 1)))).toBe(Status.Ok);
    arpReply(someClient(2 * (MAX_CLAIMS + 1)), ROUTER, 7);
    give();
    expect<u32>(saidTimes(Event.Conflict)).toBe(1);
  });
});
