import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { EventStreams, LIFE_MS, STREAMS } from '../../../../host/page/http/event-streams.ts';
import { Web } from '../../../../host/page/http/web.ts';
import { machineTime } from '../../../../host/time.ts';
import { until } from '../../tools.ts';
import {
  get,
  machineOf,
  OTHER,
  request,
  SATO,
  type Served,
  serve,
  TANAKA,
  TO_OTHER,
  TO_WEB,
  WEB,
} from '../served.ts';

const EVENTS = '/.well-known/ringback/events';
const RECOVERED = 'event: recovered\ndata: recovered\n\n';

/** An open page that listens: what it has heard so far, and whether that was all. */
class Listener {
  readonly socket: Socket;
  text = '';
  ended = false;

  constructor({ open }: Pick<Served, 'open'>, to: string, from?: string, version = '1.1') {
    this.socket = open(to, from);
    this.socket.setEncoding('utf8');
    this.socket.on('data', (text: string) => {
      this.text += text;
    });
    this.socket.on('error', () => {});
    this.socket.on('end', () => {
      this.ended = true;
      this.socket.end();
    });
    this.socket.write(get(EVENTS).replace('HTTP/1.1', `HTTP/${version}`));
  }

  get status(): number {
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(this.text)?.[1] ?? 0);
  }

  async begun(): Promise<this> {
    await until(
      'an answer',
      () => this.text.includes('\r\n\r\n') && (this.status !== 200 || this.text.includes('retry:')),
    );
    return this;
  }
}

describe('A stream of events', () => {
  it('begins at once, is not to be kept, and says how soon to ask again', async (context) => {
    const served = await serve(context);
    const { status, text, socket } = await new Listener(served, TO_WEB).begun();
    assert.equal(status, 200);
    assert.match(text, /\r\nContent-Type: text\/event-stream\r\n/);
    assert.match(text, /\r\nCache-Control: no-store\r\n/);
    assert.match(text, /retry: \d+\n\n/);
    assert.equal(served.page.counters.streams, 1);
    socket.destroy();
    await until('the end of the stream', () => served.page.counters.streams === 0);
  });

  it('tells every page of a server that it is back, and ends; other servers’ pages hear nothing', async (context) => {
    const served = await serve(context);
    const pages = await Promise.all(
      Array.from({ length: 40 }, (_, i) => new Listener(served, TO_WEB, `127.0.3.${(i >> 2) + 1}`).begun()),
    );
    const other = await new Listener(served, TO_OTHER).begun();
    served.page.recovered(WEB);
    await until('the end of all', () => pages.every(({ ended }) => ended));
    for (const { text } of pages) assert.ok(text.includes(RECOVERED));
    served.page.recovered({ server: OTHER.server, port: 80 });
    assert.equal(served.page.counters.streams, 1);
    assert.ok(!other.text.includes('recovered'));
    served.page.recovered({ server: OTHER.server, port: 0 });
    await until('the end of the other', () => other.ended);
    assert.ok(other.text.includes(RECOVERED));
    await until('all to be gone', () => served.page.counters.connections === 0);
  });

  it('is understood by HTTP/1.0, too', async (context) => {
    const served = await serve(context);
    const page = await new Listener(served, TO_WEB, undefined, '1.0').begun();
    served.page.recovered(WEB);
    await until('the end', () => page.ended);
    assert.ok(page.text.endsWith(`\n\n${RECOVERED}`), 'without chunks');
  });

  it('is refused to more pages than a client may have, and another client has its own', async (context) => {
    const served = await serve(context);
    for (let i = 0; i < STREAMS.machine; i += 1)
      assert.equal((await new Listener(served, TO_WEB).begun()).status, 200);
    const refused = await new Listener(served, TO_WEB).begun();
    assert.equal(refused.status, 503);
    assert.match(refused.text, /\r\nRetry-After: \d+\r\n/);
    assert.equal((await new Listener(served, TO_WEB, '127.0.3.1').begun()).status, 200);
  });

  it('is refused to more pages than there may be in all', async (context) => {
    const served = await serve(context);
    const pages = Array.from(
      { length: STREAMS.all },
      (_, i) => new Listener(served, TO_WEB, `127.0.${4 + (i & 3)}.${(i >> 2) + 1}`),
    );
    for (const page of pages) assert.equal((await page.begun()).status, 200);
    assert.equal((await new Listener(served, TO_WEB).begun()).status, 503);
    pages[0]?.socket.destroy();
    await until('a free place', () => served.page.counters.streams < STREAMS.all);
    assert.equal((await new Listener(served, TO_WEB).begun()).status, 200);
  });

  it('is refused to more pages than there may be on one link, and to no page of another', async (context) => {
    const served = await serve(context);
    const pages = Array.from(
      { length: STREAMS.network },
      (_, i) => new Listener(served, TO_WEB, `127.0.4.${i + 1}`),
    );
    for (const page of pages) assert.equal((await page.begun()).status, 200);
    assert.equal((await new Listener(served, TO_WEB, '127.0.4.100').begun()).status, 503);
    assert.equal((await new Listener(served, TO_WEB).begun()).status, 200);
  });

  it('that its page no longer waits for when it may begin is none', async (context) => {
    const served = await serve(context);
    let known = (): void => {};
    served.role.unknown.set(
      SATO,
      new Promise((resolve) => {
        known = resolve;
      }),
    );
    const page = new Listener(served, TO_WEB);
    await until('the connection', () => served.page.counters.connections === 1);
    // What was written is there when a later connection has been answered.
    await served.ask(TO_WEB, get('/'), { from: TANAKA });
    page.socket.destroy();
    await until('its end', () => served.page.counters.connections === 0);
    known();
    await served.ask(TO_WEB, get('/'));
    assert.equal(served.page.counters.streams, 0);
  });

  it('is none where nothing is down any more, and none for HEAD', async (context) => {
    const served = await serve(context);
    assert.equal((await served.ask(TO_WEB, request('HEAD', EVENTS))).status, 503);
    served.role.up.add(WEB.server);
    assert.equal((await new Listener(served, TO_WEB).begun()).status, 503);
  });

  it('ends when its client goes on asking: what is not looked at costs memory all the same', async (context) => {
    const served = await serve(context);
    const page = await new Listener(served, TO_WEB).begun();
    page.socket.write(get('/').repeat(10));
    const other = await new Listener(served, TO_WEB).begun();
    assert.ok(!page.ended && !page.socket.destroyed, 'a few are forgiven');
    page.socket.write(get('/').repeat(100));
    await until('the end', () => page.socket.destroyed);
    assert.equal(page.text.match(/HTTP\/1\.1/g)?.length, 1);
    assert.ok(!other.ended);
  });

  it('ends with the page', async (context) => {
    const served = await serve(context);
    const page = await new Listener(served, TO_WEB).begun();
    await served.page.close();
    await until('the end', () => page.ended || page.socket.destroyed);
    assert.ok(!page.text.includes(RECOVERED));
  });

  it('gives a sign of life now and then, and ends after very long', async (context) => {
    let nowMs = 0;
    const clock = { nowMs: () => nowMs, dateOf: () => null };
    const web = new Web({
      clock,
      time: machineTime,
      origins: { of: machineOf },
      targetOf: () => WEB,
      answer(asked) {
        const { response, connection } = asked;
        if (asked.begin(['Connection', 'close'])) streams.add(response, connection, connection.origin);
      },
      greet: () => null,
      refused: () => {},
      failed: (error) => assert.fail(String(error)),
    });
    const streams = new EventStreams(web.connections, clock.nowMs);
    context.after(() => web.close());
    await web.listen({ host: '127.0.0.1', port: 0 });
    const page = await new Listener({ open: () => connect(web.port, '127.0.0.1') }, TO_WEB).begun();
    const beaten = page.text.length;
    nowMs = LIFE_MS - 1;
    streams.beat();
    await until('a comment', () => page.text.length > beaten);
    assert.ok(page.text.slice(beaten).includes(':\n\n'));
    nowMs = LIFE_MS;
    streams.beat();
    await until('the end', () => page.ended);
    assert.ok(!page.text.includes(RECOVERED));
  });
});
