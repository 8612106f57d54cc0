/** A board in the daemon's place: what a program says to it and hears of it, and the bundled `ringback run` behind it. */
import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { SMTPServer } from 'smtp-server';
import { SocketBoard } from '../../../host/emulator/board/daemon.ts';
import { connectDaemon } from '../../../host/fabric/daemon.ts';
import { machineTime } from '../../../host/time.ts';
import { configure, refusal, restored, SATO, SERVER, syn, synAck, TANAKA } from '../../host/fabric/fabric.ts';
import { directory, Heard } from '../../host/fabric/scripted.ts';
import { Running, ringbackBeside } from '../../host/router/program.ts';
import { until } from '../../host/tools.ts';
import { freePort } from '../../ports.ts';

const INTERFACES = [
  { name: 'lan0', hardware: '02:00:00:00:00:01' },
  { name: 'wan0', hardware: '02:00:00:00:00:02' },
];
/** Wide enough for the time that a kernel has been up. */
const BEGAN_US = 3_600_000_000;

async function board(context: TestContext) {
  const place = directory();
  const path = place.path('fabric.sock');
  const programs: boolean[] = [];
  const sent: number[] = [];
  const startMs = machineTime.nowMs();
  const opened = await SocketBoard.open({
    path,
    interfaces: INTERFACES,
    nowUs: () => Math.round((machineTime.nowMs() - startMs) * 1000) + BEGAN_US,
    time: machineTime,
    onProgram: (isThere) => void programs.push(isThere),
    onFrame: (_bytes, iface) => void sent.push(iface),
  });
  context.after(async () => {
    await opened.close();
    place.remove();
  });
  return { place, path, programs, sent, board: opened };
}

function linked(
  context: TestContext,
  socket: string,
): { heard: Heard; link: ReturnType<ReturnType<typeof connectDaemon>> } {
  const heard = new Heard();
  const link = connectDaemon(machineTime)({ interfaces: [], daemon: null, socket }, heard);
  context.after(() => link.close());
  return { heard, link };
}

describe('A board behind a socket', () => {
  it('says what a daemon says: that it is ready, its interfaces, what became of commands, events', async (context) => {
    const { path, board: there, sent } = await board(context);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const { heard, link } = linked(context, path);
    await until('it is ready', () => heard.interfaces.length === 2);
    assert.deepEqual(
      heard.interfaces.map(({ name, number, hardware, up }) => [name, number, hardware, up]),
      [
        ['lan0', 1, '02:00:00:00:00:01', true],
        ['wan0', 2, '02:00:00:00:00:02', true],
      ],
    );
    assert.deepEqual([heard.ready[0]?.configured, heard.ready[0]?.version], [false, 'emulated']);
    const holder = { address: SERVER.address, hardware: '02:00:5e:00:53:0a', interface: 2 } as const;
    link.sendAll([
      configure(),
      { kind: 'watch', address: '172.27.178.0', bits: 120 },
      restored(SATO.address),
      { kind: 'release', server: SERVER.address, port: 80 },
      { kind: 'announce', ticket: 7, form: 'reply', ...holder },
      { kind: 'announce', ticket: 8, form: 'reply', ...holder, hardware: '01:00:00:00:00:01' },
    ]);
    await until('answers', () => heard.announced.length === 2);
    assert.deepEqual(heard.refused, ['Release NotFound']);
    assert.deepEqual(
      heard.announced.map(({ ticket, interface: iface, outcome }) => [ticket, iface, outcome]),
      [
        [7, 2, 'sent'],
        [8, 2, 'refused'],
      ],
    );
    assert.deepEqual(sent, [2]);
    there.frame(1, false, syn(TANAKA, SERVER, 1));
    there.frame(2, false, refusal(SERVER, TANAKA, 1));
    assert.equal(heard.order.includes('outage'), true, 'of the restored client');
    const before = heard.events.length;
    there.settle();
    await until('the refusal', () => heard.events.length > before);
    assert.equal(heard.ends.length, 0);
  });

  it('turns a second program away, and keeps its tables for the next one', async (context) => {
    const { path, programs } = await board(context);
    const first = linked(context, path);
    await until('it is ready', () => first.heard.interfaces.length === 2);
    first.link.send(configure());
    first.link.send({ kind: 'sync' });
    await until('it is configured', () => first.heard.order.includes('syncEnd'));
    const second = linked(context, path);
    await until('it is turned away', () => second.heard.ends.length === 1);
    assert.deepEqual([second.heard.ready.length, first.heard.ends.length], [0, 0]);
    await first.link.close();
    await until('the first is gone', () => programs.length === 2);
    const third = linked(context, path);
    await until('it is ready', () => third.heard.ready.length === 1);
    assert.equal(third.heard.ready[0]?.configured, true);
    assert.deepEqual(programs, [true, false, true]);
  });

  it('takes the place of a socket that nobody serves, and of nothing else', async (context) => {
    const place = directory();
    context.after(() => place.remove());
    const options = {
      ...{ interfaces: INTERFACES, nowUs: () => BEGAN_US, time: machineTime, onProgram: () => {} },
      path: place.path('fabric.sock'),
    };
    writeFileSync(options.path, 'not a socket');
    await assert.rejects(SocketBoard.open(options), {
      code: 'unavailable',
      message: /fabric\.sock.*--as-daemon/,
    });
    const served = place.path('served.sock');
    const other = createServer().listen(served);
    await until('it listens', () => other.listening);
    context.after(() => other.close());
    await assert.rejects(SocketBoard.open({ ...options, path: served }), { code: 'unavailable' });
    const probe = connect(served);
    await until('it is still served', () => !probe.connecting);
    probe.destroy();
  });
});

describe('`ringback run` behind a board', () => {
  it('sees who waits and what comes back, and goes on after it was killed', async (context) => {
    const { place, path, board: there, programs } = await board(context);
    const port = await freePort();
    const mails: string[] = [];
    const mailHost = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      onData: (stream, session, done) => {
        for (const { address } of session.envelope.rcptTo) mails.push(address);
        stream.resume().on('end', () => done());
      },
    });
    await new Promise<void>((resolve) => void mailHost.listen(port, '127.0.0.1', resolve));
    context.after(() => new Promise<void>((resolve) => mailHost.close(() => resolve())));
    const file = place.path('ringback.yaml');
    const lines = [
      'detect: {watch: [172.27.178.0/24], ask: none}',
      'recover: {confirm: none, traps: false, settle: 1s}',
      `fabric: {socket: ${path}}`,
      `smtp: {host: 127.0.0.1, port: ${port}, tls: none, from: ringback@router.example}`,
      `servers: [{address: ${SERVER.address}, name: www.example.jp, ports: [80]}]`,
      `state: ${place.path('state')}`,
      `control: ${place.path('ringback.sock')}`,
      `clients: [{address: ${SATO.address}, mail: sato@example.jp}, {address: ${TANAKA.address}, mail: tanaka@example.jp}]`,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    const start = (): Running => {
      const running = new Running('run', '-c', file);
      context.after(() => running.child.kill('SIGKILL'));
      return running;
    };
    const refuse = (client: typeof SATO, sequence: number): void => {
      there.frame(1, false, syn(client, SERVER, sequence));
      there.frame(2, false, refusal(SERVER, client, sequence));
      there.settle();
    };
    const first = start();
    await first.logged('ready');
    refuse(SATO, 1);
    await first.logged('client.waiting');
    first.child.kill('SIGKILL');
    await first.ended();
    await until('the board has noticed', () => programs.length === 2);
    refuse(TANAKA, 2);
    const second = start();
    await second.logged('ready');
    const status = async (): Promise<{ server: string; port: number; cause: string; clients: unknown[] }> => {
      const { stdout } = await ringbackBeside('status', '-c', file, '--json');
      return JSON.parse(stdout).outages[0];
    };
    await until('it knows of both', async () => (await status()).clients.length === 2);
    const { server, port: refused, cause } = await status();
    assert.deepEqual([server, refused, cause], [SERVER.address, 80, 'refused']);
    const another = { ...SATO, port: 40_100 };
    there.frame(1, false, syn(another, SERVER, 9));
    there.frame(2, false, synAck(SERVER, another, 9));
    there.settle();
    await second.logged('outage.closed');
    await until('both are told', () => mails.length >= 2);
    assert.deepEqual(mails.sort(), ['sato@example.jp', 'tanaka@example.jp']);
  });
});
