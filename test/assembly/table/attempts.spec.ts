import {
  ATTEMPT_BYTES,
  attemptAt,
  hasFreeAttempt,
  heldAttempts,
  Outcome,
} from '../../../assembly/table/attempt';
import {
  addAttempt,
  attemptsBytes,
  extendAttempt,
  findAnswered,
  findAttempt,
  firstSettled,
  removeAttempt,
  settleAttempt,
  setUpAttempts,
} from '../../../assembly/table/attempts';
import { hashAddress } from '../../../assembly/table/hash';
import { provide } from '../../../assembly/table/memory';
import {
  beginWalk,
  chooseCandidate,
  firstDue,
  firstOpen,
  firstUnlooked,
  isCrowded,
  lastOpen,
  nextCandidate,
  nextWalked,
  openWaits,
  passUnlooked,
  WAITS,
} from '../../../assembly/table/open-attempts';
import { openIn, openInFullest } from '../../../assembly/table/shares';
import { Address } from '../../../assembly/wire/address';
import { ipv6, SATO, SATO6, SERVER, SERVER6, someClient, TANAKA } from '../addresses';
import { chance, random, seed } from '../random';

const PORTS: u32 = (40_001 << 16) | 80;
const CAPACITY: u32 = 40;
const CLIENTS: u32 = 5;
const SEQUENCES: u32 = 12;
const STEPS: u32 = 60_000;

const clients = new StaticArray<Address>(<i32>CLIENTS);
for (let i: u32 = 0; i < CLIENTS; i++) clients[i] = someClient(i);

// The model: the record of each (client, sequence number), and both chains in order.
const recordOf = new StaticArray<u32>(<i32>(CLIENTS * SEQUENCES));
const open: u32[] = [];
const settled: u32[] = [];

function setUp(capacity: u32): void {
  provide(attemptsBytes(capacity));
  setUpAttempts(capacity);
}

function add(client: Address, sequence: u32, data: u32 = 0, wait: u32 = WAITS, deadlineUs: i64 = 0): u32 {
  return addAttempt(
    client,
    hashAddress(client),
    SERVER,
    hashAddress(SERVER),
    PORTS,
    sequence,
    data,
    wait,
    deadlineUs,
  );
}

function addSix(server: Address, sequence: u32): u32 {
  const client = SATO6;
  const at = hashAddress(server);
  return addAttempt(client, hashAddress(client), server, at, PORTS, sequence, 0, WAITS, 0);
}

function find(client: Address, sequence: u32): u32 {
  return findAttempt(client, hashAddress(client), SERVER, hashAddress(SERVER), PORTS, sequence);
}

function answered(client: Address, acknowledgement: u32): u32 {
  return findAnswered(client, hashAddress(client), SERVER, hashAddress(SERVER), PORTS, acknowledgement);
}

function remove(index: u32): void {
  removeAttempt(index);
}

/** Far apart enough that requests with data do not answer for each other. */
function sequenceOf(number: u32): u32 {
  return number * 0x10000000 + 5;
}

function leave(index: u32): void {
  const first = open.indexOf(index);
  if (first >= 0) open.splice(first, 1);
  const second = settled.indexOf(index);
  if (second >= 0) settled.splice(second, 1);
}

function compareAll(): void {
  for (let i: u32 = 0; i < CLIENTS * SEQUENCES; i++) {
    const client = clients[i / SEQUENCES];
    const sequence = sequenceOf(i % SEQUENCES);
    assert(find(client, sequence) == recordOf[i], 'an attempt is found, and no other');
    assert(answered(client, sequence + 1) == recordOf[i], 'by its answer too');
  }
  let index = firstOpen();
  for (let i = 0; i < open.length; i++) {
    assert(index == open[i], 'open attempts are in the order in which they came');
    index = attemptAt(index).next;
  }
  assert(index == 0, 'and there are no more');
  index = firstSettled();
  for (let i = 0; i < settled.length; i++) {
    assert(index == settled[i], 'settled ones in the order in which they were settled');
    index = attemptAt(index).next;
  }
  assert(index == 0, 'and there are no more');
}

/** The model with room for all sequence numbers of all clients but some, so that it fills up. */
function step(): void {
  const name = random(CLIENTS * SEQUENCES);
  const index = recordOf[name];
  if (index == 0) {
    const full = <u32>(open.length + settled.length) == CAPACITY;
    assert(hasFreeAttempt() != full, 'it is known whether a record is free');
    assert(heldAttempts() == <u32>(open.length + settled.length), 'and how many are not');
    if (full) {
      const victim = settled.length != 0 ? settled[0] : open[0];
      remove(victim);
      leave(victim);
      for (let i: u32 = 0; i < CLIENTS * SEQUENCES; i++) if (recordOf[i] == victim) recordOf[i] = 0;
    }
    const data = chance(30) ? 1 + random(1400) : 0;
    recordOf[name] = add(clients[name / SEQUENCES], sequenceOf(name % SEQUENCES), data);
    open.push(recordOf[name]);
  } else if (chance(60)) {
    const outcome = 1 + random(4);
    if (attemptAt(index).outcome == Outcome.Open) {
      leave(index);
      settled.push(index);
    }
    settleAttempt(index, outcome, 0);
    assert(attemptAt(index).outcome == outcome, 'it has its outcome');
  } else {
    remove(index);
    leave(index);
    recordOf[name] = 0;
  }
}

describe('the table of attempts', () => {
  it('keeps a request with all that tells it from others', () => {
    setUp(4);
    const attempt = attemptAt(add(SATO, 7));
    expect<bool>(attempt.client.equals(SATO)).toBe(true);
    expect<bool>(attempt.server.equals(SERVER)).toBe(true);
    expect<u32>(attempt.clientPort).toBe(40_001);
    expect<u32>(attempt.serverPort).toBe(80);
    expect<u32>(attempt.ports).toBe(PORTS);
    expect<u32>(attempt.sequence).toBe(7);
    expect<u32>(attempt.tries).toBe(1);
    expect<u32>(attempt.outcome).toBe(Outcome.Open);
    expect<u32>(attempt.credited).toBe(0);
    expect<u32>(ATTEMPT_BYTES).toBe(96);
  });

  it('finds a request by client, server, both ports and sequence number, and by nothing less', () => {
    setUp(8);
    const index = add(SATO, 7);
    const client = hashAddress(SATO);
    const server = hashAddress(SERVER);
    expect<u32>(find(SATO, 7)).toBe(index);
    expect<u32>(find(SATO, 8)).toBe(0);
    expect<u32>(find(TANAKA, 7)).toBe(0);
    expect<u32>(findAttempt(SATO, client, SERVER, server, PORTS + 1, 7)).toBe(0);
    expect<u32>(findAttempt(SATO, client, SERVER, server, PORTS + 0x10000, 7)).toBe(0);
    expect<u32>(findAttempt(SERVER, server, SATO, client, PORTS, 7)).toBe(0);
    const six = addSix(SERVER6, 7);
    expect<u32>(findAttempt(SATO6, hashAddress(SATO6), SERVER6, hashAddress(SERVER6), PORTS, 7)).toBe(six);
  });

  it('finds the request that an acknowledgement answers: its sequence number and one', () => {
    setUp(4);
    const index = add(SATO, 7);
    expect<u32>(answered(SATO, 8)).toBe(index);
    expect<u32>(answered(SATO, 7)).toBe(0);
    expect<u32>(answered(SATO, 9)).toBe(0);
    const last = add(SATO, 0xffffffff);
    expect<u32>(answered(SATO, 0)).toBe(last);
  });

  it('finds a request with data by an acknowledgement of any part of the data', () => {
    setUp(4);
    const index = add(SATO, 1000, 10);
    expect<u32>(answered(SATO, 1000)).toBe(0);
    for (let more: u32 = 0; more <= 10; more++) {
      assert(answered(SATO, 1001 + more) == index, 'some of the data is acknowledged');
    }
    expect<u32>(answered(SATO, 1012)).toBe(0);
    expect<u32>(answered(TANAKA, 1001)).toBe(0);
  });

  it('finds a request with data whose bytes pass the highest sequence number', () => {
    setUp(4);
    const index = add(SATO, 0xfffffffa, 10);
    expect<u32>(answered(SATO, 0xfffffffb)).toBe(index);
    expect<u32>(answered(SATO, 0)).toBe(index);
    expect<u32>(answered(SATO, 5)).toBe(index);
    expect<u32>(answered(SATO, 6)).toBe(0);
  });

  it('knows a request with data when it is sent again without', () => {
    setUp(4);
    const index = add(SATO, 1000, 10);
    expect<u32>(find(SATO, 1000)).toBe(index);
    expect<u32>(find(SATO, 1001)).toBe(0);
  });

  it('looks for requests with data only while there are any', () => {
    setUp(4);
    const data = add(SATO, 1000, 10);
    remove(data);
    expect<u32>(answered(SATO, 1001)).toBe(0);
    const plain = add(SATO, 1000);
    expect<u32>(answered(SATO, 1001)).toBe(plain);
    expect<u32>(answered(SATO, 1002)).toBe(0);
  });

  it('moves an attempt that is settled once, and lets its outcome change', () => {
    setUp(4);
    const first = add(SATO, 1);
    const second = add(SATO, 2);
    settleAttempt(second, Outcome.Refused, 50);
    settleAttempt(first, Outcome.Unreachable, 60);
    expect<u32>(firstOpen()).toBe(0);
    expect<u32>(firstSettled()).toBe(second);
    settleAttempt(second, Outcome.Answered, 70);
    expect<u32>(firstSettled()).toBe(second);
    expect<u32>(attemptAt(second).outcome).toBe(Outcome.Answered);
    expect<i64>(attemptAt(second).deadlineUs).toBe(50);
  });

  it('knows the open attempts of each server, and of each network of IPv6', () => {
    setUp(16);
    for (let i: u32 = 0; i < 5; i++) add(SATO, i);
    for (let i: u32 = 0; i < 7; i++) {
      addSix(ipv6(0x178, i), i);
    }
    const first = attemptAt(firstOpen());
    const last = attemptAt(lastOpen());
    assert(first.share != last.share, 'here they are not in one share');
    expect<u32>(openIn(first.share)).toBe(5);
    expect<u32>(openIn(last.share)).toBe(7, 'all of one network');
    expect<u32>(openInFullest()).toBe(7);
    expect<bool>(isCrowded(first)).toBe(true, 'an eighth of the table is 2');
    for (let i: u32 = 0; i < 3; i++) settleAttempt(firstOpen(), Outcome.Answered, 0);
    expect<bool>(isCrowded(attemptAt(firstOpen()))).toBe(true);
    remove(firstOpen());
    expect<bool>(isCrowded(attemptAt(firstOpen()))).toBe(false);
    extendAttempt(firstOpen(), WAITS, 9);
    expect<u32>(openIn(first.share)).toBe(1);
    expect<u32>(openIn(last.share)).toBe(7);
  });

  it('offers one open attempt after the other for eviction, round and round, whatever ends meanwhile', () => {
    setUp(8);
    expect<u32>(nextCandidate()).toBe(0);
    for (let i: u32 = 0; i < 4; i++) add(SATO, i);
    expect<u32>(nextCandidate()).toBe(1);
    remove(2);
    settleAttempt(3, Outcome.Answered, 0);
    expect<u32>(nextCandidate()).toBe(4);
    expect<u32>(nextCandidate()).toBe(1);
    expect<u32>(nextCandidate()).toBe(4);
    add(SATO, 5);
    expect<u32>(nextCandidate()).toBe(1);
    chooseCandidate(4);
    expect<u32>(nextCandidate()).toBe(attemptAt(4).next);
    chooseCandidate(attemptAt(4).next);
    expect<u32>(nextCandidate()).toBe(1);
  });

  it('offers the open attempts in their order for a look, each once, those that are extended again', () => {
    setUp(8);
    expect<u32>(firstUnlooked(WAITS)).toBe(0);
    for (let i: u32 = 0; i < 4; i++) add(SATO, i);
    expect<u32>(firstUnlooked(WAITS)).toBe(1);
    passUnlooked(WAITS);
    expect<u32>(firstUnlooked(WAITS)).toBe(2);
    settleAttempt(2, Outcome.Answered, 0);
    expect<u32>(firstUnlooked(WAITS)).toBe(3);
    remove(3);
    remove(1);
    expect<u32>(firstUnlooked(WAITS)).toBe(4);
    passUnlooked(WAITS);
    expect<u32>(firstUnlooked(WAITS)).toBe(0);
    extendAttempt(4, WAITS, 9);
    expect<u32>(firstUnlooked(WAITS)).toBe(4);
  });

  it('walks through the open attempts, whatever ends, comes or is extended meanwhile', () => {
    setUp(8);
    beginWalk();
    expect<u32>(nextWalked()).toBe(0);
    for (let i: u32 = 0; i < 5; i++) add(SATO, i);
    beginWalk();
    expect<u32>(nextWalked()).toBe(1);
    remove(2);
    remove(1);
    expect<u32>(nextWalked()).toBe(3);
    settleAttempt(4, Outcome.Refused, 0);
    extendAttempt(5, WAITS, 9);
    expect<u32>(nextWalked()).toBe(5);
    expect<u32>(nextWalked()).toBe(0);
  });

  it('finds what is due, whatever the order in which attempts with different waits came', () => {
    setUp(8);
    expect<u32>(firstDue(i64.MAX_VALUE)).toBe(0);
    const slow = add(SATO, 1, 0, 10, 100);
    const fast = add(SATO, 2, 0, 1, 20);
    const middle = add(SATO, 3, 0, 4, 50);
    expect<u32>(firstDue(19)).toBe(0);
    expect<u32>(firstDue(20)).toBe(fast);
    extendAttempt(fast, 10, 120);
    expect<u32>(firstDue(49)).toBe(0);
    expect<u32>(firstDue(50)).toBe(middle);
    remove(middle);
    expect<u32>(firstDue(99)).toBe(0);
    // Earlier than all that were there when it was looked for last.
    const last = add(SATO, 4, 0, 1, 99);
    expect<u32>(firstDue(99)).toBe(last);
    remove(last);
    expect<u32>(firstDue(119)).toBe(slow);
    settleAttempt(slow, Outcome.Answered, 500);
    expect<u32>(firstDue(119)).toBe(0);
    expect<u32>(firstDue(120)).toBe(fast);
  });

  it('goes through attempts of all waits, the shortest first: in a walk, for eviction, and in order of their coming for a look', () => {
    setUp(8);
    for (let i: u32 = 0; i < 6; i++) add(SATO, i, 0, i % 2 == 0 ? 10 : 1 + i);
    expect<u32>(openWaits()).toBe((1 << 10) | (1 << 2) | (1 << 4) | (1 << 6));
    expect<u32>(lastOpen()).toBe(6);
    extendAttempt(1, 10, 9);
    expect<u32>(lastOpen()).toBe(6, 'who is extended came before');
    remove(6);
    expect<u32>(lastOpen()).toBe(1, 'another one of the longest wait');
    setUp(8);
    for (let i: u32 = 0; i < 6; i++) add(SATO, i, 0, i % 2 == 0 ? 10 : 1 + i);
    beginWalk();
    const order: u32[] = [2, 4, 6, 1, 3, 5];
    for (let i = 0; i < 6; i++) {
      expect<u32>(nextWalked()).toBe(order[i]);
      expect<u32>(nextCandidate()).toBe(order[i]);
    }
    expect<u32>(nextWalked()).toBe(0);
    expect<u32>(nextCandidate()).toBe(2);
    beginWalk();
    // Whoever is extended goes behind those who wait longer, and is still walked.
    extendAttempt(2, 10, 9);
    remove(4);
    expect<u32>(nextWalked()).toBe(6);
    expect<u32>(firstUnlooked(2)).toBe(0);
    expect<u32>(firstUnlooked(6)).toBe(6);
    expect<u32>(firstUnlooked(10)).toBe(1);
    extendAttempt(5, 10, 9);
    for (let i = 0; i < 4; i++) expect<u32>(nextWalked()).toBe([1, 3, 2, 5][i]);
    expect<u32>(nextWalked()).toBe(0);
    expect<u32>(openWaits()).toBe((1 << 10) | (1 << 6));
  });

  it('stays what a simple model says through tens of thousands of random steps', () => {
    setUp(CAPACITY);
    for (let i: u32 = 0; i < CLIENTS * SEQUENCES; i++) recordOf[i] = 0;
    open.length = 0;
    settled.length = 0;
    seed(46);
    for (let i: u32 = 0; i < STEPS; i++) {
      step();
      if (i % 20 == 0) compareAll();
    }
    compareAll();
  });
});
