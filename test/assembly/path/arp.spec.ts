import { Direction } from '../../../assembly/path/packet';
import { Verdict } from '../../../assembly/path/verdict';
import { Option } from '../../../assembly/record/commands';
import { Cause, Event, Sign } from '../../../assembly/record/events';
import { EtherType } from '../../../assembly/wire/ethernet';
import { ELSEWHERE, ipv4, ROUTER, SATO, SECOND, SERVER, TANAKA } from '../addresses';
import { arpMessage, begin, ethernet } from '../frames';
import { SECOND_US, WAIT_US } from '../numbers';
import { EVERYTHING, restore, watch } from '../orders';
import { arpAnnouncement, arpReply, arpRequest, HOST, syn, unreachable, WEB } from '../packets';
import { fresh, give, now, pass, wait } from '../play';
import { said, saidTimes } from '../said';

const OTHER_HARDWARE: u32 = 9;

/** The server has left its link: the router could not resolve its address. */
function unreachableServer(): void {
  syn(SATO, SERVER, 7);
  give();
  unreachable(SATO, SERVER, 7, HOST);
  assert(give(Direction.Out) == Verdict.UnreachableLinks, 'the server is down');
}

/** The server is silent, and resolved its address right before. */
function silentServer(): void {
  arpReply(SERVER, ROUTER);
  give();
  pass(SECOND_US);
  syn(SATO, SERVER, 7);
  give();
  wait(WAIT_US);
  assert(saidTimes(Event.Outage) == 1, 'the server is down');
}

describe('an ARP reply', () => {
  it('of a host that could not be reached is a sign of life', () => {
    fresh();
    unreachableServer();
    const fromUs = now();
    pass(SECOND_US);
    arpReply(SERVER, ROUTER);
    expect<u32>(give()).toBe(Verdict.ArpSign);
    const signal = said(Event.Signal);
    expect<bool>(signal.server.equals(SERVER)).toBe(true);
    expect<u32>(signal.code).toBe(Sign.Arp);
    expect<u32>(signal.port).toBe(0);
    expect<u32>(signal.tries).toBe(WEB, 'the port that was tried');
    expect<i64>(signal.firstUs).toBe(fromUs);
    expect<i64>(signal.nowUs).toBe(now());
  });

  it('is said once: the host is being looked into', () => {
    fresh();
    unreachableServer();
    arpReply(SERVER, ROUTER);
    expect<u32>(give()).toBe(Verdict.ArpSign);
    expect<u32>(give()).toBe(Verdict.ArpNoNews);
    expect<u32>(saidTimes(Event.Signal)).toBe(1);
  });

  it('of a host that is not down, or not watched, is no news', () => {
    fresh();
    arpReply(SERVER, ROUTER);
    expect<u32>(give()).toBe(Verdict.ArpNoNews);
    arpReply(ELSEWHERE, ROUTER);
    expect<u32>(give()).toBe(Verdict.NotWatched);
  });

  it('of this machine is no sign of anything', () => {
    fresh();
    unreachableServer();
    arpReply(SERVER, SATO);
    expect<u32>(give(Direction.Out)).toBe(Verdict.ArpOwn);
    arpAnnouncement(SERVER);
    expect<u32>(give(Direction.Out)).toBe(Verdict.ArpOwn);
    expect<u32>(saidTimes(Event.Signal)).toBe(0);
  });

  it('of a host that resolved all the while it was silent is no news', () => {
    fresh();
    silentServer();
    arpReply(SERVER, ROUTER);
    expect<u32>(give()).toBe(Verdict.ArpNoNews);
    arpRequest(SERVER, ROUTER);
    expect<u32>(give()).toBe(Verdict.ArpNoNews);
    expect<u32>(saidTimes(Event.Signal)).toBe(0);
  });

  it('of a host that resolved all the while is news from another MAC address: a takeover', () => {
    fresh();
    silentServer();
    arpReply(SERVER, ROUTER, OTHER_HARDWARE);
    expect<u32>(give()).toBe(Verdict.ArpSign);
    expect<u32>(said(Event.Signal).code).toBe(Sign.Arp);
  });

  it('of a host that resolved all the while is news once it could not be reached', () => {
    fresh();
    silentServer();
    syn(TANAKA, SERVER, 8);
    give();
    unreachable(TANAKA, SERVER, 8, HOST);
    give(Direction.Out);
    arpReply(SERVER, ROUTER);
    expect<u32>(give()).toBe(Verdict.ArpSign);
  });

  it('of a silent host that had not resolved for a minute is news, and of one that had is none', () => {
    for (let late = 0; late < 2; late++) {
      fresh();
      arpReply(SERVER, ROUTER);
      give();
      pass(60 * SECOND_US - 1 + late);
      syn(SATO, SERVER, 7);
      give();
      wait(WAIT_US);
      arpReply(SERVER, ROUTER);
      expect<u32>(give()).toBe(late ? Verdict.ArpSign : Verdict.ArpNoNews);
    }
  });

  it('of a silent host that was never seen to resolve is news', () => {
    fresh();
    syn(SATO, SERVER, 7);
    give();
    wait(WAIT_US);
    arpReply(SERVER, ROUTER);
    expect<u32>(give()).toBe(Verdict.ArpSign);
  });

  it('is no sign where that is switched off', () => {
    fresh(EVERYTHING & ~Option.Resolution);
    unreachableServer();
    arpReply(SERVER, ROUTER);
    expect<u32>(give()).toBe(Verdict.ArpNoNews);
    arpAnnouncement(SERVER);
    expect<u32>(give()).toBe(Verdict.ArpNoNews);
    expect<u32>(saidTimes(Event.Signal)).toBe(0);
  });

  it('of another server is no sign of this one', () => {
    fresh();
    unreachableServer();
    arpReply(SECOND, ROUTER);
    expect<u32>(give()).toBe(Verdict.ArpNoNews);
    expect<u32>(saidTimes(Event.Signal)).toBe(0);
  });
});

describe('an ARP announcement', () => {
  it('is a sign of life, as a request or as a reply', () => {
    fresh();
    unreachableServer();
    arpAnnouncement(SERVER);
    expect<u32>(give()).toBe(Verdict.ArpSign);
    expect<u32>(said(Event.Signal).code).toBe(Sign.Announcement);
    fresh();
    unreachableServer();
    arpReply(SERVER, SERVER);
    expect<u32>(give()).toBe(Verdict.ArpSign);
    expect<u32>(said(Event.Signal).code).toBe(Sign.Announcement);
  });

  it('is news of a host that resolved all the while', () => {
    fresh();
    silentServer();
    arpAnnouncement(SERVER);
    expect<u32>(give()).toBe(Verdict.ArpSign);
    expect<u32>(said(Event.Signal).code).toBe(Sign.Announcement);
  });
});

describe('another ARP message', () => {
  it('of a server that asks for somebody shows that it lives', () => {
    fresh();
    unreachableServer();
    arpRequest(SERVER, ROUTER);
    expect<u32>(give()).toBe(Verdict.ArpSign);
  });

  it('that asks for the server says nothing of it', () => {
    fresh();
    unreachableServer();
    arpRequest(ROUTER, SERVER);
    expect<u32>(give()).toBe(Verdict.NotWatched);
    arpRequest(SECOND, SERVER);
    expect<u32>(give()).toBe(Verdict.ArpNoNews);
    expect<u32>(saidTimes(Event.Signal)).toBe(0);
  });

  it('that only probes has no sender yet, even where all of IPv4 is watched', () => {
    fresh();
    unreachableServer();
    const unspecified = ipv4(0, 0, 0, 0);
    arpRequest(unspecified, SERVER);
    expect<u32>(give()).toBe(Verdict.NotWatched);
    watch(unspecified, 96);
    restore(unspecified, 0, SATO, Cause.Unreachable, now(), now());
    expect<u32>(give()).toBe(Verdict.ArpNoNews);
    expect<u32>(saidTimes(Event.Signal)).toBe(0);
  });

  it('of another operation is no news', () => {
    fresh();
    unreachableServer();
    begin();
    ethernet(EtherType.Arp);
    arpMessage(3, 2, SERVER, ROUTER);
    expect<u32>(give()).toBe(Verdict.ArpNoNews);
    expect<u32>(saidTimes(Event.Signal)).toBe(0);
  });
});
