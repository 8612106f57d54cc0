import { Direction } from '../../../assembly/path/packet';
import { Counter, Verdict } from '../../../assembly/path/verdict';
import { Cause, Event } from '../../../assembly/record/events';
import { heldAttempts } from '../../../assembly/table/attempt';
import { ipv4, SATO, SERVER, TANAKA, THIRD } from '../addresses';
import {
  ATTEMPTS,
  accepted,
  askForRoom,
  clients,
  DATA,
  FOR_OTHERS,
  full,
  LAST,
  PORT,
  RTO_US,
  reply,
  send,
  sendAgain,
  servers,
} from '../conversations';
import { ACK, FIN, patchIp8, spoil8 } from '../frames';
import { LAN, MILLISECOND_US, SECOND_US, WAIT_US, WAN } from '../numbers';
import { answerFor, EVERYTHING } from '../orders';
import { acknowledges, segment, sends, syn, WEB } from '../packets';
import { counterOf, give, now, pass, wait } from '../play';
import { said, saidOf, saidTimes } from '../said';
import { checkTables } from '../tables';

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
});
