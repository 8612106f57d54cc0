/** `ringback test-mail` and `ringback test-notice`, as users start them, with a mail server of their own. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { freePort } from '../../ports.ts';
import { directory } from '../fabric/scripted.ts';
import { scriptedServer } from '../mail/support.ts';
import { verbatimServer } from '../replies/smtp-server.ts';
import { type Result, ringbackBeside } from '../router/program.ts';

let place: ReturnType<typeof directory>;
beforeEach(() => {
  place = directory();
});
afterEach(() => place.remove());

const LOGIN = { user: 'ringback', password: 'open sesame' };

/** By a router that sends by that port; `more` are lines of its file. */
async function asked(port: number, argv: readonly string[], ...more: readonly string[]): Promise<Result> {
  const file = place.path('ringback.yaml');
  const lines = [
    'detect: {watch: [172.27.178.0/24]}',
    'fabric: {interfaces: [lan0]}',
    'state: false',
    ...(port === 0
      ? []
      : [`smtp: {host: 127.0.0.1, port: ${port}, tls: none, from: ringback@router.example}`]),
    ...more,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return await ringbackBeside(...argv, '-c', file);
}

const PEOPLE = [
  'clients: [{address: 172.27.179.151, mail: sato@example.jp, language: ja}]',
  'servers: [{address: 172.27.178.80, name: www.example.jp}, {address: 172.27.178.81, name: shop.example.jp}]',
];

/** The text of the one mail that a server has got. */
function textOf(server: { readonly received: readonly { readonly text: string }[] }): string {
  assert.equal(server.received.length, 1);
  const message = server.received[0]?.text ?? '';
  const end = message.indexOf('\r\n\r\n');
  const [head, body] = [message.slice(0, end), message.slice(end)];
  const text = /base64/.test(head) ? Buffer.from(body, 'base64').toString() : body;
  const subject = head.replace(/=\?UTF-8\?B\?([^?]*)\?=/g, (_, word: string) =>
    Buffer.from(word, 'base64').toString(),
  );
  return `${subject}\n\n${text}`;
}

describe('ringback test-mail', () => {
  it('sends one mail, and says what the mail server said of it', async (test) => {
    const server = await scriptedServer(test);
    const { status, stdout, stderr } = await asked(server.port, ['test-mail', 'sato@example.jp']);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(
      stdout,
      new RegExp(`^mail server 127\\.0\\.0\\.1:${server.port} has taken the mail to sato@example\\.jp: 250 `),
    );
    assert.match(stdout, /^Message-ID: <[0-9a-f]+\.test\.ringback@router\.example>$/m);
    assert.deepEqual(server.received[0]?.to, ['sato@example.jp']);
    assert.match(textOf(server), /Auto-Submitted: auto-generated[\s\S]*This is a test[\s\S]*Nothing is down/);
  });

  it('writes in the language of who is known there', async (test) => {
    const server = await scriptedServer(test);
    assert.equal((await asked(server.port, ['test-mail', 'sato@example.jp'], ...PEOPLE)).status, 0);
    assert.match(textOf(server), /テストメール/);
  });

  it('shows the whole conversation with --verbose, and no password', async (test) => {
    const server = await scriptedServer(test, {
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: (_auth, _session, callback) => callback(null, { user: 'ringback' }),
    });
    const file = place.path('login.yaml');
    const { user, password } = LOGIN;
    writeFileSync(
      file,
      `detect: {watch: [172.27.178.0/24]}
fabric: {interfaces: [lan0]}
state: false
smtp: {host: 127.0.0.1, port: ${server.port}, tls: none, from: ringback@router.example, user: ${user}, password: ${password}}
`,
    );
    const { status, stderr } = await ringbackBeside('test-mail', 'sato@example.jp', '-v', '-c', file);
    assert.equal(status, 0, stderr);
    assert.match(
      stderr,
      /^< 220 [\s\S]*^> EHLO [\s\S]*^> AUTH [\s\S]*^< 235 [\s\S]*^> MAIL FROM:<ringback@router\.example>[\s\S]*^> RCPT TO:<sato@example\.jp>/m,
    );
    assert.ok(!stderr.includes(password));
    const login = Buffer.from(`\0${user}\0${password}`).toString('base64');
    assert.ok(!stderr.includes(login), stderr);
  });

  it('shows nothing of a hostile mail server that a terminal would obey, and no password that it repeats', async (test) => {
    const { user, password } = LOGIN;
    const login = Buffer.from(`\0${user}\0${password}`).toString('base64');
    const server = await verbatimServer(test, {
      greeting: '220 \u001b[2Jhello\u001b]0;owned\u0007',
      AUTH: `235 AUTH PLAIN ${login} is ${password}`,
      '.': '250 \u001b]52;c;ZXZpbA==\u0007queued',
    });
    const file = place.path('hostile.yaml');
    writeFileSync(
      file,
      `detect: {watch: [172.27.178.0/24]}
fabric: {interfaces: [lan0]}
state: false
smtp: {host: 127.0.0.1, port: ${server.port}, tls: none, from: ringback@router.example, user: ${user}, password: ${password}}
`,
    );
    const { status, stdout, stderr } = await ringbackBeside('test-mail', 'sato@example.jp', '-v', '-c', file);
    assert.equal(status, 0, stderr);
    const all = `${stdout}${stderr}`;
    assert.match(all, /queued/);
    assert.doesNotMatch(all.replaceAll('\n', ' '), /\p{Cc}/u);
    assert.ok(!all.includes(password) && !all.includes(login), all);
  });

  it('says what was wrong and what to change, and ends with 1', async () => {
    const port = await freePort();
    const { status, stdout, stderr } = await asked(port, ['test-mail', 'sato@example.jp']);
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(
      stderr,
      new RegExp(`^ringback: mail server 127\\.0\\.0\\.1:${port}: connecting: .*ECONNREFUSED.*smtp\\.port`),
    );
    const json = await asked(port, ['test-mail', 'sato@example.jp', '--json']);
    assert.equal(json.status, 1);
    const { sent, to, server, reply, reason, code } = JSON.parse(json.stdout);
    assert.deepEqual(
      [sent, to, server, reply, code],
      [false, 'sato@example.jp', { host: '127.0.0.1', port }, null, 'ECONNREFUSED'],
    );
    assert.match(reason, /smtp\.host/);
  });

  for (const [title, argv, port, said] of [
    ['without an address', ['test-mail'], 25, /to whom\?/],
    ['with what is no address', ['test-mail', 'sato'], 25, /"sato" is no mail address/],
    ['with more', ['test-mail', 'sato@example.jp', 'www.example.jp'], 25, /www\.example\.jp is too much/],
    ['where no mail server is configured', ['test-mail', 'sato@example.jp'], 0, /smtp: is missing/],
    [
      'of a server that nobody knows',
      ['test-notice', 'sato@example.jp', 'nobody'],
      25,
      /no server nobody; .*www\.example\.jp, shop\.example\.jp/,
    ],
  ] as const) {
    it(`is wrong usage ${title}`, async () => {
      const { status, stdout, stderr } = await asked(port, argv, ...PEOPLE);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, said);
    });
  }
});

describe('ringback test-notice', () => {
  it('sends the notice that somebody would get, marked as a test', async (test) => {
    const server = await scriptedServer(test);
    assert.equal(
      (await asked(server.port, ['test-notice', 'sato@example.jp', 'shop.example.jp'], ...PEOPLE)).status,
      0,
    );
    assert.match(
      textOf(server),
      /\[テスト\] サーバ障害復旧通知[\s\S]*復旧サーバ : shop\.example\.jp \(172\.27\.178\.81\)/,
    );
  });

  it('is of the first server, in the language of the router, where nothing else is said', async (test) => {
    const server = await scriptedServer(test);
    assert.equal((await asked(server.port, ['test-notice', 'tanaka@example.jp'], ...PEOPLE)).status, 0);
    assert.match(
      textOf(server),
      /\[Test\] Server recovery notice[\s\S]*www\.example\.jp \(172\.27\.178\.80\)[\s\S]*Was away : 10 min/,
    );
  });
});
