/** Datagrams of a pair, signed by one who has the key: what is understood means the same when it is written again. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import {
  type Datagram,
  decode,
  encode,
  keyOf,
  MAX_DATAGRAM_BYTES,
  NONCE_BYTES,
} from '../../../host/takeover/protocol/datagram.ts';
import type { TakeoverMessage } from '../../../host/takeover/protocol/messages.ts';
import type { Target } from '../target.ts';

const KEY = 'a secret of the pair';
const HMAC_BYTES = 32;
const entry = {
  address: '172.27.178.80',
  length: 24,
  held: true,
  marked: false,
  mac: '02:00:00:00:11:00',
};
const entry6 = { ...entry, address: '2001:db8:178::80', length: 64, held: false, marked: true };
const MESSAGES: readonly TakeoverMessage[] = [
  { kind: 'hello', name: 'web' },
  { kind: 'welcome', name: '待機' },
  { kind: 'bye' },
  { kind: 'heartbeat', healthy: true, everyMs: 100, name: 'web', entries: [entry, entry6] },
  { kind: 'take', id: 7, cause: 'fault', entry },
  { kind: 'reclaim', addresses: ['172.27.178.80', '2001:db8:178::80'] },
  { kind: 'taken', id: 1, address: '172.27.178.80', outcome: 'failed', reason: 'eth0 has no carrier' },
];

const sealed = (bytes: Buffer): Buffer =>
  Buffer.concat([bytes, createHmac('sha256', KEY).update(bytes).digest()]);

export function open(): Target {
  const [activeNonce, standbyNonce] = [Buffer.alloc(NONCE_BYTES, 1), Buffer.alloc(NONCE_BYTES, 2)];
  const datagrams = MESSAGES.map(
    (message): Datagram => ({ activeNonce, standbyNonce, number: 2 ** 40, seen: 3, message }),
  );
  return {
    seeds: datagrams.map((datagram) => encode(datagram, KEY).subarray(0, -HMAC_BYTES)),
    play(input) {
      const bytes = sealed(input.subarray(0, MAX_DATAGRAM_BYTES - HMAC_BYTES));
      if (keyOf(bytes, [KEY]) !== 0) return 'nobody’s';
      const heard = decode(bytes);
      if (heard === null) return `nothing ${bytes[3]}`;
      const again = encode(heard, KEY);
      assert.equal(keyOf(again, [KEY]), 0);
      assert.deepEqual(decode(again), heard);
      const { message } = heard;
      return `${message.kind} ${'entries' in message ? message.entries.length : ''}`;
    },
  };
}
