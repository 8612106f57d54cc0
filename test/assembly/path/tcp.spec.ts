import { Direction } from '../../../assembly/path/packet';
import { Counter, Verdict } from '../../../assembly/path/verdict';
import { Cause, Event } from '../../../assembly/record/events';
import { attemptAt } from '../../../assembly/table/attempt';
import { firstOpen } from '../../../assembly/table/open-attempts';
import { ELSEWHERE, SATO, SATO6, SECOND, SERVER, SERVER6, TANAKA } from '../addresses';
import { ACK, CWR, cutTo, ECE, FIN, PSH, RST, SYN, spoil8 } from '../frames';
import { SECOND_US, WAIT_US } from '../numbers';
import { CLIENT_PORT, SECURE, segment, syn, WEB } from '../packets';
import { counterOf, fresh, give, giveAt, now, pass, wait } from '../play';
import { said, saidOf, saidTimes } from '../said';
import { turnAway } from '../stories';

describe('a request for a connection', () => {
  it('is noted once, with its time', () => {
    fresh();
    syn(SATO, SERVER, 7);
    expect<u32>(give()).toBe(Verdict.SynNoted);
    const attempt = attemptAt(firstOpen());
    expect<bool>(attempt.client.equals(SATO)).toBe(true);
    expect<bool>(attempt.server.equals(SERVER)).toBe(true);
    expect<i64>(attempt.firstUs).toBe(now());
    expect<i64>(attempt.deadlineUs).toBe(now() + WAIT_US);
    expect<u32>(attempt.tries).toBe(1);
  });

  it('to a server that is not watched is nothing of ours', () => {
    fresh();
    syn(SATO, ELSEWHERE, 7);
    expect<u32>(give()).toBe(Verdict.NotWatched);
    expect<u32>(firstOpen()).toBe(0);
  });

  it('sent again is the same attempt, and another try', () => {
    fresh();
    syn(SATO, SERVER, 7);
    give();
    pass(SECOND_US);
    expect<u32>(give()).toBe(Verdict.SynRepeated);
    pass(2 * SECOND_US);
    expect<u32>(give()).toBe(Verdict.SynRepeated);
    const attempt = attemptAt(firstOpen());
    expect<u32>(attempt.tries).toBe(3);
    expect<i64>(attempt.firstUs).toBe(now() - 3 * SECOND_US);
    expect<i64>(attempt.lastUs).toBe(now());
    expect<i64>(attempt.deadlineUs).toBe(now() - 3 * SECOND_US + WAIT_US);
    expect<u32>(attempt.next).toBe(0);
  });

  it('seen again on another interface, or as it leaves, is not another try', () => {
    fresh();
    syn(SATO, SERVER, 7);
    expect<u32>(give(Direction.In, 1)).toBe(Verdict.SynNoted);
    expect<u32>(give(Direction.In, 2)).toBe(Verdict.SynForwarded);
    expect<u32>(give(Direction.Out, 3)).toBe(Verdict.SynForwarded);
    expect<u32>(give(Direction.Out, 1)).toBe(Verdict.SynForwarded);
    expect<u32>(attemptAt(firstOpen()).tries).toBe(1);
  });

  it('with another sequence number or port is another attempt', () => {
    fresh();
    syn(SATO, SERVER, 7);
    expect<u32>(give()).toBe(Verdict.SynNoted);
    syn(SATO, SERVER, 8);
    expect<u32>(give()).toBe(Verdict.SynNoted);
    syn(SATO, SERVER, 7, SECURE);
    expect<u32>(give()).toBe(Verdict.SynNoted);
    syn(SATO, SERVER, 7, WEB, CLIENT_PORT + 1);
    expect<u32>(give()).toBe(Verdict.SynNoted);
  });

  it('may carry ECE, CWR, FIN, PSH or data', () => {
    fresh();
    const flags: u32[] = [SYN | ECE | CWR, SYN | FIN, SYN | PSH];
    for (let i = 0; i < flags.length; i++) {
      segment(SATO, CLIENT_PORT, SERVER, WEB, 100 + i, 0, flags[i]);
      expect<u32>(give()).toBe(Verdict.SynNoted);
    }
    segment(SATO, CLIENT_PORT, SERVER, WEB, 200, 0, SYN, 100);
    expect<u32>(give()).toBe(Verdict.SynNoted);
  });

  it('is none with RST, and other segments are no part of a handshake', () => {
    fresh();
    const flags: u32[] = [SYN | RST, SYN | ACK | RST, ACK, ACK | FIN, ACK | PSH, RST, 0, FIN];
    for (let i = 0; i < flags.length; i++) {
      segment(SATO, CLIENT_PORT, SERVER, WEB, 100, 0, flags[i]);
      expect<u32>(give()).toBe(Verdict.OtherTcp);
    }
  });

  it('of this machine is nobody waiting', () => {
    fresh();
    syn(SATO, SERVER, 7);
    expect<u32>(give(Direction.Out)).toBe(Verdict.SynOwn);
    expect<u32>(firstOpen()).toBe(0);
    turnAway(TANAKA, SERVER);
    syn(SATO, SERVER, 8);
    expect<u32>(give(Direction.Out)).toBe(Verdict.SynOwn);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(false);
  });

  it('to a server that is down links its client at once', () => {
    fresh();
    turnAway(TANAKA, SERVER);
    pass(SECOND_US);
    syn(SATO, SERVER, 7, SECURE);
    expect<u32>(give()).toBe(Verdict.SynLinked);
    const waiting = said(Event.Waiting, 1);
    expect<bool>(waiting.client.equals(SATO)).toBe(true);
    expect<bool>(waiting.server.equals(SERVER)).toBe(true);
    expect<u32>(waiting.port).toBe(0);
    expect<u32>(waiting.code).toBe(Cause.Unreachable);
    expect<u32>(waiting.tries).toBe(1);
    expect<i64>(waiting.firstUs).toBe(now());
    syn(SATO, SECOND, 7);
    expect<u32>(give()).toBe(Verdict.SynNoted, 'another server is not down');
  });

  it('enters a client once, however often it tries', () => {
    fresh();
    turnAway(TANAKA, SERVER);
    for (let i: u32 = 0; i < 20; i++) {
      syn(SATO, SERVER, 7 + (i >> 1));
      give();
      pass(SECOND_US);
    }
    expect<u32>(saidTimes(Event.Waiting)).toBe(2);
    expect<u64>(counterOf(Counter.ClientsEntered)).toBe(2);
  });
});

/** Cuts the segment at hand, whose `data` become options, `captured` bytes behind where its TCP header begins. */
function cutOptions(ipBytes: u32, options: u32, captured: u32): void {
  spoil8(14 + ipBytes + 12, (20 + options) << 2);
  cutTo(14 + ipBytes + captured);
}

describe('a header whose options the capture has cut off', () => {
  it('asks, answers and refuses as a whole one does', () => {
    const clients = [SATO, SATO6];
    const servers = [SERVER, SERVER6];
    for (let i = 0; i < 2; i++) {
      const ipBytes: u32 = i == 0 ? 20 : 40;
      for (let captured: u32 = 20; captured <= 60; captured++) {
        fresh();
        segment(clients[i], CLIENT_PORT, servers[i], WEB, 7, 0, SYN, 40);
        cutOptions(ipBytes, 40, captured);
        assert(give(Direction.Unknown) == Verdict.SynNoted, 'a request');
        const answers = (captured & 1) == 0;
        const flags = answers ? SYN | ACK : RST | ACK;
        segment(servers[i], WEB, clients[i], CLIENT_PORT, 77, 7 + 1, flags, 40);
        cutOptions(ipBytes, 40, captured);
        const met = give(Direction.Unknown);
        assert(met == (answers ? Verdict.SynAckAnswers : Verdict.ResetRefuses), 'and what becomes of it');
      }
    }
  });

  it('has no data that were never sent', () => {
    fresh();
    segment(SATO, CLIENT_PORT, SERVER, WEB, 7, 0, SYN, 24);
    cutOptions(20, 20, 20);
    expect<u32>(give(Direction.Unknown)).toBe(Verdict.SynNoted);
    segment(SERVER, WEB, SATO, CLIENT_PORT, 77, 7 + 1 + 5, SYN | ACK);
    expect<u32>(give(Direction.Unknown)).toBe(Verdict.SynAckUnasked);
    segment(SERVER, WEB, SATO, CLIENT_PORT, 77, 7 + 1 + 4, SYN | ACK);
    expect<u32>(give(Direction.Unknown)).toBe(Verdict.SynAckAnswers);
  });

  it('is malformed where the packet itself is too short for them', () => {
    fresh();
    syn(SATO, SERVER, 7);
    cutOptions(20, 4, 20);
    expect<u32>(give(Direction.Unknown)).toBe(Verdict.TcpMalformed);
  });
});

describe('a time that steps back', () => {
  it('never makes a deadline pass, nor come too late', () => {
    fresh();
    syn(SATO, SERVER, 7);
    give();
    syn(TANAKA, SERVER, 8);
    giveAt(now() - 3600 * SECOND_US);
    giveAt(0);
    giveAt(-1);
    expect<u64>(counterOf(Counter.Unanswered)).toBe(0);
    wait(WAIT_US - 1);
    expect<u64>(counterOf(Counter.Unanswered)).toBe(0);
    wait(1);
    expect<u64>(counterOf(Counter.Unanswered)).toBe(2);
  });

  it('leaves the time of the last try where it was', () => {
    fresh();
    turnAway(TANAKA, SERVER);
    syn(SATO, SERVER, 7);
    give();
    giveAt(now() - 50 * SECOND_US);
    expect<i64>(attemptAt(firstOpen()).lastUs).toBe(now());
    expect<u32>(attemptAt(firstOpen()).tries).toBe(2);
  });
});
