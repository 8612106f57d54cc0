import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { describe, it } from 'node:test';
import {
  addressBytes,
  addressText,
  broadcastOf,
  canonicalAddress,
  clientNetwork,
  mappedLength,
  networkOf,
  prefixContains,
  prefixText,
  readPrefix,
} from '../../../host/net/address.ts';

/** A small generator of repeatable numbers (xorshift), for loops over many inputs. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

describe('an address', () => {
  const spellings: [string, string][] = [
    ['172.27.178.80', '172.27.178.80'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['2001:DB8:178::80', '2001:db8:178::80'],
    ['2001:0db8:0178:0000:0000:0000:0000:0080', '2001:db8:178::80'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['::ffff:172.27.178.80', '172.27.178.80'],
    ['::FFFF:ac1b:b250', '172.27.178.80'],
    ['0:0:0:0:0:ffff:0:0', '0.0.0.0'],
    ['::fffe:172.27.178.80', '::fffe:ac1b:b250'],
  ];

  it('has one spelling', () => {
    for (const [text, canonical] of spellings) {
      assert.equal(canonicalAddress(text), canonical, text);
      assert.equal(canonicalAddress(canonical), canonical, canonical);
    }
  });

  it('is refused when it is anything but exactly one address', () => {
    const wrong = [
      '',
      ' ',
      '172.27.178',
      '172.27.178.256',
      '172.27.178.080',
      '0x7f.0.0.1',
      '172.27.178.80 ',
      '172.27.178.80/32',
      '172.27.178.80\n',
      '::1%lo',
      'fe80::1%eth0',
      '1:2:3',
      ':::',
      '1::2::3',
      '12345::',
      '[::1]',
      '::ffff:1.2.3',
      'www.example.jp',
      '１.2.3.4',
    ];
    for (const text of wrong) assert.equal(canonicalAddress(text), null, JSON.stringify(text));
  });

  it('is 16 bytes in network order, IPv4 mapped', () => {
    assert.deepEqual(
      [...addressBytes('172.27.178.80')],
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 172, 27, 178, 80],
    );
    assert.deepEqual(
      [...addressBytes('2001:db8:178::80')],
      [0x20, 1, 0x0d, 0xb8, 1, 0x78, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80],
    );
    assert.throws(() => addressBytes('nonsense'), RangeError);
  });

  it('can be read from a part of a larger buffer', () => {
    const record = new Uint8Array(64);
    record.set(addressBytes('172.27.178.80'), 16);
    record.set(addressBytes('2001:db8:179::150'), 32);
    assert.equal(addressText(record.subarray(16, 32)), '172.27.178.80');
    assert.equal(addressText(record.subarray(32, 48)), '2001:db8:179::150');
    assert.throws(() => addressText(record), RangeError);
  });

  it('survives the way to bytes and back, and is spelt as URLs spell it', () => {
    const next = numbers(1);
    for (let round = 0; round < 5000; round += 1) {
      const bytes = new Uint8Array(16);
      // Mostly zero groups, so that runs of every length and place occur.
      for (let index = 0; index < 16; index += 2) {
        if (next() % 3 === 0) bytes.set([next() & 0xff, next() & 0xff], index);
      }
      const text = addressText(bytes);
      assert.ok(isIP(text) !== 0, text);
      assert.deepEqual(addressBytes(text), bytes, text);
      if (text.includes(':')) assert.equal(`[${text}]`, new URL(`http://[${text}]`).hostname);
    }
  });
});

describe('a prefix', () => {
  it('is read with its address in canonical form and its length in bits of its family', () => {
    assert.deepEqual(readPrefix('172.27.178.0/24'), { prefix: { address: '172.27.178.0', length: 24 } });
    assert.deepEqual(readPrefix('0.0.0.0/0'), { prefix: { address: '0.0.0.0', length: 0 } });
    assert.deepEqual(readPrefix('2001:DB8:178:0::/64'), {
      prefix: { address: '2001:db8:178::', length: 64 },
    });
    assert.deepEqual(readPrefix('::/0'), { prefix: { address: '::', length: 0 } });
    assert.deepEqual(readPrefix('::ffff:10.0.0.0/104'), { prefix: { address: '10.0.0.0', length: 8 } });
  });

  it('may be a single address', () => {
    assert.deepEqual(readPrefix('172.27.178.80'), { prefix: { address: '172.27.178.80', length: 32 } });
    assert.deepEqual(readPrefix('2001:db8:178::80'), {
      prefix: { address: '2001:db8:178::80', length: 128 },
    });
  });

  it('with bits behind its length is refused, and the network is named', () => {
    const wrong: [string, string][] = [
      ['172.27.178.80/24', '172.27.178.0/24'],
      ['10.1.2.3/8', '10.0.0.0/8'],
      ['255.255.255.255/31', '255.255.255.254/31'],
      ['1.2.3.4/0', '0.0.0.0/0'],
      ['2001:db8:178::80/64', '2001:db8:178::/64'],
      ['2001:db8:178:80::/49', '2001:db8:178::/49'],
      ['::ffff:10.1.2.3/104', '10.0.0.0/8'],
      ['::ffff:0:0/64', '::/64'],
    ];
    for (const [text, network] of wrong) {
      const reading = readPrefix(text);
      assert.ok('problem' in reading && reading.problem.endsWith(`: the network is ${network}`), text);
      assert.ok('prefix' in readPrefix(network), network);
    }
  });

  it('is that of an address with a length, and IPv4 has an address for all in it unless it is a link of two', () => {
    const networks: [string, number, string, string | null][] = [
      ['10.1.2.3', 8, '10.0.0.0', '10.255.255.255'],
      ['172.27.178.80', 30, '172.27.178.80', '172.27.178.83'],
      ['172.27.178.81', 31, '172.27.178.80', null],
      ['172.27.178.81', 32, '172.27.178.81', null],
      ['1.2.3.4', 0, '0.0.0.0', '255.255.255.255'],
      ['2001:db8:178::80', 64, '2001:db8:178::', null],
    ];
    for (const [address, length, network, broadcast] of networks) {
      assert.deepEqual(networkOf({ address, length }), { address: network, length });
      assert.equal(broadcastOf({ address, length }), broadcast);
    }
  });

  it('is refused when it is anything else', () => {
    const wrong = ['', '/', '/8', '10.0.0.0/', '10.0.0.0/33', '::/129', '10.0.0.0/08', '10.0.0.0/-1'];
    wrong.push(
      '10.0.0.0/8/8',
      '10.0.0.0/255.0.0.0',
      '10/8',
      '10.0.0.0/ 8',
      'a/8',
      'fe80::%eth0/64',
      '10.0.0.0/8 ',
    );
    for (const text of wrong) assert.ok('problem' in readPrefix(text), JSON.stringify(text));
  });

  it('survives the way to text and back for every length', () => {
    const next = numbers(2);
    for (let round = 0; round < 40; round += 1) {
      const bytes = Uint8Array.from({ length: 16 }, () => next() & 0xff);
      const text = addressText(bytes);
      for (let length = 0; length <= 128; length += 1) {
        const reading = readPrefix(`${text}/${length}`);
        const suggested = 'problem' in reading ? reading.problem.split(' ').at(-1) : undefined;
        const right = 'prefix' in reading ? reading : readPrefix(suggested ?? '');
        assert.ok('prefix' in right && right.prefix.length === length);
        const { prefix } = right;
        assert.deepEqual(readPrefix(prefixText(prefix)), { prefix });
        assert.ok(prefixContains(prefix, text));
      }
    }
  });

  it('contains the addresses that share its bits, of its own family only', () => {
    const network = { address: '172.27.178.0', length: 23 };
    assert.ok(prefixContains(network, '172.27.178.0'));
    assert.ok(prefixContains(network, '172.27.179.255'));
    assert.ok(!prefixContains(network, '172.27.177.255'));
    assert.ok(!prefixContains(network, '172.27.180.0'));
    assert.ok(!prefixContains({ address: '::', length: 0 }, '172.27.178.80'));
    assert.ok(!prefixContains({ address: '0.0.0.0', length: 0 }, '::1'));
    assert.ok(prefixContains({ address: '::', length: 0 }, '2001:db8::1'));
  });

  it('has a length in the 16-byte form', () => {
    assert.equal(mappedLength({ address: '172.27.178.0', length: 24 }), 120);
    assert.equal(mappedLength({ address: '2001:db8:178::', length: 64 }), 64);
  });
});

describe('What counts as one client', () => {
  it('is an IPv4 address, or a /64', () => {
    assert.equal(clientNetwork('172.27.179.150'), '172.27.179.150');
    assert.equal(clientNetwork('2001:db8:179::150'), '2001:db8:179::/64');
    assert.equal(clientNetwork('2001:db8:179:0:1:2:3:4'), '2001:db8:179::/64');
    assert.equal(clientNetwork('2001:db8:179:1::150'), '2001:db8:179:1::/64');
  });
});
