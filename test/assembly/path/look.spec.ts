import { drained } from '../../../assembly/index';
import { Counter } from '../../../assembly/path/verdict';
import { Command, Option, Status } from '../../../assembly/record/commands';
import { Cause, Event } from '../../../assembly/record/events';
import { ServerState } from '../../../assembly/table/servers';
import { NAKAMURA, SATO, SECOND, SERVER, TANAKA } from '../addresses';
import { SECOND_US, WAIT_US } from '../numbers';
import { ASKING, aboutServer, aboutTime, EVERYTHING } from '../orders';
import { refusal, SECURE, syn, synAck, WEB } from '../packets';
import { counterOf, fresh, give, now, pass, wait } from '../play';
import { said, saidOf, saidTimes } from '../said';
import { accept } from '../stories';

/** The service has answered Nakamura, and the events of that are taken away. */
function known(options: u32 = ASKING): void {
  fresh(options);
  accept(NAKAMURA, SERVER);
  wait(10 * SECOND_US);
  drained();
}

function request(sequence: u32): void {
  syn(SATO, SERVER, sequence);
  give();
}

describe('a look at a known service', () => {
  it('is wanted when it has left a request unanswered for a second, and not before', () => {
    known();
    request(5);
    wait(SECOND_US - 1);
    expect<u32>(saidTimes(Event.Look)).toBe(0);
    wait(1);
    expect<u32>(saidTimes(Event.Look)).toBe(1);
    expect<u32>(said(Event.Look).port).toBe(WEB);
    expect<bool>(said(Event.Look).server.equals(SERVER)).toBe(true);
    wait(20 * SECOND_US);
    expect<u32>(saidTimes(Event.Look)).toBe(1, 'once for a request');
  });

  it('is noticed with the next frame, whatever that is', () => {
    known();
    request(5);
    pass(SECOND_US);
    syn(TANAKA, SECOND, 6);
    give();
    expect<u32>(saidTimes(Event.Look)).toBe(1);
  });

  it('is wanted at most once in five seconds for one service, and for each by itself', () => {
    known();
    accept(NAKAMURA, SERVER, SECURE);
    pass(SECOND_US);
    for (let i: u32 = 0; i < 5; i++) {
      request(5 + i);
      syn(SATO, SERVER, 50 + i, SECURE);
      give();
      wait(SECOND_US);
    }
    expect<u32>(saidTimes(Event.Look)).toBe(2, 'one of each');
    request(20);
    wait(SECOND_US - 1);
    expect<u32>(saidTimes(Event.Look)).toBe(2);
    wait(1);
    expect<u32>(saidTimes(Event.Look)).toBe(3);
  });

  it('is not wanted of a service that nobody knows', () => {
    known();
    syn(SATO, SERVER, 5, SECURE);
    give();
    syn(SATO, SECOND, 6);
    give();
    wait(10 * SECOND_US);
    expect<u32>(saidTimes(Event.Look)).toBe(0);
  });

  it('is not wanted where the request was answered, or somebody else was after it', () => {
    known();
    request(5);
    synAck(SATO, SERVER, 5);
    give();
    request(6);
    pass(SECOND_US / 2);
    accept(TANAKA, SERVER);
    wait(10 * SECOND_US);
    expect<u32>(saidTimes(Event.Look)).toBe(0);
  });

  it('is not wanted while it is suspected or down', () => {
    known();
    syn(TANAKA, SERVER, 4);
    give();
    refusal(TANAKA, SERVER, 4);
    give();
    request(5);
    wait(10 * SECOND_US);
    expect<u32>(saidTimes(Event.Look)).toBe(0);
    aboutServer(Command.Confirm, SERVER, WEB);
    request(6);
    wait(10 * SECOND_US);
    expect<u32>(saidTimes(Event.Look)).toBe(0);
  });

  it('is not wanted where servers are not asked, or silence does not count', () => {
    const options: u32[] = [EVERYTHING, ASKING & ~Option.Unanswered];
    for (let i = 0; i < options.length; i++) {
      known(options[i]);
      request(5);
      wait(10 * SECOND_US);
      expect<u32>(saidTimes(Event.Look)).toBe(0);
    }
  });

  it('is not forgotten over requests that end, or go because the table is full', () => {
    fresh(ASKING, 16, 64, 4);
    accept(NAKAMURA, SERVER);
    wait(10 * SECOND_US);
    drained();
    syn(SATO, SECOND, 4);
    give();
    request(5);
    for (let i: u32 = 0; i < 4; i++) {
      syn(TANAKA, SECOND, 6 + i);
      give();
    }
    wait(SECOND_US);
    expect<u32>(saidTimes(Event.Look)).toBe(1);
    checkLookedAgain();
  });
});

function checkLookedAgain(): void {
  drained();
  wait(10 * SECOND_US);
  request(99);
  wait(SECOND_US);
  expect<u32>(saidTimes(Event.Look)).toBe(1);
}

describe('a silence', () => {
  it('is none when the service answered somebody after the last request, and that is counted', () => {
    known();
    request(5);
    pass(SECOND_US);
    accept(TANAKA, SERVER);
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    expect<u64>(counterOf(Counter.Unjudged)).toBe(1);
  });

  it('is one when that was another service, though its host answers', () => {
    known();
    request(5);
    pass(SECOND_US);
    accept(TANAKA, SERVER, SECURE);
    wait(WAIT_US);
    expect<u32>(said(Event.Outage).port).toBe(WEB);
  });

  it('lasts another wait where the service answered somebody between two of the requests, and no longer', () => {
    known();
    request(5);
    pass(SECOND_US);
    accept(TANAKA, SERVER);
    pass(2 * SECOND_US);
    request(5);
    wait(WAIT_US - 3 * SECOND_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    wait(5 * SECOND_US);
    request(5);
    wait(WAIT_US - 5 * SECOND_US - 1);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    wait(1);
    expect<u32>(said(Event.Outage).state).toBe(ServerState.Suspected);
    expect<u32>(said(Event.Outage).code).toBe(Cause.Unanswered);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
  });

  it('of a service that a look found silent is a short outage, though it answers again', () => {
    for (let found = 0; found < 3; found++) {
      known();
      request(5);
      wait(SECOND_US);
      if (found == 1) aboutTime(Command.FoundSilent, SERVER, WEB, now());
      if (found == 2) aboutTime(Command.FoundSilent, SERVER, WEB, now() - 2 * SECOND_US);
      wait(5 * SECOND_US);
      accept(TANAKA, SERVER);
      wait(WAIT_US);
      expect<bool>(saidOf(Event.Waiting, SATO)).toBe(found == 1, 'a look before the request says nothing');
    }
    expect<u32>(aboutTime(Command.FoundSilent, SECOND, WEB, now())).toBe(Status.Ok, 'it is forgotten by now');
  });

  it('and whoever else met it, is in that one, and makes no other when his wait is over, too', () => {
    known();
    request(5);
    wait(SECOND_US / 4);
    request(6);
    wait(SECOND_US);
    aboutTime(Command.FoundSilent, SERVER, WEB, now());
    wait(5 * SECOND_US);
    request(7);
    accept(TANAKA, SERVER);
    wait(WAIT_US - 6 * SECOND_US - SECOND_US / 8);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
    aboutServer(Command.Release, SERVER, WEB);
    expect<u32>(said(Event.Released).tries).toBe(2, 'the third was after that');
    aboutServer(Command.Forget, SERVER, WEB);
    drained();
    wait(SECOND_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    expect<u32>(saidTimes(Event.Waiting)).toBe(0);
  });
});
