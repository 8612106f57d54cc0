import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Errand, ErrandWriter } from '../../host/fabric/errands.ts';
import { loadModule } from '../../host/fabric/module.ts';
import { Bench, build, type Daemon, Kind, noNamespace, until } from './fabricd.ts';

const built = build('probe');
const { codes } = loadModule();
const writer = new ErrandWriter(codes);
const REACHED = codes.number('Carrier.Reached');
/** Those that the daemon has room for: board/fabricd/errand.h. */
const ERRANDS = 512;

/** One that answers and says more than anybody hears, one that holds its peace, and one that resets what it has accepted. */
const SERVERS = `
const { createServer } = require('node:net');
const talk = (socket) => { socket.on('error', () => {}); socket.write(Buffer.alloc(65536), (error) => error || talk(socket)); };
createServer(talk).listen(80, '::');
createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => {})).listen(81, '::');
createServer((socket) => socket.resetAndDestroy()).listen(82, '::', () => console.log('ready'));
`;

describe('errands for a program on another machine', { skip: noNamespace }, () => {
  let bench: Bench;
  let far: ChildProcess;
  let directory: string;
  let daemon: Daemon;
  let ticket = 0;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'fabricd-'));
    bench = await Bench.open(1);
    // Another machine at the far end.
    const script = 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6; echo here; exec sleep infinity';
    far = spawn('nsenter', [...bench.enter, 'unshare', '-n', '--kill-child', 'sh', '-c', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((done) => far.stdout?.once('data', done));
    const inside = await until('the other machine', () =>
      Number(readFileSync(`/proc/${far.pid}/task/${far.pid}/children`, 'utf8').trim() || far.pid),
    );
    bench.run('ip', 'link', 'set', 'far0', 'netns', String(inside));
    const there = ['nsenter', '-t', String(inside), '-n'];
    bench.run('ip', 'addr', 'add', '172.27.178.1/24', 'dev', 'lan0');
    bench.run(...there, 'ip', 'addr', 'add', '172.27.178.80/24', 'dev', 'far0');
    bench.run(...there, 'ip', 'link', 'set', 'far0', 'up');
    bench.run('sh', '-c', 'echo 0 >/proc/sys/net/ipv6/conf/lan0/disable_ipv6');
    bench.run('ip', 'addr', 'add', '2001:db8:178::1/64', 'dev', 'lan0', 'nodad');
    bench.run(...there, 'sh', '-c', 'echo 0 >/proc/sys/net/ipv6/conf/far0/disable_ipv6');
    bench.run(...there, 'ip', 'addr', 'add', '2001:db8:178::80/64', 'dev', 'far0', 'nodad');
    const servers = bench.start([...there, process.execPath, '-e', SERVERS]);
    await new Promise((done) => servers.child.stdout?.once('data', done));
    const path = join(directory, 'remote.sock');
    daemon = bench.start([built.sanitized.daemon, '--remote', '--socket', path, '--interface', 'lan0']);
    await daemon.ready();
  });
  after(async () => {
    await daemon.leave();
    spawnSync('pkill', ['-KILL', '-f', join(directory, 'remote.sock')]);
    await bench.clear();
    far.kill('SIGKILL');
    bench.close();
    rmSync(directory, { recursive: true });
  });

  type Asked = Errand extends infer One ? (One extends Errand ? Omit<One, 'ticket'> : never) : never;

  function begin(asked: Asked): number {
    ticket++;
    daemon.write(writer.encode({ ...asked, ticket } as Errand));
    return ticket;
  }

  const outcomes = (of: number): string[] =>
    daemon.events
      .of(REACHED)
      .filter((event) => event.ticket === of)
      .map((event) => codes.name('Reached', event.code));

  async function met(of: number): Promise<string[]> {
    await daemon.events.expect(
      `the end of ${of}`,
      (event) =>
        event.kind === REACHED && event.ticket === of && event.code === codes.number('Reached.Closed'),
    );
    return outcomes(of);
  }

  const connect = (server: string, port: number, localPort = 0): number =>
    begin({ kind: 'connect', server, port, localPort });

  for (const server of ['172.27.178.80', '2001:db8:178::80']) {
    it(`connect to ${server}, hear no end of words, and close`, async () => {
      assert.deepEqual(await met(connect(server, 80)), ['Answered', 'Closed']);
    });

    it(`hear that ${server} refuses`, async () => {
      assert.deepEqual(await met(connect(server, 83)), ['Refused', 'Closed']);
      assert.deepEqual(await met(begin({ kind: 'datagram', localPort: 0, server, port: 33_434 })), [
        'Refused',
        'Closed',
      ]);
    });

    it(`are answered by what ${server} resets at once`, async () => {
      assert.equal((await met(connect(server, 82))).at(-1), 'Closed');
    });
  }

  it('hear that nobody is there', async () => {
    assert.deepEqual(await met(connect('172.27.178.99', 80)), ['Unreachable', 'Closed']);
    assert.deepEqual(await met(connect('192.0.2.1', 80)), ['Unreachable', 'Closed']);
  });

  it('come from the port that is asked for', async () => {
    const one = connect('172.27.178.80', 81, 20_123);
    await until('an answer', () => outcomes(one).includes('Answered'));
    assert.match(bench.run('ss', '-tnH'), /172\.27\.178\.1:20123 +172\.27\.178\.80:81/);
    assert.deepEqual(await met(connect('172.27.178.80', 81, 20_123)), ['Impossible', 'Closed']);
    daemon.write(writer.encode({ kind: 'close', ticket: one }));
    assert.deepEqual(await met(one), ['Answered', 'Closed']);
  });

  it('go to no address of this machine, to no group, and from no port of a service', async () => {
    const refused = [
      connect('127.0.0.1', 80),
      connect('::1', 80),
      connect('0.0.0.0', 80),
      connect('::', 80),
      connect('224.0.0.1', 80),
      connect('ff02::1', 80),
      connect('255.255.255.255', 80),
      connect('172.27.178.1', 80),
      connect('2001:db8:178::1', 80),
      connect('172.27.178.80', 0),
      connect('172.27.178.80', 81, 22),
      begin({ kind: 'datagram', localPort: 0, server: '127.0.0.1', port: 53 }),
    ];
    for (const one of refused) assert.deepEqual(await met(one), ['Impossible', 'Closed']);
  });

  it('send no packet to a service of this machine itself', async () => {
    const sent = (): string => bench.run('sh', '-c', 'grep -E "^(Tcp|Udp):" /proc/net/snmp');
    // One beside the first of its network, which the kernel goes to with the first as its source; and one of no interface.
    bench.run('ip', 'addr', 'add', '172.27.178.2/24', 'dev', 'lan0');
    bench.run('ip', 'addr', 'add', '2001:db8:178::2/64', 'dev', 'lan0', 'nodad');
    bench.run('ip', 'route', 'add', 'local', '198.51.100.0/24', 'dev', 'lo');
    const own = bench.start([process.execPath, '-e', SERVERS]);
    await new Promise((done) => own.child.stdout?.once('data', done));
    const before = sent();
    for (const server of [
      '172.27.178.1',
      '172.27.178.2',
      '198.51.100.7',
      '2001:db8:178::1',
      '2001:db8:178::2',
    ]) {
      assert.deepEqual(await met(connect(server, 80)), ['Impossible', 'Closed'], server);
      assert.deepEqual(
        await met(begin({ kind: 'datagram', server, port: 9, localPort: 0 })),
        ['Impossible', 'Closed'],
        server,
      );
    }
    assert.deepEqual(await met(connect('172.27.178.255', 80)), ['Impossible', 'Closed']);
    assert.equal(sent(), before);
    own.kill('SIGKILL');
  });

  it('have the kernel look for a neighbour anew, once in a while, and for none that is not on a link that is listened on', async () => {
    const known = (address: string): string => bench.run('ip', 'neigh', 'show', 'to', address);
    const enter = (address: string, device: string, state: string): void => {
      bench.run(
        'ip',
        'neigh',
        'replace',
        address,
        'lladdr',
        '02:00:00:00:00:99',
        'dev',
        device,
        'nud',
        state,
      );
    };
    let marks = 100;
    /** It is another process that asks the kernel, for one after the other: what was to become of this one has, when the next is gone. */
    const seek = async (server: string): Promise<void> => {
      const mark = `172.27.178.${marks++}`;
      enter(mark, 'lan0', 'reachable');
      for (const one of [server, mark]) daemon.write(writer.encode({ kind: 'seek', server: one }));
      await until('the next one', () => known(mark) === '');
    };
    for (const address of ['172.27.178.81', '2001:db8:178::81']) {
      enter(address, 'lan0', 'reachable');
      await seek(address);
      assert.equal(known(address), '', address);
      enter(address, 'lan0', 'reachable');
      await seek(address);
      assert.match(known(address), /REACHABLE/, 'it was looked for a moment ago');
    }
    enter('172.27.178.82', 'lan0', 'permanent');
    bench.run('ip', 'link', 'add', 'lan9', 'type', 'veth', 'peer', 'name', 'far9');
    bench.run('sh', '-c', 'ip link set lan9 up && ip link set far9 up && ip addr add 192.0.2.1/24 dev lan9');
    enter('192.0.2.9', 'lan9', 'reachable');
    bench.run('ip', 'route', 'add', '203.0.113.0/24', 'via', '172.27.178.80');
    enter('203.0.113.9', 'lan0', 'reachable');
    for (const address of ['172.27.178.82', '192.0.2.9', '203.0.113.9']) {
      await seek(address);
      assert.match(known(address), /02:00:00:00:00:99/, address);
    }
    for (const address of ['127.0.0.1', '172.27.178.1', '::', '224.0.0.1']) await seek(address);
    bench.run('ip', 'route', 'del', '203.0.113.0/24');
    bench.run('ip', 'link', 'del', 'lan9');
  });

  it('have one ticket at a time', async () => {
    const one = connect('172.27.178.80', 81);
    daemon.write(
      writer.encode({ kind: 'connect', ticket: one, server: '172.27.178.80', port: 80, localPort: 0 }),
    );
    const no = await daemon.events.expect('a refusal', (event) => event.kind === Kind.refused);
    assert.deepEqual([no.ticket, no.code], [one, codes.number('Status.BadValue')]);
    daemon.write(writer.encode({ kind: 'close', ticket: one }));
    await met(one);
    daemon.write(writer.encode({ kind: 'close', ticket: one }));
  });

  it('are bounded however many are asked for, and each is told of', async () => {
    const all = Array.from({ length: 3 * ERRANDS }, () => connect('172.27.178.80', 81));
    await until('a word on each', () => all.every((one) => outcomes(one).length > 0));
    const open = all.filter((one) => outcomes(one).join() === 'Answered');
    const sockets = bench.run('ss', '-tnH', 'state', 'established', 'dport', '=', ':81').trim().split('\n');
    assert.ok(open.length <= ERRANDS && sockets.length <= ERRANDS, `${open.length}, ${sockets.length}`);
    assert.ok(open.length > ERRANDS / 2, `${open.length} are open`);
    for (const one of all.filter((one) => !open.includes(one)))
      assert.deepEqual(await met(one), ['Impossible', 'Closed']);
    for (const one of open) daemon.write(writer.encode({ kind: 'close', ticket: one }));
    for (const one of open) await met(one);
  });
});
