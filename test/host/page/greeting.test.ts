/** One line in a dead server's place, where its protocol has no pages. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GREETED } from '../../../host/config/router/greetings.ts';
import { PAGE_CONNECTIONS } from '../../../host/page/http/connections.ts';
import { until } from '../tools.ts';
import { listen, SATO, serve, TO_PORTS, TO_WEB, WEB } from './served.ts';

const GREET = { ports: [80, ...GREETED], greet: GREETED };
const to = (port: number): string => TO_PORTS[port] ?? '';
const DOWN = `${WEB.server} is down at present, says the router in its place. Try again later. More at http://${WEB.server}/`;

describe('A line in a dead server’s place', () => {
  for (const [port, line] of [
    [21, `421 ${DOWN}`],
    [25, `421 ${DOWN}`],
    [110, `-ERR [SYS/TEMP] ${DOWN}`],
    [119, `400 ${DOWN}`],
    [143, `* BYE ${DOWN}`],
  ] as const) {
    it(`is said before anything is asked, in the protocol of port ${port}, and is all`, async (context) => {
      const { open, role } = await serve(context, GREET);
      const heard = await listen(open(to(port)));
      assert.equal(heard.whole.toString(), `${line}\r\n`);
      assert.equal(heard.error, null);
      assert.deepEqual(role.visits, [[port, SATO]]);
    });
  }

  it('reaches who says something at once, or much: nothing is reset', async (context) => {
    const { ask } = await serve(context, GREET);
    for (const bytes of [
      'EHLO mail.example.jp\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
      '\x16\x03\x01',
      'x'.repeat(1e6),
    ]) {
      const heard = await ask(to(25), bytes, { end: true });
      assert.deepEqual([heard.whole.toString(), heard.error], [`421 ${DOWN}\r\n`, null], bytes.slice(0, 8));
    }
  });

  it('names the server, if its name is one', async (context) => {
    const { open, role } = await serve(context, GREET);
    for (const [name, said] of [
      ['mail.example.jp', `mail.example.jp (${WEB.server})`],
      ['a\r\n250 OK', WEB.server],
      ['メール', WEB.server],
      ['x'.repeat(254), WEB.server],
      [WEB.server, WEB.server],
    ] as const) {
      role.name = name;
      const { whole } = await listen(open(to(25)));
      assert.equal(whole.toString().startsWith(`421 ${said} is down`), true, whole.toString());
      assert.ok(whole.length <= 512);
      assert.equal(whole.toString().split('\r\n').length, 2);
    }
  });

  it('says that a server is back where a connection comes late, and counts as nobody’s visit', async (context) => {
    const { open, role } = await serve(context, GREET);
    role.up.add(WEB.server);
    const { whole } = await listen(open(to(25)));
    assert.equal(whole.toString(), `421 ${WEB.server} is back: please try again\r\n`);
    assert.deepEqual(role.visits, []);
  });

  it('is said at no other port, and at none unless it shall', async (context) => {
    const { ask } = await serve(context, GREET);
    assert.equal((await ask(TO_WEB, 'GET / HTTP/1.0\r\n\r\n')).status, 503);
    const plain = await serve(context, { ports: [25, 80] });
    assert.equal((await plain.ask(to(25), 'GET / HTTP/1.0\r\n\r\n')).status, 503);
  });

  it('takes no room from who still asks, however many hold their connections', async (context) => {
    const { open, page } = await serve(context, GREET);
    const reader = open(TO_WEB);
    await until('it to be there', () => page.counters.connections === 1);
    const others = Array.from({ length: 3 * PAGE_CONNECTIONS.machine }, () =>
      open(to(25))
        .on('error', () => {})
        .resume(),
    );
    await until('the first to go', () => page.counters.evicted > 0);
    assert.ok(page.counters.connections <= PAGE_CONNECTIONS.machine);
    assert.equal(reader.destroyed, false);
    reader.write('GET / HTTP/1.0\r\n\r\n');
    assert.equal((await listen(reader)).status, 503);
    for (const other of others) other.destroy();
  });
});
