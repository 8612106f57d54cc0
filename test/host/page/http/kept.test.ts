/** Connections that a page keeps for its form, so that the answer comes to the page even if the server is back by then. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { KEPT_ANSWERS, KEPT_MS, PAGE_CONNECTIONS } from '../../../../host/page/http/connections.ts';
import { until } from '../../tools.ts';
import {
  fieldOf,
  get,
  NOTICE,
  OTHER,
  parsed,
  post,
  ROUTER_URL,
  request,
  type Served,
  serve,
  TANAKA,
  TO_OTHER,
  TO_ROUTER,
  TO_WEB,
  WEB,
} from '../served.ts';

const BROWSER = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const KEEP = '/.well-known/ringback/keep';

/** A connection on which one request follows the other. */
class Conversation {
  readonly socket: Socket;
  isClosed = false;
  #heard = Buffer.alloc(0);

  constructor({ open }: Served, from?: string, to = TO_WEB) {
    this.socket = open(to, from);
    this.socket.on('error', () => {});
    this.socket.on('data', (chunk: Buffer) => {
      this.#heard = Buffer.concat([this.#heard, chunk]);
    });
    this.socket.on('end', () => this.socket.end());
    this.socket.on('close', () => {
      this.isClosed = true;
    });
  }

  /** How many answers have come since the last that was said. */
  get answers(): number {
    return this.#heard.toString('latin1').split('HTTP/1.1 ').length - 1;
  }

  /** Says the bytes, and hears one answer; of status 0 where the connection ends without. */
  async say(bytes: string): Promise<ReturnType<typeof parsed>> {
    this.#heard = Buffer.alloc(0);
    this.socket.write(bytes);
    await until('an answer', () => this.isClosed || this.#isWhole());
    return parsed(this.#heard);
  }

  #isWhole(): boolean {
    const { headers, body, whole } = parsed(this.#heard);
    return (
      whole.includes('\r\n\r\n') && Buffer.byteLength(body) >= Number(headers.get('content-length') ?? 0)
    );
  }

  closed(): Promise<void> {
    return until('the end of the connection', () => this.isClosed);
  }
}

/** A browser that reads the page; and the token of its form. */
async function reader(served: Served, from?: string): Promise<[Conversation, string]> {
  const talk = new Conversation(served, from);
  const page = await talk.say(get('/timetable', BROWSER));
  assert.equal(page.status, 503);
  assert.equal(page.headers.get('connection'), 'keep-alive');
  return [talk, fieldOf(page.body, 'token')];
}

const yes = (token: string, mail = 'sato@example.jp'): string =>
  post(NOTICE, { want: 'yes', mail, token }, BROWSER);

describe('A connection that is kept for a form', () => {
  it('brings the form’s answer, and ends with it', async (context) => {
    const served = await serve(context);
    const [talk, token] = await reader(served);
    const answer = await talk.say(yes(token));
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('connection'), 'close');
    assert.deepEqual(
      served.role.registered.map(({ mail }) => mail),
      ['sato@example.jp'],
    );
    await talk.closed();
  });

  it('brings it even if the server is back: that is what is answered', async (context) => {
    const served = await serve(context);
    const [talk, token] = await reader(served);
    served.role.up.add(WEB.server);
    served.page.recovered(WEB);
    const answer = await talk.say(yes(token));
    assert.equal(answer.status, 503);
    assert.match(answer.body, /The server is back/);
    assert.deepEqual(served.role.registered, []);
    await talk.closed();
  });

  it('is kept on where the form has to be sent again', async (context) => {
    const served = await serve(context);
    const [talk, token] = await reader(served);
    const refused = await talk.say(yes(token, 'sato@'));
    assert.equal(refused.status, 422);
    assert.equal(refused.headers.get('connection'), 'keep-alive');
    assert.equal((await talk.say(yes(fieldOf(refused.body, 'token')))).status, 200);
  });

  it('leads whoever wants something else to the server that is back', async (context) => {
    const served = await serve(context);
    for (const [path, status, location] of [
      ['/timetable?line=7', 307, '/timetable?line=7'],
      ['//other.example.jp/', 503, undefined],
      ['/\\other.example.jp/', 503, undefined],
      ['http://other.example.jp/', 503, undefined],
    ] as const) {
      served.role.up.clear();
      const [talk] = await reader(served);
      served.role.up.add(WEB.server);
      const answer = await talk.say(get(path, BROWSER));
      assert.deepEqual([answer.status, answer.headers.get('location')], [status, location], path);
      assert.equal(answer.headers.get('connection'), 'close');
      await talk.closed();
    }
  });

  it('has more pages while it is down, and no look: that finds its way anew', async (context) => {
    const served = await serve(context);
    const [talk] = await reader(served);
    const again = await talk.say(get('/', BROWSER));
    assert.deepEqual([again.status, again.headers.get('connection')], [503, 'keep-alive']);
    served.role.mayTry = true;
    const trying = await talk.say(get('/', BROWSER));
    assert.deepEqual([trying.status, trying.headers.get('connection')], [503, 'close']);
    served.role.mayTry = false;
    const [looking] = await reader(served);
    const look = await looking.say(request('HEAD', '/', { Accept: '*/*' }));
    assert.equal(look.status, 0);
    const [posting] = await reader(served);
    const swallowed = await posting.say(post('/orders', 'order=1', BROWSER));
    assert.deepEqual([swallowed.status, swallowed.headers.get('connection')], [503, 'close']);
  });

  it('can be had by a page that has used up its own', async (context) => {
    const served = await serve(context);
    const [, token] = await reader(served);
    const talk = new Conversation(served);
    const kept = await talk.say(get(KEEP));
    assert.deepEqual([kept.status, kept.headers.get('connection')], [200, 'keep-alive']);
    assert.equal((await talk.say(get(KEEP))).headers.get('connection'), 'keep-alive');
    assert.equal((await talk.say(yes(token))).status, 200);
    served.role.up.add(WEB.server);
    const late = await new Conversation(served).say(get(KEEP));
    assert.equal(late.headers.get('connection'), 'close');
    const elsewhere = await new Conversation(served, undefined, TO_ROUTER).say(get(KEEP));
    assert.deepEqual([elsewhere.status, elsewhere.headers.get('connection')], [404, 'close']);
  });

  const others: Readonly<Record<string, readonly [string, (served: Served) => void]>> = {
    'a program': [get('/', { Accept: 'application/json' }), () => {}],
    'one that takes anything': [get('/', { Accept: '*/*' }), () => {}],
    'one that says nothing of pages': [get('/'), () => {}],
    'who wants the connection closed': [get('/', { ...BROWSER, Connection: 'close' }), () => {}],
    'HTTP/1.0': ['GET / HTTP/1.0\r\nAccept: text/html\r\nConnection: keep-alive\r\n\r\n', () => {}],
    'who sends a body along': [`${get('/', { ...BROWSER, 'Content-Length': '5' })}he`, () => {}],
    'a page that tries the server': [get('/', BROWSER), ({ role }) => (role.mayTry = true)],
    'a page without a form': [get('/', BROWSER), ({ role }) => role.known.add(TANAKA)],
  };
  for (const [name, [bytes, prepare]] of Object.entries(others)) {
    it(`is not for ${name}`, async (context) => {
      const served = await serve(context);
      prepare(served);
      const { status, headers } = await new Conversation(served, TANAKA).say(bytes);
      assert.deepEqual([status, headers.get('connection')], [503, 'close']);
    });
  }

  it('is not needed where the form goes to the router’s own address', async (context) => {
    const served = await serve(context, { form: 'router', routerUrl: ROUTER_URL });
    for (const path of ['/', KEEP]) {
      const { headers } = await new Conversation(served).say(get(path, BROWSER));
      assert.equal(headers.get('connection'), 'close');
    }
  });

  it('ends after a time, whatever is asked on it', async (context) => {
    const served = await serve(context);
    const [first] = await reader(served);
    served.role.nowMs += KEPT_MS - 20_000;
    const [second] = await reader(served, TANAKA);
    assert.equal((await first.say(get(KEEP))).headers.get('keep-alive'), 'timeout=10');
    served.role.nowMs += 20_000;
    await first.closed();
    assert.equal(second.isClosed, false);
    served.role.nowMs += KEPT_MS - 30_000;
    assert.equal((await second.say(get('/', BROWSER))).headers.get('connection'), 'close');
  });

  it('makes room: four of a machine, and before all that still ask', async (context) => {
    const served = await serve(context);
    const talks: Conversation[] = [];
    for (let count = 0; count < 5; count += 1) talks.push((await reader(served))[0]);
    await talks[0]?.closed();
    const asking = Array.from({ length: PAGE_CONNECTIONS.machine - 4 }, () => new Conversation(served));
    await until('all to be there', () => served.page.counters.connections === PAGE_CONNECTIONS.machine);
    assert.equal(served.page.counters.evicted, 0);
    const [newest] = [new Conversation(served)];
    await talks[1]?.closed();
    assert.deepEqual(
      [...talks.slice(2), ...asking, newest].map(({ isClosed }) => isClosed),
      Array.from({ length: PAGE_CONNECTIONS.machine }, () => false),
    );
  });

  it('brings one answer to who does not wait for it, and ends', async (context) => {
    const served = await serve(context);
    const [, token] = await reader(served);
    for (const more of [get('/', BROWSER), yes(token)]) {
      const hasty = new Conversation(served);
      hasty.socket.write(get('/timetable', BROWSER) + more.repeat(40));
      await hasty.closed();
      assert.equal(hasty.answers, 1);
      assert.deepEqual(served.role.registered, []);
    }
  });

  it('brings so many answers, and then its last', async (context) => {
    const served = await serve(context);
    const [talk] = await reader(served);
    for (let kept = 1; kept < KEPT_ANSWERS; kept += 1) {
      assert.equal((await talk.say(get(KEEP))).headers.get('connection'), 'keep-alive');
    }
    assert.equal((await talk.say(get(KEEP))).headers.get('connection'), 'close');
    await talk.closed();
  });

  it('ends for who says nonsense on it, or does not come to an end', async (context) => {
    const served = await serve(context);
    const [talk] = await reader(served);
    const { status, headers } = await talk.say('nonsense\r\n\r\n');
    assert.deepEqual([status, headers.get('connection')], [400, 'close']);
    await talk.closed();
    const [slow] = await reader(served);
    assert.equal((await slow.say('POST / HT')).status, 408);
  });

  it('is that of one server: another’s pages do not come on it', async (context) => {
    const served = await serve(context);
    const [talk, token] = await reader(served);
    served.role.up.add(OTHER.server);
    served.page.recovered(OTHER);
    const elsewhere = new Conversation(served, undefined, TO_OTHER);
    assert.equal((await elsewhere.say(yes(token))).status, 503);
    assert.equal((await talk.say(yes(token))).status, 200);
  });
});
