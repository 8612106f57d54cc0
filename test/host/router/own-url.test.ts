import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ownUrl } from '../../../host/router/own-url.ts';

describe('The router’s own URL', () => {
  it('has an address of the inside, whatever comes first', () => {
    const addresses = ['127.0.0.1', '::1', '203.0.113.5', '2001:db8:179::1', '172.27.179.1', '10.0.0.1'];
    assert.equal(ownUrl(8480, addresses), 'http://172.27.179.1:8480');
  });

  it('has any address where all are public, and none without a network', () => {
    assert.equal(ownUrl(8480, ['203.0.113.5']), 'http://203.0.113.5:8480');
    assert.equal(ownUrl(8480, ['172.32.0.1']), 'http://172.32.0.1:8480');
    assert.equal(ownUrl(8480, ['127.0.0.1', '2001:db8:179::1']), null);
  });
});
