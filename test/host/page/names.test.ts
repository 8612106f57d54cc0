/** Another site's page may have its name lead to a dead server for a moment, and read what its visitor's browser gets. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isNameOf } from '../../../host/page/names.ts';
import { fieldOf, get, NOTICE, post, request, SATO, type Served, serve, TO_WEB } from './served.ts';

const SERVER = { address: '172.27.178.80', name: 'Shop', names: ['www.example.jp', 'xn--wgv71a.example.jp'] };
const SIX = { ...SERVER, address: '2001:db8:178::80', name: 'shop.example.jp' };
const YES = { want: 'yes', mail: 'sato@example.jp' };
const STRANGE = { Host: 'rebound.example' };

async function named(...argv: Parameters<typeof serve>): Promise<Served> {
  const served = await serve(...argv);
  served.role.names = ['www.example.jp', 'example.jp'];
  return served;
}

describe('A Host field', () => {
  it('means a server by its names and its address, with a port or without', () => {
    const meant = {
      'www.example.jp': SERVER,
      'WWW.Example.JP:80': SERVER,
      'www.example.jp.': SERVER,
      '日本.example.jp': SERVER,
      'xn--wgv71a.example.jp:8080': SERVER,
      '172.27.178.80': SERVER,
      '172.27.178.80:8080': SERVER,
      shop: SERVER,
      'shop.example.jp': SIX,
      '[2001:db8:178::80]': SIX,
      '[2001:DB8:178:0::80]:80': SIX,
    };
    for (const [host, server] of Object.entries(meant)) assert.ok(isNameOf(server, host), host);
  });

  it('means no server by anything else', () => {
    const strange = [null, '', ':80', 'example.jp', 'www.example.jp.rebound.example', 'rebound.example'];
    const like = ['172.27.178.81', '[2001:db8:178::80]', 'www.example.jp@x', 'www.example.jp:80:80', '[]'];
    for (const host of [...strange, ...like]) assert.ok(!isNameOf(SERVER, host), `${host}`);
  });
});

describe('A server whose names are known', () => {
  it('is answered for with a form by its names and its address', async (context) => {
    const { ask } = await named(context);
    for (const host of ['www.example.jp', 'example.jp:80', '172.27.178.80'])
      assert.match((await ask(TO_WEB, get('/', { Host: host }))).body, /<form/, host);
  });

  it('is answered for without a form by other names, and nothing is told of who is known', async (context) => {
    const { ask, role } = await named(context);
    const pages = [];
    for (const known of [false, true]) {
      if (known) role.known.add(SATO);
      for (const path of ['/', NOTICE]) {
        const { status, body } = await ask(TO_WEB, get(path, STRANGE));
        assert.equal(status, 503);
        assert.doesNotMatch(body, /<form|token|notice/);
        pages.push(body.replaceAll(/href="[^"]*"/g, ''));
      }
    }
    assert.equal(pages[0], pages[2]);
    assert.equal(pages[1], pages[3]);
    const old = await ask(TO_WEB, 'GET / HTTP/1.0\r\n\r\n');
    assert.equal(old.status, 503);
    assert.doesNotMatch(old.body, /<form/, 'without a Host');
    const absolute = await ask(TO_WEB, request('GET', 'http://rebound.example/'));
    assert.doesNotMatch(absolute.body, /<form/, 'the request target counts before the field');
  });

  it('takes nothing that is posted by another name, with a good token or without, and gives none', async (context) => {
    const { ask, role } = await named(context);
    const token = fieldOf((await ask(TO_WEB, get('/'))).body, 'token');
    const posts = [post(NOTICE, { ...YES, token }, STRANGE), post(NOTICE, YES, STRANGE)];
    const unfit = { ...STRANGE, 'Content-Type': 'application/json' };
    for (const bytes of [...posts, post(NOTICE, '{}', unfit), post(NOTICE, 'x'.repeat(9000), STRANGE)]) {
      const { status, body } = await ask(TO_WEB, bytes);
      assert.equal(status, 403);
      assert.doesNotMatch(body, /<form|token/);
    }
    assert.deepEqual(role.registered, []);
    assert.equal((await ask(TO_WEB, post(NOTICE, { ...YES, token }))).status, 200);
  });

  it('has its form by whatever name where none is known', async (context) => {
    const { ask, role } = await named(context);
    role.names = [];
    const token = fieldOf((await ask(TO_WEB, get('/', STRANGE))).body, 'token');
    assert.equal((await ask(TO_WEB, post(NOTICE, { ...YES, token }, STRANGE))).status, 200);
  });
});
