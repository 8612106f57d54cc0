import { Direction } from '../../../assembly/path/packet';
import { Verdict } from '../../../assembly/path/verdict';
import { Option } from '../../../assembly/record/commands';
import { Cause, Event, Sign } from '../../../assembly/record/events';
import { ELSEWHERE6, ipv6, newAddress, ROUTER6, SATO6, SERVER6, TANAKA6 } from '../addresses';
import { patchIp8 } from '../frames';
import { SECOND_US, WAIT_US } from '../numbers';
import { EVERYTHING, restore, watch } from '../orders';
import { advertisement, HOST_6, solicitation, syn, unreachable, WEB } from '../packets';
import { fresh, give, now, pass, wait } from '../play';
import { said, saidTimes } from '../said';

const HOP_LIMIT: u32 = 7;
const OTHER_HARDWARE: u32 = 9;

/** The server has left its link: the router could not resolve its address. */
function unreachableServer(): void {
  syn(SATO6, SERVER6, 7);
  give();
  unreachable(SATO6, SERVER6, 7, HOST_6);
  assert(give(Direction.Out) == Verdict.UnreachableLinks, 'the server is down');
}

/** The server is silent, and resolved its address right before. */
function silentServer(): void {
  advertisement(SERVER6, true);
  give();
  pass(SECOND_US);
  syn(SATO6, SERVER6, 7);
  give();
  wait(WAIT_US);
  assert(saidTimes(Event.Outage) == 1, 'the server is down');
}

describe('a neighbour advertisement', () => {
  it('of a host that could not be reached is a sign of life, solicited or not', () => {
    for (let solicited = 0; solicited < 2; solicited++) {
      fresh();
      unreachableServer();
      advertisement(SERVER6, solicited != 0);
      expect<u32>(give()).toBe(Verdict.NeighbourSign);
      const signal = said(Event.Signal);
      expect<bool>(signal.server.equals(SERVER6)).toBe(true);
      expect<u32>(signal.code).toBe(Sign.Neighbour);
      expect<u32>(signal.tries).toBe(WEB);
      expect<u32>(give()).toBe(Verdict.NeighbourNoNews, 'it is said once');
    }
  });

  it('speaks of its target, whoever sends it', () => {
    fresh();
    unreachableServer();
    advertisement(ipv6(0x178, 0x81), true);
    expect<u32>(give()).toBe(Verdict.NeighbourNoNews);
    advertisement(ELSEWHERE6, true);
    expect<u32>(give()).toBe(Verdict.NotWatched);
    expect<u32>(saidTimes(Event.Signal)).toBe(0);
  });

  it('that was asked for is no news of a host that resolved all the while it was silent', () => {
    fresh();
    silentServer();
    advertisement(SERVER6, true);
    expect<u32>(give()).toBe(Verdict.NeighbourNoNews);
    advertisement(SERVER6, true, 0);
    expect<u32>(give()).toBe(Verdict.NeighbourNoNews, 'without a MAC address nothing moved');
    expect<u32>(saidTimes(Event.Signal)).toBe(0);
  });

  it('that nobody asked for is news of such a host, and so is another MAC address', () => {
    fresh();
    silentServer();
    advertisement(SERVER6, false);
    expect<u32>(give()).toBe(Verdict.NeighbourSign);
    fresh();
    silentServer();
    advertisement(SERVER6, true, OTHER_HARDWARE);
    expect<u32>(give()).toBe(Verdict.NeighbourSign);
  });

  it('is news of such a host once it could not be reached', () => {
    fresh();
    silentServer();
    syn(TANAKA6, SERVER6, 8);
    give();
    unreachable(TANAKA6, SERVER6, 8, HOST_6);
    give(Direction.Out);
    advertisement(SERVER6, true);
    expect<u32>(give()).toBe(Verdict.NeighbourSign);
  });

  it('of this machine is no sign of anything', () => {
    fresh();
    unreachableServer();
    advertisement(SERVER6, false);
    expect<u32>(give(Direction.Out)).toBe(Verdict.NeighbourOwn);
    expect<u32>(saidTimes(Event.Signal)).toBe(0);
  });

  it('that has passed a router is forged', () => {
    fresh();
    unreachableServer();
    advertisement(SERVER6, false);
    patchIp8(HOP_LIMIT, 254);
    expect<u32>(give()).toBe(Verdict.NeighbourMalformed);
    expect<u32>(saidTimes(Event.Signal)).toBe(0);
  });

  it('is no sign where that is switched off', () => {
    fresh(EVERYTHING & ~Option.Resolution);
    unreachableServer();
    advertisement(SERVER6, false);
    expect<u32>(give()).toBe(Verdict.NeighbourNoNews);
  });
});

describe('a neighbour solicitation', () => {
  it('shows that whoever asks lives', () => {
    fresh();
    unreachableServer();
    solicitation(SERVER6, ROUTER6);
    expect<u32>(give()).toBe(Verdict.NeighbourSign);
    expect<u32>(said(Event.Signal).code).toBe(Sign.Neighbour);
  });

  it('is no news of a host that resolved all the while, unless it has moved', () => {
    fresh();
    silentServer();
    solicitation(SERVER6, ROUTER6);
    expect<u32>(give()).toBe(Verdict.NeighbourNoNews);
    solicitation(SERVER6, ROUTER6, OTHER_HARDWARE);
    expect<u32>(give()).toBe(Verdict.NeighbourSign);
  });

  it('that asks for the server says nothing of it', () => {
    fresh();
    unreachableServer();
    solicitation(ROUTER6, SERVER6);
    expect<u32>(give()).toBe(Verdict.NotWatched);
    solicitation(ipv6(0x178, 0x81), SERVER6);
    expect<u32>(give()).toBe(Verdict.NeighbourNoNews);
    expect<u32>(saidTimes(Event.Signal)).toBe(0);
  });

  it('that looks for a duplicate has no address yet, even where all of IPv6 is watched', () => {
    fresh();
    unreachableServer();
    const unspecified = newAddress();
    solicitation(SERVER6, SERVER6, 0);
    for (let word: u32 = 8; word < 24; word++) patchIp8(word, 0);
    expect<u32>(give()).toBe(Verdict.NotWatched);
    watch(unspecified, 0);
    restore(unspecified, 0, SATO6, Cause.Unreachable, now(), now());
    expect<u32>(give()).toBe(Verdict.NeighbourNoNews);
    expect<u32>(saidTimes(Event.Signal)).toBe(0);
  });
});
