import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readEnvelope } from '../../../host/traps/envelope.ts';
import { COLD_START } from '../recovery/support.ts';
import { communityMessage, pdu, trapOidVarbind, trapVersion1, UP_TIME, userMessage } from './ber.ts';

const ENGINE = Buffer.from('80001f8880aabbccdd', 'hex');
const TRAP = pdu(0xa7, [UP_TIME, trapOidVarbind(COLD_START)]);
const MESSAGES = {
  v1: communityMessage(0, trapVersion1(0)),
  v2c: communityMessage(1, TRAP),
  v3: userMessage('ops', ENGINE, 0, TRAP),
};

describe('the envelope of an SNMP message', () => {
  it('has the version, and in v3 the engine and the user', () => {
    assert.deepEqual(readEnvelope(MESSAGES.v1), { version: 'v1', engine: '', user: '' });
    assert.deepEqual(readEnvelope(MESSAGES.v2c), { version: 'v2c', engine: '', user: '' });
    assert.deepEqual(readEnvelope(MESSAGES.v3), {
      version: 'v3',
      engine: ENGINE.toString('hex'),
      user: 'ops',
    });
  });

  it('refuses every truncation', () => {
    for (const message of Object.values(MESSAGES)) {
      for (let length = 0; length < message.length; length += 1) {
        assert.equal(readEnvelope(message.subarray(0, length)), null, `${length} of ${message.length} bytes`);
      }
    }
  });

  it('refuses impossible lengths', () => {
    for (const length of [
      [0x80],
      [0xff],
      [0x84, 0xff, 0xff, 0xff, 0xff],
      [0x85, 0, 0, 0, 0, 3],
      [0x82, 0xff],
    ]) {
      assert.equal(readEnvelope(Buffer.from([0x30, ...length, 2, 1, 1])), null);
    }
  });

  it('refuses versions that are none', () => {
    for (const version of [2, 4, 127]) assert.equal(readEnvelope(communityMessage(version, TRAP)), null);
    // 257 in two bytes is not version 1.
    assert.equal(readEnvelope(Buffer.from([0x30, 4, 2, 2, 1, 1])), null);
  });

  it('refuses an engine longer than any can be', () => {
    assert.notEqual(readEnvelope(userMessage('ops', Buffer.alloc(32), 0, TRAP)), null);
    assert.equal(readEnvelope(userMessage('ops', Buffer.alloc(33), 0, TRAP)), null);
  });
});
