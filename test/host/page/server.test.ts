import assert from 'node:assert/strict';
import { METHODS } from 'node:http';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RingbackError } from '../../../host/errors.ts';
import { PageServer } from '../../../host/page/server.ts';
import { MACHINE, recordingLog } from '../tools.ts';
import {
  fieldOf,
  get,
  machineOf,
  NOTICE,
  post,
  ROUTER_URL,
  request,
  SATO,
  serve,
  TO_OTHER,
  TO_ROUTER,
  TO_WEB,
} from './served.ts';

/** As a browser that has no form to send: such a connection is not kept. */
const HTML = {
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  Connection: 'close',
};
const JSON_PLEASE = { Accept: 'application/json' };

describe('In a dead server’s place the page', () => {
  it('answers every method and path with 503, when to ask again, not to be kept, and closes', async (context) => {
    const { ask } = await serve(context);
    for (const method of METHODS.filter((name) => name !== 'CONNECT')) {
      const paths = ['/', '/a/b?c=d', '//x', '/.well-known/ringback/', '/.well-known/ringback/no'];
      for (const path of [...paths, ...(method === 'POST' ? [] : [NOTICE])]) {
        const heard = await ask(TO_WEB, request(method, path));
        const what = `${method} ${path}`;
        assert.equal(heard.status, 503, what);
        assert.equal(heard.error, null, what);
        assert.equal(heard.headers.get('retry-after'), '30', what);
        assert.equal(heard.headers.get('cache-control'), 'no-store', what);
        assert.equal(heard.headers.get('connection'), 'close', what);
        const length = method === 'HEAD' ? 0 : Number(heard.headers.get('content-length'));
        assert.equal(Buffer.byteLength(heard.body), length, what);
      }
    }
  });

  it('says to HEAD what it would say to GET', async (context) => {
    const { ask } = await serve(context);
    const [page, head] = [await ask(TO_WEB, get('/', HTML)), await ask(TO_WEB, request('HEAD', '/', HTML))];
    const fields = ({ headers }: typeof page) => [...headers].filter(([name]) => name !== 'date');
    assert.deepEqual(fields(head), fields(page));
    assert.equal(head.body, '');
  });

  it('tries the server only where a person gets the page for what he asked of the server', async (context) => {
    const { ask, role } = await serve(context);
    role.mayTry = true;
    const tries = async (bytes: string): Promise<boolean> =>
      (await ask(TO_WEB, bytes)).body.includes(' data-try=');
    assert.equal(await tries(get('/', HTML)), true);
    assert.deepEqual(role.tried, [SATO]);
    for (const bytes of [
      get('/', { Accept: 'application/json' }),
      request('HEAD', '/', HTML),
      request('POST', '/', { ...HTML, 'Content-Length': '0' }),
      get('/.well-known/ringback/notice', HTML),
    ])
      assert.equal(await tries(bytes), false, bytes);
    assert.deepEqual(role.tried, [SATO]);
    role.mayTry = false;
    assert.equal(await tries(get('/', HTML)), false);
  });

  it('speaks HTML to people and problems to programs', async (context) => {
    const { ask } = await serve(context);
    const typeFor = async (accept: string): Promise<string | undefined> =>
      (await ask(TO_WEB, get('/', { Accept: accept, Connection: 'close' }))).headers.get('content-type');
    const cases: readonly (readonly [string, 'text/html; charset=utf-8' | 'application/problem+json'])[] = [
      [HTML.Accept, 'text/html; charset=utf-8'],
      ['*/*', 'text/html; charset=utf-8'],
      ['text/*', 'text/html; charset=utf-8'],
      ['', 'text/html; charset=utf-8'],
      ['text/html, application/json', 'text/html; charset=utf-8'],
      ['application/json;q=0.5, text/html;q=0.4', 'application/problem+json'],
      ['application/json', 'application/problem+json'],
      ['application/json, text/plain, */*', 'application/problem+json'],
      ['application/problem+json;q=0.1', 'application/problem+json'],
      ['text/html;q=0, */*', 'application/problem+json'],
      ['image/avif,image/webp,*/*;q=0.1', 'text/html; charset=utf-8'],
      ['image/png', 'application/problem+json'],
    ];
    for (const [accept, type] of cases) assert.equal(await typeFor(accept), type, accept);
  });

  it('tells programs what is wrong', async (context) => {
    const { ask } = await serve(context);
    const { status, body } = await ask(TO_WEB, get('/', JSON_PLEASE));
    const problem = JSON.parse(body);
    assert.equal(status, 503);
    assert.equal(problem.status, 503);
    assert.equal(problem.server, '172.27.178.80');
  });

  it('speaks the language that the browser prefers', async (context) => {
    const { ask } = await serve(context);
    const languageOf = async (wanted: string): Promise<string | undefined> =>
      (await ask(TO_WEB, get('/', { ...HTML, 'Accept-Language': wanted }))).headers.get('content-language');
    assert.equal(await languageOf('ja,en;q=0.5'), 'ja');
    assert.equal(await languageOf('en-GB,ja;q=0.5'), 'en');
    assert.equal(await languageOf('fr'), 'en', 'that of the configuration');
  });

  it('shows the server by its address, and the name by which it was asked as text', async (context) => {
    const { ask } = await serve(context);
    const { body } = await ask(TO_OTHER, get('/', { Host: '<script>alert(1)</script>' }));
    assert.ok(body.includes('172.27.178.81'));
    assert.ok(body.includes('&lt;script&gt;alert(1)&lt;/script&gt;'));
    assert.ok(!body.includes('<script>alert'));
  });

  it('asks nothing of those who get a notice anyway', async (context) => {
    const { ask, role } = await serve(context);
    assert.match((await ask(TO_WEB, get('/'))).body, /<form/);
    role.known.add(SATO);
    const heard = await ask(TO_WEB, get('/'));
    assert.equal(heard.status, 503);
    assert.doesNotMatch(heard.body, /<form/);
  });

  it('has the form for others behind the same address at a path of its own, for as long as it is down', async (context) => {
    for (const form of ['server', 'router'] as const) {
      const { ask, role } = await serve(context, { form, routerUrl: ROUTER_URL });
      role.known.add(SATO);
      const known = await ask(TO_WEB, get('/'));
      assert.ok(known.body.includes(`href="${NOTICE}"`));
      for (const [language, heading] of [
        ['en', 'another person'],
        ['ja', 'ほかの方'],
      ] as const) {
        const heard = await ask(TO_WEB, get(NOTICE, { 'Accept-Language': language }));
        assert.equal(heard.status, 503);
        assert.ok(heard.body.includes(heading));
        assert.doesNotMatch(heard.body, /http-equiv="refresh"/);
        const answer = { token: fieldOf(heard.body, 'token'), want: 'yes', mail: `${language}@example.jp` };
        const registered =
          form === 'server'
            ? await ask(TO_WEB, post(NOTICE, answer))
            : await ask(TO_ROUTER, post(NOTICE, { ...answer, server: fieldOf(heard.body, 'server') }));
        assert.equal(registered.status, 200, registered.body);
      }
      assert.deepEqual(
        role.registered.map(({ mail }) => mail),
        ['en@example.jp', 'ja@example.jp'],
      );
      role.up.add('172.27.178.80');
      const back = await ask(TO_WEB, get(NOTICE));
      assert.match(back.body, /id="again" href="\/"/, 'the path is ours, not the server’s');
    }
  });

  it('passes on what the operator says, from the moment when it is said', async (context) => {
    const { ask, role } = await serve(context);
    assert.ok(!(await ask(TO_WEB, get('/'))).body.includes('New disks'));
    role.message = { text: 'New disks', until: null };
    assert.ok((await ask(TO_WEB, get('/'))).body.includes('New disks'));
    role.message = null;
    assert.ok(!(await ask(TO_WEB, get('/'))).body.includes('New disks'));
  });

  it('sends the form to where it came from, or to the router with the server’s address in it', async (context) => {
    const five = await serve(context);
    const page = (await five.ask(TO_WEB, get('/'))).body;
    assert.ok(page.includes(`action="${NOTICE}"`));
    assert.throws(() => fieldOf(page, 'server'));
    const four = await serve(context, { form: 'router', routerUrl: ROUTER_URL });
    const other = await four.ask(TO_WEB, get('/'));
    assert.ok(other.body.includes(`action="${ROUTER_URL}${NOTICE}"`));
    assert.equal(fieldOf(other.body, 'server'), '172.27.178.80');
    assert.match(
      other.headers.get('content-security-policy') ?? '',
      new RegExp(`form-action [^;]*${ROUTER_URL}`),
    );
  });

  it('says that the server is back when it is, and never that all is well', async (context) => {
    const { ask, role } = await serve(context);
    role.up.add('172.27.178.80');
    for (const asked of [
      get('/'),
      get('/.well-known/ringback/events'),
      post('/', 'a=b'),
      post(NOTICE, 'want=no'),
    ]) {
      const heard = await ask(TO_WEB, asked);
      assert.equal(heard.status, 503, asked);
      assert.equal(heard.headers.get('retry-after'), '1');
      assert.doesNotMatch(heard.body, /<form/);
    }
    assert.match((await ask(TO_OTHER, get('/'))).body, /<form/, 'the other is still down');
  });

  it('tells no date where the clock is wrong', async (context) => {
    const right = await serve(context);
    assert.ok((await right.ask(TO_WEB, get('/'))).headers.has('date'));
    const wrong = await serve(context);
    wrong.role.hasDate = false;
    // Looked at every second.
    let hasDate = true;
    for (let i = 0; i < 1000 && hasDate; i += 1) {
      hasDate = (await wrong.ask(TO_WEB, get('/'))).headers.has('date');
      await sleep(10);
    }
    assert.ok(!hasDate);
    assert.ok(!(await wrong.ask(TO_WEB, 'nonsense\r\n\r\n')).headers.has('date'));
  });

  it('logs and counts whom it was shown to', async (context) => {
    const { ask, lines, page } = await serve(context);
    await ask(TO_WEB, get('/', HTML));
    await ask(TO_WEB, get('/', JSON_PLEASE));
    await ask(TO_WEB, request('HEAD', '/', HTML));
    const shown = lines.filter(({ event }) => event === 'page.shown');
    assert.deepEqual(
      shown.map(({ fields }) => fields),
      [{ server: '172.27.178.80', port: 80, client: SATO }],
    );
    assert.equal(page.counters.shown, 1);
  });

  it('counts everybody who comes for one who may be let through: a person, a program, and who speaks TLS', async (context) => {
    const { ask, role } = await serve(context);
    for (const accept of [HTML, JSON_PLEASE]) await ask(TO_WEB, get('/', accept));
    // The first bytes of a ClientHello (RFC 8446 section 5.1).
    await ask(TO_WEB, '\x16\x03\x01\x02\x00\x01\x00\r\n\r\n');
    assert.deepEqual(role.visits, Array(3).fill([80, SATO]));
  });

  it('loses one request and nothing else when the role fails', async (context) => {
    const { ask, lines, role } = await serve(context);
    role.trouble = new Error('the table is gone');
    for (const asked of [get('/'), post(NOTICE, 'want=no')]) {
      const heard = await ask(TO_WEB, asked);
      assert.equal(heard.status, 503);
      assert.equal(heard.headers.get('content-type'), 'text/plain; charset=utf-8');
    }
    role.trouble = null;
    assert.match((await ask(TO_WEB, get('/'))).body, /<form/);
    const failed = lines.filter(({ event }) => event === 'page.failed');
    assert.deepEqual(
      failed.map(({ fields }) => fields.reason),
      ['the table is gone', 'the table is gone'],
    );
  });
});

describe('On the router’s own address the page', () => {
  it('has nothing but its own paths', async (context) => {
    const { ask } = await serve(context);
    for (const path of ['/', '/index.html', '/.well-known/ringback/', '/.well-known/ringback/events'])
      assert.equal((await ask(TO_ROUTER, get(path))).status, 404, path);
    assert.equal((await ask(TO_ROUTER, request('OPTIONS', '*'))).status, 404);
    assert.equal((await ask(TO_ROUTER, request('CONNECT', 'www.example.jp:443'))).status, 404);
  });

  it('says which methods its own paths take', async (context) => {
    const { ask } = await serve(context);
    const notice = await ask(TO_ROUTER, get(NOTICE));
    assert.equal(notice.status, 405);
    assert.equal(notice.headers.get('allow'), 'POST');
    const stop = await ask(TO_ROUTER, request('PUT', '/.well-known/ringback/stop'));
    assert.equal(stop.status, 405);
    assert.equal(stop.headers.get('allow'), 'GET, HEAD, POST');
  });
});

describe('The way out of all notices', () => {
  const STOP = '/.well-known/ringback/stop?t=genuine';

  it('is one POST of a mail program, in either type of form', async (context) => {
    const { ask, role } = await serve(context);
    assert.equal((await ask(TO_ROUTER, post(STOP, 'List-Unsubscribe=One-Click'))).status, 200);
    const parts =
      '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n';
    const type = { 'Content-Type': 'multipart/form-data; boundary=x' };
    assert.equal((await ask(TO_WEB, post(STOP, parts, type))).status, 200);
    assert.deepEqual(role.stopped, ['genuine', 'genuine']);
  });

  it('asks a person who opens the link, and does nothing before the button is pressed', async (context) => {
    const { ask, role } = await serve(context);
    const heard = await ask(TO_ROUTER, get(STOP));
    assert.equal(heard.status, 200);
    assert.ok(heard.body.includes('action="/.well-known/ringback/stop?t=genuine"'));
    assert.equal((await ask(TO_ROUTER, request('HEAD', STOP))).status, 200);
    assert.deepEqual(role.stopped, []);
    const pressed = { 'List-Unsubscribe': fieldOf(heard.body, 'List-Unsubscribe') };
    assert.equal((await ask(TO_ROUTER, post(STOP, pressed))).status, 200);
    assert.deepEqual(role.stopped, ['genuine']);
  });

  it('leads back for whoever stopped the notices, by a button that no mail program presses', async (context) => {
    const { ask, role } = await serve(context);
    const stopped = await ask(TO_ROUTER, post(STOP, 'List-Unsubscribe=One-Click'));
    for (const { body, status } of [stopped, await ask(TO_WEB, get(STOP))]) {
      assert.equal(status, 200);
      assert.ok(body.includes('action="/.well-known/ringback/stop?t=genuine"'));
      assert.equal(fieldOf(body, 'notices'), 'allow');
    }
    await ask(TO_ROUTER, post(STOP, 'List-Unsubscribe=One-Click&notices=allow'));
    await ask(TO_ROUTER, get(`${STOP}&notices=allow`));
    await ask(TO_ROUTER, post(STOP, 'notices=allow', { 'Content-Type': 'text/plain' }));
    assert.deepEqual(role.allowed, []);
    assert.equal((await ask(TO_ROUTER, post(`${STOP}x`, { notices: 'allow' }))).status, 404);
    assert.equal((await ask(TO_ROUTER, post(STOP, { notices: 'allow' }))).status, 200);
    assert.deepEqual(role.allowed, ['genuine']);
  });

  it('goes on for whoever has not confirmed the address, by a button that no mail program presses', async (context) => {
    const { ask, role } = await serve(context);
    const plain = await ask(TO_ROUTER, get(STOP));
    assert.doesNotMatch(plain.body, /name="notices"/);
    role.isUnconfirmed = true;
    const asked = await ask(TO_ROUTER, get(STOP));
    assert.equal(asked.status, 200);
    assert.equal(asked.body.match(/action="\/\.well-known\/ringback\/stop\?t=genuine"/g)?.length, 2);
    assert.equal(fieldOf(asked.body, 'List-Unsubscribe'), 'One-Click');
    const pressed = { notices: fieldOf(asked.body, 'notices') };
    await ask(TO_ROUTER, request('HEAD', STOP));
    await ask(TO_ROUTER, get(`${STOP}&notices=allow`));
    await ask(TO_ROUTER, post(STOP, { 'List-Unsubscribe': 'One-Click', ...pressed }));
    assert.deepEqual([role.stopped, role.allowed], [['genuine'], []], 'one click only ends them');
    role.stopped.length = 0;
    const forged = await ask(TO_ROUTER, get(`${STOP}x`));
    assert.equal(forged.body.replaceAll('genuinex', 'genuine'), plain.body, 'nobody learns of an address');
    const confirmed = await ask(TO_ROUTER, post(STOP, pressed));
    assert.match(confirmed.body, /You will be told on/);
    assert.deepEqual([role.stopped, role.allowed], [[], ['genuine']]);
    assert.equal((await ask(TO_ROUTER, get(STOP))).body, plain.body);
  });

  it('does not take a POST that does not mean it', async (context) => {
    const { ask, role } = await serve(context);
    for (const body of ['', 'List-Unsubscribe=', 'x=List-Unsubscribe=One-Click', 'a'.repeat(5000)])
      assert.equal((await ask(TO_ROUTER, post(STOP, body))).status, 400, body);
    assert.deepEqual(role.stopped, []);
  });

  it('says so when a token is none of ours, and shows no part of it as HTML', async (context) => {
    const { ask } = await serve(context);
    for (const query of ['?t=forged', '?t=', '', `?t=${'a'.repeat(300)}`]) {
      const heard = await ask(
        TO_ROUTER,
        post(`/.well-known/ringback/stop${query}`, 'List-Unsubscribe=One-Click'),
      );
      assert.equal(heard.status, 404, query);
    }
    const hostile = await ask(TO_ROUTER, get('/.well-known/ringback/stop?t=%22%3E%3Cscript%3E'));
    assert.equal(hostile.status, 200);
    assert.ok(!hostile.body.includes('"><script>'));
  });
});

describe('The page’s port', () => {
  it('that another program has is an error that says so', async (context) => {
    const { page } = await serve(context);
    const options = {
      configuration: {
        listen: { host: '::', port: page.port },
        ports: [80],
        greet: [],
        form: 'server',
        routerUrl: null,
        askAgainMs: 1,
        known: 'show',
      },
      language: 'en',
      log: recordingLog().log,
      ...MACHINE,
      clock: { nowMs: () => 0, dateOf: () => null },
      host: {
        targetOf: () => null,
        outageOf: () => null,
        isNamed: () => true,
        pageOf: () => null,
        protocolPort: ({ port }: { readonly port: number }) => port,
        wasTurnedAway: () => false,
        mayTry: () => false,
        onVisit: () => {},
        isKnown: () => false,
        register() {},
        message: () => null,
        stop: () => false,
        allow: () => false,
        isStopped: () => false,
        isUnconfirmed: () => false,
      },
      origins: { of: machineOf, found: async (client: string) => machineOf(client) },
    } as const;
    await assert.rejects(
      PageServer.open(options),
      (error) =>
        error instanceof RingbackError &&
        error.code === 'unavailable' &&
        error.message.includes(`[::]:${page.port}: another program uses this port`),
    );
  });
});
