import { hashAddress, hashAttempt, hashNumbered, mix, setKey } from '../../../assembly/table/hash';
import { ipv6, SATO, SERVER, TANAKA } from '../addresses';
import { random64, seed } from '../random';

const BUCKETS: u32 = 1024;
const PER_BUCKET: u32 = 4;
/** Of thousands of buckets with four records each on average, none has so many unless the hash is bad. */
const TOO_MANY: u32 = 20;

const lengths = memory.data(1024 * 4, 4);

function begin(): void {
  memory.fill(lengths, 0, BUCKETS * 4);
  setKey(0x0123456789abcdef, 0xfedcba9876543210);
}

function addTo(hash: u32): void {
  const at = lengths + ((<usize>(hash & (BUCKETS - 1))) << 2);
  store<u32>(at, load<u32>(at) + 1);
}

function longest(): u32 {
  let most: u32 = 0;
  for (let i: u32 = 0; i < BUCKETS; i++) most = max(most, load<u32>(lengths + ((<usize>i) << 2)));
  return most;
}

describe('the hash', () => {
  it('is the finaliser of MurmurHash3', () => {
    expect<u64>(mix(0)).toBe(0);
    expect<u64>(mix(1)).toBe(0xb456bcfc34c2cb2c);
  });

  it('is another one under another key', () => {
    setKey(1, 2);
    const first = hashAddress(SATO);
    setKey(1, 3);
    const second = hashAddress(SATO);
    setKey(2, 2);
    const third = hashAddress(SATO);
    expect<bool>(first != second && second != third && first != third).toBe(true);
    setKey(1, 2);
    expect<u64>(hashAddress(SATO)).toBe(first);
  });

  it('of an attempt depends on both addresses, on both ports and on the sequence number', () => {
    begin();
    const client = hashAddress(SATO);
    const server = hashAddress(SERVER);
    const hash = hashAttempt(client, server, 0x9c410050, 7);
    expect<u32>(hashAttempt(client, server, 0x9c410050, 7)).toBe(hash);
    expect<bool>(hashAttempt(hashAddress(TANAKA), server, 0x9c410050, 7) != hash).toBe(true);
    expect<bool>(hashAttempt(server, client, 0x9c410050, 7) != hash).toBe(true);
    expect<bool>(hashAttempt(client, server, 0x9c420050, 7) != hash).toBe(true);
    expect<bool>(hashAttempt(client, server, 0x9c410051, 7) != hash).toBe(true);
    expect<bool>(hashAttempt(client, server, 0x9c410050, 8) != hash).toBe(true);
  });

  it('spreads addresses that follow each other', () => {
    begin();
    for (let i: u32 = 0; i < BUCKETS * PER_BUCKET; i++) addTo(hashNumbered(hashAddress(ipv6(0x178, i)), 0));
    expect<u32>(longest()).toBeLessThan(TOO_MANY);
  });

  it('spreads the outages that one client waits for', () => {
    begin();
    const client = hashAddress(SATO);
    for (let i: u32 = 0; i < BUCKETS * PER_BUCKET; i++) addTo(hashNumbered(client, i));
    expect<u32>(longest()).toBeLessThan(TOO_MANY);
  });

  it('spreads what one sender can choose: ports, and sequence numbers', () => {
    begin();
    const client = hashAddress(SATO);
    const server = hashAddress(SERVER);
    for (let i: u32 = 0; i < BUCKETS * PER_BUCKET; i++) addTo(hashAttempt(client, server, i << 16, 0));
    expect<u32>(longest()).toBeLessThan(TOO_MANY);
    begin();
    for (let i: u32 = 0; i < BUCKETS * PER_BUCKET; i++) addTo(hashAttempt(client, server, 80, i << 20));
    expect<u32>(longest()).toBeLessThan(TOO_MANY);
    begin();
    seed(1);
    for (let i: u32 = 0; i < BUCKETS * PER_BUCKET; i++) {
      addTo(hashAttempt(client, server, <u32>random64(), <u32>random64()));
    }
    expect<u32>(longest()).toBeLessThan(TOO_MANY);
  });
});
