import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it, type TestContext } from 'node:test';
import { address } from '../../board/lab/lab.ts';
import { Mailbox, type PopOptions } from '../../host/pop/mailbox.ts';
import { machineTime } from '../../host/time.ts';
import { selfSigned } from '../host/relay/certificate.ts';
import { fails } from '../host/relay/support.ts';
import { needs } from '../host/require.ts';
import { until } from '../host/tools.ts';
import { freePort } from '../ports.ts';
import { here, on } from './relay/daemon.ts';
import { Dovecot, type DovecotSettings } from './relay/dovecot.ts';
import { Maildirs } from './relay/maildirs.ts';
import { story } from './support.ts';

const USER = 'sav_1';
const PASSWORD = 'a secret phrase';
const CERTIFICATE = selfSigned('127.0.0.1');
/** Not the address that the client has then: dovecot trusts a connection from its own. */
const ELSEWHERE = '127.0.0.2';
const MAX_BYTES = 1_000_000;
const MAX_ENTRIES = 10_000;

interface World {
  readonly dovecot: Dovecot;
  readonly boxes: Maildirs;
  readonly implicitPort: number;
  /** Opens the mailbox; the session is given up with the test, if it is not over by then. */
  open(options?: Partial<PopOptions>): Promise<Mailbox>;
}

/** A dovecot on loopback, ended with the test. */
async function world(
  test: TestContext,
  settings: DovecotSettings = { tls: 'offered' },
  listen = '127.0.0.1',
): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'ringback-dovecot-'));
  // The mailboxes are nobody's.
  chmodSync(directory, 0o755);
  const boxes = new Maildirs(`${directory}/boxes`);
  const [port, implicitPort] = [await freePort(), await freePort()];
  const dovecot = new Dovecot({
    place: here,
    directory,
    boxes,
    listen,
    port,
    implicitPort,
    certificate: CERTIFICATE,
    users: { [USER]: PASSWORD, sav_2: 'of somebody else' },
  });
  dovecot.configure(settings);
  test.after(async () => {
    await dovecot.kill();
    rmSync(directory, { recursive: true });
  });
  await dovecot.start();
  return {
    dovecot,
    boxes,
    implicitPort,
    async open(more = {}) {
      const mailbox = await Mailbox.open({
        host: listen,
        port,
        tls: 'auto',
        mustTls: false,
        user: USER,
        password: PASSWORD,
        time: machineTime,
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
    const { boxes, implicitPort, open } = await world(test);
    const head = 'From: ringback@router.example\nSubject: list\n\n';
    const high = Buffer.from(Array.from({ length: 1024 }, (_, index) => 128 + (index % 128)));
    const messages = [
      Buffer.from(`${head}Server: 172.27.178.80\nClient: 172.27.179.151\n`),
      Buffer.from(`${head}.\n..\n.hidden\n\n.\nFrom here on\n.\n`),
      Buffer.from(`${head}サーバ障害復旧通知\n`),
      Buffer.concat([Buffer.from(head), high, Buffer.from('\n')]),
      Buffer.from(`${head}${'x'.repeat(5000)}\n${'.\n'.repeat(5000)}`),
    ];
    for (const message of messages) boxes.deliver(USER, message);
    const ca = CERTIFICATE.cert;
    for (const [way, encrypted] of [
      [{ tls: 'none' }, false],
      [{ tls: 'auto' }, true],
      [{ tls: 'starttls', ca }, true],
      [{ tls: 'implicit', ca, port: implicitPort }, true],
    ] as const) {
      const mailbox = await open(way);
      assert.equal(mailbox.isEncrypted, encrypted);
      assert.equal(mailbox.offeredTls, true);
      const { total, entries } = await mailbox.list(MAX_ENTRIES);
      assert.equal(total, messages.length);
      for (const [index, { number, bytes }] of entries.entries()) {
        const message = sent(messages[index] ?? assert.fail());
        assert.equal(bytes, message.length);
        assert.deepEqual(await mailbox.retrieve(number, MAX_BYTES), message);
        assert.equal(String(await mailbox.top(number, 0, MAX_BYTES)), String(sent(Buffer.from(head))));
      }
      await mailbox.quit();
    }
  });

  it('takes a thousand messages', async (test) => {
    const { boxes, open } = await world(test);
    for (let number = 1; number <= 1000; number += 1) {
      boxes.deliver(USER, `Subject: ${number}\n\n${'Client: 172.27.179.151\n'.repeat(number)}`);
    }
    const mailbox = await open();
    const { total, entries } = await mailbox.list(MAX_ENTRIES);
    assert.equal(total, 1000);
    assert.equal(new Set(entries.map(({ uidl }) => uidl)).size, 1000);
    for (const { number, bytes } of entries) {
      const message = await mailbox.retrieve(number, MAX_BYTES);
      assert.equal(message?.length, bytes);
      assert.ok(message?.toString().startsWith(`Subject: ${number}\r\n`));
      await mailbox.remove(number);
    }
    await mailbox.quit();
    assert.equal(boxes.files(USER).length, 0);
  });

  it('deletes with QUIT, and not before', async (test) => {
    const { boxes, open } = await world(test);
    for (const text of ['one', 'two', 'three']) boxes.deliver(USER, `Subject: ${text}\n\n${text}\n`);
    const first = await open();
    const { entries } = await first.list(MAX_ENTRIES);
    await first.remove(1);
    await first.remove(2);
    await fails('refused', first.retrieve(2, MAX_BYTES));
    first.abandon();
    const second = await open();
    assert.deepEqual((await second.list(MAX_ENTRIES)).entries, entries);
    await second.remove(2);
    assert.equal(boxes.files(USER).length, 3);
    await second.quit();
    assert.equal(boxes.files(USER).length, 2);
    const third = await open();
    assert.deepEqual(
      (await third.list(MAX_ENTRIES)).entries.map(({ number, uidl }) => [number, uidl]),
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
    const { boxes, open } = await world(test, { tls: 'required' }, ELSEWHERE);
    await fails('login', open({ tls: 'none' }));
    boxes.deliver(USER, 'Subject: list\n\nlist\n');
    const mailbox = await open();
    assert.equal((await mailbox.list(MAX_ENTRIES)).total, 1);
    await mailbox.quit();
  });

  it('does not begin with a certificate that nobody vouches for, where it is verified', async (test) => {
    const { open, implicitPort } = await world(test);
    await fails('tls', open({ tls: 'starttls' }));
    await fails('tls', open({ tls: 'implicit', port: implicitPort }));
  });

  it('does not begin in clear with a server that has offered TLS before', async (test) => {
    const { open } = await world(test, { tls: 'none' });
    const mailbox = await open();
    assert.deepEqual([mailbox.isEncrypted, mailbox.offeredTls], [false, false]);
    await mailbox.quit();
    await fails('tls', open({ mustTls: true }));
  });

  it('waits for another session to end', async (test) => {
    const { boxes, open } = await world(test, { tls: 'offered', oneSession: true });
    boxes.deliver(USER, 'Subject: list\n\nlist\n');
    const first = await open();
    assert.match(await fails('in-use', open()), /\[IN-USE\]/);
    await first.quit();
    const second = await open();
    assert.equal((await second.list(MAX_ENTRIES)).total, 1);
    await second.quit();
  });

  for (const end of ['stop', 'kill'] as const) {
    it(`ends with the server (${end}), and finds everything with the next one`, async (test) => {
      const { dovecot, boxes, open } = await world(test);
      boxes.deliver(USER, 'Subject: list\n\nlist\n');
      const mailbox = await open();
      const { entries } = await mailbox.list(MAX_ENTRIES);
      await mailbox.remove(1);
      await dovecot[end]();
      await until('the end of the session', () => !mailbox.isOpen);
      await fails('connection', mailbox.quit());
      await fails('connection', open());
      await dovecot.start();
      const again = await open();
      assert.deepEqual((await again.list(MAX_ENTRIES)).entries, entries);
      await again.quit();
    });
  }
});

describe('a mail host of the lab with dovecot', { skip: needs('dovecot') }, () => {
  story('is reached from the other machines, in clear and under TLS, until it ends', async (lab) => {
    const boxes = new Maildirs(`${lab.directory}/boxes`);
    const dovecot = new Dovecot({
      place: on(lab, 'mail'),
      directory: `${lab.directory}/dovecot`,
      boxes,
      listen: address('mail'),
      port: 110,
      implicitPort: 995,
      certificate: selfSigned(address('mail')),
      users: { [USER]: PASSWORD },
    });
    dovecot.configure({ tls: 'offered' });
    const fetch = async (...way: readonly string[]): Promise<string> => {
      const argv = ['curl', '-sS', '--noproxy', '*', '--insecure', '--user', `${USER}:${PASSWORD}`, ...way];
      const { code, stdout, stderr } = await lab.run('station', argv);
      return code === 0 ? stdout : stderr;
    };
    await dovecot.start();
    boxes.deliver(USER, 'Subject: list\n\nServer: 172.27.178.80\n');
    const message = 'Subject: list\r\n\r\nServer: 172.27.178.80\r\n';
    assert.equal(await fetch(`pop3://${address('mail')}/1`), message);
    assert.equal(await fetch('--ssl-reqd', `pop3://${address('mail')}/1`), message);
    assert.equal(await fetch(`pop3s://${address('mail')}/1`), message);
    await dovecot.stop();
    assert.match(await fetch(`pop3://${address('mail')}/1`), /Failed to connect/);
    await dovecot.start();
    assert.equal(await fetch(`pop3://${address('mail')}/1`), message);
  });
});
