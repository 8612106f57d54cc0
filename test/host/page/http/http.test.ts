import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../../tools.ts';
import { fieldOf, get, listen, NOTICE, post, request, serve, TO_ROUTER, TO_WEB } from '../served.ts';

const COUNT = /HTTP\/1\.1 \d{3}/g;
/** More than all buffers between the two sides hold. */
const UPLOAD_BYTES = 15 << 20;

describe('HTTP as it comes', () => {
  const decent: Readonly<Record<string, string>> = {
    'HTTP/1.0 without Host': 'GET / HTTP/1.0\r\n\r\n',
    'HTTP/1.0 that would like to go on': 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
    'an empty Host': 'GET / HTTP/1.1\r\nHost:\r\n\r\n',
    'an empty line first': `\r\n${get('/')}`,
    'the absolute form': get('http://www.example.jp/index.html'),
    'the absolute form of nothing': get('http://www.example.jp'),
    'the asterisk form': request('OPTIONS', '*'),
    TRACE: request('TRACE', '/', { 'Max-Forwards': '0' }),
    CONNECT: request('CONNECT', 'www.example.jp:443'),
    'an upgrade': get('/', { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Key': 'AAAA' }),
    'an upgrade to HTTP/2': get('/', {
      Connection: 'Upgrade, HTTP2-Settings',
      Upgrade: 'h2c',
      'HTTP2-Settings': 'AAA',
    }),
    'a body behind GET': `${get('/', { 'Content-Length': '5' })}hello`,
    'a body behind HEAD': `${request('HEAD', '/', { 'Content-Length': '5' })}hello`,
    'a chunked body': `${request('POST', '/', { 'Transfer-Encoding': 'chunked' })}5\r\nhello\r\n0\r\n\r\n`,
    'chunks with extensions and trailers': `${request('POST', '/', { 'Transfer-Encoding': 'chunked' })}5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n`,
    'a POST without a body': request('POST', '/', { 'Content-Length': '0' }),
    'an expectation without a body': request('POST', '/', { Expect: '100-continue', 'Content-Length': '0' }),
    'an unknown expectation': get('/', { Expect: 'a-miracle' }),
    'a long path': get(`/${'a'.repeat(7000)}`),
  };
  for (const [name, bytes] of Object.entries(decent)) {
    it(`is answered once, with 503, and closed in good order: ${name}`, async (context) => {
      const { ask, page } = await serve(context);
      const heard = await ask(TO_WEB, bytes);
      assert.equal(heard.status, 503);
      assert.equal(heard.headers.get('connection'), 'close');
      assert.ok(heard.headers.has('retry-after'));
      assert.equal(heard.error, null);
      assert.equal(heard.whole.toString().match(COUNT)?.length, 1);
      assert.equal(page.counters.broken, 0);
    });
  }

  const broken: Readonly<Record<string, readonly [status: number, bytes: string]>> = {
    'no HTTP at all': [400, 'nonsense\r\n\r\n'],
    TLS: [400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    'HTTP/2 without asking': [400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    'no Host in HTTP/1.1': [400, 'GET / HTTP/1.1\r\n\r\n'],
    'two Hosts': [400, 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
    'an unknown method': [400, 'FETCH / HTTP/1.1\r\nHost: a\r\n\r\n'],
    'two lengths': [400, `${request('POST', '/', { 'Content-Length': '5', 'content-length': '6' })}hello`],
    'a length and chunks': [
      400,
      `${request('POST', '/', { 'Content-Length': '5', 'Transfer-Encoding': 'chunked' })}0\r\n\r\n`,
    ],
    'a length below nothing': [400, request('POST', '/', { 'Content-Length': '-1' })],
    'a folded line': [400, 'GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n'],
    'a blank before the colon': [400, 'GET / HTTP/1.1\r\nHost : a\r\n\r\n'],
    'a bare line feed in a value': [400, 'GET / HTTP/1.1\nHost: a\n\n'],
    'a null byte': [400, 'GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n'],
    'too long a head': [431, get('/', { Cookie: 'a'.repeat(41_000) })],
    'too many fields': [
      431,
      get('/', Object.fromEntries(Array.from({ length: 8000 }, (_, i) => [`X-${i}`, 'a']))),
    ],
  };
  for (const [name, [status, bytes]] of Object.entries(broken)) {
    it(`is refused and closed in good order: ${name}`, async (context) => {
      const { ask, page } = await serve(context);
      const heard = await ask(TO_WEB, Buffer.from(bytes, 'latin1'));
      assert.equal(heard.status, status);
      assert.equal(heard.headers.get('connection'), 'close');
      assert.equal(heard.error, null);
      assert.equal(heard.whole.toString().match(COUNT)?.length, 1);
      assert.equal(page.counters.broken, 1);
    });
  }

  it('may bring 32 kB of fields: the cookies of a whole domain, and a referer', async (context) => {
    const { ask } = await serve(context);
    const cookies = {
      Cookie: `${'a=b; '.repeat(6000)}c=d`,
      Referer: `http://www.example.jp/${'r'.repeat(2000)}`,
    };
    assert.equal((await ask(TO_WEB, get('/', cookies))).status, 503);
    const token = fieldOf((await ask(TO_WEB, get('/', cookies))).body, 'token');
    const no = post(NOTICE, { want: 'no', token }, cookies);
    assert.equal((await ask(TO_WEB, no)).status, 200);
  });

  it('is heard to the end by who has closed their side already', async (context) => {
    const { ask } = await serve(context);
    assert.equal((await ask(TO_WEB, get('/'), { end: true })).status, 503);
  });

  it('costs nothing any more once it is answered, whether or not its sender hangs up', async (context) => {
    const { open, page } = await serve(context);
    for (const bytes of [get('/'), request('HEAD', '/'), get('/no', { Accept: 'application/json' })]) {
      const socket = open(TO_WEB);
      socket.on('error', () => {});
      socket.write(bytes);
      await new Promise((resolve) => socket.once('data', resolve));
      await until('the connection to be forgotten', () => page.counters.connections === 0);
      socket.destroy();
    }
  });

  it('gets one answer when requests come in a pipeline, for the next ones shall find their own way', async (context) => {
    const { ask } = await serve(context);
    for (const more of [
      get('/2').repeat(3),
      post('/2', 'a=b'),
      request('CONNECT', 'a:1'),
      'nonsense\r\n\r\n',
      get('/').repeat(500),
    ]) {
      const heard = await ask(TO_WEB, get('/1') + more);
      assert.equal(heard.whole.toString().match(COUNT)?.length, 1, more.slice(0, 20));
      assert.equal(heard.status, 503);
    }
  });

  it('is not reset when more comes behind a request that was not the only one', async (context) => {
    const { open, page } = await serve(context);
    const socket = open(TO_WEB);
    socket.pause();
    socket.write(get('/1') + get('/2'));
    await until('the first to be answered', () => page.counters.shown === 1);
    for (let more = 0; more < 5; more += 1) await new Promise((resolve) => socket.write(get('/3'), resolve));
    const heard = await listen(socket);
    assert.equal(heard.error, null);
    assert.equal(heard.whole.toString().match(COUNT)?.length, 1);
  });

  it('gets the answer to a form even if the next request came with it', async (context) => {
    const { ask } = await serve(context);
    const heard = await ask(TO_WEB, post(NOTICE, 'want=no') + get('/'));
    assert.equal(heard.status, 403);
    assert.equal(heard.whole.toString().match(COUNT)?.length, 1);
  });

  it('is answered once when a CONNECT follows a form that is still being looked at', async (context) => {
    const { ask } = await serve(context);
    const heard = await ask(TO_WEB, post(NOTICE, 'want=no') + request('CONNECT', 'a:1'));
    assert.ok((heard.whole.toString().match(COUNT)?.length ?? 0) <= 1);
  });
});

describe('An upload to a dead server', () => {
  const upload = Buffer.alloc(UPLOAD_BYTES, 'x');
  const lengthOnly = request('POST', '/upload', { 'Content-Length': String(UPLOAD_BYTES) });

  it('is answered 503 while it is still going on', async (context) => {
    const { open } = await serve(context);
    const socket = open(TO_WEB);
    const answer = new Promise<string>((resolve) =>
      socket.once('data', (chunk) => resolve(chunk.toString())),
    );
    let hasEnded = false;
    socket.once('end', () => {
      hasEnded = true;
    });
    socket.write(lengthOnly);
    assert.match(await answer, /^HTTP\/1\.1 503 /);
    // Some who upload give up when the other side ends before them.
    await new Promise((resolve) => socket.write(upload.subarray(1), resolve));
    assert.ok(!hasEnded);
    socket.write('x');
    await until('the end behind the last byte', () => hasEnded);
    socket.destroy();
  });

  const untilSaid: Readonly<Record<string, readonly [status: number, head: string]>> = {
    'of a known length': [503, lengthOnly],
    'that is no HTTP': [400, 'nonsense\r\n\r\n'],
    'in a head': [431, 'GET / HTTP/1.1\r\nCookie: '],
    'through a tunnel': [503, request('CONNECT', 'www.example.jp:443')],
    'into the form': [413, request('POST', NOTICE, { 'Content-Length': String(UPLOAD_BYTES) })],
  };
  for (const [name, [status, head]] of Object.entries(untilSaid)) {
    it(`sees its answer and no reset, even if it listens only when all is said: ${name}`, async (context) => {
      const { open } = await serve(context);
      const socket = open(TO_WEB);
      socket.pause();
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.write(head);
        socket.write(upload, () => resolve());
      });
      const heard = await listen(socket);
      assert.equal(heard.status, status);
      assert.equal(heard.error, null);
      assert.equal(Buffer.byteLength(heard.body), Number(heard.headers.get('content-length')));
    });
  }

  it('does not have to begin when it waits to be asked for its body', async (context) => {
    const { ask } = await serve(context);
    const heard = await ask(TO_WEB, request('PUT', '/', { Expect: '100-continue', 'Content-Length': '5' }), {
      end: true,
    });
    assert.equal(heard.status, 503);
    assert.equal(heard.whole.toString().match(COUNT)?.length, 1);
  });

  it('that breaks off leaves nothing behind', async (context) => {
    const { ask, page } = await serve(context);
    await ask(TO_WEB, `${lengthOnly}only this`, { end: true });
    await ask(TO_WEB, `${request('POST', NOTICE, { 'Content-Length': '900' })}only this`, { end: true });
    assert.equal(page.counters.connections, 0);
  });

  it('that breaks the rules of chunks is refused before its answer, and read on after it', async (context) => {
    const { ask } = await serve(context);
    const chunks = { 'Transfer-Encoding': 'chunked' };
    assert.equal((await ask(TO_ROUTER, `${request('POST', NOTICE, chunks)}nonsense\r\n`)).status, 400);
    const heard = await ask(TO_WEB, `${request('POST', '/', chunks)}nonsense\r\n`);
    assert.equal(heard.status, 503);
    assert.equal(heard.whole.toString().match(COUNT)?.length, 1);
  });
});
