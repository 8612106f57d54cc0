import { drained } from '../../../assembly/index';
import { Direction } from '../../../assembly/path/packet';
import { Verdict } from '../../../assembly/path/verdict';
import { Command, Option, Status } from '../../../assembly/record/commands';
import { Cause, Event, Sign } from '../../../assembly/record/events';
import { Address } from '../../../assembly/wire/address';
import { ipv4, ROUTER, SATO, SERVER, TANAKA } from '../addresses';
import { SECOND_US, WAIT_US } from '../numbers';
import { aboutServer, configure, EVERYTHING, restore } from '../orders';
import { arpReply, HOST, refusal, syn, unreachable, WEB } from '../packets';
import { fresh, give, now, pass, wait } from '../play';
import { said, saidTimes } from '../said';
import { accept, turnAway } from '../stories';

const ODD: u32 = 8443;
const nobody = changetype<Address>(memory.data(16, 8));

describe('what people tried', () => {
  it('is not forgotten for a port where nobody knows a service', () => {
    fresh();
    aboutServer(Command.KnowService, SERVER, WEB);
    turnAway(SATO, SERVER);
    syn(TANAKA, SERVER, 8, ODD);
    expect<u32>(give()).toBe(Verdict.SynLinked);
    arpReply(SERVER, ROUTER);
    give();
    expect<u32>(said(Event.Signal).tries).toBe(WEB);
  });

  it('is what was tried last where nobody knows any service', () => {
    fresh();
    turnAway(SATO, SERVER);
    syn(TANAKA, SERVER, 8, ODD);
    give();
    arpReply(SERVER, ROUTER);
    give();
    expect<u32>(said(Event.Signal).tries).toBe(ODD);
  });
});

describe('who goes on trying', () => {
  it('is said again now and then, with the last try', () => {
    fresh();
    turnAway(SATO, SERVER);
    for (let i: u32 = 0; i < 20; i++) {
      pass(10 * SECOND_US);
      turnAway(SATO, SERVER);
    }
    const times = saidTimes(Event.Waiting);
    expect<u32>(times).toBeGreaterThanOrEqual(3);
    expect<u32>(times).toBeLessThanOrEqual(5);
  });
});

describe('where unreachable messages do not count', () => {
  it('silence counts all the same', () => {
    fresh(EVERYTHING & ~Option.Unreachable);
    syn(SATO, SERVER, 7);
    give();
    unreachable(SATO, SERVER, 7, HOST);
    expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachableIgnored);
    wait(2 * WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
    expect<u32>(said(Event.Outage).code).toBe(Cause.Unanswered);
  });
});

describe('a wait that cannot be', () => {
  it('is refused', () => {
    expect<u32>(configure(EVERYTHING, 16, 64, 64, 0)).toBe(Status.BadValue);
    expect<u32>(configure(EVERYTHING, 16, 64, 64, -1)).toBe(Status.BadValue);
  });
});

describe('refusals of many hosts', () => {
  it('forget no service that answered', () => {
    fresh(EVERYTHING, 8);
    accept(SATO, SERVER);
    for (let i: u32 = 0; i < 20; i++) {
      const host = ipv4(172, 27, 178, 100 + i);
      syn(TANAKA, host, 5, 22);
      give();
      refusal(TANAKA, host, 5, 22);
      give();
    }
    syn(SATO, SERVER, 9);
    give();
    refusal(SATO, SERVER, 9);
    give();
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
  });
});

describe('an outage that is restored', () => {
  it('may be without anybody who waits', () => {
    fresh();
    expect<u32>(restore(SERVER, 0, nobody, Cause.Unreachable, now(), now())).toBe(Status.Ok);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
    expect<u32>(saidTimes(Event.Waiting)).toBe(0);
    drained();
    syn(SATO, SERVER, 7);
    expect<u32>(give()).toBe(Verdict.SynLinked);
  });

  it('of a silent host is not over because it resolves its address', () => {
    fresh();
    restore(SERVER, 0, SATO, Cause.Unanswered, now(), now());
    arpReply(SERVER, ROUTER);
    expect<u32>(give()).toBe(Verdict.ArpNoNews);
    arpReply(SERVER, SERVER);
    expect<u32>(give()).toBe(Verdict.ArpSign);
    expect<u32>(said(Event.Signal).code).toBe(Sign.Announcement);
  });
});
