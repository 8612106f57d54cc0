import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Codec } from '../../host/fabric/codec.ts';
import { loadModule } from '../../host/fabric/module.ts';
import { configure } from '../host/fabric/fabric.ts';
import { Bench, build, command, type Daemon, Kind, noNamespace, until } from './fabricd.ts';

const built = build('probe');
const { codes } = loadModule();
const CONFIGURE = codes.number('Command.Configure');

describe('a daemon for a program on another machine', { skip: noNamespace }, () => {
  let bench: Bench;
  let directory: string;
  before(async () => {
    bench = await Bench.open(2);
    directory = mkdtempSync(join(tmpdir(), 'fabricd-'));
    // Whoever the daemon becomes may take names away there.
    chmodSync(directory, 0o777);
  });
  afterEach(async () => {
    for (const pid of lasting()) process.kill(pid, 'SIGKILL');
    await bench.clear();
    await until('the end of the daemons that last', () => lasting().length === 0);
  });
  after(() => {
    bench.close();
    rmSync(directory, { recursive: true });
  });

  const path = (): string => join(directory, 'remote.sock');
  /** By interfaces, and options with what they take. */
  const connected = (...interfaces: readonly string[]): Daemon =>
    bench.start([
      built.daemon,
      '--remote',
      ...['--socket', path()],
      ...interfaces.flatMap((name) => (/^(-|\d)/.test(name) ? [name] : ['--interface', name])),
    ]);

  /** The processes that are no connection's: they have a session of their own. */
  function lasting(): number[] {
    const all = execFileSync('ps', ['-e', '-o', 'pid=,sid=,stat=,args='], { encoding: 'utf8' });
    return all.split('\n').flatMap((line) => {
      const [pid, session, state = '', ...words] = line.trim().split(/ +/);
      return pid === session && !state.startsWith('Z') && words.includes(path()) ? [Number(pid)] : [];
    });
  }

  it('outlives the connection that started it, with what it knows', async () => {
    const first = connected('lan0');
    assert.equal((await first.ready()).code, 0);
    first.write(command(1));
    first.write(command(2, 1));
    await first.events.expect('an answer', (event) => event.kind === Kind.long);
    assert.equal(await first.leave(), 0);
    const [pid] = lasting();
    const second = connected('lan0');
    assert.equal((await second.ready()).code, 1, 'it was configured before');
    assert.deepEqual(lasting(), [pid]);
    assert.equal(await second.leave(), 0);
  });

  it('gives the place of a connection to the next program, for the one before may be cut', async () => {
    const first = connected('lan0');
    await first.ready();
    const second = connected('lan0');
    await second.ready();
    second.write(command(CONFIGURE));
    assert.equal(await first.ended, 1);
    assert.match(first.stderr, /^ringback-fabricd: the daemon has closed this connection: .*\n$/);
    second.write(command(2, 1));
    await second.events.expect('an answer', (event) => event.kind === Kind.long);
    assert.equal(await second.leave(), 0);
  });

  it('gives nothing of an answer to the program that comes in the middle of it', async () => {
    const first = connected('lan0');
    await first.ready();
    first.write(command(2, 2_000_000));
    await first.events.expect('some of it', (event) => event.kind === Kind.long);
    first.child.stdout?.pause();
    const second = connected('lan0');
    await second.ready();
    second.write(command(CONFIGURE), command(2, 1));
    await second.events.expect('an answer', (event) => event.kind === Kind.long);
    second.write(command(2, 2));
    await until('another', () => second.events.of(Kind.long).length >= 3);
    assert.deepEqual(
      second.events.of(Kind.long).map(({ value }) => value),
      [1, 1, 2],
    );
    assert.equal(await second.leave(), 0);
  });

  it('leaves a program its place when somebody comes who is none', async () => {
    const program = connected('lan0');
    await program.ready();
    for (const said of [Buffer.alloc(0), Buffer.alloc(63, CONFIGURE), command(2, 1), Buffer.alloc(64, 255)]) {
      const other = connected('lan0');
      assert.equal((await other.ready()).bytes.readUInt32LE(codes.number('CarrierField.Connections')), 1);
      await other.interface('lan0', true);
      other.write(said);
      if (said.length === 64) assert.equal(await other.ended, 1);
      else assert.equal(await other.leave(), 0);
    }
    program.write(command(2, 1));
    await program.events.expect('an answer', (event) => event.kind === Kind.long);
    // Of two who have not begun, the one who came last is waited for.
    const late = connected('lan0');
    await late.ready();
    const next = connected('lan0');
    await next.ready();
    assert.equal(await late.ended, 1);
    next.write(command(CONFIGURE));
    assert.equal(await program.ended, 1);
    assert.equal(await next.leave(), 0);
  });

  it('is started once by those who come at the same time, and find what a killed one has left', async () => {
    for (let round = 0; round < 6; round++) {
      const all = Array.from({ length: 4 }, () => connected('lan0'));
      await until('a word for each', () =>
        all.every(({ events, child }) => events.of(Kind.ready).length > 0 || child.exitCode !== null),
      );
      assert.equal(lasting().length, 1);
      assert.deepEqual(
        all
          .map(({ stderr }) => stderr)
          .filter((said) => !/^(.*: the daemon has closed this .*\n)?$/.test(said)),
        [],
      );
      for (const pid of lasting()) process.kill(pid, 'SIGKILL');
      await until('its end', () => lasting().length === 0);
      for (const one of all) one.kill('SIGKILL');
      await Promise.all(all.map(({ ended }) => ended));
      assert.ok(existsSync(path()));
    }
  });

  it('takes no name away that another has made', async () => {
    const first = connected('lan0');
    await first.ready();
    const [pid = 0] = lasting();
    rmSync(path());
    const second = connected('lan0');
    await second.ready();
    process.kill(pid, 'SIGTERM');
    await until('the end of the first', () => !lasting().includes(pid));
    assert.ok(existsSync(path()));
    assert.equal(await second.leave(), 0);
  });

  it('has a bound for what the module takes, that of its key or a usual one', async () => {
    for (const [options, pages] of [
      [[], 512],
      [['--memory', '1'], 16],
    ] as const) {
      const daemon = connected('lan0', ...options);
      await daemon.ready();
      // One it has already.
      daemon.write(Buffer.concat([command(5, pages), command(5, pages - 1)]));
      await until('both answers', () => daemon.events.of(5).length === 2);
      assert.deepEqual(
        daemon.events.of(5).map(({ value }) => value),
        [0xffffffff, 1],
      );
      assert.equal(await daemon.leave(), 0);
    }
    for (const wrong of ['0', '4294967296', '-1', '1x', ''])
      assert.match(
        bench.result(built.daemon, '--remote', '--interface', 'lan0', '--memory', wrong).stderr,
        /^ringback-fabricd: --memory .* is no whole number of MiB, from 1 on\n/,
      );
  });

  it('says nobody’s address on the wire: frames of a takeover are not for a key that carries records', async () => {
    const daemon = connected('lan0');
    await daemon.ready();
    const kinds = ['Command.Announce', 'Command.Claim', 'Command.Unclaim'].map((name) => codes.number(name));
    for (const kind of kinds.flatMap((one) => [one, one | codes.number('OF_DATAGRAMS')])) {
      daemon.write(command(kind, 1));
      const refused = await daemon.events.expect(
        `a word on ${kind}`,
        (event) => event.kind === Kind.refused && event.port === kind,
      );
      assert.equal(refused.code, codes.number('Status.UnknownCommand'));
    }
    assert.equal(await daemon.leave(), 0);
  });

  it('says nobody’s address on the wire for a kind with another bit, either: around the real module', async () => {
    const daemon = bench.start([
      build('fabric').daemon,
      ...['--remote', '--socket', path(), '--interface', 'lan0'],
    ]);
    await daemon.ready();
    const codec = new Codec(codes);
    daemon.write(codec.encode(configure()));
    const announcement = { form: 'reply', hardware: '02:00:5e:00:53:0a', interface: 1 } as const;
    for (const [ticket, bits] of [0, codes.number('OF_DATAGRAMS')].entries()) {
      const record = codec.encode({ kind: 'announce', address: '172.27.178.80', ticket, ...announcement });
      record[0] = (record[0] ?? 0) | bits;
      daemon.write(record);
      const said = await daemon.events.expect(
        'a word on it',
        (event) => [Kind.refused, Kind.sent].includes(event.kind) && event.ticket === ticket,
      );
      assert.equal(said.kind, Kind.refused);
    }
    assert.equal(await daemon.leave(), 0);
  });

  it('is another one for other interfaces, and the one before ends', async () => {
    const first = connected('lan0');
    await first.ready();
    const [pid] = lasting();
    const second = connected('lan0', 'lan1');
    await second.interface('lan1', true);
    await until('the end of the first', () => !lasting().includes(pid ?? 0));
    assert.equal(lasting().length, 1);
    assert.equal(await first.ended, 1);
    assert.equal(await second.leave(), 0);
  });

  it('has neither a privilege nor anything of the connection', async () => {
    const daemon = connected('lan0');
    await daemon.ready();
    const [pid = 0] = lasting();
    for (const one of [pid, daemon.pid]) {
      const status = execFileSync('cat', [`/proc/${one}/status`], { encoding: 'utf8' });
      for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
        assert.match(status, new RegExp(`^${set}:\\t0+$`, 'm'));
      assert.match(status, /^Seccomp:\t2$/m);
    }
    // Its one child looks for neighbours, and can do nothing else.
    const seeker = execFileSync('cat', [`/proc/${pid}/task/${pid}/children`], { encoding: 'utf8' }).trim();
    const its = execFileSync('cat', [`/proc/${seeker}/status`], { encoding: 'utf8' });
    for (const set of ['CapPrm', 'CapEff']) assert.match(its, new RegExp(`^${set}:\\t0{12}1000$`, 'm'));
    assert.match(its, /^CapAmb:\t0+$/m);
    assert.match(its, /^NoNewPrivs:\t1\nSeccomp:\t2$/m);
    assert.match(its, /^Uid:\t(?!0\t)/m);
    const open = execFileSync('ls', ['-l', `/proc/${seeker}/fd`], { encoding: 'utf8' });
    assert.equal(open.match(/-> \/dev\/null$/gm)?.length, (open.match(/ -> /g)?.length ?? 0) - 2, open);
    for (const fd of [0, 1, 2])
      assert.equal(execFileSync('readlink', [`/proc/${pid}/fd/${fd}`], { encoding: 'utf8' }), '/dev/null\n');
    await daemon.leave();
  });

  it('says to the connection why it cannot start', async () => {
    const daemon = bench.start([
      built.daemon,
      '--remote',
      '--socket',
      `${directory}/no/x`,
      '--interface',
      'lan0',
    ]);
    assert.equal(await daemon.ended, 1);
    assert.match(daemon.stderr, /^ringback-fabricd: cannot listen at .*no\/x: No such file or directory\n$/);
    const none = bench.result(built.daemon, '--remote');
    assert.equal(none.status, 2);
    assert.match(none.stderr, /^ringback-fabricd: at least one --interface is needed/);
  });

  it('that hangs is given up, also by those for whom there is no room to wait', async () => {
    const first = connected('lan0');
    await first.ready();
    const [pid = 0] = lasting();
    process.kill(pid, 'SIGSTOP');
    const waiting = Array.from({ length: 16 }, () => connect(path()).on('error', () => {}));
    const late = connected('lan0');
    await until('its end', () => late.child.exitCode !== null);
    assert.equal(await late.ended, 1);
    assert.match(late.stderr, /^ringback-fabricd: no daemon answers at .*: Connection timed out\n$/);
    for (const socket of waiting) socket.destroy();
  });

  it('goes on while nobody is connected, and hears no half of a record', async () => {
    const first = connected('lan0');
    await first.ready();
    first.write(command(2, 5).subarray(0, 30));
    await wait(50);
    first.kill('SIGKILL');
    await first.ended;
    const second = connected('lan0');
    await second.ready();
    second.write(command(2, 1));
    const answer = await second.events.expect('an answer', (event) => event.kind === Kind.long);
    assert.equal(answer.value, 1);
  });
});
