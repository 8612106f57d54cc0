import { drained } from '../../../assembly/index';
import { Counter, Verdict } from '../../../assembly/path/verdict';
import { Command, Option } from '../../../assembly/record/commands';
import { Event } from '../../../assembly/record/events';
import { freeClients } from '../../../assembly/table/clients';
import { hashAddress } from '../../../assembly/table/hash';
import { findServer } from '../../../assembly/table/servers';
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
import { WAIT_US } from '../numbers';
import { aboutClient, aboutServer, EVERYTHING } from '../orders';
import { arpReply, refusal, syn, synAck, WEB } from '../packets';
import { counterOf, fresh, give, wait } from '../play';
import { said, saidOf, saidTimes } from '../said';
import { accept, turnAway } from '../stories';
import { checkTables } from '../tables';

const CLIENTS: u32 = 64;

/** As many clients of the server as anybody can make up: all of one IP version. */
function flood(server: Address, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    turnAway(someClient(server.isIpv4 ? 2 * i : 2 * i + 1), server);
    drained();
  }
}

/** Both servers have answered somebody, long ago. */
function bothLived(): void {
  accept(NAKAMURA, SERVER);
  accept(SATO6, SERVER6);
  wait(WAIT_US);
}

/** How many clients the server's chain hands out. */
function waiting(server: Address, port: u32 = 0): u32 {
  drained();
  aboutServer(Command.Release, server, port);
  const released = saidTimes(Event.Released);
  assert(saidTimes(Event.ReleaseEnd) == 1, 'the chain is handed out whole');
  return released;
}

describe('the room for clients', () => {
  it('is never filled by those of one server alone', () => {
    fresh(EVERYTHING, 16, CLIENTS);
    bothLived();
    flood(SERVER, 1000);
    expect<u32>(freeClients()).toBe(31, 'a chain grows while it is no longer than what is left');
    expect<u64>(counterOf(Counter.ClientsRefused)).toBe(1000 - 33);
    flood(SERVER6, 1000);
    expect<u32>(freeClients()).toBe(15);
    expect<u32>(turnAway(SATO, THIRD)).toBe(Verdict.UnreachableLinks);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
    checkTables(16, CLIENTS, 64);
  });

  it('is there for a known client to the last record', () => {
    fresh(EVERYTHING, 16, CLIENTS);
    bothLived();
    flood(SERVER, 200);
    const left = freeClients();
    for (let i: u32 = 0; i < left; i++) {
      const client = ipv4(172, 27, 179, i);
      aboutClient(Command.KnowClient, client);
      drained();
      turnAway(client, SERVER);
      assert(saidOf(Event.Waiting, client), 'a known client is entered');
    }
    expect<u32>(freeClients()).toBe(0);
    const refused = counterOf(Counter.ClientsRefused);
    aboutClient(Command.KnowClient, SATO6);
    turnAway(SATO6, SERVER6);
    expect<bool>(saidOf(Event.Waiting, SATO6)).toBe(false);
    expect<u64>(counterOf(Counter.ClientsRefused)).toBe(refused + 1);
    checkTables(16, CLIENTS, 64);
  });

  it('is left to known clients in a sixteenth of it, however many servers the others wait for', () => {
    fresh(EVERYTHING, 16, CLIENTS);
    for (let i: u32 = 0; i < 8; i++) {
      const server = ipv4(172, 27, 178, 100 + i);
      accept(NAKAMURA, server);
      wait(WAIT_US);
      flood(server, 100);
    }
    expect<u32>(freeClients()).toBe(CLIENTS >> 4);
    aboutClient(Command.KnowClient, SATO6);
    accept(SATO6, SERVER6);
    wait(WAIT_US);
    turnAway(SATO6, SERVER6);
    expect<bool>(saidOf(Event.Waiting, SATO6)).toBe(true);
    checkTables(16, CLIENTS, 64);
  });

  it('is for known clients only, where that is asked for', () => {
    fresh(EVERYTHING | Option.KnownOnly);
    aboutClient(Command.KnowClient, SATO);
    turnAway(TANAKA, SERVER);
    turnAway(SATO, SERVER);
    expect<u32>(saidTimes(Event.Waiting)).toBe(1);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
    expect<u64>(counterOf(Counter.ClientsUnknown)).toBe(1);
  });
});

describe('the room for servers', () => {
  it('is kept for outages: what only resolved its address goes before what answered', () => {
    fresh(EVERYTHING, 4);
    accept(SATO, SERVER);
    arpReply(SECOND, ROUTER);
    give();
    arpReply(THIRD, ROUTER);
    give();
    arpReply(ipv4(172, 27, 178, 90), ROUTER);
    give();
    expect<u64>(counterOf(Counter.ServersEvicted)).toBe(0, 'a full table takes no more of these');
    turnAway(SATO6, SERVER6);
    expect<u64>(counterOf(Counter.ServersEvicted)).toBe(1);
    turnAway(SATO, SECOND);
    syn(SATO, SERVER, 3);
    give();
    refusal(SATO, SERVER, 3);
    give();
    expect<u32>(said(Event.Outage, 2).port).toBe(WEB, 'the service is still known');
  });

  it('is made by forgetting who was not heard from for longest', () => {
    fresh(EVERYTHING, 8);
    aboutClient(Command.KnowClient, SATO);
    accept(SATO, SERVER);
    accept(SATO, SECOND);
    accept(SATO, THIRD);
    accept(SATO, ipv4(172, 27, 178, 83));
    syn(SATO, SERVER, 10);
    give();
    synAck(SATO, SERVER, 10);
    give();
    turnAway(SATO, ipv4(172, 27, 178, 90));
    turnAway(SATO, ipv4(172, 27, 178, 91));
    expect<u64>(counterOf(Counter.ServersEvicted)).toBe(2);
    syn(SATO, SERVER, 3);
    give();
    refusal(SATO, SERVER, 3);
    give();
    expect<bool>(said(Event.Outage, 2).server.equals(SERVER)).toBe(true, 'it was heard from last');
    expect<u32>(findServer(SECOND, hashAddress(SECOND), WEB)).toBe(0);
  });

  it('is taken from an outage for which nobody counts on a notice, and that is said', () => {
    fresh(EVERYTHING, 8);
    aboutClient(Command.KnowClient, SATO);
    turnAway(SATO, SERVER);
    turnAway(TANAKA, SECOND);
    turnAway(TANAKA, THIRD);
    expect<u64>(counterOf(Counter.OutagesEvicted)).toBe(1);
    expect<u32>(saidTimes(Event.Dropped)).toBe(1);
    expect<bool>(said(Event.Dropped).server.equals(SECOND)).toBe(true);
    expect<bool>(said(Event.Outage, 2).server.equals(THIRD)).toBe(true);
    expect<u64>(counterOf(Counter.ServersDown)).toBe(2);
    checkTables(8, 64, 64);
  });

  it('is refused when all outages were promised a notice, whatever comes', () => {
    fresh(EVERYTHING, 8, CLIENTS, 64);
    aboutClient(Command.KnowClient, SATO);
    turnAway(SATO, SERVER);
    turnAway(SATO, SECOND);
    for (let i: u32 = 0; i < 500; i++) {
      turnAway(TANAKA, ipv4(172, 27, 178, 100 + (i & 127)));
      drained();
    }
    expect<u64>(counterOf(Counter.OutagesRefused)).toBe(500);
    expect<u64>(counterOf(Counter.OutagesEvicted)).toBe(0);
    expect<u32>(waiting(SERVER)).toBe(1);
    expect<u32>(waiting(SECOND)).toBe(1);
  });

  it('is kept for an outage when a known client comes to those who wait', () => {
    fresh(EVERYTHING, 1);
    aboutClient(Command.KnowClient, SATO);
    turnAway(TANAKA, SERVER);
    turnAway(SATO, SERVER);
    turnAway(TANAKA, SECOND);
    expect<u32>(saidTimes(Event.Dropped)).toBe(0);
    expect<u32>(waiting(SERVER)).toBe(2);
  });

  it('is kept for an outage when somebody who waits becomes known and tries again', () => {
    fresh(EVERYTHING, 1);
    turnAway(SATO, SERVER);
    aboutClient(Command.KnowClient, SATO);
    turnAway(SATO, SERVER);
    turnAway(TANAKA, SECOND);
    expect<u32>(saidTimes(Event.Dropped)).toBe(0);
    expect<u32>(waiting(SERVER)).toBe(1);
  });

  it('is never taken from a service that the configuration names', () => {
    fresh(EVERYTHING, 3);
    aboutServer(Command.KnowService, SERVER, WEB);
    for (let i: u32 = 0; i < 100; i++) {
      turnAway(TANAKA, ipv4(172, 27, 178, 100 + i));
      accept(TANAKA, ipv4(172, 27, 178, 101 + i));
      drained();
    }
    syn(SATO, SERVER, 1);
    give();
    refusal(SATO, SERVER, 1);
    give();
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
  });

  it('is never taken from a host before its services, whose number it knows', () => {
    fresh(EVERYTHING, 3);
    accept(NAKAMURA, SERVER);
    accept(NAKAMURA, SECOND);
    const hash = hashAddress(SERVER);
    const isServiceKnown = findServer(SERVER, hash, WEB) != 0;
    const isHostKnown = findServer(SERVER, hash, 0) != 0;
    expect<bool>(isHostKnown || !isServiceKnown).toBe(true);
  });

  it('is found again when an outage ends of which nothing else is known', () => {
    fresh(EVERYTHING, 1);
    for (let i: u32 = 0; i < 10; i++) {
      const server = ipv4(172, 27, 178, 100 + i);
      aboutClient(Command.KnowClient, SATO);
      turnAway(SATO, server);
      aboutServer(Command.Release, server);
      aboutServer(Command.Forget, server);
      drained();
    }
    expect<u64>(counterOf(Counter.OutagesRefused)).toBe(0);
    expect<u64>(counterOf(Counter.ServersEvicted)).toBe(0);
  });
});
