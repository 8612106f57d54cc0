import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it, type TestContext } from 'node:test';
import { address } from '../../board/lab/lab.ts';
import { Mailbox, type PopOptions } from '../../host/relay/pop.ts';
import { freePort } from '../host/notify/support.ts';
import { selfSigned } from '../host/relay/certificate.ts';
import { fails } from '../host/relay/support.ts';
import { needs } from '../host/require.ts';
import { until } from '../host/tools.ts';
import { Dovecot, type DovecotOptions } from './dovecot.ts';
import { story } from './support.ts';

const USER = 'sav_1';
const PASSWORD = 'a secret phrase';
const CERTIFICATE = selfSigned('127.0.0.1');
/** Not the address that the client has then: dovecot trusts a connection from its own. */
const ELSEWHERE = '127.0.0.2';
const MOST_BYTES = 1_000_000;
const MOST_ENTRIES = 10_000;

interface World {
  readonly dovecot: Dovecot;
  /** The way it was started. */
  readonly options: DovecotOptions;
  /** Opens the mailbox; the session is given up with the test, if it is not over by then. */
  open(options?: Partial<PopOptions>): Promise<Mailbox>;
}

/** A dovecot on loopback, ended with the test. */
async function world(test: TestContext, given: Partial<DovecotOptions> = {}): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'ringback-dovecot-'));
  const options: DovecotOptions = {
    spawn: ([program = '', ...argv]) => spawn(program, argv, { stdio: ['ignore', 'pipe', 'pipe'] }),
    directory,
    listen: '127.0.0.1',
    port: await freePort(),
    implicitPort: await freePort(),
    certificate: CERTIFICATE,
    users: { [USER]: PASSWORD, sav_2: 'of somebody else' },
    ...given,
  };
  const dovecot = await Dovecot.start(options);
  test.after(async () => {
    await dovecot.stop();
    rmSync(directory, { recursive: true });
  });
  return {
    dovecot,
    options,
    async open(more = {}) {
      const mailbox = await Mailbox.open({
        host: options.listen,
        port: options.port,
        tls: 'auto',
        mustTls: false,
        user: USER,
        password: PASSWORD,
        ...more,
      });
      test.after(() => mailbox.abandon());
      return mailbox;
    },
  };
}

/** As POP sends what lies in the mailbox with the ends of its lines as files have them. */
function sent(message: Buffer): Buffer {
  return Buffer.from(message.toString('latin1').replaceAll('\n', '\r\n'), 'latin1');
}

describe('a session with dovecot', { skip: needs('dovecot'), concurrency: 4, timeout: 120_000 }, () => {
  // The lab's own namespace comes without.
  before(() => execFileSync('ip', ['link', 'set', 'lo', 'up']));

  it('gets every byte of every message, under TLS and without', async (test) => {
    const { dovecot, options, open } = await world(test);
    const head = 'From: ringback@router.example\nSubject: list\n\n';
    const high = Buffer.from(Array.from({ length: 1024 }, (_, index) => 128 + (index % 128)));
    const messages = [
      Buffer.from(`${head}Server: 172.27.178.80\nClient: 172.27.179.151\n`),
      Buffer.from(`${head}.\n..\n.hidden\n\n.\nFrom here on\n.\n`),
      Buffer.from(`${head}サーバ障害復旧通知\n`),
      Buffer.concat([Buffer.from(head), high, Buffer.from('\n')]),
      Buffer.from(`${head}${'x'.repeat(5000)}\n${'.\n'.repeat(5000)}`),
    ];
    for (const message of messages) dovecot.deliver(USER, message);
    const ca = CERTIFICATE.cert;
    for (const [way, encrypted] of [
      [{ tls: 'none' }, false],
      [{ tls: 'auto' }, true],
      [{ tls: 'starttls', ca }, true],
      [{ tls: 'implicit', ca, port: options.implicitPort }, true],
    ] as const) {
      const mailbox = await open(way);
      assert.equal(mailbox.isEncrypted, encrypted);
      assert.equal(mailbox.offeredTls, true);
      const { total, entries } = await mailbox.list(MOST_ENTRIES);
      assert.equal(total, messages.length);
      for (const [index, { number, bytes }] of entries.entries()) {
        const message = sent(messages[index] ?? assert.fail());
        assert.equal(bytes, message.length);
        assert.deepEqual(await mailbox.retrieve(number, MOST_BYTES), message);
        assert.equal(String(await mailbox.top(number, 0, MOST_BYTES)), String(sent(Buffer.from(head))));
      }
      await mailbox.quit();
    }
  });

  it('takes a thousand messages', async (test) => {
    const { dovecot, open } = await world(test);
    for (let number = 1; number <= 1000; number += 1) {
      dovecot.deliver(USER, `Subject: ${number}\n\n${'Client: 172.27.179.151\n'.repeat(number)}`);
    }
    const mailbox = await open();
    const { total, entries } = await mailbox.list(MOST_ENTRIES);
    assert.equal(total, 1000);
    assert.equal(new Set(entries.map(({ uidl }) => uidl)).size, 1000);
    for (const { number, bytes } of entries) {
      const message = await mailbox.retrieve(number, MOST_BYTES);
      assert.equal(message?.length, bytes);
      assert.ok(message?.toString().startsWith(`Subject: ${number}\r\n`));
      await mailbox.remove(number);
    }
    await mailbox.quit();
    assert.equal(dovecot.count(USER), 0);
  });

  it('deletes with QUIT, and not before', async (test) => {
    const { dovecot, open } = await world(test);
    for (const text of ['one', 'two', 'three']) dovecot.deliver(USER, `Subject: ${text}\n\n${text}\n`);
    const first = await open();
    const { entries } = await first.list(MOST_ENTRIES);
    await first.remove(1);
    await first.remove(2);
    await fails('refused', first.retrieve(2, MOST_BYTES));
    first.abandon();
    const second = await open();
    assert.deepEqual((await second.list(MOST_ENTRIES)).entries, entries);
    await second.remove(2);
    assert.equal(dovecot.count(USER), 3);
    await second.quit();
    assert.equal(dovecot.count(USER), 2);
    const third = await open();
    assert.deepEqual(
      (await third.list(MOST_ENTRIES)).entries.map(({ number, uidl }) => [number, uidl]),
      [
        [1, entries[0]?.uidl],
        [2, entries[2]?.uidl],
      ],
    );
    await third.quit();
  });

  it('is refused to a wrong password, and the password is not told', async (test) => {
    const { open } = await world(test);
    const message = await fails('login', open({ password: 'another secret phrase' }));
    await fails('login', open({ user: 'sav_2' }));
    assert.match(message, /PASS.*\[AUTH\].*relay\.pop\.password/);
  });

  it('is refused without TLS where TLS is required', async (test) => {
    const { dovecot, open } = await world(test, { requireTls: true, listen: ELSEWHERE });
    await fails('login', open({ tls: 'none' }));
    dovecot.deliver(USER, 'Subject: list\n\nlist\n');
    const mailbox = await open();
    assert.equal((await mailbox.list(MOST_ENTRIES)).total, 1);
    await mailbox.quit();
  });

  it('does not begin with a certificate that nobody vouches for, where it is verified', async (test) => {
    const { open, options } = await world(test);
    await fails('tls', open({ tls: 'starttls' }));
    await fails('tls', open({ tls: 'implicit', port: options.implicitPort }));
  });

  it('does not begin in clear with a server that has offered TLS before', async (test) => {
    const { open } = await world(test, { certificate: null });
    const mailbox = await open();
    assert.deepEqual([mailbox.isEncrypted, mailbox.offeredTls], [false, false]);
    await mailbox.quit();
    await fails('tls', open({ mustTls: true }));
  });

  it('waits for another session to end', async (test) => {
    const { dovecot, open } = await world(test);
    dovecot.deliver(USER, 'Subject: list\n\nlist\n');
    const first = await open();
    assert.match(await fails('in-use', open()), /\[IN-USE\]/);
    await first.quit();
    const second = await open();
    assert.equal((await second.list(MOST_ENTRIES)).total, 1);
    await second.quit();
  });

  it('ends with the server, and finds everything with the next one', async (test) => {
    const { dovecot, options, open } = await world(test);
    dovecot.deliver(USER, 'Subject: list\n\nlist\n');
    const mailbox = await open();
    const { entries } = await mailbox.list(MOST_ENTRIES);
    await mailbox.remove(1);
    await dovecot.stop();
    await until('the end of the session', () => !mailbox.isOpen);
    await fails('connection', mailbox.quit());
    await fails('connection', open());
    const next = await Dovecot.start(options);
    test.after(() => next.stop());
    const again = await open();
    assert.deepEqual((await again.list(MOST_ENTRIES)).entries, entries);
    await again.quit();
  });
});

describe('a mail host of the lab with dovecot', { skip: needs('dovecot') }, () => {
  story('is reached from the other machines, in clear and under TLS, until it ends', async (lab) => {
    const options: DovecotOptions = {
      spawn: (argv) => lab.spawn('mail', argv),
      directory: `${lab.directory}/dovecot`,
      listen: address('mail'),
      port: 110,
      implicitPort: 995,
      certificate: selfSigned(address('mail')),
      users: { [USER]: PASSWORD },
    };
    const fetch = async (...way: readonly string[]): Promise<string> => {
      const argv = ['curl', '-sS', '--noproxy', '*', '--insecure', '--user', `${USER}:${PASSWORD}`, ...way];
      const { code, stdout, stderr } = await lab.run('station', argv);
      return code === 0 ? stdout : stderr;
    };
    const dovecot = await Dovecot.start(options);
    dovecot.deliver(USER, 'Subject: list\n\nServer: 172.27.178.80\n');
    const message = 'Subject: list\r\n\r\nServer: 172.27.178.80\r\n';
    assert.equal(await fetch(`pop3://${address('mail')}/1`), message);
    assert.equal(await fetch('--ssl-reqd', `pop3://${address('mail')}/1`), message);
    assert.equal(await fetch(`pop3s://${address('mail')}/1`), message);
    await dovecot.stop();
    assert.match(await fetch(`pop3://${address('mail')}/1`), /Failed to connect/);
    const next = await Dovecot.start(options);
    assert.equal(await fetch(`pop3://${address('mail')}/1`), message);
    await next.stop();
  });
});
