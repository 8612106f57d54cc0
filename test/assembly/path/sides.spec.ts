import { Direction } from '../../../assembly/path/packet';
import { Verdict } from '../../../assembly/path/verdict';
import { Command } from '../../../assembly/record/commands';
import { Event } from '../../../assembly/record/events';
import { hashAddress } from '../../../assembly/table/hash';
import { findServer, NEVER, serverAt } from '../../../assembly/table/servers';
import { NAKAMURA, ROUTER, SATO, SATO6, SERVER, SERVER6, TANAKA, TANAKA6 } from '../addresses';
import { patchIp16 } from '../frames';
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
import { forward, resolve } from '../stories';

const GUESTS: u32 = 3;

/** The service has answered Nakamura long ago: it lies behind the second interface. */
function lived(options: u32 = EVERYTHING, sidesless: u32 = 0): void {
  fresh(options, 16, 64, 64, WAIT_US, sidesless);
  forward(NAKAMURA, SERVER, 1);
  synAck(NAKAMURA, SERVER, 1);
  assert(give(Direction.In, WAN) == Verdict.SynAckAnswers, 'it answers');
  assert(give(Direction.Out, LAN) == Verdict.SynAckRepeated, 'and the answer leaves');
  wait(WAIT_US);
}

/** This machine has told Tanaka that the host is unreachable. */
function takeDown(): void {
  forward(TANAKA, SERVER, 2);
  unreachable(TANAKA, SERVER, 2, HOST);
  assert(give(Direction.Out, LAN) == Verdict.UnreachableLinks, 'the host is down');
}

describe('an answer from where the clients are', () => {
  it('is forged, as it comes in and as it leaves: no sign of life, and its client goes on waiting', () => {
    lived();
    takeDown();
    forwardLinked();
    synAck(SATO, SERVER, 3);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.WrongSide);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.WrongSide);
    expect<u32>(saidTimes(Event.Signal)).toBe(0);
    expect<u32>(saidTimes(Event.Answered)).toBe(0);
  });

  it('is none also where no request has left, for a dead host gets none', () => {
    lived();
    takeDown();
    syn(SATO, SERVER, 3);
    give(Direction.In, LAN);
    synAck(SATO, SERVER, 3);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.WrongSide);
    expect<u32>(saidTimes(Event.Signal)).toBe(0);
  });

  it('is forged also where it came in before its request, and has waited for the address of its client', () => {
    lived();
    takeDown();
    synAck(SATO, SERVER, 3);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.SynAckUnasked);
    leavesForged();
  });

  it('is forged also where it came in in pieces, and was put together by this machine', () => {
    lived();
    takeDown();
    synAck(SATO, SERVER, 3);
    // More fragments follow; this one ends within the TCP header.
    patchIp16(6, 0x2000);
    patchIp16(2, 36);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.TcpMalformed);
    leavesForged();
  });

  it("is the server's own again after a while, where only its leaving is seen", () => {
    lived();
    takeDown();
    synAck(SATO, SERVER, 3);
    give(Direction.In, LAN);
    pass(10 * SECOND_US);
    syn(SATO, SERVER, 3);
    give(Direction.In, LAN);
    synAck(SATO, SERVER, 3);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.SynAckAnswers);
  });

  it("leaves the server's own answer what it is", () => {
    lived();
    takeDown();
    forwardLinked();
    synAck(SATO, SERVER, 3);
    give(Direction.In, LAN);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.SynAckAnswers);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.SynAckRepeated);
    expect<u32>(saidTimes(Event.Signal)).toBe(1);
  });
});

/** Sato's request comes in, and the answer that was made up for it leaves. */
function leavesForged(): void {
  syn(SATO, SERVER, 3);
  give(Direction.In, LAN);
  synAck(SATO, SERVER, 3);
  expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.WrongSide);
  expect<u32>(saidTimes(Event.Signal)).toBe(0);
}

/** Sato's request to the server that is down comes in and leaves. */
function forwardLinked(): void {
  syn(SATO, SERVER, 3);
  assert(give(Direction.In, LAN) == Verdict.SynLinked, 'he is linked');
  assert(give(Direction.Out, WAN) == Verdict.SynForwarded, 'and his request leaves');
}

describe('an answer from where the server is', () => {
  it('counts as it comes in, or as it leaves, whichever is seen first', () => {
    for (let order = 0; order < 2; order++) {
      lived();
      takeDown();
      forwardLinked();
      synAck(SATO, SERVER, 3);
      const first = order == 0 ? give(Direction.In, WAN) : give(Direction.Out, LAN);
      const second = order == 0 ? give(Direction.Out, LAN) : give(Direction.In, WAN);
      expect<u32>(first).toBe(Verdict.SynAckAnswers);
      expect<u32>(second).toBe(Verdict.SynAckRepeated);
      expect<u32>(saidTimes(Event.Signal)).toBe(1);
    }
  });

  it('counts where only its leaving is seen, under the name that the client knows', () => {
    lived();
    syn(SATO, SERVER, 3);
    give(Direction.In, LAN);
    syn(ROUTER, SERVER, 3);
    expect<u32>(give(Direction.Out, WAN)).toBe(Verdict.SynOwn);
    synAck(ROUTER, SERVER, 3);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.SynAckUnasked);
    synAck(SATO, SERVER, 3);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.SynAckAnswers);
  });
});

describe('a refusal from where the clients are', () => {
  it('is forged: no outage, and no life of a host that is dead', () => {
    lived();
    forward(SATO, SERVER, 3);
    refusal(SATO, SERVER, 3);
    const host = serverAt(findServer(SERVER, hashAddress(SERVER), 0));
    const heardUs = host.heardUs;
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.WrongSide);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.WrongSide);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    expect<i64>(host.heardUs).toBe(heardUs);
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(1, 'the silence behind it counts');
  });

  it('counts from where the server is, in either order, and from this machine itself', () => {
    for (let how = 0; how < 3; how++) {
      lived();
      forward(SATO, SERVER, 3);
      refusal(SATO, SERVER, 3);
      const first = how == 0 ? give(Direction.In, WAN) : give(Direction.Out, LAN);
      expect<u32>(first).toBe(Verdict.ResetRefuses);
      if (how == 0) expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.ResetRepeated);
      if (how == 1) expect<u32>(give(Direction.In, WAN)).toBe(Verdict.ResetRepeated);
      expect<u32>(saidTimes(Event.Outage)).toBe(1);
    }
  });

  it("tells of the host's life only when it comes in: what leaves may be this machine's firewall", () => {
    for (let out = 0; out < 2; out++) {
      fresh();
      forward(SATO, SERVER, 3, 22);
      refusal(SATO, SERVER, 3, 22);
      give(out == 1 ? Direction.Out : Direction.In, out == 1 ? LAN : WAN);
      const host = findServer(SERVER, hashAddress(SERVER), 0);
      expect<bool>(host != 0 && serverAt(host).heardUs != NEVER).toBe(out == 0);
    }
  });
});

/** What Tanaka's request on the guests' interface leaves by, if not 0. */
function guestAsks(leavesBy: u32): void {
  syn(TANAKA, SERVER, 7);
  give(Direction.In, GUESTS);
  if (leavesBy != 0) give(Direction.Out, leavesBy);
}

describe('a refusal, or an unreachable message, that came in before its request', () => {
  it('is forged when it leaves after it, and opens no outage where nobody asks', () => {
    for (let what = 0; what < 3; what++) {
      lived();
      tell(what, 3);
      give(Direction.In, LAN);
      syn(SATO, SERVER, 3);
      give(Direction.In, LAN);
      tell(what, 3);
      expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.WrongSide);
      expect<u32>(saidTimes(Event.Outage)).toBe(0);
      wait(WAIT_US);
      expect<u32>(saidTimes(Event.Outage)).toBe(1, 'the silence behind it counts');
    }
  });

  it("is the server's own when it came in where the server is, and this machine's after a while", () => {
    for (let what = 0; what < 3; what++) {
      for (let old = 0; old < 2; old++) {
        lived();
        tell(what, 3);
        give(Direction.In, old == 1 ? LAN : WAN);
        if (old == 1) pass(10 * SECOND_US);
        syn(SATO, SERVER, 3);
        give(Direction.In, LAN);
        tell(what, 3);
        expect<bool>(give(Direction.Out, LAN) != Verdict.WrongSide).toBe(true);
        expect<u32>(saidTimes(Event.Outage)).toBe(1);
      }
    }
  });

  it('does not hide that this machine itself has found nobody', () => {
    lived();
    tell(0, 3);
    give(Direction.In, LAN);
    for (let i = 0; i < 3; i++) {
      pass(SECOND_US);
      resolve(SERVER);
    }
    syn(SATO, SERVER, 4);
    give(Direction.In, LAN);
    unreachable(SATO, SERVER, 4, HOST);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.UnreachableLinks);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
  });
});

/** Builds what says that Sato's request is turned away. */
function tell(what: u32, sequence: u32): void {
  if (what == 0) refusal(SATO, SERVER, sequence);
  else unreachable(SATO, SERVER, sequence, what == 1 ? HOST : PORT);
}

describe('evidence from a third interface', () => {
  it('is forged where clients are: their requests have come in there, and none has left', () => {
    for (let what = 0; what < 3; what++) {
      lived();
      guestAsks(WAN);
      forward(SATO, SERVER, 3);
      if (what == 0) synAck(SATO, SERVER, 3);
      else tell(what - 1, 3);
      expect<u32>(give(Direction.In, GUESTS)).toBe(Verdict.WrongSide);
      expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.WrongSide, 'nor is it any where it leaves');
      expect<u32>(saidTimes(Event.Outage)).toBe(0);
      synAck(SATO, SERVER, 3);
      expect<u32>(give(Direction.In, WAN)).toBe(Verdict.SynAckAnswers, 'the server itself is heard');
    }
  });

  it('counts as long as no request was seen on its way through from there: another uplink', () => {
    for (let asked = 0; asked < 2; asked++) {
      lived();
      if (asked == 1) guestAsks(0);
      forward(SATO, SERVER, 3);
      synAck(SATO, SERVER, 3);
      expect<u32>(give(Direction.In, GUESTS)).toBe(Verdict.SynAckAnswers);
    }
  });

  it('counts where requests leave, too: servers are there', () => {
    lived();
    guestAsks(WAN);
    forward(NAKAMURA, SERVER, 8);
    give(Direction.Out, GUESTS);
    forward(SATO, SERVER, 3);
    synAck(SATO, SERVER, 3);
    expect<u32>(give(Direction.In, GUESTS)).toBe(Verdict.SynAckAnswers);
  });

  it('counts after the tables are made anew, whatever was there before', () => {
    lived();
    guestAsks(WAN);
    lived();
    forward(SATO, SERVER, 3);
    synAck(SATO, SERVER, 3);
    expect<u32>(give(Direction.In, GUESTS)).toBe(Verdict.SynAckAnswers);
  });
});

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
