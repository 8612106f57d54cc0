import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addressBytes, addressText } from '../../../host/net/address.ts';
import { AddressTexts, LatestAddress } from '../../../host/net/address-cache.ts';

/** More than there are slots. */
const MANY = Array.from({ length: 2000 }, (_, i) =>
  i % 2 === 0 ? `10.0.${i >> 8}.${i & 0xff}` : `2001:db8:${i.toString(16)}::${i.toString(16)}`,
);

describe('Texts of addresses that come again', () => {
  it('are those of their bytes, whoever had the slot before, and wherever they lie', () => {
    const texts = new AddressTexts();
    const bytes = new Uint8Array(100);
    for (const address of [...MANY, ...MANY.toReversed(), '::', '0.0.0.0', '::']) {
      bytes.set(addressBytes(address), 33);
      assert.equal(texts.textAt(bytes, 33), addressText(addressBytes(address)));
    }
  });
});

describe('The address that was written last', () => {
  it('is written as any other, as often as it comes', () => {
    const latest = new LatestAddress();
    for (const address of MANY.flatMap((one) => [one, one])) {
      const bytes = new Uint8Array(40);
      latest.write(address, bytes, 8);
      assert.deepEqual(bytes.subarray(8, 24), addressBytes(address));
      assert.deepEqual([...bytes.subarray(0, 8), ...bytes.subarray(24)], Array(24).fill(0));
    }
  });

  it('stays what it was when the next is none', () => {
    const latest = new LatestAddress();
    latest.write('10.0.0.1', new Uint8Array(16), 0);
    for (const wrong of ['10.0.0', '', '10.0.0.1%eth0']) {
      assert.throws(() => latest.write(wrong, new Uint8Array(16), 0), RangeError);
      const bytes = new Uint8Array(16);
      latest.write('10.0.0.1', bytes, 0);
      assert.deepEqual(bytes, addressBytes('10.0.0.1'));
    }
  });
});
