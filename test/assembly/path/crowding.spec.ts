import { drained } from '../../../assembly/index';
import { Counter } from '../../../assembly/path/verdict';
import { Command, Option } from '../../../assembly/record/commands';
import { Event } from '../../../assembly/record/events';
import { findAttempt } from '../../../assembly/table/attempts';
import { hashAddress } from '../../../assembly/table/hash';
import { nextCandidate, openWaits } from '../../../assembly/table/open-attempts';
import { ServerState } from '../../../assembly/table/servers';
import { MIN_TIMED } from '../../../assembly/table/times';
import { Address } from '../../../assembly/wire/address';
import { ipv4, ipv6, NAKAMURA, SATO, SATO6, SERVER, SERVER6, someClient, TANAKA6, THIRD } from '../addresses';
import { MILLISECOND_US, WAIT_US } from '../numbers';
import { ASKING, aboutClient, EVERYTHING } from '../orders';
import { CLIENT_PORT, syn, WEB } from '../packets';
import { counterOf, fresh, give, pass, wait } from '../play';
import { said, saidOf, saidTimes } from '../said';
import { accept } from '../stories';
import { checkTables } from '../tables';

const ATTEMPTS: u32 = 256;
/** Where places are few, many more are asked than some are passed by. */
const FEW: u32 = 64;
const FLOOD: u32 = 2000;
const PORTS: u32 = (CLIENT_PORT << 16) | WEB;
/** The flood lasts as long as the wait. */
const STEP_US: i64 = WAIT_US / <i64>FLOOD;

function isNoted(client: Address, server: Address, sequence: u32): bool {
  const serverHash = hashAddress(server);
  return findAttempt(client, hashAddress(client), server, serverHash, PORTS, sequence) != 0;
}

function request(client: Address, server: Address, sequence: u32): void {
  syn(client, server, sequence);
  give();
}

/** More requests than the table holds, of as many clients, to an address that nobody has. */
function floodOne(server: Address, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    request(someClient(server.isIpv4 ? 2 * i : 2 * i + 1), server, i);
    pass(STEP_US);
  }
}

/** The same to as many addresses of one network. */
function floodNetwork(client: Address, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    request(client, ipv6(0x178, 0x1000 + i), i);
    pass(STEP_US);
    if ((i & 15) == 0) drained();
  }
}

/** SERVER has answered, and is silent now: Sato's request waits for its end. */
function silentServer(options: u32): void {
  fresh(options, 16, 4096, ATTEMPTS);
  accept(NAKAMURA, SERVER);
  wait(2 * WAIT_US);
  drained();
  request(SATO, SERVER, 7);
}

describe('more requests to one address than there is room for', () => {
  it('take no place of others, whose silence is noticed', () => {
    silentServer(ASKING);
    for (let i: u32 = 0; i < FLOOD - 1; i++) {
      request(someClient(2 * i), THIRD, i);
      pass(STEP_US);
      if ((i & 31) == 31) drained();
    }
    expect<bool>(isNoted(SATO, SERVER, 7)).toBe(true);
    drained();
    wait(STEP_US);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
    checkTables(16, 4096, ATTEMPTS);
  });

  it('have the server asked at once, and the clients whose attempts are gone stay with the suspicion', () => {
    silentServer(ASKING);
    floodOne(THIRD, ATTEMPTS + 20);
    expect<u64>(counterOf(Counter.OpenEvicted)).toBe(21);
    expect<u64>(counterOf(Counter.JudgedEarly)).toBe(
      20,
      'all but the first, which might have been by itself',
    );
    expect<bool>(said(Event.Outage).server.equals(THIRD)).toBe(true);
    expect<u32>(said(Event.Outage).state).toBe(ServerState.Suspected);
    expect<u32>(saidTimes(Event.Waiting)).toBe(20);
    expect<bool>(saidOf(Event.Waiting, someClient(2))).toBe(true);
  });

  it('are not judged early where the server is not asked, or silence does not count', () => {
    const options: u32[] = [EVERYTHING, ASKING & ~Option.Unanswered];
    for (let i = 0; i < options.length; i++) {
      silentServer(options[i]);
      floodOne(THIRD, ATTEMPTS + 20);
      expect<u64>(counterOf(Counter.OpenEvicted)).toBe(21);
      expect<u64>(counterOf(Counter.JudgedEarly)).toBe(0);
      expect<u32>(saidTimes(Event.Outage)).toBe(0);
    }
  });

  it('are not judged early at a server that answers others meanwhile', () => {
    fresh(ASKING, 16, 4096, ATTEMPTS);
    accept(NAKAMURA, SERVER);
    wait(2 * WAIT_US);
    drained();
    for (let i: u32 = 0; i < 2 * ATTEMPTS; i++) {
      request(someClient(2 * i), SERVER, i);
      pass(MILLISECOND_US);
      if (i % 50 == 49) accept(NAKAMURA, SERVER);
    }
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    expect<u64>(counterOf(Counter.Unjudged)).toBeGreaterThan(0);
  });
});

describe('more requests to one network than there is room for', () => {
  it('take no place of others, whose silence is noticed', () => {
    for (let known = 0; known < 2; known++) {
      silentServer(ASKING);
      if (known == 1) aboutClient(Command.KnowClient, TANAKA6);
      floodNetwork(TANAKA6, FLOOD - 1);
      expect<bool>(isNoted(SATO, SERVER, 7)).toBe(true);
      drained();
      wait(STEP_US);
      expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
      checkTables(16, 4096, ATTEMPTS);
    }
  });

  it('are not judged early: no server holds an eighth of the table', () => {
    silentServer(ASKING);
    floodNetwork(TANAKA6, 2 * ATTEMPTS);
    expect<u64>(counterOf(Counter.OpenEvicted)).toBeGreaterThan(ATTEMPTS);
    expect<u64>(counterOf(Counter.JudgedEarly)).toBe(0);
  });

  it('go before one to a server of that network that has answered before', () => {
    fresh(ASKING, 16, 4096, ATTEMPTS);
    accept(TANAKA6, SERVER6);
    wait(2 * WAIT_US);
    request(SATO6, SERVER6, 7);
    floodNetwork(TANAKA6, 4 * ATTEMPTS);
    expect<bool>(isNoted(SATO6, SERVER6, 7)).toBe(true);
  });

  it('go before one of a known client, when theirs is not', () => {
    for (let known = 0; known < 2; known++) {
      fresh(ASKING, 16, 4096, ATTEMPTS);
      if (known == 1) aboutClient(Command.KnowClient, SATO6);
      request(SATO6, SERVER6, 7);
      floodNetwork(TANAKA6, 4 * ATTEMPTS);
      expect<bool>(isNoted(SATO6, SERVER6, 7)).toBe(known == 1);
    }
  });

  it('leave alone whatever came before them, however much that is', () => {
    fresh(ASKING, 16, 4096, ATTEMPTS);
    for (let i: u32 = 0; i < ATTEMPTS / 2; i++) request(SATO, ipv4(172, 27, 178, i), i);
    floodNetwork(TANAKA6, 4 * ATTEMPTS);
    let noted: u32 = 0;
    for (let i: u32 = 0; i < ATTEMPTS / 2; i++) if (isNoted(SATO, ipv4(172, 27, 178, i), i)) noted++;
    expect<u32>(noted).toBeGreaterThan(ATTEMPTS / 2 - 5, 'but for who is in the same share by chance');
  });
});

describe('requests to many servers alike', () => {
  it('go the oldest first', () => {
    fresh(ASKING, 16, 4096, ATTEMPTS);
    for (let i: u32 = 0; i < ATTEMPTS + 32; i++) {
      request(SATO, ipv4(172, 27, 178, i & 127), i);
      drained();
    }
    let noted: u32 = 0;
    for (let i: u32 = 32 + 32; i < ATTEMPTS + 32; i++)
      if (isNoted(SATO, ipv4(172, 27, 178, i & 127), i)) noted++;
    expect<u32>(noted).toBeGreaterThanOrEqual(ATTEMPTS - 32 - 8);
  });
});

describe('more requests than there is room for, to a service whose answers take no time', () => {
  it('take no place of those that wait longer, of servers that few ask', () => {
    fresh(EVERYTHING | Option.LearnWait, 64, 4096, FEW);
    for (let i: u32 = 0; i <= MIN_TIMED; i++) {
      accept(someClient(2 * i), SERVER);
      wait(2 * WAIT_US);
      drained();
    }
    const others = FEW / 2;
    for (let i: u32 = 0; i < others; i++) request(SATO, ipv4(172, 27, 178, 100 + i), 7);
    // The search for one that may go has come to these.
    for (let i: u32 = 0; i < others / 2; i++) nextCandidate();
    for (let i: u32 = 0; i < 8 * FEW; i++) request(someClient(2 * i), SERVER, 1000 + i);
    expect<bool>((openWaits() & 2) != 0).toBe(true, 'it is waited for less than for others');
    for (let i: u32 = 0; i < others; i++)
      assert(isNoted(SATO, ipv4(172, 27, 178, 100 + i), 7), 'it has kept its place');
    checkTables(64, 4096, FEW);
  });
});
