import { Direction } from '../../../assembly/path/packet';
import { Counter, Verdict } from '../../../assembly/path/verdict';
import { Event } from '../../../assembly/record/events';
import { NAKAMURA, SATO, SERVER } from '../addresses';
import { LAN, SECOND_US, WAIT_US, WAN } from '../numbers';
import { EVERYTHING, watchDatagrams } from '../orders';
import { HOST, NAMES, PORT, question, reply, syn, unreachable, unreachableDatagram } from '../packets';
import { counterOf, fresh, give, now, pass, wait } from '../play';
import { said, saidOf, saidTimes } from '../said';
import { accept } from '../stories';
import { checkTables } from '../tables';

/** Both ask the service and are answered, the second one last; then what the first one sends meets this. */
function answeredAndTurnedAway(code: u32): void {
  fresh(EVERYTHING, 16, 64, 64);
  watchDatagrams(NAMES, true);
  for (let i = 0; i < 2; i++) {
    const client = i == 0 ? SATO : NAKAMURA;
    question(client, SERVER);
    give(Direction.In, LAN);
    give(Direction.Out, WAN);
    reply(client, SERVER);
    assert(give(Direction.In, WAN) == Verdict.DatagramAnswers, 'it is answered');
    pass(10 * SECOND_US);
  }
  question(SATO, SERVER);
  give(Direction.In, LAN);
  unreachableDatagram(SATO, SERVER, code);
  const isOut = code == HOST;
  const verdict = give(isOut ? Direction.Out : Direction.In, isOut ? LAN : WAN);
  assert(verdict == Verdict.UnreachableLinks, 'it counts');
}

describe('a failure that is doubted, for the service has just answered somebody else', () => {
  it('is judged a whole wait later, also if its client was answered before', () => {
    for (let i = 0; i < 2; i++) {
      answeredAndTurnedAway(i == 0 ? PORT : HOST);
      const failedUs = now();
      wait(WAIT_US - 1);
      expect<u32>(saidTimes(Event.Outage)).toBe(0);
      checkTables(16, 64, 64);
      wait(1);
      expect<i64>(said(Event.Outage).firstUs).toBe(failedUs);
      expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
    }
  });

  it('is none if the service answers somebody meanwhile', () => {
    answeredAndTurnedAway(PORT);
    pass(15 * SECOND_US);
    question(NAKAMURA, SERVER);
    give(Direction.In, LAN);
    reply(NAKAMURA, SERVER);
    give(Direction.In, WAN);
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    expect<u64>(counterOf(Counter.Unjudged)).toBe(1);
  });

  it('is judged from the last time that it failed on: what was answered before that is not meant', () => {
    fresh();
    accept(NAKAMURA, SERVER);
    syn(SATO, SERVER, 5);
    give();
    unreachable(SATO, SERVER, 5, HOST);
    give(Direction.Out);
    pass(SECOND_US);
    accept(NAKAMURA, SERVER);
    pass(2 * SECOND_US);
    syn(SATO, SERVER, 5);
    expect<u32>(give()).toBe(Verdict.SynRepeated);
    unreachable(SATO, SERVER, 5, HOST);
    expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachableLinks);
    checkTables(16, 64, 64);
    wait(WAIT_US);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
  });
});
