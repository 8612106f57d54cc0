import {
  addClaim,
  claimAt,
  clearClaims,
  findClaim,
  hasClaims,
  MAX_CLAIMS,
  removeClaim,
} from '../../../assembly/table/claims';
import { hashAddress } from '../../../assembly/table/hash';
import { Address } from '../../../assembly/wire/address';
import { SATO, SATO6, someClient, TANAKA } from '../addresses';
import { chance, random, seed } from '../random';

const HARDWARE: u64 = 0x070600000002;
const OTHER: u64 = 0x090800000002;
const PEOPLE: u32 = 440;
const STEPS: u32 = 30_000;

const people = new StaticArray<Address>(<i32>PEOPLE);
for (let i: u32 = 0; i < PEOPLE; i++) people[i] = someClient(i);
const isIn = new StaticArray<bool>(<i32>PEOPLE);

function add(address: Address, hardware: u64 = HARDWARE, iface: u32 = 0): bool {
  return addClaim(address, hashAddress(address), hardware, iface);
}

function remove(address: Address): bool {
  return removeClaim(address, hashAddress(address));
}

function find(address: Address): u32 {
  return findClaim(address, hashAddress(address));
}

describe('the claims', () => {
  it('are those that were added and not removed', () => {
    clearClaims();
    expect<bool>(hasClaims()).toBe(false);
    expect<u32>(find(SATO)).toBe(0);
    expect<bool>(add(SATO, HARDWARE, 3)).toBe(true);
    expect<bool>(add(SATO6)).toBe(true);
    expect<bool>(hasClaims()).toBe(true);
    expect<u32>(find(TANAKA)).toBe(0);
    const claim = claimAt(find(SATO));
    expect<bool>(claim.address.equals(SATO)).toBe(true);
    expect<u64>(claim.hardware).toBe(HARDWARE);
    expect<u32>(claim.interface).toBe(3);
    expect<bool>(remove(SATO)).toBe(true);
    expect<bool>(remove(SATO)).toBe(false);
    expect<bool>(hasClaims()).toBe(true);
    expect<bool>(remove(SATO6)).toBe(true);
    expect<bool>(hasClaims()).toBe(false);
  });

  it('are changed by another of the same address, which has told nothing yet', () => {
    clearClaims();
    add(SATO);
    claimAt(find(SATO)).tell(1, 5);
    expect<bool>(add(SATO, OTHER, 2)).toBe(true);
    const claim = claimAt(find(SATO));
    expect<u64>(claim.hardware).toBe(OTHER);
    expect<u32>(claim.interface).toBe(2);
    expect<i64>(claim.toldUs(1)).toBeLessThan(-1_000_000_000_000_000);
    remove(SATO);
    expect<bool>(hasClaims()).toBe(false);
  });

  it('remember when each interface told, modulo 32', () => {
    clearClaims();
    add(SATO);
    add(TANAKA);
    for (let iface: u32 = 0; iface < 32; iface++) claimAt(find(SATO)).tell(iface, 1000 + iface);
    for (let iface: u32 = 0; iface < 256; iface++) {
      assert(claimAt(find(SATO)).toldUs(iface) == 1000 + (iface & 31), 'each has its own');
      assert(claimAt(find(TANAKA)).toldUs(iface) < 0, 'and the other claim too');
    }
    expect<u64>(claimAt(find(TANAKA)).hardware).toBe(HARDWARE);
  });

  it('are no more than there is room for', () => {
    clearClaims();
    for (let i: u32 = 0; i < MAX_CLAIMS; i++) assert(add(people[i]), 'there is room');
    expect<bool>(add(people[MAX_CLAIMS])).toBe(false);
    expect<bool>(add(people[7])).toBe(true);
    expect<bool>(remove(people[7])).toBe(true);
    expect<bool>(add(people[MAX_CLAIMS])).toBe(true);
    expect<u32>(find(people[7])).toBe(0);
  });

  it('keep what they should through any order of additions and removals', () => {
    clearClaims();
    seed(11);
    let count: u32 = 0;
    for (let i: u32 = 0; i < PEOPLE; i++) isIn[i] = false;
    for (let step: u32 = 0; step < STEPS; step++) {
      const i = random(PEOPLE);
      if (chance(60)) {
        const had = isIn[i];
        assert(add(people[i], HARDWARE + i) == (had || count < MAX_CLAIMS), 'added if there is room');
        if (!had && count < MAX_CLAIMS) {
          isIn[i] = true;
          count++;
        }
      } else {
        assert(remove(people[i]) == isIn[i], 'removed if it was there');
        if (isIn[i]) count--;
        isIn[i] = false;
      }
      const other = random(PEOPLE);
      assert((find(people[other]) != 0) == isIn[other], 'found if it is there');
      if (isIn[other]) assert(claimAt(find(people[other])).hardware >= HARDWARE, 'with what was claimed');
      assert(hasClaims() == (count != 0), 'counted');
    }
  });
});
