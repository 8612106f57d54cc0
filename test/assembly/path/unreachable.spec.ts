import { Direction } from '../../../assembly/path/packet';
import { Verdict } from '../../../assembly/path/verdict';
import { Option } from '../../../assembly/record/commands';
import { Cause, Event } from '../../../assembly/record/events';
import { ELSEWHERE, SATO, SATO6, SERVER, SERVER6 } from '../addresses';
import { cutTo } from '../frames';
import { MILLISECOND_US, SECOND_US } from '../numbers';
import { EVERYTHING } from '../orders';
import { HOST, HOST_6, NO_ROUTE_6, syn, synAck, unreachable, unreachableDatagram, WEB } from '../packets';
import { fresh, give, now, pass } from '../play';
import { said, saidOf, saidTimes } from '../said';

/** Bytes up to the end of the quoted ports and sequence number. */
const SHORTEST: u32 = 14 + 20 + 8 + 20 + 8;

describe('a host that cannot be reached', () => {
  it('is down, and who asked for it waits: one client for three requests and three errors', () => {
    fresh();
    const start = now();
    syn(SATO, SERVER, 7);
    give();
    pass(SECOND_US);
    give();
    pass(2 * SECOND_US);
    give();
    pass(100 * MILLISECOND_US);
    unreachable(SATO, SERVER, 7, HOST);
    for (let i = 0; i < 3; i++) expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachableLinks);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
    expect<u32>(saidTimes(Event.Waiting)).toBe(1);
    const outage = said(Event.Outage);
    expect<bool>(outage.server.equals(SERVER)).toBe(true);
    expect<u32>(outage.port).toBe(0);
    expect<u32>(outage.code).toBe(Cause.Unreachable);
    expect<u32>(outage.tries).toBe(WEB, 'the port that was tried');
    expect<i64>(outage.firstUs).toBe(start);
    const waiting = said(Event.Waiting);
    expect<bool>(waiting.client.equals(SATO)).toBe(true);
    expect<u32>(waiting.tries).toBe(3);
    expect<i64>(waiting.firstUs).toBe(start);
    expect<i64>(waiting.lastUs).toBe(start + 3 * SECOND_US);
    expect<i64>(waiting.nowUs).toBe(now());
  });

  it('is said by any code about hosts and networks, near or further along the way', () => {
    const codes: u32[] = [0, 1, 5, 6, 7, 8, 11, 12];
    for (let i = 0; i < codes.length; i++) {
      fresh();
      syn(SATO, SERVER, 7);
      give();
      unreachable(SATO, SERVER, 7, codes[i]);
      expect<u32>(give(Direction.In)).toBe(Verdict.UnreachableLinks);
      expect<u32>(saidTimes(Event.Waiting)).toBe(1);
    }
  });

  it('is said in IPv6 by no route and address unreachable', () => {
    const codes: u32[] = [NO_ROUTE_6, HOST_6];
    for (let i = 0; i < codes.length; i++) {
      fresh();
      syn(SATO6, SERVER6, 7);
      give();
      unreachable(SATO6, SERVER6, 7, codes[i]);
      expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachableLinks);
      expect<bool>(saidOf(Event.Waiting, SATO6)).toBe(true);
    }
  });

  it('is found in a quote of no more than ports and sequence number', () => {
    fresh();
    syn(SATO, SERVER, 7);
    give();
    unreachable(SATO, SERVER, 7, HOST);
    cutTo(SHORTEST);
    expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachableLinks);
  });

  it('is not one that is not watched', () => {
    fresh();
    unreachable(SATO, ELSEWHERE, 7, HOST);
    expect<u32>(give(Direction.Out)).toBe(Verdict.NotWatched);
  });

  it('is no outage where that is switched off', () => {
    fresh(EVERYTHING & ~Option.Unreachable);
    syn(SATO, SERVER, 7);
    give();
    unreachable(SATO, SERVER, 7, HOST);
    expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachableIgnored);
    unreachableDatagram(SATO, SERVER, HOST);
    expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachableIgnored);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
  });

  it('did answer, when the answer came before the error', () => {
    fresh();
    syn(SATO, SERVER, 7);
    give();
    synAck(SATO, SERVER, 7);
    give();
    unreachable(SATO, SERVER, 7, HOST);
    expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachableIgnored);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
  });
});
