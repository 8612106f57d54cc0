import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { type Weakness, weaknessOf } from '../../../host/config/weakness.ts';

const WEAK: readonly (readonly [Weakness, readonly string[]])[] = [
  ['short', ['12345678', 'secret', 'x7#kQ9!z', '4711471147', 'f3a9c41b77']],
  [
    'repeated',
    [
      'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      'abcabcabcabcabcabcabcabc',
      'changemechangeme',
      'passwordPASSWORDpassword',
      'P4ssw0rd!P4ssw0rd!P4ssw0rd!',
      '0123456789abcdef0123456789abcdef',
      'deadbeefdeadbeefdeadbeefdeadbeef',
      'qwertyuiopasdfghjklzxcvbnm1234567890',
      'zyxwvutsrqponmlkjihgfedcba',
      'password123456789',
    ],
  ],
  [
    'words',
    [
      'list-secret',
      'correct horse battery staple',
      'CorrectHorseBatteryStaple',
      'the same long phrase in both files',
      'ringback takeover key',
      'internationalization-administrator',
    ],
  ],
];

describe('A key', () => {
  for (const [weakness, keys] of WEAK) {
    it(`is weak: ${weakness}`, () => {
      for (const key of keys) assert.equal(weaknessOf(key), weakness, key);
    });
  }

  it('is not weak when it comes from openssl rand, -hex or -base64, or is eight words thrown by dice', () => {
    assert.equal(weaknessOf('cable enigma plasma waffle turnip zebra orbit mango'), null);
    for (let i = 0; i < 500; i++) {
      const bytes = createHash('sha256').update(`key ${i}`).digest();
      for (const key of [
        bytes.toString('hex'),
        bytes.toString('base64'),
        bytes.subarray(0, 16).toString('hex'),
        bytes.subarray(0, 24).toString('base64url'),
      ]) {
        assert.equal(weaknessOf(key), null, key);
      }
    }
  });
});
