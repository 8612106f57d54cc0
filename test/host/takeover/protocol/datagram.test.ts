import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  type Datagram,
  decode,
  encode,
  keyOf,
  MAX_DATAGRAM_BYTES,
} from '../../../../host/takeover/protocol/datagram.ts';
import type { AddressEntry, TakeoverMessage } from '../../../../host/takeover/protocol/messages.ts';

const KEY = 'a secret of the pair';
const OTHER = 'a secret of somebody else';
const HMAC_BYTES = 32;

const entry: AddressEntry = {
  address: '172.27.178.80',
  length: 24,
  held: true,
  marked: false,
  mac: '02:00:00:00:11:00',
};
const entry6: AddressEntry = { ...entry, address: '2001:db8:178::80', length: 64, held: false, marked: true };

const MESSAGES: readonly TakeoverMessage[] = [
  { kind: 'hello', name: 'web' },
  { kind: 'welcome', name: '待機' },
  { kind: 'knock', name: '' },
  { kind: 'unknown' },
  { kind: 'bye' },
  { kind: 'byeSeen' },
  { kind: 'heartbeat', healthy: true, everyMs: 100, name: 'web', entries: [entry, entry6] },
  { kind: 'report', healthy: false, everyMs: 4_294_967_295, name: 'standby', entries: [] },
  { kind: 'take', id: 7, cause: 'fault', entry },
  { kind: 'return', id: 4_294_967_295, cause: 'conflict', entry: entry6 },
  { kind: 'reclaim', addresses: ['172.27.178.80', '2001:db8:178::80'] },
  { kind: 'taken', id: 1, address: '172.27.178.80', outcome: 'accepted', reason: '' },
  { kind: 'returned', id: 2, address: '2001:db8:178::80', outcome: 'failed', reason: 'eth0 has no carrier' },
];

function datagram(message: TakeoverMessage): Datagram {
  return {
    activeNonce: randomBytes(16),
    standbyNonce: randomBytes(16),
    number: 2 ** 40 + 1,
    seen: 3,
    message,
  };
}

/** Reads it as the sessions do: only what is authentic. */
function read(bytes: Uint8Array): Datagram | null {
  return keyOf(bytes, [KEY]) === 0 ? decode(bytes) : null;
}

/** Every key is known: what remains is the reading of what a traitor could write. */
function sealed(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, createHmac('sha256', KEY).update(bytes).digest()]);
}

describe('a datagram', () => {
  for (const message of MESSAGES) {
    it(`${message.kind} says what was said`, () => {
      const said = datagram(message);
      const bytes = encode(said, KEY);
      assert.ok(bytes.length <= MAX_DATAGRAM_BYTES);
      const heard = read(bytes);
      assert.deepEqual(heard?.message, message);
      assert.deepEqual([heard?.number, heard?.seen], [said.number, said.seen]);
      assert.deepEqual(Buffer.from(heard?.activeNonce ?? []), said.activeNonce);
      assert.deepEqual(Buffer.from(heard?.standbyNonce ?? []), said.standbyNonce);
    });

    it(`${message.kind} is refused when any bit of it is another one`, () => {
      const bytes = encode(datagram(message), KEY);
      for (let bit = 0; bit < bytes.length * 8; bit += 3) {
        const changed = Buffer.from(bytes);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        assert.equal(keyOf(changed, [KEY]), -1, `bit ${bit}`);
      }
    });

    it(`${message.kind} is refused when it is cut short, with the right key too`, () => {
      const bytes = encode(datagram(message), KEY);
      for (let length = 0; length < bytes.length; length++) {
        assert.equal(keyOf(bytes.subarray(0, length), [KEY]), -1, `${length} bytes`);
      }
      // A hello is padded: what is cut of that says the same.
      const least = message.kind === 'hello' ? 52 + 1 + message.name.length : bytes.length - HMAC_BYTES;
      for (let length = 0; length < least; length++) {
        assert.equal(decode(sealed(bytes.subarray(0, length))), null, `${length} bytes`);
      }
    });

    it(`${message.kind} is refused with more behind it`, () => {
      const bytes = encode(datagram(message), KEY);
      const longer = sealed(Buffer.concat([bytes.subarray(0, -HMAC_BYTES), Buffer.from([1])]));
      assert.equal(decode(longer), null);
    });
  }

  it('of another key is refused, and one of several keys is found', () => {
    const bytes = encode(datagram({ kind: 'bye' }), OTHER);
    assert.equal(keyOf(bytes, [KEY]), -1);
    assert.equal(keyOf(bytes, [KEY, OTHER]), 1);
    assert.equal(keyOf(bytes, [OTHER, KEY]), 0);
  });

  it('of random bytes is refused, with the right key too', () => {
    for (let i = 0; i < 3000; i++) {
      const bytes = randomBytes(Math.floor(Math.random() * 1500));
      assert.equal(keyOf(bytes, [KEY]), -1);
      assert.equal(decode(bytes), null);
    }
    // A body of random bytes behind a right head is a message or null, and never an exception.
    const head = encode(datagram({ kind: 'bye' }), KEY).subarray(0, 52);
    for (let i = 0; i < 20_000; i++) {
      const bytes = sealed(Buffer.concat([head, randomBytes(i % 200)]));
      bytes[3] = i % 80;
      decode(bytes);
    }
  });

  it('of another version, kind or magic is refused', () => {
    const bytes = encode(datagram({ kind: 'bye' }), KEY);
    for (const [at, value] of [
      [0, 0x51],
      [2, 2],
      [3, 0],
      [3, 64],
      [3, 255],
    ] as const) {
      const changed = Buffer.from(bytes);
      changed[at] = value;
      assert.equal(decode(changed), null, `byte ${at} is ${value}`);
    }
  });

  it('with values that nobody means is refused', () => {
    const take = encode(datagram({ kind: 'take', id: 7, cause: 'fault', entry }), KEY).subarray(
      0,
      -HMAC_BYTES,
    );
    const at = (offset: number, value: number): Buffer => {
      const changed = Buffer.from(take);
      changed[52 + offset] = value;
      return sealed(changed);
    };
    assert.equal(decode(at(4, 6)), null, 'a cause beyond the last');
    assert.equal(decode(at(21, 0)), null, 'a network of no bits');
    assert.equal(decode(at(21, 33)), null, 'an IPv4 network of 33 bits');
    assert.equal(decode(at(22, 4)), null, 'a flag that is none');
    assert.notEqual(decode(at(21, 32)), null);
  });

  it('with text that moves a cursor, or is no text, is refused', () => {
    for (const name of ['web\n', 'a\x1b[2J', 'b\x85']) {
      assert.equal(decode(encode(datagram({ kind: 'knock', name }), KEY)), null, JSON.stringify(name));
    }
    const bytes = encode(datagram({ kind: 'knock', name: 'web' }), KEY).subarray(0, -HMAC_BYTES);
    bytes[54] = 0xff;
    assert.equal(decode(sealed(bytes)), null);
  });

  it('with a long text carries its beginning, in whole characters', () => {
    const reason = '応答がない'.repeat(40);
    const message = { kind: 'taken', id: 1, address: '172.27.178.80', outcome: 'failed', reason } as const;
    const heard = decode(encode(datagram(message), KEY));
    assert.ok(heard?.message.kind === 'taken');
    assert.ok(reason.startsWith(heard.message.reason));
    assert.ok(Buffer.byteLength(heard.message.reason) > 150);
  });

  it('with all addresses that may be configured fits into one frame', () => {
    const entries = Array.from({ length: 40 }, (_, i) => ({ ...entry6, address: `2001:db8:178::${i + 1}` }));
    const heartbeat: TakeoverMessage = {
      kind: 'heartbeat',
      healthy: true,
      everyMs: 100,
      name: 'w'.repeat(63),
      entries,
    };
    assert.deepEqual(read(encode(datagram(heartbeat), KEY))?.message, heartbeat);
  });

  it('hello is no shorter than what answers it', () => {
    const hello = encode(datagram({ kind: 'hello', name: '' }), KEY);
    for (const kind of ['welcome', 'knock'] as const) {
      assert.ok(encode(datagram({ kind, name: 'w'.repeat(63) }), KEY).length <= hello.length);
    }
    assert.ok(encode(datagram({ kind: 'unknown' }), KEY).length <= hello.length);
  });
});
