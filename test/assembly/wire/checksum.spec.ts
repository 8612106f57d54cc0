import { checksumOf, pseudoSum, sumOf } from '../../../assembly/wire/checksum';
import { random, randomBytes, seed } from '../random';
import { edge } from '../room';

const MAX_BYTES: u32 = 1500;

/** The same by the definition: 16-bit words in network order, the last one filled up with zero. */
function plain(at: usize, length: u32): u32 {
  let sum: u32 = 0;
  for (let i: u32 = 0; i < length; i++) sum += (<u32>load<u8>(at + i)) << ((i & 1) == 0 ? 8 : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

describe('the Internet checksum', () => {
  it('of the example in RFC 1071 section 3 is what its sum leaves over', () => {
    const at = edge(8);
    store<u64>(at, bswap<u64>(0x0001f203f4f5f6f7));
    expect<u32>(checksumOf(sumOf(at, 8))).toBe(0xddf2 ^ 0xffff);
  });

  it('is right at every length, and nothing is read beyond it', () => {
    seed(3);
    for (let length: u32 = 0; length <= 64; length++) {
      const at = edge(length);
      randomBytes(at, length);
      assert(checksumOf(sumOf(at, length)) == plain(at, length), 'it is the sum of the words');
    }
    for (let i: u32 = 0; i < 1000; i++) {
      const length = random(MAX_BYTES + 1);
      const at = edge(length);
      randomBytes(at, length);
      assert(checksumOf(sumOf(at, length)) == plain(at, length), 'it is the sum of the words');
    }
  });

  it('carries as often as there is something to carry', () => {
    const at = edge(MAX_BYTES);
    memory.fill(at, 0xff, MAX_BYTES);
    for (let length: u32 = 1; length <= MAX_BYTES; length++) {
      assert(checksumOf(sumOf(at, length)) == plain(at, length), 'all bits are set');
    }
    expect<u32>(checksumOf(u64.MAX_VALUE)).toBe(0);
    expect<u32>(checksumOf(0xffff_ffff_0000_0001)).toBe(0xfeff);
    expect<u32>(checksumOf(0)).toBe(0xffff);
  });

  it('of a pseudo-header is that of its bytes', () => {
    seed(4);
    const lengths: u32[] = [0, 1, 20, 255, 256, 65_535, 65_536];
    for (let addressBytes: u32 = 8; addressBytes <= 32; addressBytes += 24) {
      for (let i = 0; i < lengths.length; i++) {
        const at = edge(addressBytes + 8);
        randomBytes(at, addressBytes);
        store<u32>(at + addressBytes, bswap<u32>(lengths[i]));
        store<u32>(at + addressBytes, bswap<u32>(6), 4);
        const sum = pseudoSum(at, addressBytes, 6, lengths[i]);
        assert(checksumOf(sum) == plain(at, addressBytes + 8), 'addresses, length, protocol');
      }
    }
  });
});
