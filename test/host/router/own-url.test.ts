import assert from 'node:assert/strict';
import type { NetworkInterfaceInfo } from 'node:os';
import { describe, it } from 'node:test';
import { ownUrl } from '../../../host/router/own-url.ts';

const at = (address: string, internal = false): NetworkInterfaceInfo => ({
  address,
  netmask: '255.255.255.0',
  family: 'IPv4',
  mac: '00:00:00:00:00:00',
  internal,
  cidr: `${address}/24`,
});

describe('The router’s own URL', () => {
  it('has an address of the inside, whatever comes first', () => {
    const interfaces = { lo: [at('127.0.0.1', true)], wan0: [at('203.0.113.5')], lan0: [at('172.27.179.1')] };
    assert.equal(ownUrl(8480, interfaces), 'http://172.27.179.1:8480');
  });

  it('has any address where all are public, and none without a network', () => {
    assert.equal(ownUrl(8480, { wan0: [at('203.0.113.5')] }), 'http://203.0.113.5:8480');
    assert.equal(ownUrl(8480, { wan0: [at('172.32.0.1')] }), 'http://172.32.0.1:8480');
    assert.equal(ownUrl(8480, { lo: [at('127.0.0.1', true)] }), null);
  });
});
