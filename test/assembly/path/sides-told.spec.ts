import { Direction } from '../../../assembly/path/packet';
import { Verdict } from '../../../assembly/path/verdict';
import { Command } from '../../../assembly/record/commands';
import { Event } from '../../../assembly/record/events';
import { ROUTER, SATO, SATO6, SERVER, SERVER6, TANAKA, TANAKA6 } from '../addresses';
import { LAN, SECOND_US, WAIT_US, WAN } from '../numbers';
import { aboutServer, EVERYTHING } from '../orders';
import {
  advertisement,
  arpAnnouncement,
  arpReply,
  HOST,
  HOST_6,
  PORT,
  refusal,
  syn,
  synAck,
  unreachable,
  unreachableDatagram,
  WEB,
} from '../packets';
import { fresh, give, pass, wait } from '../play';
import { saidTimes } from '../said';
import { lived, takeDown } from '../sides';
import { forward } from '../stories';

describe('an unreachable message from where the clients are', () => {
  it('is forged, about a host or about a port', () => {
    for (let code = HOST; code <= PORT; code += PORT - HOST) {
      lived();
      forward(SATO, SERVER, 3);
      unreachable(SATO, SERVER, 3, code);
      expect<u32>(give(Direction.In, LAN)).toBe(Verdict.WrongSide);
      expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.WrongSide);
      expect<u32>(saidTimes(Event.Outage)).toBe(0);
    }
  });

  it("counts where it comes in from the server's side, in either order, or leaves this machine alone", () => {
    for (let how = 0; how < 3; how++) {
      lived();
      forward(SATO, SERVER, 3);
      unreachable(SATO, SERVER, 3, HOST);
      if (how == 0) expect<u32>(give(Direction.In, WAN)).toBe(Verdict.UnreachableLinks);
      expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.UnreachableLinks);
      if (how == 1) expect<u32>(give(Direction.In, WAN)).toBe(Verdict.UnreachableLinks);
      expect<u32>(saidTimes(Event.Outage)).toBe(1);
      expect<u32>(saidTimes(Event.Waiting)).toBe(1);
    }
  });

  it('about a datagram is forged when it leaves where it came in', () => {
    lived();
    unreachableDatagram(SATO, SERVER, HOST);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.UnreachableInbound);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.WrongSide);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    unreachableDatagram(TANAKA, SERVER, HOST);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.UnreachableLinks, 'this machine says so itself');
  });

  it("about a datagram counts when it came in from the server's side, in either order", () => {
    for (let order = 0; order < 2; order++) {
      lived();
      unreachableDatagram(SATO, SERVER, HOST);
      if (order == 0) expect<u32>(give(Direction.In, WAN)).toBe(Verdict.UnreachableInbound);
      expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.UnreachableLinks);
      if (order == 1) expect<u32>(give(Direction.In, WAN)).toBe(Verdict.UnreachableInbound);
      expect<u32>(saidTimes(Event.Outage)).toBe(1);
    }
  });

  it('about a datagram of IPv6, too', () => {
    fresh();
    forward(TANAKA6, SERVER6, 3);
    synAck(TANAKA6, SERVER6, 3);
    give(Direction.In, WAN);
    unreachableDatagram(SATO6, SERVER6, HOST_6);
    give(Direction.In, LAN);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.WrongSide);
  });
});

describe('address resolution from where the clients are', () => {
  it('is no sign of life; from where the server is, it is one', () => {
    for (let announced = 0; announced < 2; announced++) {
      lived();
      takeDown();
      if (announced == 0) arpReply(SERVER, ROUTER, 9);
      else arpAnnouncement(SERVER, 9);
      expect<u32>(give(Direction.In, LAN)).toBe(Verdict.ArpNoNews);
      expect<u32>(saidTimes(Event.Signal)).toBe(0);
      expect<u32>(give(Direction.In, WAN)).toBe(Verdict.ArpSign);
      expect<u32>(saidTimes(Event.Signal)).toBe(1);
    }
  });

  it('is none in neighbour discovery either', () => {
    fresh();
    forward(TANAKA6, SERVER6, 2);
    unreachable(TANAKA6, SERVER6, 2, HOST_6);
    give(Direction.Out, LAN);
    advertisement(SERVER6, false);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.NeighbourNoNews);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.NeighbourSign);
  });

  it('counts where nobody knows the side', () => {
    fresh();
    syn(TANAKA, SERVER, 2);
    give(Direction.In, LAN);
    unreachable(TANAKA, SERVER, 2, HOST);
    give(Direction.Out, LAN);
    arpReply(SERVER, ROUTER);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.ArpSign);
  });
});

describe('a router with one interface', () => {
  it('has clients and servers on the same side', () => {
    fresh();
    syn(SATO, SERVER, 3);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.SynNoted);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.SynForwarded);
    synAck(SATO, SERVER, 3);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.SynAckAnswers);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.SynAckRepeated);
    wait(WAIT_US);
    syn(SATO, SERVER, 4);
    give(Direction.In, LAN);
    give(Direction.Out, LAN);
    refusal(SATO, SERVER, 4);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.ResetRefuses);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
    aboutServer(Command.Acquit, SERVER, WEB);
    wait(WAIT_US);
    syn(SATO, SERVER, 5);
    give(Direction.In, LAN);
    give(Direction.Out, LAN);
    unreachable(SATO, SERVER, 5, HOST);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.UnreachableLinks);
    arpReply(SERVER, ROUTER);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.ArpSign);
  });
});

describe('an interface that sees everything', () => {
  it('has no sides; one that does not say so has', () => {
    for (let mirror: u32 = 0; mirror < 2; mirror++) {
      for (let what = 0; what < 3; what++) {
        lived(EVERYTHING, mirror);
        forward(SATO, SERVER, 3);
        if (what == 0) synAck(SATO, SERVER, 3);
        else if (what == 1) refusal(SATO, SERVER, 3);
        else unreachable(SATO, SERVER, 3, HOST);
        expect<bool>(give(Direction.In, LAN) == Verdict.WrongSide).toBe(mirror == 0);
        expect<u32>(saidTimes(Event.Outage)).toBe(mirror == 1 && what != 0 ? 1 : 0);
      }
    }
  });

  it('is not needed where nothing ever leaves: a mirror with one port, or with two', () => {
    for (let port = LAN; port <= WAN; port++) {
      fresh();
      syn(SATO, SERVER, 3);
      give(Direction.In, LAN);
      synAck(SATO, SERVER, 3);
      expect<u32>(give(Direction.In, port)).toBe(Verdict.SynAckAnswers);
      wait(WAIT_US);
      syn(SATO, SERVER, 4);
      give(Direction.In, LAN);
      refusal(SATO, SERVER, 4);
      expect<u32>(give(Direction.In, port)).toBe(Verdict.ResetRefuses);
      expect<u32>(saidTimes(Event.Outage)).toBe(1);
    }
  });
});

describe('a capture', () => {
  it('has no sides', () => {
    lived();
    syn(SATO, SERVER, 3);
    give(Direction.Unknown, LAN);
    pass(SECOND_US);
    refusal(SATO, SERVER, 3);
    expect<u32>(give(Direction.Unknown, LAN)).toBe(Verdict.ResetRefuses);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
    syn(SATO, SERVER, 4);
    give(Direction.Unknown, LAN);
    synAck(SATO, SERVER, 4);
    expect<u32>(give(Direction.Unknown, LAN)).toBe(Verdict.SynAckAnswers);
  });
});
