import { drained } from '../../../assembly/index';
import { Direction } from '../../../assembly/path/packet';
import { Counter, Verdict } from '../../../assembly/path/verdict';
import { Command, Option, Status } from '../../../assembly/record/commands';
import { Event, Sign } from '../../../assembly/record/events';
import { heldAttempts, Outcome } from '../../../assembly/table/attempt';
import { SATO, SERVER, TANAKA } from '../addresses';
import {
  ATTEMPTS,
  accepted,
  CONVERSATIONS,
  clients,
  DATA,
  PORT,
  RTO_US,
  reply,
  send,
  sendAgain,
  servers,
} from '../conversations';
import { ACK, RST } from '../frames';
import { LAN, SECOND_US, WAIT_US } from '../numbers';
import { ASKING, aboutServer, aboutTime, EVERYTHING } from '../orders';
import { HOST, syn, unreachable, WEB } from '../packets';
import { counterOf, give, now, pass, wait } from '../play';
import { hearAll, said, saidOf, saidTimes } from '../said';
import { checkTables } from '../tables';

describe('conversations that failed', () => {
  it('to a server that is down link their clients at once, and are a sign when they go on', () => {
    for (let i = 0; i < 2; i++) {
      accepted(clients[i], servers[i]);
      syn(TANAKA, SERVER, 9);
      sendAgain(clients[i], servers[i]);
      wait(WAIT_US);
      expect<u32>(hearAll(Event.Outage)).toBe(1);
      drained();
      expect<u32>(sendAgain(clients[i], servers[i], DATA, PORT + 1)).toBe(Verdict.ConversationLinked);
      expect<u32>(reply(clients[i], servers[i], ACK, PORT + 1)).toBe(Verdict.ConversationAnswered);
      const signal = said(Event.Signal);
      expect<u32>(signal.code).toBe(Sign.Conversation);
      expect<u32>(signal.port).toBe(0);
      checkTables(16, 64, ATTEMPTS);
    }
  });

  it('that failed go on being sent, and count as further tries', () => {
    accepted();
    sendAgain(SATO, SERVER);
    wait(WAIT_US);
    expect<u32>(said(Event.Waiting).tries).toBe(3);
    drained();
    pass(20 * SECOND_US);
    expect<u32>(send(SATO, SERVER)).toBe(Verdict.ConversationLinked);
    pass(40 * SECOND_US);
    expect<u32>(send(SATO, SERVER)).toBe(Verdict.ConversationLinked);
    expect<u32>(said(Event.Waiting).tries).toBe(5);
    checkTables(16, 64, ATTEMPTS);
  });

  it('tell their client once, also where the server remembers nothing of them', () => {
    accepted(SATO, SERVER, ASKING);
    sendAgain(SATO, SERVER);
    wait(SECOND_US);
    expect<u32>(said(Event.Look).port).toBe(WEB);
    wait(WAIT_US);
    expect<u32>(said(Event.Outage).port).toBe(0);
    expect<u32>(aboutServer(Command.Confirm, SERVER)).toBe(Status.Ok);
    pass(20 * SECOND_US);
    send(SATO, SERVER);
    expect<u32>(aboutServer(Command.Lives, SERVER, 0)).toBe(Status.Ok);
    pass(SECOND_US);
    expect<u32>(aboutServer(Command.Release, SERVER)).toBe(Status.Ok);
    expect<u32>(hearAll(Event.Released)).toBe(1);
    expect<u32>(aboutServer(Command.Forget, SERVER)).toBe(Status.Ok);
    drained();
    pass(40 * SECOND_US);
    send(SATO, SERVER);
    expect<u32>(reply(SATO, SERVER, RST)).toBe(Verdict.ConversationAnswered);
    wait(2 * WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    expect<u32>(saidTimes(Event.Waiting)).toBe(0);
    checkTables(16, 64, ATTEMPTS);
  });

  it('that a server resets which was found silent meanwhile are a failure: it was away', () => {
    for (let found = 0; found < 2; found++) {
      accepted(SATO, SERVER, ASKING);
      sendAgain(SATO, SERVER);
      wait(2 * SECOND_US);
      if (found) aboutTime(Command.FoundSilent, SERVER, WEB, now());
      pass(5 * SECOND_US);
      send(SATO, SERVER);
      drained();
      expect<u32>(reply(SATO, SERVER, found ? RST | ACK : RST)).toBe(Verdict.ConversationAnswered);
      expect<u32>(saidTimes(Event.Outage)).toBe(found);
      wait(2 * WAIT_US);
      expect<u32>(saidTimes(Event.Waiting)).toBe(found);
      checkTables(16, 64, ATTEMPTS);
    }
  });

  it('that are answered within the wait are no failure, and one that was reset at once is forgotten', () => {
    accepted();
    sendAgain(SATO, SERVER);
    expect<u32>(reply(SATO, SERVER)).toBe(Verdict.ConversationAnswered);
    expect<u64>(counterOf(Counter.Answered)).toBe(2);
    send(SATO, SERVER);
    expect<u32>(reply(SATO, SERVER, RST)).toBe(Verdict.ConversationAnswered);
    expect<u32>(reply(SATO, SERVER, RST | ACK)).toBe(Verdict.ResetUnasked);
    wait(2 * WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    checkTables(16, 64, ATTEMPTS);
  });

  it('take no place from requests, and leave half of theirs to those that come', () => {
    accepted(SATO, SERVER, EVERYTHING | Option.ReportAttempts);
    for (let i: u32 = 0; i < CONVERSATIONS; i++) {
      const verdict: u32 = i < CONVERSATIONS / 2 ? Verdict.ConversationWaits : Verdict.ConversationRepeated;
      expect<u32>(sendAgain(SATO, SERVER, DATA, PORT + i)).toBe(verdict);
    }
    expect<u64>(counterOf(Counter.ConversationsEvicted)).toBe(0);
    for (let i: u32 = 0; i < 100; i++) {
      send(SATO, SERVER, DATA, PORT + 100 + i);
      syn(SATO, SERVER, 100 + i, WEB, 20_000 + i);
      give(Direction.In, LAN);
      checkTables(16, 64, ATTEMPTS);
    }
    expect<u64>(counterOf(Counter.ConversationsEvicted)).toBe(100);
    expect<u32>(heldAttempts()).toBe(ATTEMPTS);
    wait(WAIT_US);
    let unanswered = 0;
    for (let i: u32 = 0; i < saidTimes(Event.Attempt); i++)
      if (said(Event.Attempt, i).code == Outcome.Unanswered) unanswered++;
    expect<u32>(unanswered).toBe(ATTEMPTS + CONVERSATIONS / 2);
    checkTables(16, 64, ATTEMPTS);
  });

  it('with a server that is known to be down need no place to wait', () => {
    accepted();
    for (let port: u32 = 0; port < CONVERSATIONS; port++) sendAgain(SATO, SERVER, DATA, PORT + port);
    drained();
    syn(SATO, SERVER, 9);
    give(Direction.In, LAN);
    unreachable(SATO, SERVER, 9, HOST);
    give(Direction.Out, LAN);
    aboutServer(Command.Confirm, SERVER);
    drained();
    expect<u32>(sendAgain(TANAKA, SERVER)).toBe(Verdict.ConversationLinked);
    expect<bool>(saidOf(Event.Waiting, TANAKA)).toBe(true);
    checkTables(16, 64, ATTEMPTS);
  });

  it('are passed over once when one has to go, if they were sent again', () => {
    accepted(SATO, SERVER, EVERYTHING, 2);
    send(SATO, SERVER, DATA, PORT);
    pass(RTO_US);
    send(SATO, SERVER, DATA, PORT);
    send(SATO, SERVER, DATA, PORT + 1);
    send(SATO, SERVER, DATA, PORT + 2);
    pass(RTO_US);
    expect<u32>(send(SATO, SERVER, DATA, PORT)).toBe(Verdict.ConversationWaits);
  });

  it('are unknown to a message about them', () => {
    accepted();
    sendAgain(SATO, SERVER);
    unreachable(SATO, SERVER, DATA, HOST, WEB, PORT);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.UnreachableUnasked);
  });
});
