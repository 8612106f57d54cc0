import { hashAddress } from '../../../assembly/table/hash';
import {
  addKnown,
  clearKnown,
  isKnown,
  knownBytes,
  removeKnown,
  setUpKnown,
} from '../../../assembly/table/known-clients';
import { provide } from '../../../assembly/table/memory';
import { Address } from '../../../assembly/wire/address';
import { SATO, SATO6, someClient, TANAKA } from '../addresses';
import { random, seed } from '../random';

const CAPACITY: u32 = 40;
const PEOPLE: u32 = 80;
const STEPS: u32 = 30_000;

const people = new StaticArray<Address>(<i32>PEOPLE);
for (let i: u32 = 0; i < PEOPLE; i++) people[i] = someClient(i);
const isIn = new StaticArray<bool>(<i32>PEOPLE);

function setUp(capacity: u32): void {
  provide(knownBytes(capacity));
  setUpKnown(capacity);
}

function add(address: Address): bool {
  return addKnown(address, hashAddress(address));
}

function remove(address: Address): bool {
  return removeKnown(address, hashAddress(address));
}

function has(address: Address): bool {
  return isKnown(address, hashAddress(address));
}

describe('the known clients', () => {
  it('are those that were added and not removed', () => {
    setUp(4);
    expect<bool>(has(SATO)).toBe(false);
    expect<bool>(add(SATO)).toBe(true);
    expect<bool>(add(SATO6)).toBe(true);
    expect<bool>(has(SATO)).toBe(true);
    expect<bool>(has(SATO6)).toBe(true);
    expect<bool>(has(TANAKA)).toBe(false);
    expect<bool>(remove(SATO)).toBe(true);
    expect<bool>(has(SATO)).toBe(false);
    expect<bool>(remove(SATO)).toBe(false);
  });

  it('are no more than there is room for, each counted once', () => {
    setUp(2);
    expect<bool>(add(SATO)).toBe(true);
    expect<bool>(add(SATO)).toBe(true);
    expect<bool>(add(TANAKA)).toBe(true);
    expect<bool>(add(SATO6)).toBe(false);
    expect<bool>(add(SATO)).toBe(true);
    expect<bool>(remove(TANAKA)).toBe(true);
    expect<bool>(add(SATO6)).toBe(true);
  });

  it('are none after they were cleared, and there is room for all again', () => {
    setUp(3);
    seed(44);
    for (let round: u32 = 0; round < 100; round++) {
      for (let i: u32 = 0; i < 20; i++) {
        if (random(3) == 0) remove(people[random(6)]);
        else add(people[random(6)]);
      }
      clearKnown();
      for (let i: u32 = 0; i < 6; i++) assert(!has(people[i]), 'nobody is known');
      for (let i: u32 = 0; i < 3; i++) assert(add(people[i]), 'there is room');
      assert(!add(SATO), 'and no more than before');
    }
  });

  it('stay what a simple model says through tens of thousands of random steps', () => {
    setUp(CAPACITY);
    for (let i: u32 = 0; i < PEOPLE; i++) isIn[i] = false;
    let used: u32 = 0;
    seed(44);
    for (let step: u32 = 0; step < STEPS; step++) {
      const person = random(PEOPLE);
      if (random(2) == 0) {
        const added = add(people[person]);
        assert(added == (isIn[person] || used < CAPACITY), 'adding fails only when the table is full');
        if (added && !isIn[person]) used++;
        isIn[person] = added;
      } else {
        assert(remove(people[person]) == isIn[person], 'removing fails only when it was not there');
        if (isIn[person]) used--;
        isIn[person] = false;
      }
      if (step % 50 != 0) continue;
      for (let i: u32 = 0; i < PEOPLE; i++) assert(has(people[i]) == isIn[i], 'it is known who is known');
    }
  });
});
