/** Host names from a DNS server that says what the test wants. */

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import type { Endpoint } from '../../../host/net/endpoint.ts';
import { hostNameOf } from '../../../host/relay/resolver.ts';
import { machineTime } from '../../../host/time.ts';

const PTR = 12;

/** RFC 1035 section 3.1. */
function labels(name: string): Buffer {
  const parts = name.split('.').filter((label) => label !== '');
  return Buffer.concat([
    ...parts.map((label) => Buffer.concat([Buffer.from([Buffer.byteLength(label)]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);
}

/** A name server, closed with the test. `names`: what it answers to every question; null: nothing at all. */
async function nameServer(
  test: TestContext,
  names: readonly string[] | null,
): Promise<{ servers: Endpoint[]; asked: string[] }> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (query, peer) => {
    let at = 12;
    const question: string[] = [];
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      question.push(query.toString('latin1', at + 1, at + 1 + length));
      at += length + 1;
    }
    asked.push(question.join('.'));
    if (names === null) return;
    const head = Buffer.from(query.subarray(0, 12));
    // A response; RFC 1035 section 4.1.1: code 3 where there is no such name.
    head.writeUInt16BE(names.length === 0 ? 0x8183 : 0x8180, 2);
    head.writeUInt16BE(names.length, 6);
    head.writeUInt16BE(0, 8);
    head.writeUInt16BE(0, 10);
    const answers = names.map((name) => {
      const data = labels(name);
      const record = Buffer.from([0xc0, 12, 0, PTR, 0, 1, 0, 0, 0, 60, 0, data.length]);
      return Buffer.concat([record, data]);
    });
    socket.send(Buffer.concat([head, query.subarray(12, at + 5), ...answers]), peer.port, peer.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  test.after(() => socket.close());
  return { servers: [{ host: '127.0.0.1', port: socket.address().port }], asked };
}

describe('the name of a host', () => {
  it('is what reverse DNS has for its address, of either family', async (test) => {
    const { servers, asked } = await nameServer(test, ['www.example.jp']);
    assert.equal(await hostNameOf('172.27.178.80', servers, { time: machineTime }), 'www.example.jp');
    assert.equal(await hostNameOf('2001:db8:178::80', servers, { time: machineTime }), 'www.example.jp');
    assert.equal(asked[0], '80.178.27.172.in-addr.arpa');
    assert.match(asked[1] ?? '', /^0\.8\.0\.0\..*\.8\.b\.d\.0\.1\.0\.0\.2\.ip6\.arpa$/i);
  });

  it('is not known where there is none', async (test) => {
    const { servers } = await nameServer(test, []);
    assert.equal(await hostNameOf('172.27.178.80', servers, { time: machineTime }), null);
  });

  it('is nothing but a host name, whatever the DNS says', async (test) => {
    const { servers } = await nameServer(test, ['www\r\nBcc: evil.example', 'x y', 'WWW.Example.JP']);
    assert.equal(await hostNameOf('172.27.178.80', servers, { time: machineTime }), 'www.example.jp');
    const none = await nameServer(test, ['<b>www</b>', '172.27.178.80']);
    assert.equal(await hostNameOf('172.27.178.80', none.servers, { time: machineTime }), null);
  });

  it('is not waited for', async (test) => {
    const { servers, asked } = await nameServer(test, null);
    assert.equal(await hostNameOf('172.27.178.80', servers, { time: machineTime, maxMs: 50 }), null);
    assert.ok(asked.length > 0, 'asked');
  });
});
