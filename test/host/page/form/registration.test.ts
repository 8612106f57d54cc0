import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HOUR_MS } from '../../../../host/net/duration.ts';
import { AN_HOUR, PER_MAIL_A_DAY } from '../../../../host/page/form/rate-limits.ts';
import {
  fieldOf,
  get,
  type Heard,
  NOTICE,
  post,
  ROUTER_URL,
  request,
  SATO,
  type Served,
  serve,
  TANAKA,
  TO_OTHER,
  TO_ROUTER,
  TO_WEB,
  WEB,
} from '../served.ts';

const TWO_HOURS_MS = 2 * HOUR_MS;
const YES = { want: 'yes', mail: 'sato@example.jp' };

/** Sends the form of a page that was loaded for it, with these fields. */
async function answer(
  { ask }: Served,
  fields: Readonly<Record<string, string>>,
  from = SATO,
): Promise<Heard> {
  const page = await ask(TO_WEB, get('/'), { from });
  return ask(TO_WEB, post(NOTICE, { token: fieldOf(page.body, 'token'), ...fields }), { from });
}

describe('An answer to the question', () => {
  it('that is yes registers, says so, and is logged', async (context) => {
    const served = await serve(context);
    const heard = await answer(served, YES);
    assert.equal(heard.status, 200);
    assert.equal(heard.headers.get('cache-control'), 'no-store');
    assert.ok(heard.body.includes('sato@example.jp'));
    assert.ok(heard.body.includes('172.27.178.80'));
    const { role, lines, page } = served;
    assert.deepEqual(role.registered, [
      { target: WEB, client: SATO, mail: 'sato@example.jp', language: 'en' },
    ]);
    const [line] = lines.filter(({ event }) => event === 'page.registered');
    assert.deepEqual(line?.fields, {
      server: '172.27.178.80',
      port: 80,
      client: SATO,
      mail: 'sato@example.jp',
    });
    assert.equal(page.counters.registered, 1);
  });

  it('that is no stores nothing, and says so', async (context) => {
    const served = await serve(context);
    const heard = await answer(served, { ...YES, want: 'no' });
    assert.equal(heard.status, 200);
    assert.deepEqual(served.role.registered, []);
    const [line] = served.lines.filter(({ event }) => event === 'page.declined');
    assert.deepEqual(line?.fields, { server: '172.27.178.80', port: 80, client: SATO });
    assert.equal((await answer(served, { want: 'no' })).status, 200, 'without a mail address');
  });

  it('is registered in the language of its page', async (context) => {
    const { ask, role } = await serve(context);
    const japanese = { 'Accept-Language': 'ja' };
    const token = fieldOf((await ask(TO_WEB, get('/', japanese))).body, 'token');
    const heard = await ask(TO_WEB, post(NOTICE, { ...YES, token }, japanese));
    assert.equal(heard.headers.get('content-language'), 'ja');
    assert.equal(role.registered[0]?.language, 'ja');
  });

  it('reads the same whether the address was known or not', async (context) => {
    const served = await serve(context);
    const first = await answer(served, YES);
    const page = await served.ask(TO_WEB, get('/'));
    served.role.known.add(SATO);
    const second = await served.ask(TO_WEB, post(NOTICE, { ...YES, token: fieldOf(page.body, 'token') }));
    const undated = ({ whole }: Heard): string => whole.toString().replace(/\r\nDate: [^\r]*/, '');
    assert.equal(undated(second), undated(first));
  });

  it('is refused with the form again when the mail address is none', async (context) => {
    const served = await serve(context);
    for (const mail of [
      '',
      'sato',
      'sato@',
      'a@b, c@d',
      'sato@example.jp\r\nBcc: evil@example.com',
      '"><script>@x',
    ]) {
      const heard = await answer(served, { ...YES, mail });
      assert.equal(heard.status, 422, mail);
      assert.match(heard.body, /<form/);
      assert.ok(!heard.body.includes('"><script>'), mail);
    }
    assert.deepEqual(served.role.registered, []);
  });

  it('can be given again on the page that refused it', async (context) => {
    const served = await serve(context);
    const refused = await answer(served, { ...YES, mail: 'sato@@example.jp' });
    assert.ok(refused.body.includes('value="sato@@example.jp"'), 'what was entered is still there');
    const token = fieldOf(refused.body, 'token');
    assert.equal((await served.ask(TO_WEB, post(NOTICE, { ...YES, token }))).status, 200);
  });

  it('is refused when it is neither yes nor no', async (context) => {
    const served = await serve(context);
    for (const fields of [{ want: 'maybe' }, { want: '' }, { mail: 'sato@example.jp' }])
      assert.equal((await answer(served, fields)).status, 422);
  });

  it('is refused with a new form when its token is forged, missing, or of another client or server', async (context) => {
    const served = await serve(context);
    const { ask, role } = served;
    const tokenOf = async (to: string, from: string): Promise<string> =>
      fieldOf((await ask(to, get('/'), { from })).body, 'token');
    const wrong = [
      { ...YES },
      { ...YES, token: '' },
      { ...YES, token: '80/0/127.0.1.150/' },
      { ...YES, token: await tokenOf(TO_WEB, TANAKA) },
      { ...YES, token: await tokenOf(TO_OTHER, SATO) },
    ];
    for (const fields of wrong) {
      const heard = await ask(TO_WEB, post(NOTICE, fields));
      assert.equal(heard.status, 403);
      assert.match(heard.body, /<form/);
      assert.equal((await ask(TO_WEB, post(NOTICE, { ...fields, want: 'no' }))).status, 403);
    }
    assert.deepEqual(role.registered, []);
  });

  it('is refused with a new form when the page was loaded too long ago', async (context) => {
    const { ask, role } = await serve(context);
    const token = fieldOf((await ask(TO_WEB, get('/'))).body, 'token');
    role.nowMs += TWO_HOURS_MS;
    assert.equal((await ask(TO_WEB, post(NOTICE, { ...YES, token }))).status, 200);
    role.nowMs += 60_000;
    const heard = await ask(TO_WEB, post(NOTICE, { ...YES, token }));
    assert.equal(heard.status, 403);
    const fresh = fieldOf(heard.body, 'token');
    assert.equal((await ask(TO_WEB, post(NOTICE, { ...YES, token: fresh }))).status, 200);
  });

  it('is refused from whom the server did not turn away', async (context) => {
    const { ask, role } = await serve(context, { form: 'router', routerUrl: ROUTER_URL });
    const token = fieldOf((await ask(TO_WEB, get('/'))).body, 'token');
    const yes = post(NOTICE, { ...YES, token, server: WEB.server });
    role.strangers.add(SATO);
    const heard = await ask(TO_ROUTER, yes);
    assert.equal(heard.status, 403);
    assert.doesNotMatch(heard.body, /<form/);
    assert.deepEqual(role.registered, []);
    assert.equal((await ask(TO_WEB, yes)).status, 200, 'here and now');
  });

  it('is refused for a while when one client has given many', async (context) => {
    const served = await serve(context);
    for (let i = 0; i < AN_HOUR.machine; i += 1)
      assert.equal((await answer(served, { ...YES, mail: `sato${i}@example.jp` })).status, 200);
    const heard = await answer(served, { ...YES, mail: 'sato99@example.jp' });
    assert.equal(heard.status, 429);
    const waitSeconds = Number(heard.headers.get('retry-after'));
    assert.ok(waitSeconds > 0 && waitSeconds <= 3600);
    served.role.nowMs += waitSeconds * 1000;
    assert.equal((await answer(served, { ...YES, mail: 'sato99@example.jp' })).status, 200);
  });

  it('is refused when one mail address was given by many', async (context) => {
    const served = await serve(context);
    for (let i = 0; i < PER_MAIL_A_DAY; i += 1)
      assert.equal(
        (await answer(served, { ...YES, mail: `s.ato+${i}@example.jp` }, `127.0.2.${i + 1}`)).status,
        200,
      );
    assert.equal((await answer(served, { ...YES, mail: 'SATO@EXAMPLE.JP' }, '127.0.2.99')).status, 429);
  });

  it('is refused when it could not be stored, and nobody is told why but the log', async (context) => {
    const { ask, lines } = await serve(context, {}, () => {
      throw new Error('the disk is full');
    });
    const token = fieldOf((await ask(TO_WEB, get('/'))).body, 'token');
    const heard = await ask(TO_WEB, post(NOTICE, { ...YES, token }));
    assert.equal(heard.status, 503);
    assert.match(heard.body, /<form/);
    assert.ok(!heard.body.includes('disk'));
    assert.equal(lines.find(({ event }) => event === 'page.failed')?.fields.reason, 'the disk is full');
  });

  it('is a problem for programs when it is refused', async (context) => {
    const { ask } = await serve(context);
    const heard = await ask(TO_WEB, post(NOTICE, YES, { Accept: 'application/json' }));
    assert.equal(heard.status, 403);
    assert.equal(heard.headers.get('content-type'), 'application/problem+json');
    assert.equal(JSON.parse(heard.body).status, 403);
  });
});

describe('A form', () => {
  const refusals: Readonly<Record<string, readonly [number, string]>> = {
    'of another type': [415, post(NOTICE, '{"want":"yes"}', { 'Content-Type': 'application/json' })],
    'in parts': [415, post(NOTICE, '--x--', { 'Content-Type': 'multipart/form-data; boundary=x' })],
    'of no type': [415, post(NOTICE, YES, { 'Content-Type': '' })],
    'with a field that comes twice': [400, post(NOTICE, 'want=no&want=yes')],
    'longer than 4 KiB': [413, post(NOTICE, `want=yes&mail=${'a'.repeat(5000)}`)],
    'much longer than that': [413, post(NOTICE, `want=yes&mail=${'a'.repeat(3_000_000)}`)],
    'longer than 4 KiB, in chunks': [
      413,
      `${request('POST', NOTICE, { 'Transfer-Encoding': 'chunked' })}${`400\r\n${'a'.repeat(1024)}\r\n`.repeat(9)}0\r\n\r\n`,
    ],
  };
  for (const [name, [status, bytes]] of Object.entries(refusals)) {
    it(`is refused: ${name}`, async (context) => {
      const { ask } = await serve(context);
      const heard = await ask(TO_WEB, bytes);
      assert.equal(heard.status, status);
      assert.equal(heard.error, null);
      assert.match(heard.body, /<form/);
    });
  }

  it('is refused when it is not UTF-8', async (context) => {
    const { ask } = await serve(context);
    const head = request('POST', NOTICE, {
      'Content-Type': 'application/x-www-form-urlencoded',
      'Content-Length': '7',
    });
    const body = Buffer.from('want=\xff\xff', 'latin1');
    assert.equal((await ask(TO_WEB, Buffer.concat([Buffer.from(head), body]))).status, 400);
  });

  it('is taken in chunks, with a charset, in pieces, and when it waits to be asked for', async (context) => {
    const { ask, open, role } = await serve(context);
    const token = async (): Promise<string> => fieldOf((await ask(TO_WEB, get('/'))).body, 'token');
    const bodyOf = async (): Promise<string> =>
      new URLSearchParams({ ...YES, token: await token() }).toString();
    const charset = { 'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8' };
    const body = await bodyOf();
    const chunked = request('POST', NOTICE, { ...charset, 'Transfer-Encoding': 'chunked' });
    const chunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    assert.equal((await ask(TO_WEB, chunked + chunks)).status, 200);
    const socket = open(TO_WEB);
    const [head = '', rest = ''] = post(NOTICE, await bodyOf(), { Expect: '100-continue' }).split(
      /(?<=\r\n\r\n)/,
    );
    const asked = new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(chunk.toString())));
    socket.write(head);
    assert.equal(await asked, 'HTTP/1.1 100 Continue\r\n\r\n');
    const answered = new Promise<string>((resolve) =>
      socket.once('data', (chunk) => resolve(chunk.toString())),
    );
    for (const letter of rest) socket.write(letter);
    assert.match(await answered, /^HTTP\/1\.1 200 OK/);
    socket.destroy();
    assert.equal(role.registered.length, 2);
  });
});
