/** Who may look at the dashboard, and who is sent away: over real HTTP. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serveDashboard, TOKEN } from './served.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const formOf = (token: string): string => new URLSearchParams({ token }).toString();

describe('The door of the dashboard', () => {
  it('opens to the token as a bearer, and to nobody without it', async (test) => {
    const { ask, seen } = await serveDashboard(test);
    for (const path of ['/', '/events', '/metrics']) {
      const none = await ask(path, { token: null });
      assert.equal(none.status, 401, path);
      assert.equal(none.headers['www-authenticate'], 'Bearer realm="ringback"', path);
      assert.equal((await ask(path, { token: `${TOKEN}x` })).status, 401, path);
      assert.equal((await ask(path, { token: null, headers: { authorization: 'Basic YTpi' } })).status, 401);
    }
    assert.equal(seen.asked, 0, 'nobody has asked the router for it');
    assert.equal((await ask('/metrics')).status, 200);
    assert.equal((await ask('/')).status, 200);
    assert.equal(seen.asked, 2);
  });

  it('takes no token that stands in a URL', async (test) => {
    const { ask } = await serveDashboard(test);
    assert.equal((await ask(`/metrics?token=${TOKEN}&access_token=${TOKEN}`, { token: null })).status, 401);
  });

  it('gives a browser a session for the token, which is not in the cookie and ends with all others', async (test) => {
    const { ask, lines } = await serveDashboard(test);
    const question = await ask('/', { token: null });
    assert.match(question.body, /<form method="post" action="\/login\?lang=en">/);
    const wrong = await ask('/login', { method: 'POST', token: null, headers: FORM, body: formOf('no') });
    assert.equal(wrong.status, 401);
    assert.match(wrong.body, /That is not the token\./);
    const right = await ask('/login', { method: 'POST', token: null, headers: FORM, body: formOf(TOKEN) });
    assert.deepEqual([right.status, right.headers.location], [303, '/?lang=en']);
    const [given = ''] = right.headers['set-cookie'] ?? [];
    assert.match(given, /; HttpOnly; SameSite=Strict$/);
    assert.ok(!given.includes(TOKEN));
    assert.ok(lines.some(({ event }) => event === 'dashboard.opened'));
    const cookie = given.split(';')[0] ?? '';
    assert.equal((await ask('/', { token: null, headers: { cookie: `other=1; ${cookie}` } })).status, 200);
    assert.equal((await ask('/', { token: null, headers: { cookie: `${cookie}x` } })).status, 401);
    const later = cookie.replace(/=\d+\./, '=999999999999.');
    assert.equal((await ask('/', { token: null, headers: { cookie: later } })).status, 401, 'no longer life');
    const stranger = await ask('/logout', { method: 'POST', token: null });
    assert.equal(stranger.headers['set-cookie'], undefined, 'a stranger ends nobody’s session');
    assert.equal((await ask('/', { token: null, headers: { cookie } })).status, 200);
    const out = await ask('/logout', { method: 'POST', token: null, headers: { cookie } });
    assert.match(out.headers['set-cookie']?.[0] ?? '', /=; Path=\/; Max-Age=0;/);
    assert.equal((await ask('/', { token: null, headers: { cookie } })).status, 401);
  });

  it('answers to addresses, localhost and the names it is given, and to no name that another site has led here', async (test) => {
    const { ask } = await serveDashboard(test, { names: ['router.lan'] });
    const by = async (host: string): Promise<number> => (await ask('/health', { headers: { host } })).status;
    for (const host of [
      '127.0.0.1:8481',
      'localhost:8481',
      'LocalHost',
      '[::1]:8481',
      'router.lan',
      'Router.LAN.:1',
    ])
      assert.equal(await by(host), 200, host);
    for (const host of [
      'evil.example',
      'router.lan.evil.example:8481',
      'localhost.evil.example',
      'a@localhost',
      '[evil]',
    ])
      assert.equal(await by(host), 421, host);
  });

  it('takes forms from its own page alone', async (test) => {
    const { ask } = await serveDashboard(test);
    const post = async (headers: Record<string, string>): Promise<number> =>
      (
        await ask('/login', {
          method: 'POST',
          token: null,
          headers: { ...FORM, ...headers },
          body: formOf(TOKEN),
        })
      ).status;
    assert.equal(await post({ host: 'localhost:8481', origin: 'http://localhost:8481' }), 303);
    assert.equal(await post({ origin: 'http://evil.example' }), 403);
    assert.equal(await post({ origin: 'null' }), 403);
    assert.equal(await post({ 'sec-fetch-site': 'cross-site' }), 403);
    assert.equal(await post({ 'sec-fetch-site': 'same-site' }), 403);
  });

  it('lets an address guess only now and then, and whoever has the token in meanwhile', async (test) => {
    const { ask, lines } = await serveDashboard(test);
    for (let i = 0; i < 10; i++) assert.equal((await ask('/metrics', { token: `wrong ${i}` })).status, 401);
    const limited = await ask('/metrics', { token: 'wrong' });
    assert.equal(limited.status, 429);
    assert.ok(Number(limited.headers['retry-after']) > 0);
    assert.equal((await ask('/metrics')).status, 200, 'who has the token is locked out by nobody');
    const login = { method: 'POST', token: null, headers: FORM };
    assert.equal((await ask('/login', { ...login, body: formOf('wrong') })).status, 429);
    assert.equal((await ask('/login', { ...login, body: formOf(TOKEN) })).status, 303);
    assert.equal((await ask('/metrics', { token: 'wrong' })).status, 429, 'that makes guesses no cheaper');
    assert.equal((await ask('/metrics', { from: '127.0.1.2' })).status, 200);
    const refused = lines.filter(({ event }) => event === 'dashboard.refused');
    assert.equal(refused.length, 1, 'strangers do not fill the log');
    assert.ok(!JSON.stringify(lines).includes('wrong 1'), 'nor is what they try in it');
  });

  it('has nothing else, and changes nothing', async (test) => {
    const { ask } = await serveDashboard(test);
    assert.equal((await ask('/favicon.ico')).status, 404);
    assert.equal((await ask('/', { method: 'POST' })).status, 405);
    assert.equal((await ask('/login')).status, 405);
    assert.equal((await ask('/events', { method: 'HEAD' })).status, 405);
  });
});
