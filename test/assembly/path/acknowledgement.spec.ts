import { Direction } from '../../../assembly/path/packet';
import { Counter, Verdict } from '../../../assembly/path/verdict';
import { Command } from '../../../assembly/record/commands';
import { Event, Sign } from '../../../assembly/record/events';
import { ELSEWHERE, SATO, SATO6, SERVER, SERVER6, TANAKA } from '../addresses';
import { ACK, FIN, PSH, RST, SYN } from '../frames';
import { SECOND_US, WAIT_US } from '../numbers';
import { aboutServer } from '../orders';
import { CLIENT_PORT, refusal, SECURE, segment, syn, WEB } from '../packets';
import { counterOf, fresh, give, wait } from '../play';
import { hearAll, said, saidOf, saidTimes } from '../said';

const DATA: u32 = 100;

/** The client goes on behind its request with that sequence number. */
function goOn(sequence: u32, direction: u32 = Direction.Unknown, flags: u32 = ACK, port: u32 = WEB): u32 {
  segment(SATO, CLIENT_PORT, SERVER, port, sequence + 1, 78, flags, (flags & PSH) != 0 ? DATA : 0);
  return give(direction);
}

function ask(sequence: u32, port: u32 = WEB): void {
  syn(SATO, SERVER, sequence, port);
  give(Direction.Unknown);
}

describe('what a client sends behind its request', () => {
  it('shows in a capture that it was answered: silence is no outage, and is counted all the same', () => {
    const flags: u32[] = [ACK, ACK | PSH, ACK | FIN];
    for (let i = 0; i < flags.length; i++) {
      fresh();
      const before = counterOf(Counter.Unanswered);
      ask(7);
      expect<u32>(goOn(7, Direction.Unknown, flags[i])).toBe(Verdict.OtherTcp);
      wait(WAIT_US);
      expect<u32>(saidTimes(Event.Outage)).toBe(0);
      expect<u64>(counterOf(Counter.Unanswered)).toBe(before + 1);
    }
  });

  it('shows it over IPv6, and where the request carried data', () => {
    fresh();
    segment(SATO6, CLIENT_PORT, SERVER6, WEB, 7, 0, SYN, DATA);
    give(Direction.Unknown);
    segment(SATO6, CLIENT_PORT, SERVER6, WEB, 8 + DATA, 78, ACK);
    give(Direction.Unknown);
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
  });

  it('shows nothing with another sequence number or port, from or to others, or where it is no acknowledgement', () => {
    for (let i = 0; i < 6; i++) {
      fresh();
      ask(7);
      if (i == 0) goOn(6);
      if (i == 1) goOn(8);
      if (i == 2) goOn(7, Direction.Unknown, ACK, SECURE);
      if (i == 3) segment(TANAKA, CLIENT_PORT, SERVER, WEB, 8, 78, ACK);
      if (i == 4) segment(SATO, CLIENT_PORT, ELSEWHERE, WEB, 8, 78, ACK);
      if (i == 5) goOn(7, Direction.Unknown, RST);
      if (i == 3 || i == 4) give(Direction.Unknown);
      wait(WAIT_US);
      assert(saidTimes(Event.Outage) == 1, 'the server is down');
    }
  });

  it('shows nothing on a router, which asks the server instead', () => {
    fresh();
    syn(SATO, SERVER, 7);
    give();
    expect<u32>(goOn(7, Direction.In)).toBe(Verdict.OtherTcp);
    expect<u32>(goOn(7, Direction.Out)).toBe(Verdict.OtherTcp);
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
  });

  it('is news of the server: others that it leaves without an answer mean no outage of the host', () => {
    fresh();
    syn(TANAKA, SERVER, 1, SECURE);
    give(Direction.Unknown);
    ask(7);
    goOn(7);
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    syn(TANAKA, SERVER, 2);
    give(Direction.Unknown);
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(1, 'a known service that is silent');
  });

  it('is a sign of life of a server that is down, and its client waits no longer', () => {
    fresh();
    syn(TANAKA, SERVER, 1);
    give(Direction.Unknown);
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
    ask(7);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
    hearAll(Event.Waiting);
    wait(2 * SECOND_US);
    goOn(7);
    expect<bool>(saidOf(Event.Answered, SATO)).toBe(true);
    expect<u32>(said(Event.Signal).code).toBe(Sign.Acknowledged);
    goOn(7);
    expect<u32>(saidTimes(Event.Signal)).toBe(1);
  });

  it('makes a reset that comes later none of the request', () => {
    for (let i = 0; i < 2; i++) {
      fresh();
      aboutServer(Command.KnowService, SERVER, WEB);
      ask(7);
      if (i == 0) goOn(7);
      refusal(SATO, SERVER, 7);
      expect<u32>(give(Direction.Unknown)).toBe(Verdict.ResetRefuses);
      expect<u32>(saidTimes(Event.Outage)).toBe(<u32>i);
    }
  });

  it('is forgotten with the request: the next one in its record begins anew', () => {
    fresh();
    ask(7);
    goOn(7);
    wait(WAIT_US);
    syn(SATO6, SERVER6, 7);
    give(Direction.Unknown);
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
  });
});
