import { drained } from '../../../assembly/index';
import { Direction } from '../../../assembly/path/packet';
import { Verdict } from '../../../assembly/path/verdict';
import { Command, Status } from '../../../assembly/record/commands';
import { Event, Met } from '../../../assembly/record/events';
import { MAX_ASKS, PROBE_PORTS } from '../../../assembly/table/asks';
import { attemptAt } from '../../../assembly/table/attempt';
import { firstOpen } from '../../../assembly/table/open-attempts';
import { NEVER } from '../../../assembly/table/servers';
import { Address } from '../../../assembly/wire/address';
import { ipv4, newAddress, ROUTER, ROUTER6, SATO, SECOND, SERVER, SERVER6 } from '../addresses';
import { LAN, SECOND_US, WAN } from '../numbers';
import { ASKING, aboutServer, probe } from '../orders';
import {
  advertisement,
  arpReply,
  HOST,
  PORT,
  PORT_6,
  PROHIBITED,
  PROHIBITED_6,
  portUnreachable,
  refusal,
  SECURE,
  syn,
  synAck,
  unreachable,
  unreachableDatagram,
  WEB,
} from '../packets';
import { fresh, give, now, pass } from '../play';
import { said, saidTimes } from '../said';
import { forward, resolve } from '../stories';

/** The first of the local ports of this machine's connections. */
const OWN: u32 = 30_000;
const OTHER: u32 = 3;

/** A client's request has left for the server, and its answer came. */
function lived(): void {
  fresh(ASKING);
  forward(SATO, SERVER, 1);
  synAck(SATO, SERVER, 1);
  give(Direction.In, WAN);
  drained();
}

/** A connection of the probe leaves. */
function leave(nth: u32 = 0, iface: u32 = WAN): void {
  syn(ROUTER, SERVER, 77 + nth, WEB, OWN + nth);
  expect<u32>(give(Direction.Out, iface)).toBe(Verdict.SynOwn);
}

/** The probe is over: what it met. */
function met(server: Address = SERVER, port: u32 = WEB): u32 {
  assert(aboutServer(Command.AskEnd, server, port) == Status.Ok, 'it was under way');
  return said(Event.Asked, saidTimes(Event.Asked) - 1).code;
}

describe('a probe', () => {
  it('has met nothing before it left', () => {
    lived();
    expect<u32>(probe(SERVER, WEB, OWN)).toBe(Status.Ok);
    expect<u32>(met()).toBe(0);
    expect<u32>(said(Event.Asked).port).toBe(WEB);
    expect<bool>(said(Event.Asked).server.equals(SERVER)).toBe(true);
    expect<u32>(saidTimes(Event.Asked)).toBe(1);
    expect<u32>(met()).toBe(0, 'it is over, and said again for whoever asks when it answered last');
  });

  it("has left where the clients' requests leave, or elsewhere", () => {
    lived();
    probe(SERVER, WEB, OWN);
    leave();
    expect<u32>(met()).toBe(Met.Left);
    probe(SERVER, WEB, OWN);
    leave(0, OTHER);
    expect<u32>(met()).toBe(Met.LeftElsewhere);
    probe(SERVER, WEB, OWN);
    leave(0, OTHER);
    leave(1, WAN);
    expect<u32>(met()).toBe(Met.Left | Met.LeftElsewhere);
  });

  it('has left where it may, as long as no request has shown where that is', () => {
    fresh(ASKING);
    probe(SERVER, WEB, OWN);
    leave(0, OTHER);
    expect<u32>(met()).toBe(Met.Left);
  });

  it('meets an answer, a reset or an unreachable message, that comes in', () => {
    lived();
    probe(SERVER, WEB, OWN);
    leave();
    synAck(ROUTER, SERVER, 77, WEB, OWN);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.ProbeMet);
    expect<u32>(met()).toBe(Met.Left | Met.Answer);
    probe(SERVER, WEB, OWN);
    leave(1);
    refusal(ROUTER, SERVER, 78, WEB, OWN + 1);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.ProbeMet);
    expect<u32>(met()).toBe(Met.Left | Met.Reset);
    probe(SERVER, WEB, OWN);
    leave(2);
    unreachable(ROUTER, SERVER, 79, HOST, WEB, OWN + 2);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.ProbeMet);
    expect<u32>(met()).toBe(Met.Left | Met.Unreachable);
  });

  it('meets nothing that this machine says itself, nor what comes in where the clients are', () => {
    for (let how = 0; how < 2; how++) {
      lived();
      const direction = how == 0 ? Direction.Out : Direction.In;
      probe(SERVER, WEB, OWN);
      leave();
      synAck(ROUTER, SERVER, 77, WEB, OWN);
      expect<u32>(give(direction, LAN)).toBe(Verdict.ProbeMet);
      refusal(ROUTER, SERVER, 77, WEB, OWN);
      expect<u32>(give(direction, LAN)).toBe(Verdict.ProbeMet);
      unreachable(ROUTER, SERVER, 77, HOST, WEB, OWN);
      expect<u32>(give(direction, LAN)).toBe(Verdict.ProbeMet);
      expect<u32>(met()).toBe(Met.Left);
    }
  });

  it('has four local ports, and one service', () => {
    lived();
    probe(SERVER, WEB, OWN);
    for (let i: u32 = 0; i < PROBE_PORTS + 2; i++) {
      synAck(ROUTER, SERVER, 5, WEB, OWN - 1 + i);
      const isOurs = i != 0 && i != PROBE_PORTS + 1;
      expect<u32>(give(Direction.In, WAN)).toBe(isOurs ? Verdict.ProbeMet : Verdict.SynAckUnasked);
    }
    synAck(ROUTER, SERVER, 5, SECURE, OWN);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.SynAckUnasked);
    synAck(ROUTER, SECOND, 5, WEB, OWN);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.SynAckUnasked);
  });

  it('is nothing that a client sends from the same port, nor what is said about that', () => {
    lived();
    probe(SERVER, WEB, OWN);
    syn(SATO, SERVER, 9, WEB, OWN + 1);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.SynNoted);
    expect<u32>(give(Direction.Out, WAN)).toBe(Verdict.SynForwarded);
    expect<u32>(attemptAt(firstOpen()).left).toBe(WAN);
    pass(SECOND_US);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.SynRepeated);
    unreachable(SATO, SERVER, 9, HOST, WEB, OWN + 1);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.UnreachableLinks);
    syn(SATO, SERVER, 10, WEB, OWN + 1);
    give(Direction.In, LAN);
    synAck(SATO, SERVER, 10, WEB, OWN + 1);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.SynAckAnswers);
    expect<u32>(met()).toBe(0);
  });

  it('begun again has met nothing', () => {
    lived();
    probe(SERVER, WEB, OWN);
    leave();
    probe(SERVER, WEB, OWN + 100);
    synAck(ROUTER, SERVER, 5, WEB, OWN);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.SynAckUnasked);
    expect<u32>(met()).toBe(0);
  });

  it('says when service and host answered anybody last', () => {
    lived();
    const answeredUs = now();
    pass(SECOND_US);
    probe(SERVER, WEB, OWN);
    probe(SERVER, SECURE, OWN + 8);
    met();
    expect<i64>(said(Event.Asked).firstUs).toBe(answeredUs);
    expect<i64>(said(Event.Asked).lastUs).toBe(answeredUs);
    met(SERVER, SECURE);
    expect<i64>(said(Event.Asked, 1).firstUs).toBe(NEVER);
    expect<i64>(said(Event.Asked, 1).lastUs).toBe(answeredUs);
  });

  it('sees the address resolved since it began, and before that not', () => {
    lived();
    arpReply(SERVER, ROUTER);
    give(Direction.In, WAN);
    probe(SERVER, WEB, OWN);
    expect<u32>(met()).toBe(0);
    probe(SERVER, WEB, OWN);
    give(Direction.In, WAN);
    expect<u32>(met()).toBe(Met.Resolved);
    probe(SERVER6, WEB, OWN);
    advertisement(SERVER6, true);
    give(Direction.In, WAN);
    expect<u32>(met(SERVER6)).toBe(Met.Resolved);
  });

  it("has left with the kernel's requests for the address, and after three of them met nobody", () => {
    lived();
    probe(SERVER, WEB, OWN);
    resolve(SERVER);
    expect<u32>(met()).toBe(Met.Left);
    pass(3 * SECOND_US);
    probe(SERVER, WEB, OWN);
    resolve(SERVER, OTHER);
    resolve(SERVER, WAN);
    expect<u32>(met()).toBe(Met.Left, 'the same request on a bridge and on its port');
    probe(SERVER, WEB, OWN);
    for (let i = 0; i < 3; i++) {
      pass(SECOND_US);
      resolve(SERVER);
    }
    expect<u32>(met()).toBe(Met.Left | Met.Unresolved);
    probe(SERVER, WEB, OWN);
    expect<u32>(met()).toBe(0, 'that was before it began');
    probe(SERVER, WEB, OWN);
    resolve(SERVER, OTHER);
    pass(3 * SECOND_US);
    resolve(SERVER, OTHER);
    expect<u32>(met()).toBe(Met.LeftElsewhere);
  });

  it('of a host of which no port is known meets what its datagram meets', () => {
    lived();
    probe(SERVER, 0, OWN);
    portUnreachable(ROUTER, SERVER);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.UnreachableIgnored, 'of this machine');
    give(Direction.In, LAN);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.ProbeMet);
    expect<u32>(met(SERVER, 0)).toBe(Met.Reset);
    probe(SERVER6, 0, OWN);
    portUnreachable(ROUTER6, SERVER6);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.ProbeMet);
    expect<u32>(met(SERVER6, 0)).toBe(Met.Reset);
    probe(SERVER, 0, OWN);
    unreachableDatagram(ROUTER, SERVER, HOST);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.ProbeMet);
    expect<u32>(met(SERVER, 0)).toBe(Met.Unreachable);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.UnreachableInbound, 'none is under way');
  });

  it('takes no rule of a firewall on the way for its word, nor for its absence', () => {
    lived();
    for (let i = 0; i < 4; i++) {
      const server = i < 2 ? SERVER : SERVER6;
      probe(server, 0, OWN);
      const code = i == 0 ? PORT : i == 1 ? PROHIBITED : i == 2 ? PORT_6 : PROHIBITED_6;
      unreachableDatagram(i < 2 ? ROUTER : ROUTER6, server, code);
      expect<u32>(give(Direction.In, WAN)).toBe(Verdict.ProbeMet);
      expect<u32>(met(server, 0)).toBe(0);
    }
  });

  it('needs a host and a local port, and there are so many at a time', () => {
    fresh(ASKING);
    expect<u32>(probe(SERVER, WEB, 0)).toBe(Status.BadValue);
    expect<u32>(probe(newAddress(), WEB, OWN)).toBe(Status.BadValue);
    for (let i: u32 = 0; i < MAX_ASKS; i++)
      assert(probe(ipv4(172, 27, 178, i), WEB, OWN) == Status.Ok, 'room');
    expect<u32>(probe(ROUTER6, WEB, OWN)).toBe(Status.Full);
    expect<u32>(probe(ipv4(172, 27, 178, 5), WEB, OWN)).toBe(Status.Ok, 'begun again');
    expect<u32>(aboutServer(Command.AskEnd, ipv4(172, 27, 178, 5), WEB)).toBe(Status.Ok);
    expect<u32>(probe(ROUTER6, WEB, OWN)).toBe(Status.Ok);
    fresh(ASKING);
    for (let i: u32 = 0; i < MAX_ASKS; i++)
      assert(probe(ipv4(172, 27, 178, i), WEB, OWN) == Status.Ok, 'room again');
  });

  it('says what it has met so far, and goes on', () => {
    lived();
    probe(SERVER, WEB, OWN);
    leave();
    expect<u32>(aboutServer(Command.AskMet, SERVER, WEB)).toBe(Status.Ok);
    expect<u32>(said(Event.Asked).code).toBe(Met.Left);
    leave(1, OTHER);
    expect<u32>(met()).toBe(Met.Left | Met.LeftElsewhere);
    expect<u32>(met()).toBe(0, 'it is over');
  });
});
