import { drained } from '../../../assembly/index';
import { Direction } from '../../../assembly/path/packet';
import { Counter, Verdict } from '../../../assembly/path/verdict';
import { Command, Option } from '../../../assembly/record/commands';
import { Cause, Event } from '../../../assembly/record/events';
import { Outcome } from '../../../assembly/table/attempt';
import { firstOpen } from '../../../assembly/table/open-attempts';
import { NAKAMURA, SATO, SATO6, SECOND, SERVER, SERVER6, someClient, TANAKA, THIRD } from '../addresses';
import { SAY_AGAIN_US, SECOND_US, WAIT_US } from '../numbers';
import { aboutServer, EVERYTHING } from '../orders';
import { CLIENT_PORT, HOST, refusal, SECURE, syn, synAck, unreachable, WEB } from '../packets';
import { counterOf, fresh, give, giveAt, now, pass, wait } from '../play';
import { hearAll, said, saidOf, saidTimes } from '../said';

/** The service answers Nakamura, and is known from then on. */
function answered(port: u32, sequence: u32): void {
  syn(NAKAMURA, SERVER, sequence, port);
  give();
  synAck(NAKAMURA, SERVER, sequence, port);
  assert(give() == Verdict.SynAckAnswers, 'the service answers');
}

describe('a request that nobody answers', () => {
  it('means, after the wait and not before, that the host is down: who tried waits, with all tries', () => {
    fresh();
    const start = now();
    syn(SATO, SERVER, 7);
    give();
    pass(SECOND_US);
    give();
    pass(2 * SECOND_US);
    give();
    wait(WAIT_US - 3 * SECOND_US - 1);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    wait(1);
    const outage = said(Event.Outage);
    expect<u32>(outage.port).toBe(0);
    expect<u32>(outage.code).toBe(Cause.Unanswered);
    expect<u32>(outage.tries).toBe(WEB);
    expect<i64>(outage.firstUs).toBe(start);
    const waiting = said(Event.Waiting);
    expect<bool>(waiting.client.equals(SATO)).toBe(true);
    expect<u32>(waiting.tries).toBe(3);
    expect<i64>(waiting.firstUs).toBe(start);
    expect<i64>(waiting.lastUs).toBe(start + 3 * SECOND_US);
    expect<u64>(counterOf(Counter.Unanswered)).toBe(1);
    expect<u32>(firstOpen()).toBe(0);
  });

  it('is noticed with the next frame, whatever that is', () => {
    fresh();
    syn(SATO6, SERVER6, 7);
    give();
    pass(WAIT_US);
    synAck(SATO, SERVER, 1);
    give();
    expect<bool>(saidOf(Event.Waiting, SATO6)).toBe(true);
  });

  it('means nothing where that is switched off', () => {
    fresh(EVERYTHING & ~Option.Unanswered);
    syn(SATO, SERVER, 7);
    give();
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    expect<u64>(counterOf(Counter.Unanswered)).toBe(1);
  });

  it('links the next client at once', () => {
    fresh();
    syn(SATO, SERVER, 7);
    give();
    wait(WAIT_US);
    syn(TANAKA, SERVER, 8, SECURE);
    expect<u32>(give()).toBe(Verdict.SynLinked);
    expect<bool>(saidOf(Event.Waiting, TANAKA)).toBe(true);
  });

  it('and is sent again after the wait goes on counting, of the same client', () => {
    fresh();
    syn(SATO, SERVER, 7);
    give();
    pass(SECOND_US);
    give();
    wait(WAIT_US);
    syn(SATO, SERVER, 7);
    expect<u32>(give()).toBe(Verdict.SynLinked);
    expect<u32>(saidTimes(Event.Waiting)).toBe(1);
    aboutServer(Command.Release, SERVER);
    expect<u32>(said(Event.Released).tries).toBe(3);
    expect<i64>(said(Event.Released).lastUs).toBe(now());
  });

  it('and goes on being sent is said again once its time passes a multiple of 67 s, and not before', () => {
    fresh();
    syn(SATO, SERVER, 7);
    give();
    wait(WAIT_US);
    drained();
    const nextUs = (now() | (SAY_AGAIN_US - 1)) + 1;
    syn(SATO, SERVER, 8);
    for (let i = 0; i < 3; i++) {
      giveAt(nextUs + i * SAY_AGAIN_US - 1);
      expect<u32>(saidTimes(Event.Waiting)).toBe(i);
      giveAt(nextUs + i * SAY_AGAIN_US);
      expect<u32>(saidTimes(Event.Waiting)).toBe(i + 1);
      expect<i64>(said(Event.Waiting, i).lastUs).toBe(nextUs + i * SAY_AGAIN_US);
    }
  });

  it('of many clients makes one outage in which all of them wait in the order of their requests', () => {
    fresh();
    for (let i: u32 = 0; i < 6; i++) {
      syn(someClient(i), SERVER, i);
      if ((i & 1) != 0) syn(someClient(i), SERVER6, i);
      give();
    }
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(2);
    expect<bool>(said(Event.Waiting, 0).client.equals(someClient(0))).toBe(true);
    expect<bool>(said(Event.Waiting, 5).client.equals(someClient(5))).toBe(true);
  });

  it('counts its tries once when errors came for it before', () => {
    fresh();
    syn(SATO, SERVER, 7);
    give();
    unreachable(SATO, SERVER, 7, HOST);
    give(Direction.Out);
    wait(WAIT_US);
    aboutServer(Command.Release, SERVER);
    expect<u32>(said(Event.Released).tries).toBe(1);
  });
});

describe('a scan', () => {
  it('of a host that answers elsewhere is no outage', () => {
    fresh(EVERYTHING, 16, 64, 128);
    for (let port: u32 = 1; port <= 50; port++) {
      syn(SATO, SERVER, port, port);
      give();
    }
    answered(WEB, 1000);
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    expect<u64>(counterOf(Counter.ServicesUnknown)).toBe(50);
  });

  it('of a host that refuses one port and is silent on others is no outage', () => {
    fresh();
    syn(SATO, SERVER, 7, 22);
    give();
    syn(SATO, SERVER, 8, 23);
    give();
    refusal(SATO, SERVER, 8, 23);
    give();
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
  });

  it('of ports that nobody knows, on a host whose services are known, is no outage though all is silent', () => {
    fresh();
    answered(WEB, 1);
    wait(10 * WAIT_US);
    syn(SATO, SERVER, 7, 22);
    give();
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
  });
});

describe('a service that is silent', () => {
  it('is down by itself when its host answers elsewhere after the request', () => {
    fresh();
    answered(WEB, 1);
    answered(SECURE, 2);
    wait(10 * WAIT_US);
    syn(SATO, SERVER, 7, SECURE);
    give();
    pass(SECOND_US);
    answered(WEB, 3);
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
    const outage = said(Event.Outage);
    expect<u32>(outage.port).toBe(SECURE);
    expect<u32>(outage.code).toBe(Cause.Unanswered);
    syn(TANAKA, SERVER, 8);
    expect<u32>(give()).toBe(Verdict.SynNoted, 'other services are not down');
    syn(TANAKA, SERVER, 9, SECURE);
    expect<u32>(give()).toBe(Verdict.SynLinked);
  });

  it('means that the host is down when nothing at all comes from it', () => {
    fresh();
    answered(WEB, 1);
    wait(10 * WAIT_US);
    syn(SATO, SERVER, 7);
    give();
    wait(WAIT_US);
    expect<u32>(said(Event.Outage).port).toBe(0);
  });

  it('is known when the configuration names it', () => {
    fresh();
    aboutServer(Command.KnowService, SERVER, SECURE);
    syn(SATO, SERVER, 7, SECURE);
    give();
    answered(WEB, 3);
    wait(WAIT_US);
    expect<u32>(said(Event.Outage).port).toBe(SECURE);
  });

  it('is not the host of another address', () => {
    fresh();
    syn(SATO, SERVER, 7);
    give();
    syn(SATO, SECOND, 8);
    give();
    synAck(SATO, SECOND, 8);
    give();
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
    expect<bool>(said(Event.Outage).server.equals(SERVER)).toBe(true);
  });
});

describe('an attempt', () => {
  it('is reported with its outcome, its numbers and its times, where that is asked for', () => {
    fresh(EVERYTHING | Option.ReportAttempts);
    const start = now();
    syn(SATO, SERVER, 0xfffffff0, SECURE);
    give();
    pass(SECOND_US);
    give();
    syn(TANAKA, SERVER, 8);
    give();
    synAck(TANAKA, SERVER, 8);
    give();
    syn(NAKAMURA, SERVER, 9);
    give();
    refusal(NAKAMURA, SERVER, 9);
    give();
    syn(SATO, THIRD, 10);
    give();
    unreachable(SATO, THIRD, 10, HOST);
    give(Direction.Out);
    wait(2 * WAIT_US);
    expect<u32>(saidTimes(Event.Attempt)).toBe(4);
    expect<u32>(said(Event.Attempt, 0).code).toBe(Outcome.Answered);
    expect<u32>(said(Event.Attempt, 1).code).toBe(Outcome.Refused);
    expect<u32>(said(Event.Attempt, 2).code).toBe(Outcome.Unreachable);
    const report = said(Event.Attempt, 3);
    expect<u32>(report.code).toBe(Outcome.Unanswered);
    expect<bool>(report.client.equals(SATO)).toBe(true);
    expect<bool>(report.server.equals(SERVER)).toBe(true);
    expect<u32>(report.port).toBe(SECURE);
    expect<u32>(report.tries).toBe(2);
    expect<i64>(report.firstUs).toBe(start);
    expect<u32>(<u32>report.lastUs).toBe(0xfffffff0, 'the sequence number');
    expect<u32>(<u32>(report.lastUs >> 32)).toBe(CLIENT_PORT);
  });

  it('ends with a frame only together with seven others, and with the tick all at once', () => {
    fresh(EVERYTHING, 16, 64, 64);
    for (let i: u32 = 0; i < 40; i++) {
      syn(SATO, SERVER, i);
      give();
    }
    pass(WAIT_US);
    synAck(SATO, SECOND, 1);
    give();
    expect<u64>(counterOf(Counter.Unanswered)).toBe(8);
    give();
    expect<u64>(counterOf(Counter.Unanswered)).toBe(16);
    wait(0);
    expect<u64>(counterOf(Counter.Unanswered)).toBe(40);
  });

  it('waits for its end while the events find no room', () => {
    fresh(EVERYTHING | Option.ReportAttempts, 16, 64, 1024);
    for (let i: u32 = 0; i < 500; i++) {
      syn(SATO, SERVER, i);
      give();
    }
    wait(WAIT_US);
    expect<u64>(counterOf(Counter.Unanswered)).toBeLessThan(250);
    expect<u32>(hearAll(Event.Attempt)).toBe(500);
    expect<u64>(counterOf(Counter.Unanswered)).toBe(500);
  });

  it('goes when the table is full: a settled one first, otherwise the oldest, counted as open', () => {
    fresh(EVERYTHING | Option.ReportAttempts, 16, 64, 4);
    for (let i: u32 = 0; i < 4; i++) {
      syn(SATO, SERVER, i);
      give();
    }
    synAck(SATO, SERVER, 2);
    give();
    syn(SATO, SERVER, 4);
    give();
    expect<u64>(counterOf(Counter.AttemptsEvicted)).toBe(1);
    expect<u32>(said(Event.Attempt).code).toBe(Outcome.Answered);
    syn(SATO, SERVER, 5);
    expect<u32>(give()).toBe(Verdict.SynNoted);
    expect<u64>(counterOf(Counter.AttemptsEvicted)).toBe(2);
    expect<u32>(said(Event.Attempt, 1).code).toBe(Outcome.Open);
    expect<u32>(<u32>said(Event.Attempt, 1).lastUs).toBe(0, 'the first');
    expect<u64>(counterOf(Counter.Open)).toBe(1);
    expect<u32>(saidTimes(Event.Outage)).toBe(0, 'its fate is not known');
  });
});
