import { hashAddress } from '../../../assembly/table/hash';
import {
  clearShares,
  countOpen,
  isEvictedAgain,
  openIn,
  openInFullest,
  shareFor,
} from '../../../assembly/table/shares';
import { ipv4, ipv6 } from '../addresses';

const SHARES: u32 = 64;

describe('the shares', () => {
  it('are as many as they are, and each is found by address, or by the network of an IPv6 address', () => {
    const seen = new StaticArray<bool>(<i32>SHARES);
    for (let i: u32 = 0; i < 1000; i++) {
      const server = ipv4(10, 20, i >> 8, i & 255);
      seen[shareFor(server, hashAddress(server))] = true;
    }
    for (let i: u32 = 0; i < SHARES; i++) assert(seen[i], 'some address is in it');
    const first = ipv6(0x178, 1);
    for (let i: u32 = 2; i < 100; i++) {
      const other = ipv6(0x178, i);
      assert(
        shareFor(other, hashAddress(other)) == shareFor(first, hashAddress(first)),
        'of one network all are',
      );
    }
    const networks = new StaticArray<bool>(<i32>SHARES);
    for (let i: u32 = 0; i < 1000; i++) networks[shareFor(ipv6(i, 1), hashAddress(ipv6(i, 1)))] = true;
    for (let i: u32 = 0; i < SHARES; i++) assert(networks[i], 'some network is in it');
  });

  it('count what is open, each by itself', () => {
    clearShares();
    expect<u32>(openInFullest()).toBe(0);
    countOpen(63, 1);
    countOpen(63, 1);
    countOpen(0, 1);
    expect<u32>(openIn(63)).toBe(2);
    expect<u32>(openIn(0)).toBe(1);
    expect<u32>(openIn(1)).toBe(0);
    expect<u32>(openInFullest()).toBe(2);
    countOpen(63, -1);
    countOpen(63, -1);
    expect<u32>(openInFullest()).toBe(1);
    clearShares();
    expect<u32>(openIn(0)).toBe(0);
  });

  it('remember about which server the attempt was that was evicted last', () => {
    clearShares();
    expect<bool>(isEvictedAgain(5, 7)).toBe(false);
    expect<bool>(isEvictedAgain(5, 7)).toBe(true);
    expect<bool>(isEvictedAgain(6, 7)).toBe(false);
    expect<bool>(isEvictedAgain(5, 8)).toBe(false);
    expect<bool>(isEvictedAgain(5, 7)).toBe(false);
    clearShares();
    expect<bool>(isEvictedAgain(5, 7)).toBe(false);
  });
});
