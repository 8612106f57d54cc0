import { drained } from '../../../assembly/index';
import { Direction } from '../../../assembly/path/packet';
import { sideOf } from '../../../assembly/path/servers';
import { Counter, Verdict } from '../../../assembly/path/verdict';
import { Command, Option, Status } from '../../../assembly/record/commands';
import { Event } from '../../../assembly/record/events';
import { hashAddress } from '../../../assembly/table/hash';
import { ServerState } from '../../../assembly/table/servers';
import { Address } from '../../../assembly/wire/address';
import { ELSEWHERE, NAKAMURA, ROUTER, SATO, SATO6, SERVER, SERVER6, TANAKA, TANAKA6 } from '../addresses';
import { toEverybody } from '../frames';
import { HOUR_US, LAN, SECOND_US, WAIT_US, WAN } from '../numbers';
import { ASKING, aboutServer, aboutTime, EVERYTHING } from '../orders';
import {
  advertisement,
  arpAnnouncement,
  arpReply,
  arpRequest,
  HOST,
  neighbourProbe,
  PORT,
  refusal,
  SECURE,
  solicitation,
  syn,
  synAck,
  unreachable,
  WEB,
} from '../packets';
import { counterOf, fresh, give, now, pass, wait } from '../play';
import { said, saidOf, saidTimes } from '../said';
import { accept, forward, refuse, resolve, turnAway } from '../stories';

const BRIDGE: u32 = 3;
const DAY_US: i64 = 24 * HOUR_US;

/** The kernel's three requests, a second apart, the last one just now. */
function resolveInVain(server: Address): void {
  for (let i = 0; i < 3; i++) {
    if (i != 0) pass(SECOND_US);
    resolve(server);
  }
}

/** It has answered a request that left on the second interface. */
function lieBehindWan(client: Address, server: Address): void {
  forward(client, server, 5);
  synAck(client, server, 5);
  assert(give(Direction.In, WAN) == Verdict.SynAckAnswers, 'it answers');
}

/** Sato is told that the host is unreachable: whether that is an outage without asking. */
function isCertain(): bool {
  turnAway(SATO, SERVER);
  return said(Event.Outage).state == ServerState.Down;
}

describe("the kernel's three requests for an address in vain", () => {
  it('make an unreachable host an outage that need not be asked, in ARP and in neighbour discovery', () => {
    fresh(ASKING);
    resolveInVain(SERVER);
    pass(SECOND_US);
    expect<bool>(isCertain()).toBe(true);
    fresh(ASKING);
    resolveInVain(SERVER6);
    turnAway(SATO6, SERVER6);
    expect<u32>(said(Event.Outage).state).toBe(ServerState.Down);
  });

  it('are three, and for the address in question', () => {
    fresh(ASKING);
    resolve(SERVER);
    pass(SECOND_US);
    resolve(SERVER);
    resolve(ELSEWHERE);
    resolve(SERVER6);
    expect<bool>(isCertain()).toBe(false);
  });

  it('go to everybody: whether somebody still has it is another question', () => {
    fresh(ASKING);
    for (let i = 0; i < 3; i++) {
      arpRequest(ROUTER, SERVER);
      give(Direction.Out, WAN);
      arpAnnouncement(SERVER);
      toEverybody();
      give(Direction.Out, WAN);
      pass(SECOND_US / 2);
    }
    expect<bool>(isCertain()).toBe(false);
    fresh(ASKING);
    for (let i = 0; i < 3; i++) {
      solicitation(SATO6, SERVER6);
      give(Direction.Out, WAN);
      neighbourProbe(SERVER6);
      toEverybody();
      give(Direction.Out, WAN);
      pass(SECOND_US / 2);
    }
    turnAway(SATO6, SERVER6);
    expect<u32>(said(Event.Outage).state).toBe(ServerState.Suspected);
  });

  it("are this machine's own", () => {
    fresh(ASKING);
    for (let i = 0; i < 3; i++) {
      arpRequest(SATO, SERVER);
      toEverybody();
      give(Direction.In, WAN);
      pass(SECOND_US / 2);
    }
    expect<bool>(isCertain()).toBe(false);
  });

  it("are not those of a client that a bridge lets out on the server's side, whichever it is seen on first", () => {
    for (let how = 0; how < 8; how++) {
      const six = (how & 1) != 0;
      const isInFirst = (how & 2) != 0;
      const isKnownSide = (how & 4) != 0;
      fresh(ASKING);
      if (isKnownSide) lieBehindWan(six ? TANAKA6 : TANAKA, six ? SERVER6 : SERVER);
      for (let i = 0; i < 3; i++) {
        if (six) solicitation(SATO6, SERVER6);
        else arpRequest(SATO, SERVER);
        toEverybody();
        give(isInFirst ? Direction.In : Direction.Out, isInFirst ? LAN : WAN);
        // The queue of the other interface is not read before all is over for the last one.
        if (i != 2 || isInFirst) give(isInFirst ? Direction.Out : Direction.In, isInFirst ? WAN : LAN);
        pass(SECOND_US);
      }
      turnAway(six ? SATO6 : SATO, six ? SERVER6 : SERVER);
      expect<u32>(said(Event.Outage).state).toBe(ServerState.Suspected);
    }
  });

  it('come one after the other: what comes in one breath may be anything, and is told apart only later', () => {
    fresh(ASKING);
    for (let i = 0; i < 3; i++) resolve(SERVER);
    expect<bool>(isCertain()).toBe(false);
  });

  it('may be told from others that come in where the server is, or where both sides are seen', () => {
    for (let mirror: u32 = 0; mirror < 2; mirror++) {
      fresh(ASKING, 16, 64, 64, WAIT_US, mirror);
      for (let i = 0; i < 3; i++) {
        if (i != 0) pass(SECOND_US);
        resolve(SERVER);
        arpRequest(SATO, SERVER);
        toEverybody();
        give(Direction.In, mirror == 1 ? LAN : WAN);
      }
      expect<bool>(isCertain()).toBe(true);
    }
  });

  it("leave where clients' requests leave, once that is known", () => {
    fresh(ASKING);
    lieBehindWan(NAKAMURA, SERVER);
    for (let i = 0; i < 3; i++) {
      pass(SECOND_US);
      resolve(SERVER, BRIDGE);
    }
    expect<bool>(isCertain()).toBe(false);
  });

  it('are no answer when something was heard of the host since the first', () => {
    for (let what = 0; what < 3; what++) {
      fresh(ASKING);
      forward(NAKAMURA, SERVER, 5, SECURE);
      resolve(SERVER);
      pass(SECOND_US);
      resolve(SERVER);
      if (what == 0) arpReply(SERVER, ROUTER);
      else if (what == 1) refusal(NAKAMURA, SERVER, 5, SECURE);
      else synAck(NAKAMURA, SERVER, 5, SECURE);
      give(Direction.In, WAN);
      pass(SECOND_US);
      resolve(SERVER);
      expect<bool>(isCertain()).toBe(false);
    }
    fresh(ASKING);
    resolve(SERVER6);
    pass(SECOND_US);
    resolve(SERVER6);
    advertisement(SERVER6, true);
    give(Direction.In, WAN);
    pass(SECOND_US);
    resolve(SERVER6);
    turnAway(SATO6, SERVER6);
    expect<u32>(said(Event.Outage).state).toBe(ServerState.Suspected);
  });

  it('have just been: within two seconds, and no more than that between them', () => {
    fresh(ASKING);
    resolveInVain(SERVER);
    pass(2 * SECOND_US);
    expect<bool>(isCertain()).toBe(true);
    fresh(ASKING);
    resolveInVain(SERVER);
    pass(2 * SECOND_US + 1);
    expect<bool>(isCertain()).toBe(false);
    fresh(ASKING);
    for (let i = 0; i < 3; i++) {
      pass(2 * SECOND_US + 1);
      resolve(SERVER);
    }
    expect<bool>(isCertain()).toBe(false);
  });

  it('are not the same one on a bridge and on its port', () => {
    for (let known = 0; known < 2; known++) {
      fresh(ASKING);
      if (known == 1) lieBehindWan(NAKAMURA, SERVER);
      for (let i = 0; i < 2; i++) {
        resolve(SERVER, BRIDGE);
        resolve(SERVER, WAN);
        pass(SECOND_US);
      }
      expect<bool>(isCertain()).toBe(false);
      resolve(SERVER, BRIDGE);
      resolve(SERVER, WAN);
      drained();
      turnAway(TANAKA, SERVER);
      expect<u32>(said(Event.Outage).state).toBe(ServerState.Down, 'of each there were three');
    }
  });

  it('make a suspicion an outage', () => {
    fresh(ASKING);
    turnAway(TANAKA, SERVER);
    expect<u32>(said(Event.Outage).state).toBe(ServerState.Suspected);
    drained();
    resolveInVain(SERVER);
    expect<bool>(isCertain()).toBe(true);
    syn(NAKAMURA, SERVER, 5);
    expect<u32>(give()).toBe(Verdict.SynLinked);
    drained();
    aboutServer(Command.Release, SERVER);
    expect<bool>(saidOf(Event.Released, TANAKA)).toBe(true);
  });
});

describe('the side of a server', () => {
  it("is where clients' requests leave, or where this machine looked for it", () => {
    fresh();
    const hash = hashAddress(SERVER);
    expect<u32>(sideOf(SERVER, hash)).toBe(0);
    resolve(SERVER, BRIDGE);
    expect<u32>(sideOf(SERVER, hash)).toBe(BRIDGE);
    forward(SATO, SERVER, 5);
    expect<u32>(sideOf(SERVER, hash)).toBe(WAN);
    resolve(SERVER, BRIDGE);
    expect<u32>(sideOf(SERVER, hash)).toBe(WAN, 'the requests are what matters');
  });

  it('is forgotten neither with an outage nor by what comes in', () => {
    fresh();
    accept(NAKAMURA, SERVER);
    forward(SATO, SERVER, 5);
    unreachable(SATO, SERVER, 5, HOST);
    give(Direction.Out, LAN);
    aboutServer(Command.Release, SERVER);
    aboutServer(Command.Forget, SERVER);
    arpReply(SERVER, ROUTER);
    give(Direction.In, LAN);
    expect<u32>(sideOf(SERVER, hashAddress(SERVER))).toBe(WAN);
  });
});

describe('that a service answers', () => {
  it('is said the first time, and again after a day', () => {
    fresh();
    for (let i = 0; i < 3; i++) accept(SATO, SERVER);
    expect<u32>(saidTimes(Event.Answers)).toBe(1);
    expect<u32>(said(Event.Answers).port).toBe(WEB);
    expect<bool>(said(Event.Answers).server.equals(SERVER)).toBe(true);
    accept(SATO, SERVER, SECURE);
    expect<u32>(saidTimes(Event.Answers)).toBe(2);
    drained();
    wait(DAY_US - 1);
    accept(SATO, SERVER);
    expect<u32>(saidTimes(Event.Answers)).toBe(0);
    wait(1);
    accept(SATO, SERVER);
    expect<u32>(saidTimes(Event.Answers)).toBe(1);
  });

  it('is known from an earlier process, and said a day after that knew it', () => {
    fresh();
    expect<u32>(aboutTime(Command.RestoreService, SERVER, WEB, now() - HOUR_US)).toBe(Status.Ok);
    accept(SATO, SERVER);
    expect<u32>(saidTimes(Event.Answers)).toBe(0);
    wait(DAY_US);
    accept(SATO, SERVER);
    expect<u32>(saidTimes(Event.Answers)).toBe(1);
    expect<u32>(aboutTime(Command.RestoreService, SERVER, 0, now())).toBe(Status.BadValue);
  });

  it('an earlier process knew makes its refusal count', () => {
    fresh();
    aboutTime(Command.RestoreService, SERVER, WEB, now() - HOUR_US);
    refuse(SATO, SERVER);
    expect<u32>(said(Event.Outage).port).toBe(WEB);
    refuse(SATO, SERVER, SECURE);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
  });
});

describe('where the server is not asked, one client turned away', () => {
  it('is no outage of a service that has just answered another; of one that answered him it is', () => {
    fresh();
    accept(NAKAMURA, SERVER);
    refuse(SATO, SERVER);
    syn(SATO, SERVER, 5);
    give();
    unreachable(SATO, SERVER, 5, PORT);
    give(Direction.Out);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    refuse(NAKAMURA, SERVER);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
  });

  it('is no outage of a host that has just answered another, unless the kernel found nobody', () => {
    fresh();
    accept(NAKAMURA, SERVER);
    turnAway(SATO, SERVER);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    resolveInVain(SERVER);
    turnAway(SATO, SERVER);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
  });

  it('is one from his failure on, when the service answers nobody for the wait', () => {
    fresh();
    accept(NAKAMURA, SERVER);
    pass(SECOND_US);
    const failedUs = now();
    refuse(SATO, SERVER);
    wait(WAIT_US - 1);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    wait(1);
    expect<i64>(said(Event.Outage).firstUs).toBe(failedUs);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
  });

  it('is none at all when it answers somebody after it, and that is counted', () => {
    fresh();
    accept(NAKAMURA, SERVER);
    refuse(SATO, SERVER);
    pass(SECOND_US);
    accept(TANAKA, SERVER);
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    expect<u64>(counterOf(Counter.Unjudged)).toBe(1);
  });

  it('is one though it answered somebody between the request and the failure', () => {
    fresh();
    syn(SATO, SERVER, 5);
    give();
    pass(SECOND_US);
    accept(NAKAMURA, SERVER);
    pass(SECOND_US);
    refusal(SATO, SERVER, 5);
    give();
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    wait(WAIT_US);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
  });

  it('is doubted also when it was the host that answered: a refusal, or a probe of ours', () => {
    fresh();
    refuse(NAKAMURA, SERVER, SECURE);
    turnAway(SATO, SERVER);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    turnAway(NAKAMURA, SERVER);
    expect<u32>(saidTimes(Event.Outage)).toBe(1, 'he himself was refused');
    fresh();
    accept(SATO, SERVER);
    aboutServer(Command.Lives, SERVER, WEB);
    refuse(SATO, SERVER);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
  });

  it('is an outage in a capture, which is judged as it is', () => {
    fresh(EVERYTHING & ~Option.Ask);
    accept(NAKAMURA, SERVER);
    syn(SATO, SERVER, 5);
    give(Direction.Unknown);
    refusal(SATO, SERVER, 5);
    give(Direction.Unknown);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
  });
});
