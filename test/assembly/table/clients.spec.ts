import {
  CLIENT_BYTES,
  clientAt,
  clientsBytes,
  findClient,
  freeAfter,
  freeChain,
  freeClients,
  nextFreeClient,
  setUpClients,
  takeClient,
} from '../../../assembly/table/clients';
import { hashAddress } from '../../../assembly/table/hash';
import { provide } from '../../../assembly/table/memory';
import { Address } from '../../../assembly/wire/address';
import { SATO, SATO6, someClient, TANAKA } from '../addresses';
import { random, seed } from '../random';

const CAPACITY: u32 = 48;
const OUTAGES: u32 = 6;
const PEOPLE: u32 = 90;
const STEPS: u32 = 60_000;

const people = new StaticArray<Address>(<i32>PEOPLE);
for (let i: u32 = 0; i < PEOPLE; i++) people[i] = someClient(i);

// The model: who waits for which outage and in which record, the chains in order, the free records in order.
const numbers = new StaticArray<u32>(<i32>OUTAGES);
const recordOf = new StaticArray<u32>(<i32>(OUTAGES * PEOPLE));
const chains = new StaticArray<u32>(<i32>(OUTAGES * CAPACITY));
const chainLengths = new StaticArray<u32>(<i32>OUTAGES);
const free = new StaticArray<u32>(<i32>CAPACITY);
let freeFirst: u32 = 0;
let freeCount: u32 = 0;
let lastNumber: u32 = 0;

function setUp(capacity: u32): void {
  provide(clientsBytes(capacity));
  setUpClients(capacity);
}

function enter(outage: u32, address: Address): u32 {
  const next = nextFreeClient();
  const oldHash = next == 0 ? 0 : hashAddress(clientAt(next).address);
  return takeClient(outage, address, hashAddress(address), oldHash);
}

function find(outage: u32, address: Address): u32 {
  return findClient(outage, address, hashAddress(address));
}

function startModel(): void {
  setUp(CAPACITY);
  lastNumber = 0;
  for (let i: u32 = 0; i < OUTAGES; i++) {
    numbers[i] = ++lastNumber;
    chainLengths[i] = 0;
  }
  for (let i: u32 = 0; i < OUTAGES * PEOPLE; i++) recordOf[i] = 0;
  freeFirst = 0;
  freeCount = CAPACITY;
  for (let i: u32 = 0; i < CAPACITY; i++) free[i] = i + 1;
}

function enterOne(outage: u32, person: u32): void {
  if (recordOf[outage * PEOPLE + person] != 0) return;
  const expected = freeCount == 0 ? 0 : free[freeFirst];
  const index = enter(numbers[outage], people[person]);
  assert(index == expected, 'a record is taken from the head of the free chain');
  if (index == 0) return;
  freeFirst = (freeFirst + 1) % CAPACITY;
  freeCount--;
  const length = chainLengths[outage];
  if (length != 0) clientAt(chains[outage * CAPACITY + length - 1]).next = index;
  chains[outage * CAPACITY + length] = index;
  chainLengths[outage] = length + 1;
  recordOf[outage * PEOPLE + person] = index;
}

function releaseAll(outage: u32): void {
  const length = chainLengths[outage];
  const at = outage * CAPACITY;
  if (length != 0) freeChain(chains[at], chains[at + length - 1], length);
  for (let i: u32 = 0; i < length; i++) free[(freeFirst + freeCount++) % CAPACITY] = chains[at + i];
  for (let i: u32 = 0; i < PEOPLE; i++) recordOf[outage * PEOPLE + i] = 0;
  chainLengths[outage] = 0;
  numbers[outage] = ++lastNumber;
}

function compareAll(): void {
  let index = nextFreeClient();
  for (let i: u32 = 0; i < freeCount; i++) {
    assert(
      index == free[(freeFirst + i) % CAPACITY],
      'free records are taken in the order in which they came back',
    );
    index = freeAfter(index);
  }
  assert(index == 0, 'and ends where it should');
  for (let outage: u32 = 0; outage < OUTAGES; outage++) {
    for (let person: u32 = 0; person < PEOPLE; person++) {
      const found = find(numbers[outage], people[person]);
      assert(found == recordOf[outage * PEOPLE + person], 'who waits is found, and nobody else');
    }
  }
}

describe('the client table', () => {
  it('needs no more than 48 bytes for a client with IPv6, its share of the buckets included', () => {
    for (let capacity: u32 = 1; capacity <= 4096; capacity++) {
      // Eight more for the alignment of the whole.
      assert(clientsBytes(capacity) <= <u64>capacity * 48 + 8, '48 bytes');
    }
    expect<u64>(clientsBytes(65_536)).toBeLessThanOrEqual(65_536 * 48);
    expect<u32>(CLIENT_BYTES).toBe(44);
  });

  it('takes records from the head of the free chain in order, and none when it is empty', () => {
    setUp(3);
    expect<u32>(freeClients()).toBe(3);
    expect<u32>(enter(1, SATO)).toBe(1);
    expect<u32>(enter(1, TANAKA)).toBe(2);
    expect<u32>(enter(2, SATO)).toBe(3);
    expect<u32>(freeClients()).toBe(0);
    expect<u32>(nextFreeClient()).toBe(0);
    expect<u32>(enter(2, TANAKA)).toBe(0);
  });

  it('gives a chain back at the tail of the free chain, in one step and in its order', () => {
    setUp(5);
    const first = enter(1, SATO);
    const second = enter(1, TANAKA);
    clientAt(first).next = second;
    freeChain(first, second, 2);
    expect<u32>(freeClients()).toBe(5);
    for (let expected: u32 = 3; expected <= 5; expected++)
      expect<u32>(enter(2, someClient(expected))).toBe(expected);
    expect<u32>(enter(2, SATO)).toBe(first);
    expect<u32>(enter(2, TANAKA)).toBe(second);
    expect<u32>(freeClients()).toBe(0);
  });

  it('goes on with a chain that came back when none was free', () => {
    setUp(1);
    const only = enter(1, SATO);
    freeChain(only, only, 1);
    expect<u32>(enter(2, TANAKA)).toBe(only);
    freeChain(only, only, 1);
    expect<u32>(freeClients()).toBe(1);
    expect<u32>(enter(3, SATO6)).toBe(only);
    expect<u32>(find(3, SATO6)).toBe(only);
    expect<u32>(find(2, TANAKA)).toBe(0);
  });

  it('finds a client under its own outage only', () => {
    setUp(8);
    const first = enter(1, SATO);
    const second = enter(2, SATO);
    expect<u32>(find(1, SATO)).toBe(first);
    expect<u32>(find(2, SATO)).toBe(second);
    expect<u32>(find(3, SATO)).toBe(0);
    expect<u32>(find(1, TANAKA)).toBe(0);
  });

  it('keeps the times of the first and the last try, and how many there were', () => {
    setUp(1);
    const client = clientAt(enter(1, SATO));
    client.setTimes(-5, 1_000_000_000_000, 7);
    expect<i64>(client.firstUs).toBe(-5);
    expect<i64>(client.lastUs).toBe(1_000_000_000_000);
    expect<u32>(client.tries).toBe(7);
    client.setTimes(100, 50, 1);
    expect<i64>(client.lastUs).toBe(100, 'a last try before the first is the first');
    client.setTimes(0, i64.MAX_VALUE, 70_000);
    expect<i64>(client.lastUs).toBe(((<i64>1) << 48) - 1, 'a span beyond 48 bits is cut');
    expect<u32>(client.tries).toBeGreaterThanOrEqual(0x7fff, 'and tries are cut, not taken anew');
    client.setTimes(i64.MIN_VALUE, i64.MAX_VALUE, 0);
    expect<i64>(client.firstUs).toBe(i64.MIN_VALUE);
    expect<i64>(client.lastUs).toBe(i64.MIN_VALUE + ((<i64>1) << 48) - 1);
    expect<u32>(client.tries).toBe(0);
  });

  it('stays what a simple model says through tens of thousands of random steps', () => {
    startModel();
    seed(42);
    for (let step: u32 = 0; step < STEPS; step++) {
      const outage = random(OUTAGES);
      if (random(20) == 0) releaseAll(outage);
      else enterOne(outage, random(PEOPLE));
      assert(freeClients() == freeCount, 'free records are counted');
      assert(nextFreeClient() == (freeCount == 0 ? 0 : free[freeFirst]), 'the next free record is known');
      if (step % 50 == 0) compareAll();
    }
    compareAll();
  });
});
