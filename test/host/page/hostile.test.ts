import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { until } from '../tools.ts';
import { get, parsed, serve, TO_ROUTER, TO_WEB } from './served.ts';

const REQUESTS = 10_000;
/** Code is compiled and buffers find their sizes meanwhile. */
const WARM_UP = 3000;
const AT_ONCE = 24;
/** What the heap of this process, with both sides in it, may differ by; a leak of 2 KiB a request would be 14 MiB. */
const GROWTH_BYTES = 6 << 20;
const SEED = 0x2026_1122;

/** Marsaglia's xorshift: the same requests in every run. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const random = randomOf(SEED);
const pick = <Value>(values: readonly [Value, ...Value[]]): Value =>
  values[random(values.length)] ?? values[0];
const chance = (oneIn: number): boolean => random(oneIn) === 0;

function bytes(most: number, from = 0, below = 256): string {
  return Array.from({ length: random(most + 1) }, () =>
    String.fromCharCode(from + random(below - from)),
  ).join('');
}

/** Never `GET events`, `GET stop` and `HEAD stop`: these are answered 200 by right. */
const PATHS = [
  '/',
  '/index.html?a=b#c',
  '*',
  'http://www.example.jp/',
  '//',
  '/%00%ff/../..',
  '/.well-known/ringback/',
  '/.well-known/ringback/notice',
  '/.well-known/ringback/notice?token=1',
  '/.well-known/ringback/Events',
  '/.well-known/ringback/stop/',
] as const;
const METHODS = [
  'GET',
  'POST',
  'HEAD',
  'OPTIONS',
  'PUT',
  'DELETE',
  'TRACE',
  'CONNECT',
  'PROPFIND',
  'get',
  'PRI',
] as const;

function header(): string {
  return pick<() => string>([
    () => `${pick(['Host', 'X-Host'])}: ${bytes(300, 0x20, 0x7f)}`,
    () => `Content-Length: ${pick([random(6000), -1, 'x', 1e20])}`,
    () => `Transfer-Encoding: ${pick(['chunked', 'gzip', 'gzip, chunked', 'identity', ' chunked'])}`,
    () =>
      `Content-Type: ${pick(['application/x-www-form-urlencoded', 'multipart/form-data', bytes(20, 0x20)])}`,
    () => `Accept: ${pick(['*/*', 'text/html', 'application/json', bytes(600, 0x20, 0x7f)])}`,
    () => `Accept-Language: ${pick(['ja', 'en;q=0', bytes(600, 0x20, 0x7f)])}`,
    () => `Connection: ${pick(['keep-alive', 'close', 'upgrade', bytes(10, 0x20, 0x7f)])}`,
    () => `Upgrade: ${pick(['h2c', 'websocket', bytes(10, 0x20, 0x7f)])}`,
    () => `Expect: ${pick(['100-continue', bytes(10, 0x20, 0x7f)])}`,
    () => `Cookie: ${'a'.repeat(random(chance(4) ? 90_000 : 900))}`,
    () => `${bytes(20, 0x41, 0x5b)}: ${bytes(40, 0x20, 0x7f)}`,
    () => (chance(4) ? bytes(60) : 'X: y'),
  ])();
}

function body(): string {
  return pick<() => string>([
    () => '',
    () => `token=80/0/127.0.0.1/${'a'.repeat(43)}&want=${pick(['yes', 'no', bytes(5)])}&mail=${bytes(300)}`,
    () => `${random(300).toString(16)}\r\n${bytes(300)}\r\n0\r\n\r\n`,
    () => bytes(6000),
    () => get('/second'),
  ])();
}

/** A form that is a form, whatever is in it. */
function form(): string {
  const fields = body();
  const type = chance(9) ? 'text/plain' : 'application/x-www-form-urlencoded';
  return `POST /.well-known/ringback/notice HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: ${fields.length}\r\n\r\n${fields}`;
}

function randomRequest(): Buffer {
  const method = chance(20) ? bytes(12) : pick(METHODS);
  const path = chance(5) ? `/${bytes(chance(20) ? 9000 : 100, 0x21)}` : pick(PATHS);
  const version = chance(10) ? bytes(10) : pick(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0']);
  const headers = Array.from({ length: random(6) }, header);
  if (!chance(5)) headers.unshift('Host: www.example.jp');
  const text = `${method} ${path} ${version}\r\n${headers.join('\r\n')}\r\n\r\n${body()}`;
  const whole = Buffer.from(chance(50) ? bytes(2000) : chance(8) ? form() : text, 'latin1');
  return chance(3) ? whole.subarray(0, random(whole.length + 1)) : whole;
}

/** Says the bytes, in pieces or at once, and hears what comes back; some hang up without a word. */
function exchange(port: number, from: string): Promise<Buffer> {
  const to = chance(5) ? TO_ROUTER : TO_WEB;
  const said = randomRequest();
  const at = chance(3) ? random(said.length + 1) : said.length;
  const rude = chance(10);
  return new Promise((resolve) => {
    const heard: Buffer[] = [];
    const socket = connect({ port, host: to, localAddress: from, allowHalfOpen: true });
    socket.on('data', (chunk) => heard.push(chunk));
    socket.on('end', () => socket.end());
    socket.on('error', () => {});
    socket.on('close', () => resolve(Buffer.concat(heard)));
    socket.write(said.subarray(0, at));
    setImmediate(() => {
      if (rude) socket.destroy();
      else socket.end(said.subarray(at));
    });
  });
}

function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  return process.memoryUsage().heapUsed;
}

describe('Random requests', () => {
  it(`${REQUESTS} of them, cut at random, crash nothing, get no 200 and leave nothing behind`, async (context) => {
    const { ask, lines, page, role } = await serve(context);
    const statuses = new Map<number, number>();
    let [sent, warmBytes] = [0, 0];
    const client = async (from: string): Promise<void> => {
      while (sent < REQUESTS) {
        sent += 1;
        if (sent === WARM_UP) warmBytes = heapBytes();
        const heard = await exchange(page.port, from);
        const { status } = parsed(heard);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        assert.ok(
          heard.length === 0 || status === 100 || status >= 400,
          `${status}: ${heard.subarray(0, 100)}`,
        );
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => client(`127.0.5.${(i >> 2) + 1}`)));
    await until('all to be gone', () => page.counters.connections === 0);
    const grownBytes = heapBytes() - warmBytes;
    context.diagnostic(
      `heap after ${REQUESTS - WARM_UP} more requests: ${(grownBytes / 1024).toFixed(0)} KiB`,
    );
    context.diagnostic(
      `statuses: ${JSON.stringify(Object.fromEntries([...statuses].sort(([a], [b]) => a - b)))}`,
    );
    assert.ok(grownBytes < GROWTH_BYTES, `${grownBytes} bytes`);
    assert.deepEqual(role.registered, []);
    assert.deepEqual(
      lines.filter(({ event }) => event === 'page.failed'),
      [],
    );
    for (const status of [0, 400, 403, 404, 415, 431, 503])
      assert.ok(statuses.has(status), `some got ${status}`);
    assert.equal((await ask(TO_WEB, get('/'))).status, 503, 'it is still there');
  });
});
