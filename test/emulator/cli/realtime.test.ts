/** `ringback emulate` in real time: mails over SMTP, and the page for a browser. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MailSink } from '../../../host/emulator/board/mail-sink.ts';
import type { TakenMail } from '../../../host/emulator/truth/witness.ts';

const MAIN = fileURLToPath(new URL('../../../host/cli/main.ts', import.meta.url));
const TSX = import.meta.resolve('tsx');
const directory = mkdtempSync(join(tmpdir(), 'ringback-realtime-'));
after(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

/** A run of it, with what it prints; `onText` hears that as it grows. */
function emulate(argv: readonly string[], onText: (text: string, end: () => void) => void = () => {}) {
  const child = spawn(process.execPath, ['--import', TSX, MAIN, 'emulate', ...argv], { cwd: directory });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      onText(text, () => child.kill('SIGINT'));
    });
  return new Promise<{ status: number | null; text: string }>((resolve) => {
    child.on('close', (status) => resolve({ status, text }));
  });
}

const UNPLUGGED = `scenario: 1
title: A server is unplugged while somebody tries it
for: 60s
router: {clients: [{address: 172.27.179.151, mail: sato@example.jp, language: ja}], servers: [{address: 172.27.178.80, ports: [80]}]}
script:
  - {at: 5s, do: [unplug s80, forget s80]}
  - {at: 6s, do: try c151 s80}
  - {at: 20s, do: plug s80}
expect:
  - {told: [sato@example.jp], once: true}
`;

const DEAD = `scenario: 1
title: A server dies, and nobody's mail address is known
for: 140s
router:
  recover: {settle: 2s}
  page: {listen: 8480, ports: [80], form: router, router_url: "http://172.27.179.1:8480"}
  servers: [{address: 172.27.178.80, name: www.example.jp, names: [www.example.jp], ports: [80]}]
hosts: {c154: {is: chromium}}
script:
  - {at: 5s, do: [kill s80, forget s80]}
  - {at: 6s, do: try c154 s80}
  - {at: 100s, do: revive s80}
expect:
  - {event: page.registered, server: s80, client: c154, mail: nakamura@example.jp, times: 1}
  - {told: [nakamura@example.jp], once: true}
  - {told: nobody else}
`;

/** What a browser sends of the form of a page, with that answer; and where to. */
function filled(page: string, mail: string): { action: string; body: URLSearchParams } {
  const form = /<form[^>]* action="([^"]*)"[^>]*>(.*?)<\/form>/s.exec(page);
  assert.ok(form !== null, page);
  const [, action = '', fields = ''] = form;
  const hidden = [...fields.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
  const body = new URLSearchParams();
  for (const [, name = '', value = ''] of hidden) body.set(name, value);
  body.set('want', 'yes');
  body.set('mail', mail);
  return { action, body };
}

describe('ringback emulate in real time', () => {
  it('sends mails to a mail server of its own, which shows them and writes them', async () => {
    const { status, text } = await emulate([file('a.yaml', UNPLUGGED), '--speed', '60', '--mails', 'mails']);
    assert.equal(status, 0, text);
    assert.match(text, /mail to sato@example\.jp: サーバ障害復旧通知\n.*sato@example\.jp 殿\n/);
    assert.deepEqual(readdirSync(join(directory, 'mails')), ['0001.eml']);
    assert.match(
      readFileSync(join(directory, 'mails', '0001.eml'), 'latin1'),
      /^From: .*\r\nTo: sato@example\.jp\r\n(?:.*\r\n)*X-Ringback-Server: 172\.27\.178\.80\r\n/,
    );
  });

  it('sends them to the mail server of a configuration that was given', async (test) => {
    const mails: TakenMail[] = [];
    const server = await MailSink.open({ host: '127.0.0.1', port: 0 }, (mail) => void mails.push(mail));
    test.after(() => server.close());
    const own = file(
      'own.yaml',
      `detect: {watch: [172.27.178.0/24]}
fabric: {interfaces: [lan0, wan0]}
smtp: {host: 127.0.0.1, port: ${server.port}, tls: none, from: ringback@own.example}
clients: [{address: 172.27.179.151, mail: sato@example.jp}]
servers: [{address: 172.27.178.80, ports: [80]}]
`,
    );
    const { status, text } = await emulate([file('a.yaml', UNPLUGGED), '--speed', '60', '-c', own]);
    assert.equal(status, 0, text);
    assert.deepEqual(
      mails.map(({ to }) => to),
      ['sato@example.jp'],
    );
    assert.match(text, new RegExp(`^ringback: mails go to 127\\.0\\.0\\.1:${server.port}$`, 'm'));
  });

  it('shows a browser the page of a dead server, and tells whoever fills in its form', async () => {
    const headers = { accept: 'text/html' };
    const pages: string[] = [];
    let visit: Promise<void> | null = null;
    let after: Promise<string> | null = null;
    const visited = async (url: string): Promise<void> => {
      const answer = await fetch(url, { headers });
      assert.equal(answer.status, 503);
      const page = await answer.text();
      const { action, body } = filled(page, 'nakamura@example.jp');
      const registered = await fetch(action, { method: 'POST', body, headers });
      assert.equal(registered.status, 200);
      pages.push(page, await registered.text(), await (await fetch(url, { headers })).text());
    };
    const argv = [file('dead.yaml', DEAD), '--speed', '20', '--mails', 'told'];
    const { status, text } = await emulate(argv, (said) => {
      const url = /page for s80: (http:\/\/127\.0\.0\.1:\d+\/)\n/.exec(said)?.[1];
      if (url === undefined) return;
      visit ??= visited(url);
      if (said.includes('port 80 is back')) after ??= fetch(url, { headers }).then((page) => page.text());
    });
    await visit;
    assert.equal(status, 0, text);
    const [first = '', second = '', third = ''] = pages;
    assert.match(first, /www\.example\.jp/);
    assert.match(second, /nakamura@example\.jp/);
    assert.doesNotMatch(third, /<form/);
    assert.match((await after) ?? '', /<h1[^>]*>The server is back</);
    const mail = readFileSync(join(directory, 'told', '0001.eml'), 'latin1');
    assert.match(mail, /^To: nakamura@example\.jp\r$/m);
    // Its link leads back here, too.
    assert.match(mail, /^List-Unsubscribe: <http:\/\/127\.0\.0\.1:\d+\//m);
  });

  it('has a router that is asked for its status, its history and its notices, and told what its page says', async () => {
    let asked: Promise<string[]> | null = null;
    const ask = (...argv: readonly string[]): Promise<string> =>
      new Promise((resolve) => {
        execFile(process.execPath, ['--import', TSX, MAIN, ...argv], (_error, stdout, stderr) =>
          resolve(stdout + stderr),
        );
      });
    const askAll = async (config: string): Promise<string[]> => {
      const said = await ask('message', 'Back at noon', '-c', config);
      const asking = [['status'], ['status', '--json'], ['outbox', '--json'], ['history', '--json']];
      return [said, ...(await Promise.all(asking.map((one) => ask(...one, '-c', config)))), config];
    };
    const { text } = await emulate(
      [file('asked.yaml', UNPLUGGED.replace('60s', '20h').replace('20s', '19h')), '--realtime'],
      (said, end) => {
        const config = /ringback status -c (\S+) asks this router/.exec(said)?.[1];
        if (config === undefined || !said.includes('is down') || asked !== null) return;
        asked = askAll(config);
        void asked.then(end, end);
      },
    );
    assert.match(text, /sato@example\.jp was never told/, 'a signal ends it with its verdict');
    const [said = '', lines = '', json = '', outbox = '', history = '', config = ''] = (await asked) ?? [];
    assert.match(said, /Back at noon/);
    assert.match(lines, /172\.27\.178\.80/);
    const { outages } = JSON.parse(json) as {
      outages: { server: string; clients: { client: string }[] }[];
    };
    assert.deepEqual(
      outages.map(({ server, clients }) => [server, clients.map(({ client }) => client)]),
      [['172.27.178.80', ['172.27.179.151']]],
    );
    assert.ok(Array.isArray((JSON.parse(outbox) as { notices: unknown[] }).notices));
    assert.ok(Array.isArray((JSON.parse(history) as { outages: unknown[] }).outages));
    assert.equal(existsSync(config), false, 'nothing is left of it');
  });
});
