import { Direction } from '../../../assembly/path/packet';
import { Verdict } from '../../../assembly/path/verdict';
import { Event } from '../../../assembly/record/events';
import { hashAddress } from '../../../assembly/table/hash';
import { findServer, NEVER, serverAt } from '../../../assembly/table/servers';
import { NAKAMURA, ROUTER, SATO, SERVER, TANAKA } from '../addresses';
import { patchIp16 } from '../frames';
import { LAN, SECOND_US, WAIT_US, WAN } from '../numbers';
import { HOST, PORT, refusal, syn, synAck, unreachable } from '../packets';
import { fresh, give, pass, wait } from '../play';
import { saidTimes } from '../said';
import { lived, takeDown } from '../sides';
import { forward, resolve } from '../stories';

const GUESTS: u32 = 3;

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
