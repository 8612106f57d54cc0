import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { ErrandWriter } from '../../host/fabric/errands.ts';
import { loadModule } from '../../host/fabric/module.ts';
import { Bench, build, command, Events, Kind, noNamespace, until } from './fabricd.ts';

const built = build('probe');

describe('records on a socket', { skip: noNamespace }, () => {
  let bench: Bench;
  const start = (command: readonly string[]) => bench.start(command);
  before(async () => {
    bench = await Bench.open(1);
  });
  afterEach(() => bench.clear());
  after(() => {
    bench.close();
    rmSync(directory, { recursive: true });
  });

  const directory = mkdtempSync(join(tmpdir(), 'fabricd-'));
  const path = join(directory, 'fabric.sock');
  const listening = [built.daemon, '--interface', 'lan0', '--socket', path];

  async function host(): Promise<{ socket: Socket; events: Events }> {
    // A daemon that may not remove its socket leaves it behind: there is a name before somebody listens again.
    for (let tries = 0; tries < 1000; tries++) {
      const socket = connect(path);
      const events = new Events();
      socket.on('data', events.feed);
      const connected = await new Promise((done) => {
        socket.on('connect', () => done(true)).on('error', () => done(false));
      });
      if (connected) {
        await events.expect('Ready', (event) => event.kind === Kind.ready);
        return { socket, events };
      }
      await wait(5);
    }
    throw new Error(`nobody listens at ${path}`);
  }

  it('are for the owner of the socket only', async () => {
    const daemon = start(listening);
    const { socket } = await host();
    assert.equal(statSync(path).mode & 0o777, 0o600);
    socket.destroy();
    daemon.kill();
    assert.equal(await daemon.ended, 0);
  });

  const owned = { skip: process.getuid?.() === 0 ? false : 'only root gives sockets away' };
  it(
    'are for whom root has named, in a directory that is his, however the one before has ended',
    owned,
    async () => {
      const [, , uid = '', gid = ''] =
        /^daemon:(.*)$/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[0].split(':') ?? [];
      chownSync(directory, Number(uid), Number(gid));
      for (let i = 0; i < 2; i++) {
        const daemon = start([...listening, '--owner', 'daemon']);
        const { socket } = await host();
        const { uid: owner, mode } = statSync(path);
        assert.deepEqual([owner, mode & 0o777], [Number(uid), 0o600]);
        socket.destroy();
        daemon.kill('SIGKILL');
        await daemon.ended;
      }
      rmSync(path);
      chownSync(directory, 0, 0);
    },
  );

  it('do not change where the daemon listens: whoever started it has said that', async () => {
    const daemon = start(listening);
    const { socket, events } = await host();
    const { codes } = loadModule();
    socket.write(new ErrandWriter(codes).encode({ kind: 'listen', number: 1, name: 'far0' }));
    const refused = await events.expect('the refusal', (event) => event.kind === Kind.refused);
    assert.equal(refused.port, codes.number('Errand.Listen'));
    assert.deepEqual(new Set(events.of(Kind.interface).map(({ text }) => text)), new Set(['lan0']));
    socket.destroy();
    daemon.kill();
    assert.equal(await daemon.ended, 0);
  });

  it('go on with the next host, which learns that the module is configured', async () => {
    const daemon = start(listening);
    const first = await host();
    assert.equal(first.events.all[0]?.code, 0);
    first.socket.write(Buffer.concat([command(77), command(1), command(2, 5).subarray(0, 20)]));
    await first.events.expect('the refusal', (event) => event.kind === Kind.refused);
    first.socket.destroy();
    const second = await host();
    assert.deepEqual([second.events.all[0]?.kind, second.events.all[0]?.code], [Kind.ready, 1]);
    second.socket.write(command(2, 1));
    await second.events.expect('an answer', (event) => event.kind === Kind.long);
    second.socket.destroy();
    daemon.kill('SIGINT');
    assert.equal(await daemon.ended, 0);
  });

  it('turn a second program away without a record, and keep the first', async () => {
    const daemon = start(listening);
    const first = await host();
    const second = connect(path);
    const received: Buffer[] = [];
    second.on('data', (chunk: Buffer) => received.push(chunk));
    await new Promise((done) => second.on('close', done));
    assert.deepEqual(received, []);
    first.socket.write(command(2, 1));
    await first.events.expect('an answer', (event) => event.kind === Kind.long);
    first.socket.destroy();
    daemon.kill();
    await daemon.ended;
  });

  it('outlive a host that leaves in the middle of a long answer', async () => {
    start(listening);
    const first = await host();
    first.socket.write(Buffer.concat([command(2, 200_000), command(2, 200_000)]));
    await first.events.expect('some of the answer', (event) => event.kind === Kind.long);
    first.socket.destroy();
    const second = await host();
    second.socket.write(command(2, 1));
    const answer = await second.events.expect('an answer', (event) => event.kind === Kind.long);
    assert.equal(answer.value, 1);
    second.socket.destroy();
  });

  it('do not turn away a host that starts again at once, and heed its last words', async () => {
    start(listening);
    for (let round = 0; round < 50; round++) {
      const { socket, events } = await host();
      assert.equal(events.all[0]?.code, Number(round > 0));
      await new Promise((done) => socket.write(command(1), done));
      socket.destroy();
    }
  });

  it('take the place of a daemon that was killed, but not of one that runs', async () => {
    const killed = start(listening);
    (await host()).socket.destroy();
    killed.kill('SIGKILL');
    await killed.ended;
    const daemon = start(listening);
    const { socket } = await host();
    const { stderr, status } = bench.result(...listening);
    assert.equal(status, 1);
    assert.match(stderr, /^ringback-fabricd: cannot listen at .*fabric\.sock: Address already in use/);
    socket.destroy();
    daemon.kill();
    await daemon.ended;
  });

  it('are served though somebody keeps the lock on the name of the socket', async (context) => {
    const holder = spawn('flock', [`${path}.lock`, 'sh', '-c', 'echo held; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    context.after(() => process.kill(-(holder.pid ?? 0), 'SIGKILL'));
    await once(holder.stdout, 'data');
    const daemon = start(listening);
    await until('that it is said', () => daemon.stderr !== '');
    assert.match(
      daemon.stderr,
      /^ringback-fabricd: going on without the lock .*: another process holds it\n$/,
    );
    const { socket } = await host();
    socket.destroy();
    daemon.kill();
    assert.equal(await daemon.ended, 0);
  });
});
