import { drained } from '../../../assembly/index';
import { Counter, Verdict } from '../../../assembly/path/verdict';
import { Command, Status } from '../../../assembly/record/commands';
import { Cause, Event } from '../../../assembly/record/events';
import { Address } from '../../../assembly/wire/address';
import {
  ipv4,
  NAKAMURA,
  ROUTER,
  SATO,
  SATO6,
  SECOND,
  SERVER,
  SERVER6,
  someClient,
  TANAKA,
  THIRD,
} from '../addresses';
import { SECOND_US, WAIT_US } from '../numbers';
import { aboutServer, EVERYTHING } from '../orders';
import { advertisement, arpReply, refusal, SECURE, syn, WEB } from '../packets';
import { counterOf, fresh, give, pass, wait } from '../play';
import { said, saidTimes } from '../said';
import { accept, turnAway } from '../stories';
import { checkTables } from '../tables';

const _CLIENTS: u32 = 64;

/** How many clients the server's chain hands out. */
function waiting(server: Address, port: u32 = 0): u32 {
  drained();
  aboutServer(Command.Release, server, port);
  const released = saidTimes(Event.Released);
  assert(saidTimes(Event.ReleaseEnd) == 1, 'the chain is handed out whole');
  return released;
}

describe('an outage', () => {
  it('is opened once, and keeps its cause', () => {
    fresh();
    turnAway(SATO, SERVER);
    pass(SECOND_US);
    turnAway(TANAKA, SERVER);
    syn(NAKAMURA, SERVER, 8);
    give();
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
    expect<u32>(saidTimes(Event.Waiting)).toBe(3);
    expect<u32>(said(Event.Waiting, 2).code).toBe(Cause.Unreachable);
    expect<u64>(counterOf(Counter.OutagesOpened)).toBe(1);
    expect<u64>(counterOf(Counter.ServersDown)).toBe(1);
  });

  it('of the host is also that of all its services', () => {
    fresh();
    accept(NAKAMURA, SERVER, WEB);
    wait(WAIT_US);
    turnAway(SATO, SERVER);
    syn(TANAKA, SERVER, 8);
    expect<u32>(give()).toBe(Verdict.SynLinked);
    refusal(TANAKA, SERVER, 8);
    give();
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
    expect<u32>(said(Event.Waiting, 1).port).toBe(0);
  });

  it('of a service stays its own when the host goes down later', () => {
    fresh();
    aboutServer(Command.KnowService, SERVER, WEB);
    syn(SATO, SERVER, 1);
    give();
    refusal(SATO, SERVER, 1);
    give();
    wait(WAIT_US);
    turnAway(TANAKA, SERVER);
    expect<u32>(saidTimes(Event.Outage)).toBe(2);
    expect<u32>(waiting(SERVER, WEB)).toBe(2, 'Tanaka was linked to the service before the error came');
    expect<u32>(waiting(SERVER)).toBe(1);
    checkTables(16, 64, 64);
  });

  it('has its clients in the order of their registration', () => {
    fresh(EVERYTHING, 16, 256);
    for (let i: u32 = 0; i < 20; i++) turnAway(someClient(2 * i), SERVER);
    for (let i: u32 = 0; i < 20; i += 3) turnAway(someClient(2 * i), SERVER);
    expect<u32>(waiting(SERVER)).toBe(20);
    for (let i: u32 = 0; i < 20; i++) {
      assert(said(Event.Released, i).client.equals(someClient(2 * i)), 'who came first is first');
    }
  });

  it('keeps its clients from those of another', () => {
    fresh();
    turnAway(SATO, SERVER);
    turnAway(SATO, SECOND);
    turnAway(TANAKA, SECOND);
    turnAway(SATO6, SERVER6);
    expect<u32>(waiting(SERVER)).toBe(1);
    expect<u32>(waiting(SECOND)).toBe(2);
    expect<u32>(waiting(SERVER6)).toBe(1);
    expect<u32>(aboutServer(Command.Release, THIRD)).toBe(Status.NotFound);
  });

  it('enters no client that is no host', () => {
    fresh();
    turnAway(ipv4(0, 0, 0, 0), SERVER);
    turnAway(ipv4(255, 255, 255, 255), SERVER);
    turnAway(ipv4(224, 0, 0, 1), SERVER);
    turnAway(ipv4(127, 0, 0, 1), SERVER);
    expect<u32>(saidTimes(Event.Waiting)).toBe(0);
  });
});

describe('what is learnt', () => {
  it('of a service lasts: it answered before, so a refusal means something', () => {
    fresh();
    accept(NAKAMURA, SERVER, SECURE);
    wait(100 * WAIT_US);
    syn(SATO, SERVER, 1, SECURE);
    give();
    refusal(SATO, SERVER, 1, SECURE);
    give();
    expect<u32>(said(Event.Outage).port).toBe(SECURE);
  });

  it('by address resolution makes no service known, and no outage', () => {
    fresh();
    advertisement(SERVER6, false);
    give();
    arpReply(SERVER, ROUTER);
    give();
    wait(100 * WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    syn(SATO, SERVER, 1);
    give();
    refusal(SATO, SERVER, 1);
    give();
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
  });
});
