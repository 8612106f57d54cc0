/** The page's server on a real socket: every request gets an answer or none, none is a failure of ours, nothing stays. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { get, NOTICE, parsed, post, request, SATO, serve, TO_WEB } from '../../host/page/served.ts';
import { until } from '../../host/tools.ts';
import type { Target } from '../target.ts';

const LOOPBACKS = 200;

export async function open(): Promise<Target> {
  const closing: (() => unknown)[] = [];
  const context = { after: (close: () => unknown) => closing.push(close) } as unknown as TestContext;
  const { page, role, lines } = await serve(context);
  let played = 0;
  return {
    seeds: [
      get('/'),
      get('/.well-known/ringback/'),
      get('/.well-known/ringback/events', { Accept: 'text/event-stream' }),
      get('/index.html?a=b', { Accept: 'application/problem+json', 'Accept-Language': 'ja, en;q=0.5' }),
      request('HEAD', '/', { Connection: 'close' }),
      request('OPTIONS', '*'),
      get('http://www.example.jp/'),
      post(NOTICE, { token: `80/0/127.0.0.1/${'a'.repeat(43)}`, mail: 'sato@example.jp', want: 'yes' }),
      post('/.well-known/ringback/stop?token=genuine', 'List-Unsubscribe=One-Click'),
      `${request('POST', NOTICE, { 'Transfer-Encoding': 'chunked' })}5\r\nmail=\r\n0\r\n\r\n`,
    ].map((text) => Buffer.from(text, 'latin1')),
    words: [
      '\r\n',
      '\r\n\r\n',
      ': ',
      'HTTP/1.1',
      'HTTP/1.0',
      'Host: ',
      'Content-Length: ',
      'Transfer-Encoding: chunked',
      'Expect: 100-continue',
      'Upgrade: h2c',
      '%00',
      '%ff',
      '?',
      '&',
      '=',
      '/',
    ],
    async play(input) {
      const from = SATO.replace(/\d+$/, String(1 + (played++ % LOOPBACKS)));
      role.nowMs += 60_000;
      const heard = await new Promise<Buffer>((resolve) => {
        const chunks: Buffer[] = [];
        const socket = connect({ port: page.port, host: TO_WEB, localAddress: from, allowHalfOpen: true });
        const end = (): void => resolve(Buffer.concat(chunks));
        socket.on('data', (chunk) => chunks.push(chunk));
        // Events go on for as long as somebody listens.
        socket.on('data', () => chunks[0]?.includes('text/event-stream') && socket.destroy());
        socket.on('end', () => socket.end());
        socket.on('error', () => {});
        socket.on('close', end);
        socket.end(input);
      });
      await until('it to be gone', () => page.counters.connections === 0);
      const failed = lines.filter(({ event }) => event === 'page.failed');
      (lines as unknown[]).length = 0;
      assert.deepEqual(failed, []);
      const { status, headers } = parsed(heard);
      assert.ok(
        heard.length === 0 || (status >= 100 && status < 600 && status !== 500),
        heard.toString('latin1'),
      );
      return `${status} ${headers.get('content-type') ?? ''} ${role.registered.length > 0}`;
    },
    close: () => closing.forEach((close) => void close()),
  };
}
