import { drained } from '../../../assembly/index';
import { Direction } from '../../../assembly/path/packet';
import { Counter } from '../../../assembly/path/verdict';
import { Command, Status } from '../../../assembly/record/commands';
import { Cause, Event } from '../../../assembly/record/events';
import { freeClients } from '../../../assembly/table/clients';
import { hashAddress } from '../../../assembly/table/hash';
import { findServer, ServerState, serverAt } from '../../../assembly/table/servers';
import { Address } from '../../../assembly/wire/address';
import {
  ipv4,
  ipv6,
  NAKAMURA,
  SATO,
  SATO6,
  SECOND,
  SERVER,
  SERVER6,
  someClient,
  TANAKA,
  THIRD,
} from '../addresses';
import { HOUR_US, WAIT_US } from '../numbers';
import { ASKING, aboutClient, aboutServer, aboutTime, EVERYTHING, restore, watch } from '../orders';
import { HOST_6, SECURE, syn, unreachable, WEB } from '../packets';
import { counterOf, fresh, give, now, wait } from '../play';
import { said, saidOf, saidTimes } from '../said';
import { accept, refuse, turnAway } from '../stories';
import { checkTables } from '../tables';

const SERVERS: u32 = 1024;
const CLIENTS: u32 = 4096;
const PROMISED: u32 = 600;
const FORGED: u32 = 1400;

function promisedServer(i: u32): Address {
  return ipv4(10, 20, i >> 8, i & 255);
}

/** What an earlier process knew: so many servers that had answered are down, and Tanaka, who is known, waits for each. */
function restoreAll(): void {
  watch(ipv4(10, 20, 0, 0), 112);
  aboutClient(Command.KnowClient, TANAKA);
  for (let i: u32 = 0; i < PROMISED; i++) {
    const server = promisedServer(i);
    assert(aboutTime(Command.RestoreService, server, SECURE, now() - HOUR_US) == Status.Ok, 'there is room');
    const status = restore(server, 0, TANAKA, Cause.Unanswered, now(), now());
    assert(status == Status.Ok, 'there is room');
    drained();
  }
}

function stillPromised(): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0; i < PROMISED; i++) {
    const index = findServer(promisedServer(i), hashAddress(promisedServer(i)), 0);
    if (index != 0 && serverAt(index).state == ServerState.Down && serverAt(index).promised == 1) count++;
  }
  return count;
}

/** A known client's requests to so many addresses that nobody has, each with the message that says so. */
function forge(count: u32): void {
  aboutClient(Command.KnowClient, SATO6);
  for (let i: u32 = 0; i < count; i++) {
    syn(SATO6, ipv6(0x178, 0x1000 + i), i);
    give();
    unreachable(SATO6, ipv6(0x178, 0x1000 + i), i, HOST_6);
    give(Direction.Out);
    drained();
  }
}

describe('600 promised outages of servers that had answered', () => {
  it('outlive 1,400 forged ones of addresses that never did; and a server that lived is noticed', () => {
    for (let asking = 0; asking < 2; asking++) {
      fresh(asking == 0 ? EVERYTHING : ASKING, SERVERS, CLIENTS, 4096);
      restoreAll();
      expect<u32>(stillPromised()).toBe(PROMISED);
      accept(NAKAMURA, SERVER);
      forge(FORGED);
      checkTables(SERVERS, CLIENTS, 4096);
      expect<u32>(stillPromised()).toBe(PROMISED);
      expect<u64>(counterOf(Counter.OutagesRefused)).toBe(FORGED - SERVERS / 4);
      wait(WAIT_US);
      drained();
      refuse(SATO, SERVER);
      expect<bool>(said(Event.Outage).server.equals(SERVER)).toBe(true);
      expect<u32>(said(Event.Outage).port).toBe(WEB);
      expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
    }
  });

  it('are not in the way of a server that answers for the first time', () => {
    fresh(EVERYTHING, 4, 64, 64);
    aboutClient(Command.KnowClient, SATO);
    for (let i: u32 = 0; i < 3; i++) {
      aboutTime(Command.RestoreService, promisedServer(i), SECURE, now() - HOUR_US);
      restore(promisedServer(i), 0, SATO, Cause.Unanswered, now(), now());
    }
    turnAway(SATO, THIRD);
    drained();
    accept(NAKAMURA, SERVER);
    expect<bool>(said(Event.Dropped).server.equals(THIRD)).toBe(
      true,
      'what never answered goes, promised or not',
    );
    expect<u64>(counterOf(Counter.StrangersEvicted)).toBe(1);
    expect<u32>(findServer(SERVER, hashAddress(SERVER), 0)).toBeGreaterThan(0);
    checkTables(4, 64, 64);
  });
});

describe('outages of addresses that never answered', () => {
  it('share a quarter of the table: another one takes the place of one for which nobody counts on a notice', () => {
    fresh(EVERYTHING, 8);
    aboutClient(Command.KnowClient, SATO);
    turnAway(TANAKA, SERVER);
    turnAway(SATO, SECOND);
    turnAway(TANAKA, THIRD);
    expect<bool>(said(Event.Dropped).server.equals(SERVER)).toBe(true);
    turnAway(SATO, THIRD);
    turnAway(TANAKA, SERVER);
    expect<u64>(counterOf(Counter.OutagesRefused)).toBe(1, 'the two there are were promised');
    expect<u64>(counterOf(Counter.StrangersEvicted)).toBe(1);
    checkTables(8, 64, 64);
  });

  it('are what they are no more once something was heard of the host, or the configuration names it', () => {
    for (let how = 0; how < 5; how++) {
      fresh(EVERYTHING, 8);
      aboutClient(Command.KnowClient, SATO);
      turnAway(SATO, SERVER);
      turnAway(SATO, SECOND);
      if (how == 0) accept(NAKAMURA, SERVER);
      else if (how == 1) refuse(NAKAMURA, SERVER, SECURE);
      else if (how == 2) aboutServer(Command.KnowService, SERVER, WEB);
      else if (how == 3) aboutServer(Command.KnowService, SERVER, 0);
      else aboutTime(Command.RestoreService, SERVER, WEB, now() - HOUR_US);
      checkTables(8, 64, 64);
      turnAway(SATO, THIRD);
      expect<u64>(counterOf(Counter.OutagesRefused)).toBe(0, 'there is room for another');
      checkTables(8, 64, 64);
    }
  });
});

describe('the outage of a host that the configuration names', () => {
  it('is none of those, whenever it was named; and one of them once it is not named any more', () => {
    for (let i = 0; i < 2; i++) {
      fresh(EVERYTHING, 8);
      aboutClient(Command.KnowClient, SATO);
      if (i == 0) aboutServer(Command.KnowService, SERVER, 0);
      turnAway(SATO, SERVER);
      if (i == 1) aboutServer(Command.KnowService, SERVER, 0);
      turnAway(TANAKA, SECOND);
      turnAway(TANAKA, THIRD);
      expect<u64>(counterOf(Counter.StrangersEvicted)).toBe(0);
      checkTables(8, 64, 64);
      aboutServer(Command.UnknowService, SERVER, 0);
      checkTables(8, 64, 64);
      turnAway(TANAKA, ipv4(172, 27, 178, 99));
      expect<u64>(counterOf(Counter.StrangersEvicted)).toBe(1);
      checkTables(8, 64, 64);
    }
  });
});

describe('the clients of addresses that never answered', () => {
  it('share a quarter of the records, known or not', () => {
    fresh(EVERYTHING, 16, 64);
    for (let i: u32 = 0; i < 40; i++) {
      const client = ipv4(172, 27, 179, i);
      aboutClient(Command.KnowClient, client);
      turnAway(client, i % 2 == 0 ? SECOND : THIRD);
      drained();
    }
    expect<u32>(freeClients()).toBe(48);
    expect<u64>(counterOf(Counter.ClientsRefused)).toBe(24);
    checkTables(16, 64, 64);
  });

  it('leave half of that to known ones, however many unknown ones came before', () => {
    fresh(EVERYTHING, 16, 64);
    for (let i: u32 = 0; i < 40; i++) {
      turnAway(ipv4(172, 27, 179, i), i % 2 == 0 ? SECOND : THIRD);
      drained();
    }
    for (let i: u32 = 0; i < 8; i++) {
      const client = ipv4(172, 27, 179, 100 + i);
      aboutClient(Command.KnowClient, client);
      turnAway(client, i % 2 == 0 ? SECOND : THIRD);
      assert(saidOf(Event.Waiting, client), 'he is entered');
      drained();
    }
    expect<u32>(freeClients()).toBe(48);
    expect<u64>(counterOf(Counter.ClientsRefused)).toBe(32);
    checkTables(16, 64, 64);
  });

  it('give their records to known clients of a server that answered, who are never refused for them', () => {
    fresh(EVERYTHING, 16, 64);
    accept(NAKAMURA, SERVER);
    wait(WAIT_US);
    for (let i: u32 = 0; i < 16; i++) {
      const client = ipv4(172, 27, 179, i);
      aboutClient(Command.KnowClient, client);
      turnAway(client, i % 2 == 0 ? SECOND : THIRD);
      aboutClient(Command.UnknowClient, client);
    }
    drained();
    for (let i: u32 = 0; i < 64; i++) {
      const client = ipv4(172, 27, 179, 100 + i);
      aboutClient(Command.KnowClient, client);
      turnAway(client, SERVER);
      assert(saidOf(Event.Waiting, client), 'he is entered');
      assert(
        saidTimes(Event.Dropped) == (i == 48 || i == 56 ? 1 : 0),
        'at their cost, when there is no other room',
      );
      drained();
    }
    expect<u32>(freeClients()).toBe(0);
    expect<u64>(counterOf(Counter.ClientsRefused)).toBe(0);
    expect<u64>(counterOf(Counter.StrangersEvicted)).toBe(2);
    aboutClient(Command.KnowClient, ipv4(172, 27, 179, 99));
    turnAway(ipv4(172, 27, 179, 99), SERVER);
    expect<u64>(counterOf(Counter.ClientsRefused)).toBe(1, 'of each other they take none');
    checkTables(16, 64, 64);
  });

  it('do not give them to unknown ones', () => {
    fresh(EVERYTHING, 16, 64);
    accept(NAKAMURA, SERVER);
    accept(SATO6, SERVER6);
    wait(WAIT_US);
    for (let i: u32 = 0; i < 16; i++) turnAway(ipv4(172, 27, 179, i), SECOND);
    for (let i: u32 = 0; i < 100; i++) {
      turnAway(someClient(2 * i), SERVER);
      turnAway(someClient(2 * i + 1), SERVER6);
      drained();
    }
    expect<u64>(counterOf(Counter.StrangersEvicted)).toBe(0);
    checkTables(16, 64, 64);
  });

  it('that were restored are refused by no share, for they waited before', () => {
    fresh(EVERYTHING, 16, 64);
    for (let i: u32 = 0; i < 30; i++) {
      assert(
        restore(SECOND, 0, ipv4(172, 27, 179, i), Cause.Unanswered, now(), now()) == Status.Ok,
        'entered',
      );
    }
    expect<u32>(freeClients()).toBe(34);
    checkTables(16, 64, 64);
  });
});
