import { drained } from '../../../assembly/index';
import { Direction, FrameFlag } from '../../../assembly/path/packet';
import { Counter, Verdict } from '../../../assembly/path/verdict';
import { Command, Option, Status } from '../../../assembly/record/commands';
import { Cause, Event, Sign } from '../../../assembly/record/events';
import { heldAttempts, Outcome } from '../../../assembly/table/attempt';
import { Address } from '../../../assembly/wire/address';
import { ipv4, SATO, SATO6, SERVER, SERVER6, TANAKA, THIRD } from '../addresses';
import { ACK, FIN, patchIp8, RST, spoil8 } from '../frames';
import { LAN, MILLISECOND_US, SECOND_US, WAIT_US, WAN } from '../numbers';
import { ASKING, aboutServer, aboutTime, answerFor, EVERYTHING } from '../orders';
import { acknowledges, HOST, segment, sends, syn, synAck, unreachable, WEB } from '../packets';
import { counterOf, fresh, give, now, pass, wait } from '../play';
import { hearAll, said, saidOf, saidTimes } from '../said';
import { forward } from '../stories';
import { checkTables } from '../tables';

const ATTEMPTS: u32 = 16;
const CONVERSATIONS: u32 = 8;
/** A retransmission's time, and twice that, as kernels have them. */
const RTO_US: i64 = 200 * MILLISECOND_US;
const PORT: u32 = 50_000;
/** The last byte of the frame that a client sends, by IPv4. */
const LAST: u32 = 14 + 20 + 20 + 20 - 1;
const DATA: u32 = 1000;
const FOR_OTHERS: u32 = Direction.In | FrameFlag.ForOthers;

const clients: Address[] = [SATO, SATO6];
const servers: Address[] = [SERVER, SERVER6];

/** The service has accepted that client's connection long ago. */
function accepted(
  client: Address = SATO,
  server: Address = SERVER,
  options: u32 = EVERYTHING,
  conversations: u32 = CONVERSATIONS,
): void {
  fresh(options, 16, 64, ATTEMPTS, WAIT_US, 0, conversations);
  accept(client, server);
  wait(WAIT_US);
  wait(WAIT_US);
  drained();
}

function accept(client: Address, server: Address): void {
  forward(client, server, 7);
  synAck(client, server, 7);
  assert(give(Direction.In, WAN) == Verdict.SynAckAnswers, 'it is accepted');
}

/** It comes in and leaves. */
function send(client: Address, server: Address, sequence: u32 = DATA, port: u32 = PORT): u32 {
  sends(client, server, sequence, 20, port);
  const verdict = give(Direction.In, LAN);
  assert(give(Direction.Out, WAN) == Verdict.OtherTcp, 'and leaves');
  return verdict;
}

/** What is sent once, and twice more. Returns the last verdict. */
function sendAgain(client: Address, server: Address, sequence: u32 = DATA, port: u32 = PORT): u32 {
  assert(send(client, server, sequence, port) == Verdict.ConversationSent, 'it is sent');
  pass(RTO_US);
  assert(send(client, server, sequence, port) == Verdict.ConversationRepeated, 'and again');
  pass(2 * RTO_US);
  return send(client, server, sequence, port);
}

/** The server has taken all that came before, and takes nothing now. */
function full(client: Address, server: Address): void {
  acknowledges(client, server, DATA, ACK, PORT);
  const window = 14 + (client.isIpv4 ? 20 : 40) + 14;
  spoil8(window, 0);
  spoil8(window + 1, 0);
  assert(give(Direction.In, WAN) == Verdict.ConversationAnswered, 'it answers');
}

function askForRoom(client: Address, server: Address): u32 {
  sends(client, server, DATA - 1, 0, PORT);
  return give(Direction.In, LAN);
}

function reply(client: Address, server: Address, flags: u32 = ACK, port: u32 = PORT): u32 {
  acknowledges(client, server, DATA + 20, flags, port);
  return give(Direction.In, WAN);
}

describe('conversations', () => {
  it('are nothing of ours where none count, and none do after a configuration', () => {
    accepted(SATO, SERVER, EVERYTHING, 0);
    for (let i = 0; i < 5; i++) {
      expect<u32>(send(SATO, SERVER)).toBe(Verdict.OtherTcp);
      expect<u32>(reply(SATO, SERVER)).toBe(Verdict.OtherTcp);
      pass(SECOND_US);
    }
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    accepted();
    expect<u32>(send(SATO, SERVER)).toBe(Verdict.ConversationSent);
    accepted(SATO, SERVER, EVERYTHING, 0);
    expect<u32>(send(SATO, SERVER)).toBe(Verdict.OtherTcp);
  });

  it('that are acknowledged are no failure', () => {
    for (let i = 0; i < 2; i++) {
      accepted(clients[i], servers[i]);
      for (let sent: u32 = 0; sent < 10; sent++) {
        send(clients[i], servers[i], DATA + 20 * sent);
        expect<u32>(reply(clients[i], servers[i])).toBe(Verdict.ConversationAnswered);
        expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.OtherTcp);
        pass(SECOND_US);
      }
      wait(2 * WAIT_US);
      expect<u32>(saidTimes(Event.Outage)).toBe(0);
      checkTables(16, 64, ATTEMPTS);
    }
  });

  it('whose client sends the same three times without an acknowledgement are a failure of the host when the wait is over', () => {
    for (let i = 0; i < 2; i++) {
      accepted(clients[i], servers[i]);
      const start = now();
      expect<u32>(sendAgain(clients[i], servers[i])).toBe(Verdict.ConversationWaits);
      expect<u32>(heldAttempts()).toBe(0, 'it takes no place of a request');
      pass(4 * RTO_US);
      expect<u32>(send(clients[i], servers[i])).toBe(Verdict.ConversationRepeated);
      const last = now();
      wait(WAIT_US - 5 * RTO_US);
      expect<u32>(saidTimes(Event.Outage)).toBe(0, 'not before');
      wait(RTO_US);
      const outage = said(Event.Outage);
      expect<u32>(outage.port).toBe(0);
      expect<u32>(outage.triedPort).toBe(WEB);
      expect<u32>(outage.code).toBe(Cause.Unanswered);
      const waiting = said(Event.Waiting);
      expect<bool>(waiting.client.equals(clients[i])).toBe(true);
      expect<u32>(waiting.tries).toBe(4);
      expect<i64>(waiting.firstUs).toBe(start);
      expect<i64>(waiting.lastUs).toBe(last);
      checkTables(16, 64, ATTEMPTS);
    }
  });

  it('are none where the same frame is seen more than once, however often', () => {
    accepted();
    for (let i = 0; i < 20; i++) {
      sends(SATO, SERVER, DATA, 20, PORT);
      give(Direction.In, LAN);
      give(Direction.In, LAN);
      // The router has kept it while it looked for the server.
      pass(3 * SECOND_US);
      give(Direction.Out, WAN);
      give(Direction.In, WAN);
      pass(-3 * SECOND_US + MILLISECOND_US);
    }
    wait(2 * WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
  });

  it('are none where the client sends something else in between: it goes on', () => {
    accepted();
    for (let i: u32 = 0; i < 20; i++) {
      expect<u32>(send(SATO, SERVER, DATA + (i & 1))).toBe(Verdict.ConversationSent);
      pass(SECOND_US);
    }
    sendAgain(SATO, SERVER, DATA);
    expect<u32>(send(SATO, SERVER, DATA + 20)).toBe(Verdict.ConversationSent, 'it was answered elsewhere');
    wait(2 * WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    checkTables(16, 64, ATTEMPTS);
  });

  it('are answered by a server that takes nothing: its window is full', () => {
    accepted();
    for (let i = 0; i < 20; i++) {
      expect<u32>(send(SATO, SERVER)).toBe(Verdict.ConversationSent);
      full(SATO, SERVER);
      pass(5 * SECOND_US);
    }
    sendAgain(SATO, SERVER);
    full(SATO, SERVER);
    wait(2 * WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
  });

  it('fail where a server that took nothing answers no more who asks for room', () => {
    for (let i = 0; i < 2; i++) {
      accepted(clients[i], servers[i]);
      send(clients[i], servers[i]);
      full(clients[i], servers[i]);
      for (let asked = 0; asked < 10; asked++) {
        pass(SECOND_US);
        expect<u32>(askForRoom(clients[i], servers[i])).toBe(Verdict.ConversationRepeated);
        full(clients[i], servers[i]);
      }
      for (let asked = 0; asked < 3; asked++) {
        pass(SECOND_US);
        const verdict: u32 = asked == 2 ? Verdict.ConversationWaits : Verdict.ConversationRepeated;
        expect<u32>(askForRoom(clients[i], servers[i])).toBe(verdict);
      }
      wait(WAIT_US);
      expect<bool>(saidOf(Event.Waiting, clients[i])).toBe(true);
      expect<u32>(said(Event.Waiting).tries).toBe(3);
      checkTables(16, 64, ATTEMPTS);
    }
  });

  it('fail like that also where all was taken before the server had no more room', () => {
    accepted();
    send(SATO, SERVER);
    reply(SATO, SERVER);
    full(SATO, SERVER);
    for (let asked = 0; asked < 3; asked++) {
      pass(SECOND_US);
      askForRoom(SATO, SERVER);
      give(Direction.Out, WAN);
    }
    wait(WAIT_US);
    expect<u32>(said(Event.Waiting).tries).toBe(3);
    checkTables(16, 64, ATTEMPTS);
    acknowledges(SATO, THIRD, DATA, ACK, PORT);
    spoil8(14 + 20 + 14, 0);
    spoil8(14 + 20 + 15, 0);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.OtherTcp, 'no service is known there');
  });

  it('know nothing of acknowledgements, the end, and what is sent to a port where no service is known', () => {
    accepted();
    for (let i = 0; i < 4; i++) {
      sends(SATO, SERVER, DATA, 0, PORT);
      expect<u32>(give(Direction.In, LAN)).toBe(Verdict.OtherTcp, 'keep-alive');
      segment(SATO, PORT, SERVER, WEB, DATA, 78, FIN | ACK);
      expect<u32>(give(Direction.In, LAN)).toBe(Verdict.OtherTcp, 'end');
      sends(SATO, SERVER, DATA, 20, PORT, 8080);
      expect<u32>(give(Direction.In, LAN)).toBe(Verdict.OtherTcp, 'another port');
      sends(SATO, THIRD, DATA, 20, PORT);
      expect<u32>(give(Direction.In, LAN)).toBe(Verdict.OtherTcp, 'another server');
      sends(SATO, ipv4(8, 8, 8, 8), DATA, 20, PORT);
      expect<u32>(give(Direction.In, LAN)).toBe(Verdict.OtherTcp, 'no server of ours');
      pass(SECOND_US);
    }
  });

  it('mean nothing if the server was heard of after the last of what was sent, by whomever', () => {
    accepted();
    sendAgain(SATO, SERVER);
    pass(SECOND_US);
    acknowledges(TANAKA, SERVER, 500, ACK, 41_000);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.OtherTcp, 'a download of another client');
    wait(2 * WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    expect<u64>(counterOf(Counter.Unjudged)).toBe(1);
    pass(SECOND_US);
    expect<u32>(send(SATO, SERVER)).toBe(Verdict.ConversationSent, 'it begins anew');
  });

  it('are not answered from where the clients are, by this machine itself, or by its page', () => {
    accepted();
    answerFor(WEB, true);
    sendAgain(SATO, SERVER);
    acknowledges(SATO, SERVER, DATA + 20, ACK, PORT);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.WrongSide);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.WrongSide);
    accepted();
    answerFor(WEB, true);
    sendAgain(SATO, SERVER);
    acknowledges(SATO, SERVER, DATA + 20, ACK, PORT);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.OtherTcp);
    wait(WAIT_US);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
  });

  it('are sent by what may pass a router, and is whole', () => {
    accepted();
    send(SATO, SERVER);
    for (let i = 0; i < 8; i++) {
      pass(SECOND_US);
      sends(SATO, SERVER, DATA, 20, PORT);
      if (i & 1) patchIp8(8, 1);
      else spoil8(LAST, 1);
      expect<u32>(give(Direction.In, LAN)).toBe(Verdict.OtherTcp);
    }
    // Of another machine's, unless a bridge carries it on.
    for (let i = 0; i < 4; i++) {
      pass(SECOND_US);
      sends(SATO, SERVER, DATA + 100, 20, PORT + 1);
      give(FOR_OTHERS, LAN);
    }
    syn(TANAKA, SERVER, 9);
    give(FOR_OTHERS, LAN);
    give(Direction.Out, WAN);
    pass(SECOND_US);
    sends(SATO, SERVER, DATA + 100, 20, PORT + 1);
    expect<u32>(give(FOR_OTHERS, LAN)).toBe(Verdict.ConversationWaits);
  });

  it('are this machine’s own only where that counts', () => {
    accepted();
    for (let i = 0; i < 4; i++) {
      sends(SATO, SERVER, DATA, 20, PORT);
      expect<u32>(give(Direction.Out, WAN)).toBe(Verdict.OtherTcp);
      pass(SECOND_US);
    }
  });

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
