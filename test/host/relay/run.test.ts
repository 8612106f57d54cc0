/** `ringback relay`, as users start it. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { existsSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it, type TestContext } from 'node:test';
import { freePort } from '../../ports.ts';
import { directory } from '../fabric/scripted.ts';
import { scriptedServer } from '../mail/support.ts';
import { COLD_START } from '../recovery/support.ts';
import { Running, ringbackBeside } from '../router/program.ts';
import { until } from '../tools.ts';
import { communityMessage, pdu, trapOidVarbind, UP_TIME } from '../traps/ber.ts';
import { listMessages, relayText, SATO, SERVER } from './relayed.ts';
import { type PopServer, popServer } from './support.ts';

let place: ReturnType<typeof directory>;
beforeEach(() => {
  place = directory();
});
afterEach(() => place.remove());

const file = (): string => place.path('relay.yaml');

/** Writes the configuration of a relay with this mailbox and mail server. */
function configure(pop: number, smtp: number, change: (text: string) => string = (text) => text): void {
  const text = relayText(pop, `control: ${place.path('relay.sock')}\n`)
    .replace('state: false', `state: ${place.path('state')}`)
    .replace('smtp: {host: 127.0.0.1,', `smtp: {host: 127.0.0.1, port: ${smtp},`);
  writeFileSync(file(), change(text));
}

function start(context: TestContext): Running {
  const running = new Running('relay', '-c', file());
  context.after(() => running.child.kill('SIGKILL'));
  return running;
}

/** What a command prints about it. */
async function printed(...argv: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await ringbackBeside(...argv, '-c', file());
  assert.deepEqual([status, stderr], [0, ''], argv.join(' '));
  return stdout;
}

const COLD = communityMessage(1, pdu(0xa7, [UP_TIME, trapOidVarbind(COLD_START)]));

/** Sends a coldStart until something has come of it: UDP may lose it. */
async function trap(port: number, hasCome: () => boolean): Promise<void> {
  const socket = createSocket('udp4');
  const timer = setInterval(() => socket.send(COLD, port, '127.0.0.1'), 200);
  try {
    await until('what the trap leads to', hasCome);
  } finally {
    clearInterval(timer);
    socket.close();
  }
}

const fetches = (server: PopServer): number => server.sessions.length;

describe('ringback relay', () => {
  it('makes mails of a list, and says what it has done', async (context) => {
    const [pop, smtp] = [
      await popServer(context, { messages: listMessages() }),
      await scriptedServer(context),
    ];
    configure(pop.port, smtp.port);
    const running = start(context);
    const ready = await running.logged('ready');
    assert.deepEqual([ready.mailbox, ready.clients], [`127.0.0.1:${pop.port}`, 2]);
    const received = await running.logged('list.received');
    assert.deepEqual(
      [received.server, received.clients, received.told, received.part],
      [SERVER, 3, 2, '1/1'],
    );
    await running.logged('notice.sent', 2);
    const mail = smtp.received.find(({ to }) => to.includes('tanaka@example.jp'));
    assert.match(mail?.text ?? '', /^Server {3}: www\.example\.jp \(172\.27\.178\.80\)\r$/m);
    assert.match(mail?.text ?? '', /^Recovered: \d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d\r$/m);
    assert.match(mail?.text ?? '', /^Was away : 1 h\r$/m);
    assert.match(mail?.text ?? '', /^You tried: .* to .*\r$/m);
    assert.match(mail?.text ?? '', /^X-Ringback-Client: 172\.27\.179\.150\r$/m);
    await until('the mailbox is empty', () => pop.left().length === 0);

    let status = JSON.parse(await printed('status', '--json'));
    // What the mail server has said is written in groups.
    await until('it is written who was told', async () => {
      status = JSON.parse(await printed('status', '--json'));
      return status.lists[0]?.told === 2;
    });
    assert.deepEqual(status.notices, { pending: 0, queued: 0, sent: 2, failed: 0 });
    assert.deepEqual([status.mailbox.user, status.mailbox.reason], ['sav_1', null]);
    assert.deepEqual(
      status.lists.map(({ server, told }: Record<string, unknown>) => [server, told]),
      [[SERVER, 2]],
    );
    const text = await printed('status');
    assert.match(text, /^Mailbox sav_1 at 127\.0\.0\.1:\d+: looked into 20/m);
    assert.match(text, /^ {2}172\.27\.178\.80 {2}20.*, 3 on it, 2 of 2 people told$/m);
    assert.match(text, /^Notices: 0 pending, 2 sent, 0 failed$/m);
    assert.match(await printed('outbox'), /sato@example\.jp/);
    assert.match(await printed('history'), /^172\.27\.178\.80 .* 1\/1 +3 +2 of 2 +-$/m);

    running.child.kill('SIGTERM');
    assert.equal(await running.ended(), 0);
    assert.deepEqual([running.lines.at(-1)?.event, running.stderr], ['stopped', '']);
    assert.equal(existsSync(place.path('relay.sock')), false);
    // The state says the same when nothing runs.
    assert.match(await printed('history'), /^172\.27\.178\.80 .* 1\/1 +3 +2 of 2 +-$/m);
    const { status: failed, stderr } = await ringbackBeside('status', '-c', file());
    assert.equal(failed, 1);
    assert.match(stderr, /no `ringback relay` is running here/);
  });

  it('sends a person no more mails than it may, and the rest as one', async (context) => {
    const lists = ['1', '2', '3'].flatMap((id) =>
      listMessages({ clients: [SATO], facts: { id: id.repeat(32), server: `172.27.178.8${id}` } }),
    );
    const [pop, smtp] = [await popServer(context, { messages: lists }), await scriptedServer(context)];
    const most = 'notify: {most: {hour: 1, day: 5}}\n';
    configure(pop.port, smtp.port, (text) => text + most);
    const running = start(context);
    await running.logged('list.received', 3);
    assert.equal((await running.logged('notice.held')).reason, '1 mail within an hour: waits for room');
    await until('the first', () => smtp.received.length === 1);
    configure(pop.port, smtp.port, (text) => `${text}notify: {most: false}\n`);
    running.child.kill('SIGHUP');
    await until('the others', () => smtp.received.length === 2);
    for (const n of [2, 3]) assert.ok(smtp.received[1]?.text.includes(`172.27.178.8${n}`));
  });

  it('looks at once when a trap comes', async (context) => {
    const pop = await popServer(context);
    const port = await freePort();
    configure(pop.port, 9, (text) =>
      text.replace('resolve: false', `resolve: false, traps: {listen: "127.0.0.1:${port}"}`),
    );
    const running = start(context);
    await running.logged('ready');
    await until('the first look', () => fetches(pop) === 1);
    await trap(port, () => fetches(pop) > 1);
    const signal = await running.logged('recovery.signal');
    assert.deepEqual([signal.server, signal.sign, signal.trap], ['127.0.0.1', 'trap', 'coldStart']);
  });

  it('takes another configuration on SIGHUP, and keeps the one it has if that is wrong', async (context) => {
    const pop = await popServer(context, { messages: listMessages({ key: 'another-secret' }) });
    configure(pop.port, 9);
    const running = start(context);
    await running.logged('list.refused');
    writeFileSync(file(), 'relay: {}\n');
    running.child.kill('SIGHUP');
    const rejected = await running.logged('configuration.rejected');
    assert.match(String(rejected.message), /relay\.pop: is missing/);
    configure(pop.port, 9, (text) => text.replace('list-secret', 'another-secret'));
    running.child.kill('SIGHUP');
    await running.logged('configuration.reloaded');
    await running.logged('list.received');
  });

  it('says once that the mailbox can’t be read, and once that it can', async (context) => {
    const port = await freePort();
    configure(port, 9, (text) => text.replace('user: sav_1', 'every: 1s, user: sav_1'));
    const running = start(context);
    const failed = await running.logged('mailbox.failed');
    assert.match(String(failed.reason), new RegExp(`127\\.0\\.0\\.1:${port}`));
    assert.match(await printed('status'), /^ {2}it can't be read: /m);
    const pop = await popServer(context, { messages: listMessages(), port });
    await running.logged('mailbox.back');
    await running.logged('list.received');
    assert.equal(running.lines.filter(({ event }) => event === 'mailbox.failed').length, 1);
    assert.ok(fetches(pop) > 0);
  });

  it('says what somebody has to mend, and that SIGHUP makes it look then', async (context) => {
    const pop = await popServer(context, {
      messages: listMessages(),
      answers: { PASS: '-ERR [AUTH] no\r\n' },
    });
    configure(pop.port, 9);
    const running = start(context);
    const failed = await running.logged('mailbox.failed');
    assert.equal(failed.triedAgainAfterSeconds, 600);
    assert.match(String(failed.message), /SIGHUP/);
    const text = await printed('status');
    assert.match(text, /^Mailbox .*, next in (10 min|9 min \d+ s)$/m);
    assert.match(text, /^ {2}it can't be read: .*check relay\.pop\.user and relay\.pop\.password/m);
    assert.match(text, /^ {2}when it is mended, SIGHUP makes it look at once$/m);
    const good = await popServer(context, { messages: listMessages() });
    configure(good.port, 9);
    running.child.kill('SIGHUP');
    await running.logged('mailbox.back');
  });

  it('does not start where another one has the state, or with a file that is not its own', async (context) => {
    const pop = await popServer(context);
    configure(pop.port, 9);
    const running = start(context);
    await running.logged('ready');
    const other = await ringbackBeside('relay', '-c', file());
    assert.equal(other.status, 1);
    assert.match(other.stderr, /another ringback has it/);
    writeFileSync(file(), `detect: {watch: [172.27.178.0/24]}\nclients: [{address: ${SATO}, mail: a@b}]\n`);
    const wrong = await ringbackBeside('relay', '-c', file());
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /detect: belongs to "ringback run"/);
  });
});
