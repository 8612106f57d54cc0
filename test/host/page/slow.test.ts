import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { PAGE_CONNECTIONS } from '../../../host/page/http/connections.ts';
import { until } from '../tools.ts';
import { get, listen, NOTICE, request, type Served, serve, TANAKA, TO_OTHER, TO_WEB, WEB } from './served.ts';

const HALF_A_HEAD = 'GET / HTTP/1.1\r\nHost: www.exam';
const HALF_A_FORM = `${request('POST', NOTICE, { 'Content-Length': '900' })}want=`;

/** A client that has said this and says no more; whether it still has its connection. */
class Slow {
  readonly socket: Socket;
  closed = false;
  heard = '';

  constructor({ open }: Served, from: string, bytes: string, to = TO_WEB) {
    this.socket = open(to, from);
    this.socket.on('error', () => {});
    this.socket.on('data', (chunk: Buffer) => {
      this.heard += chunk.toString();
    });
    this.socket.on('end', () => this.socket.end());
    this.socket.on('close', () => {
      this.closed = true;
    });
    if (bytes !== '') this.socket.write(bytes);
  }
}

async function slowClients(served: Served, count: number, bytesOf: (i: number) => string): Promise<Slow[]> {
  const clients = Array.from(
    { length: count },
    (_, i) => new Slow(served, `127.1.${i >> 7}.${(i & 127) + 1}`, bytesOf(i)),
  );
  await until(
    'all to be connected',
    () => served.page.counters.connections >= Math.min(count, PAGE_CONNECTIONS.all),
  );
  return clients;
}

/** Milliseconds until a good client has its whole answer. */
async function goodOne({ ask }: Served, context: TestContext, what: string, from = TANAKA): Promise<void> {
  const start = process.hrtime.bigint();
  const heard = await ask(TO_WEB, get('/'), { from });
  context.diagnostic(
    `${what}: answered after ${Number((process.hrtime.bigint() - start) / 1000n) / 1000} ms`,
  );
  assert.equal(heard.status, 503);
  assert.equal(heard.error, null);
  assert.equal(Buffer.byteLength(heard.body), Number(heard.headers.get('content-length')));
}

describe('Slow clients', () => {
  it('do not keep a good one waiting: 200 of them are still there when it has its answer', async (context) => {
    const served = await serve(context);
    await goodOne(served, context, 'alone');
    const clients = await slowClients(served, 200, (i) => ['', HALF_A_HEAD, HALF_A_FORM][i % 3] ?? '');
    await goodOne(served, context, 'beside 200 slow ones');
    assert.ok(clients.every(({ closed }) => !closed));
    assert.equal(served.page.counters.evicted, 0);
  });

  it('make room for a good one when there are too many, the slowest first', async (context) => {
    const served = await serve(context);
    const clients = await slowClients(served, PAGE_CONNECTIONS.all, () => HALF_A_HEAD);
    await goodOne(served, context, `beside ${PAGE_CONNECTIONS.all}`);
    await until('the slowest to go', () => clients.some(({ closed }) => closed));
    assert.deepEqual(
      clients.flatMap(({ closed }, i) => (closed ? [i] : [])),
      [0],
    );
    assert.equal(served.page.counters.evicted, 1);
  });

  it('of one address make room for their neighbours at the same, and nobody else’s do', async (context) => {
    const served = await serve(context);
    const stranger = new Slow(served, '127.1.9.1', HALF_A_HEAD);
    const clients: Slow[] = [];
    for (let i = 0; i < PAGE_CONNECTIONS.machine; i += 1) {
      clients.push(new Slow(served, TANAKA, HALF_A_HEAD));
      await until('it to be connected', () => served.page.counters.connections === i + 2);
    }
    await goodOne(served, context, 'at a full address', TANAKA);
    await until('the oldest to go', () => clients[0]?.closed === true);
    assert.ok(clients.slice(1).every(({ closed }) => !closed));
    assert.ok(!stranger.closed);
  });

  it('of one link, under as many addresses as they like, make room for their neighbours, and nobody else’s do', async (context) => {
    const served = await serve(context);
    const stranger = new Slow(served, '127.2.0.1', HALF_A_HEAD);
    await until('it to be connected', () => served.page.counters.connections === 1);
    const clients = Array.from(
      { length: 2 * PAGE_CONNECTIONS.network },
      (_, i) => new Slow(served, `127.1.0.${(i % 250) + 1}`, HALF_A_HEAD),
    );
    await until(
      'half of them to go',
      () => clients.filter(({ closed }) => closed).length >= PAGE_CONNECTIONS.network,
    );
    await goodOne(served, context, 'on a full link', '127.1.0.251');
    assert.equal(served.page.counters.evicted, PAGE_CONNECTIONS.network + 1);
    assert.ok(!stranger.closed);
  });

  it('never cost pages that listen their streams', async (context) => {
    const served = await serve(context);
    const page = new Slow(served, TANAKA, get('/.well-known/ringback/events'));
    await until('the stream', () => page.heard.includes('retry:'));
    const many = Array.from(
      { length: 3 * PAGE_CONNECTIONS.machine },
      () => new Slow(served, TANAKA, HALF_A_HEAD),
    );
    await until(
      'the others to go',
      () => many.filter(({ closed }) => closed).length >= 2 * PAGE_CONNECTIONS.machine,
    );
    await goodOne(served, context, 'in the crowd', TANAKA);
    assert.ok(!page.closed);
    served.page.recovered(WEB);
    await until('the event', () => page.heard.includes('event: recovered'));
  });

  it('are let go after a while, with a word to those who had begun', async (context) => {
    const served = await serve(context);
    const [silent, head, form, drip] = ['', HALF_A_HEAD, HALF_A_FORM, 'GET / HTTP/1.1\r\n'].map(
      (bytes, i) => new Slow(served, `127.1.8.${i + 1}`, bytes),
    );
    const dripping = setInterval(() => drip?.socket.write('X: y\r\n'), 200);
    context.after(() => clearInterval(dripping));
    for (const client of [silent, head, form, drip]) await until('its end', () => client?.closed === true);
    assert.equal(silent?.heard, '');
    assert.match(head?.heard ?? '', /^HTTP\/1\.1 408 /);
    assert.match(form?.heard ?? '', /^HTTP\/1\.1 408 /);
    assert.match(drip?.heard ?? '', /^HTTP\/1\.1 408 /);
  });

  it('that have their answer and do not hang up are let go, too', async (context) => {
    const served = await serve(context);
    const upload = `${request('POST', '/', { 'Content-Length': '900000' })}x`;
    const clients = ['nonsense\r\n\r\n', upload, request('CONNECT', 'a:1')].map((bytes) => {
      const socket = served.open(TO_WEB);
      socket.on('error', () => {});
      socket.resume().write(bytes);
      return socket;
    });
    await until('their answers', () => clients.every(({ bytesRead }) => bytesRead > 0));
    assert.equal(served.page.counters.connections, 3);
    served.role.nowMs += 10_000;
    await until('their end', () => served.page.counters.connections === 0);
    for (const socket of clients) socket.destroy();
  });
});

describe('Connections that a browser keeps ready', () => {
  it('are closed a moment after their server is back; those of others, and those that ask, are not', async (context) => {
    const served = await serve(context);
    const [ready, asking] = [new Slow(served, TANAKA, ''), new Slow(served, TANAKA, HALF_A_HEAD)];
    const about = served.open(TO_WEB, TANAKA);
    const other = new Slow(served, TANAKA, '', TO_OTHER);
    await until(
      'all to be connected',
      () => served.page.counters.connections === 4 && asking.socket.bytesWritten > 0,
    );
    // What was written is there when a later connection has been answered.
    await goodOne(served, context, 'meanwhile', '127.1.7.1');
    served.role.up.add(WEB.server);
    served.page.recovered(WEB);
    // Its request may have been on its way.
    about.write(get('/'));
    assert.equal((await listen(about)).status, 503);
    assert.ok(!ready.closed);
    served.role.nowMs += 1000;
    await until('the end of the one', () => ready.closed);
    assert.equal(ready.heard, '');
    assert.ok(!asking.closed && !other.closed);
    const whole = listen(asking.socket);
    asking.socket.write('ple.jp\r\n\r\n');
    assert.equal((await whole).status, 503);
  });
});
