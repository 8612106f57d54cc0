import { hashAddress } from '../../../assembly/table/hash';
import { addOwn, clearOwn, isOwn, MAX_OWN, removeOwn } from '../../../assembly/table/own-addresses';
import { Address } from '../../../assembly/wire/address';
import { SATO, SATO6, someClient, TANAKA } from '../addresses';
import { chance, random, seed } from '../random';

const SOME: u32 = 100;
const STEPS: u32 = 20_000;

const some = new StaticArray<Address>(<i32>SOME);
for (let i: u32 = 0; i < SOME; i++) some[i] = someClient(i);
const isIn = new StaticArray<bool>(<i32>SOME);

function add(address: Address): bool {
  return addOwn(address, hashAddress(address));
}

function remove(address: Address): bool {
  return removeOwn(address, hashAddress(address));
}

function has(address: Address): bool {
  return isOwn(address, hashAddress(address));
}

describe("the program's own addresses", () => {
  it('are those that were added and not removed, of both versions of IP', () => {
    clearOwn();
    expect<bool>(has(SATO)).toBe(false);
    expect<bool>(add(SATO)).toBe(true);
    expect<bool>(add(SATO)).toBe(true);
    expect<bool>(add(SATO6)).toBe(true);
    expect<bool>(has(SATO)).toBe(true);
    expect<bool>(has(SATO6)).toBe(true);
    expect<bool>(has(TANAKA)).toBe(false);
    expect<bool>(remove(SATO)).toBe(true);
    expect<bool>(remove(SATO)).toBe(false);
    expect<bool>(has(SATO)).toBe(false);
    expect<bool>(has(SATO6)).toBe(true);
    clearOwn();
    expect<bool>(has(SATO6)).toBe(false);
  });

  it('are so many at the most', () => {
    clearOwn();
    for (let i: u32 = 0; i < MAX_OWN; i++) expect<bool>(add(some[i])).toBe(true);
    expect<bool>(add(some[MAX_OWN])).toBe(false);
    expect<bool>(remove(some[0])).toBe(true);
    expect<bool>(add(some[MAX_OWN])).toBe(true);
    expect<bool>(has(some[0])).toBe(false);
  });

  it('are right after any sequence of changes', () => {
    clearOwn();
    seed(28);
    let count: u32 = 0;
    for (let i: u32 = 0; i < STEPS; i++) {
      const one = random(SOME);
      if (chance(2)) {
        const fits = isIn[one] || count < MAX_OWN;
        expect<bool>(add(some[one])).toBe(fits);
        if (fits && !isIn[one]) count++;
        isIn[one] = fits;
      } else {
        expect<bool>(remove(some[one])).toBe(isIn[one]);
        if (isIn[one]) count--;
        isIn[one] = false;
      }
      const other = random(SOME);
      expect<bool>(has(some[other])).toBe(isIn[other]);
    }
  });
});
