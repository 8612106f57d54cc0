import { drained } from '../../../assembly/index';
import { Direction } from '../../../assembly/path/packet';
import { Counter, Verdict } from '../../../assembly/path/verdict';
import { Command, Option } from '../../../assembly/record/commands';
import { Cause, Event } from '../../../assembly/record/events';
import { ELSEWHERE, ROUTER, SATO, SATO6, SERVER, SERVER6, TANAKA } from '../addresses';
import { ACK, SYN } from '../frames';
import { MILLISECOND_US, SECOND_US, WAIT_US } from '../numbers';
import { aboutServer, answerFor, EVERYTHING } from '../orders';
import { CLIENT_PORT, HOST, refusal, SECURE, segment, syn, synAck, unreachable, WEB } from '../packets';
import { counterOf, fresh, give, pass, wait } from '../play';
import { said, saidOf, saidTimes } from '../said';

/** The host is down: Tanaka was turned away. */
function takeDown(): void {
  syn(TANAKA, SERVER, 99);
  give();
  unreachable(TANAKA, SERVER, 99, HOST);
  assert(give(Direction.Out) == Verdict.UnreachableLinks, 'the server is down');
}

describe('an answer', () => {
  it('settles the attempt whose sequence number and one it acknowledges', () => {
    fresh();
    syn(SATO, SERVER, 7);
    give();
    synAck(SATO, SERVER, 8);
    expect<u32>(give()).toBe(Verdict.SynAckUnasked);
    synAck(SATO, SERVER, 7);
    expect<u32>(give()).toBe(Verdict.SynAckAnswers);
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    expect<u64>(counterOf(Counter.Answered)).toBe(1);
  });

  it('that answers nothing is backscatter: no sign of life, nothing learnt', () => {
    fresh();
    takeDown();
    synAck(SATO, SERVER, 7);
    expect<u32>(give()).toBe(Verdict.SynAckUnasked);
    synAck(TANAKA, SERVER, 99, SECURE);
    expect<u32>(give()).toBe(Verdict.SynAckUnasked);
    synAck(TANAKA, SERVER, 99, WEB, CLIENT_PORT + 1);
    expect<u32>(give()).toBe(Verdict.SynAckUnasked);
    expect<u32>(saidTimes(Event.Signal)).toBe(0);
  });

  it('from a server that is not watched is nothing of ours', () => {
    fresh();
    synAck(SATO, ELSEWHERE, 7);
    expect<u32>(give()).toBe(Verdict.NotWatched);
  });

  it('is seen again on every interface that it crosses', () => {
    fresh();
    syn(SATO, SERVER, 7);
    give(Direction.In, 1);
    synAck(SATO, SERVER, 7);
    expect<u32>(give(Direction.In, 2)).toBe(Verdict.SynAckAnswers);
    expect<u32>(give(Direction.Out, 1)).toBe(Verdict.SynAckRepeated);
    expect<u32>(give(Direction.In, 2)).toBe(Verdict.SynAckRepeated);
  });

  it('on its way out counts only where the request came in', () => {
    fresh();
    syn(SATO, SERVER, 7);
    give(Direction.In, 1);
    synAck(SATO, SERVER, 7);
    expect<u32>(give(Direction.Out, 3)).toBe(Verdict.SynAckRepeated);
    expect<u32>(give(Direction.Out, 1)).toBe(Verdict.SynAckAnswers);
  });

  it('may acknowledge any part of the data that the request carried', () => {
    fresh();
    for (let more: u32 = 0; more <= 5; more++) {
      segment(SATO, CLIENT_PORT, SERVER, WEB, 1000 * (more + 1), 0, SYN, 5);
      give();
      segment(SERVER, WEB, SATO, CLIENT_PORT, 77, 1000 * (more + 1) + 1 + more, SYN | ACK);
      expect<u32>(give()).toBe(Verdict.SynAckAnswers);
    }
    segment(SATO, CLIENT_PORT, SERVER, WEB, 9000, 0, SYN, 5);
    give();
    segment(SERVER, WEB, SATO, CLIENT_PORT, 77, 9007, SYN | ACK);
    expect<u32>(give()).toBe(Verdict.SynAckUnasked);
  });

  it('is a sign of life of a host that is down, and takes back what its attempt counted', () => {
    fresh();
    takeDown();
    syn(SATO, SERVER, 7);
    give();
    pass(100 * MILLISECOND_US);
    synAck(SATO, SERVER, 7);
    expect<u32>(give()).toBe(Verdict.SynAckAnswers);
    expect<u32>(saidTimes(Event.Signal)).toBe(1);
    expect<bool>(saidOf(Event.Answered, SATO)).toBe(true);
    expect<bool>(saidOf(Event.Answered, TANAKA)).toBe(false);
  });

  it('names the outage that its client waits for no longer', () => {
    fresh();
    takeDown();
    syn(SATO, SERVER, 7);
    give();
    const waiting = said(Event.Waiting, 1);
    synAck(SATO, SERVER, 7);
    give();
    const answered = said(Event.Answered);
    expect<bool>(answered.client.equals(waiting.client)).toBe(true);
    expect<bool>(answered.server.equals(waiting.server)).toBe(true);
    expect<u32>(answered.port).toBe(waiting.port);
  });

  it('that comes when the first retransmission was due leaves its client waiting', () => {
    for (let lateUs: i64 = -1; lateUs <= 0; lateUs++) {
      fresh();
      takeDown();
      syn(SATO, SERVER, 7);
      give();
      pass(SECOND_US + lateUs);
      synAck(SATO, SERVER, 7);
      expect<u32>(give()).toBe(Verdict.SynAckAnswers);
      expect<bool>(saidOf(Event.Answered, SATO)).toBe(lateUs < 0);
      expect<u32>(saidTimes(Event.Signal)).toBe(1);
    }
  });

  it('is matched where the request came in, though addresses are translated on the way', () => {
    fresh();
    syn(SATO, SERVER, 7);
    expect<u32>(give(Direction.In, 1)).toBe(Verdict.SynNoted);
    syn(ROUTER, SERVER, 7);
    expect<u32>(give(Direction.Out, 2)).toBe(Verdict.SynOwn);
    synAck(ROUTER, SERVER, 7);
    expect<u32>(give(Direction.In, 2)).toBe(Verdict.SynAckUnasked);
    synAck(SATO, SERVER, 7);
    expect<u32>(give(Direction.Out, 1)).toBe(Verdict.SynAckAnswers);
  });

  it('that comes after the outage was forgotten takes nothing back', () => {
    fresh();
    takeDown();
    aboutServer(Command.Release, SERVER);
    aboutServer(Command.Forget, SERVER);
    drained();
    synAck(TANAKA, SERVER, 99);
    expect<u32>(give()).toBe(Verdict.SynAckAnswers);
    expect<u32>(saidTimes(Event.Answered)).toBe(0);
    expect<u32>(saidTimes(Event.Signal)).toBe(0);
  });

  it('that comes when the server is down for the second time takes nothing back', () => {
    fresh();
    takeDown();
    aboutServer(Command.Release, SERVER);
    aboutServer(Command.Forget, SERVER);
    syn(SATO, SERVER, 7);
    give();
    unreachable(SATO, SERVER, 7, HOST);
    give(Direction.Out);
    drained();
    synAck(TANAKA, SERVER, 99);
    expect<u32>(give()).toBe(Verdict.SynAckAnswers);
    expect<u32>(saidTimes(Event.Answered)).toBe(0);
    expect<u32>(saidTimes(Event.Signal)).toBe(1);
  });

  it('makes a late copy of its request nobody waiting', () => {
    fresh();
    takeDown();
    syn(SATO, SERVER, 7);
    give();
    synAck(SATO, SERVER, 7);
    give();
    drained();
    syn(SATO, SERVER, 7);
    expect<u32>(give()).toBe(Verdict.SynRepeated);
    expect<u32>(saidTimes(Event.Waiting)).toBe(0);
  });

  it('of another connection leaves a client waiting that was turned away before', () => {
    fresh();
    takeDown();
    syn(SATO, SERVER, 7);
    give();
    pass(SECOND_US);
    syn(SATO, SERVER, 8);
    give();
    synAck(SATO, SERVER, 8);
    give();
    expect<bool>(saidOf(Event.Answered, SATO)).toBe(false);
  });

  it('of this machine, for a port that it answers for in the place of a server that is down, is no sign', () => {
    fresh();
    answerFor(WEB, true);
    takeDown();
    syn(SATO, SERVER, 7);
    give(Direction.In, 1);
    synAck(SATO, SERVER, 7);
    expect<u32>(give(Direction.Out, 1)).toBe(Verdict.SynAckOwn);
    expect<u32>(saidTimes(Event.Signal)).toBe(0);
    expect<u32>(give(Direction.In, 2)).toBe(Verdict.SynAckAnswers, 'from the server side it is the server');
    expect<u32>(saidTimes(Event.Signal)).toBe(1);
  });

  it('of this machine is no silence of a server that is back when the wait is over', () => {
    fresh();
    answerFor(WEB, true);
    aboutServer(Command.KnowService, SERVER, WEB);
    takeDown();
    syn(SATO, SERVER, 7);
    give(Direction.In, 1);
    synAck(SATO, SERVER, 7);
    expect<u32>(give(Direction.Out, 1)).toBe(Verdict.SynAckOwn);
    aboutServer(Command.Release, SERVER);
    aboutServer(Command.Forget, SERVER);
    drained();
    wait(100 * SECOND_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    expect<u32>(saidTimes(Event.Waiting)).toBe(0);
  });

  it("that leaves is the server's if it came in elsewhere, before anybody heard of its request", () => {
    fresh();
    answerFor(WEB, true);
    takeDown();
    synAck(SATO, SERVER, 7);
    expect<u32>(give(Direction.In, 2)).toBe(Verdict.SynAckUnasked);
    syn(SATO, SERVER, 7);
    give(Direction.In, 1);
    synAck(SATO, SERVER, 7);
    expect<u32>(give(Direction.Out, 1)).toBe(Verdict.SynAckAnswers);
    expect<u32>(saidTimes(Event.Signal)).toBe(1);
    syn(SATO, SERVER, 8);
    give(Direction.In, 1);
    synAck(SATO, SERVER, 8);
    expect<u32>(give(Direction.Out, 1)).toBe(Verdict.SynAckOwn, 'another answer');
  });

  it("that leaves is this machine's though somebody wrote it who is where it leaves, or where the server is not", () => {
    for (let from: u32 = 1; from < 4; from += 2) {
      fresh();
      answerFor(WEB, true);
      takeDown();
      syn(TANAKA, SERVER, 98);
      give(Direction.In, 1);
      give(Direction.Out, 2);
      synAck(SATO, SERVER, 9);
      give(Direction.In, from);
      syn(SATO, SERVER, 9);
      give(Direction.In, 1);
      synAck(SATO, SERVER, 9);
      expect<u32>(give(Direction.Out, 1)).toBe(Verdict.SynAckOwn);
      expect<u32>(saidTimes(Event.Signal)).toBe(0);
    }
  });

  it("that leaves is the server's on a port that is not answered for, or no longer", () => {
    fresh();
    answerFor(WEB, true);
    takeDown();
    syn(SATO, SERVER, 7, SECURE);
    give(Direction.In, 1);
    synAck(SATO, SERVER, 7, SECURE);
    expect<u32>(give(Direction.Out, 1)).toBe(Verdict.SynAckAnswers);
    answerFor(WEB, false);
    syn(SATO, SERVER, 8);
    give(Direction.In, 1);
    synAck(SATO, SERVER, 8);
    expect<u32>(give(Direction.Out, 1)).toBe(Verdict.SynAckAnswers);
  });

  it("that leaves is the server's while it is not down, though the port is answered for", () => {
    fresh();
    answerFor(WEB, true);
    syn(SATO, SERVER, 7);
    give(Direction.In, 1);
    synAck(SATO, SERVER, 7);
    expect<u32>(give(Direction.Out, 1)).toBe(Verdict.SynAckAnswers);
  });
});

describe('a refusal', () => {
  it('is an outage of a service that answered before, and names client and port', () => {
    fresh();
    syn(SATO, SERVER, 1);
    give();
    synAck(SATO, SERVER, 1);
    give();
    wait(WAIT_US);
    syn(TANAKA, SERVER, 7);
    give();
    refusal(TANAKA, SERVER, 7);
    expect<u32>(give()).toBe(Verdict.ResetRefuses);
    const outage = said(Event.Outage);
    expect<u32>(outage.port).toBe(WEB);
    expect<u32>(outage.code).toBe(Cause.Refused);
    expect<u32>(outage.tries).toBe(WEB, 'the port that was tried');
    expect<bool>(said(Event.Waiting).client.equals(TANAKA)).toBe(true);
    syn(SATO, SERVER, 2, SECURE);
    expect<u32>(give()).toBe(Verdict.SynNoted, 'other services are not down');
  });

  it('is an outage of a service that the configuration names', () => {
    fresh();
    aboutServer(Command.KnowService, SERVER6, WEB);
    syn(SATO6, SERVER6, 7);
    give();
    refusal(SATO6, SERVER6, 7);
    expect<u32>(give()).toBe(Verdict.ResetRefuses);
    expect<u32>(said(Event.Outage).port).toBe(WEB);
  });

  it('of ports that nobody knows is a scan, and no outage', () => {
    fresh();
    for (let port: u32 = 1; port <= 50; port++) {
      syn(SATO, SERVER, 7, port);
      give();
      refusal(SATO, SERVER, 7, port);
      expect<u32>(give()).toBe(Verdict.ResetRefuses);
    }
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    expect<u32>(saidTimes(Event.Waiting)).toBe(0);
    expect<u64>(counterOf(Counter.Refused)).toBe(50);
  });

  it('is none where it is switched off', () => {
    fresh(EVERYTHING & ~Option.Refused);
    aboutServer(Command.KnowService, SERVER, WEB);
    syn(SATO, SERVER, 7);
    give();
    refusal(SATO, SERVER, 7);
    expect<u32>(give()).toBe(Verdict.ResetRefuses);
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
  });

  it('that refuses nothing is backscatter', () => {
    fresh();
    aboutServer(Command.KnowService, SERVER, WEB);
    refusal(SATO, SERVER, 7);
    expect<u32>(give()).toBe(Verdict.ResetUnasked);
    refusal(SATO, ELSEWHERE, 7);
    expect<u32>(give()).toBe(Verdict.NotWatched);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
  });

  it('is seen again, and comes too late for an attempt that was answered', () => {
    fresh();
    aboutServer(Command.KnowService, SERVER, WEB);
    syn(SATO, SERVER, 7);
    give(Direction.In, 1);
    refusal(SATO, SERVER, 7);
    expect<u32>(give(Direction.Out, 3)).toBe(Verdict.ResetRepeated, 'not where the request came in');
    expect<u32>(give(Direction.In, 2)).toBe(Verdict.ResetRefuses);
    expect<u32>(give(Direction.Out, 1)).toBe(Verdict.ResetRepeated);
    syn(SATO, SERVER, 8);
    give();
    synAck(SATO, SERVER, 8);
    give();
    refusal(SATO, SERVER, 8);
    expect<u32>(give()).toBe(Verdict.ResetRepeated);
    expect<u32>(saidTimes(Event.Waiting)).toBe(1);
  });

  it('stays one when an error comes for it later', () => {
    fresh();
    syn(SATO, SERVER, 7);
    give();
    refusal(SATO, SERVER, 7);
    give();
    unreachable(SATO, SERVER, 7, HOST);
    expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachableLinks);
    wait(WAIT_US);
    expect<u64>(counterOf(Counter.Refused)).toBe(1);
    expect<u64>(counterOf(Counter.Unreachable)).toBe(0);
  });

  it('does not end the attempt: the same request sent again is the same', () => {
    fresh();
    aboutServer(Command.KnowService, SERVER, WEB);
    syn(SATO, SERVER, 7);
    give();
    refusal(SATO, SERVER, 7);
    give();
    pass(SECOND_US / 2);
    syn(SATO, SERVER, 7);
    expect<u32>(give()).toBe(Verdict.SynRepeated);
    synAck(SATO, SERVER, 7);
    expect<u32>(give()).toBe(Verdict.SynAckAnswers);
    expect<bool>(saidOf(Event.Answered, SATO)).toBe(true);
    wait(2 * WAIT_US);
    expect<u64>(counterOf(Counter.Answered)).toBe(1);
    expect<u64>(counterOf(Counter.Refused)).toBe(0);
  });
});
