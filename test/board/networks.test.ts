/**
 * `ringback run` with its daemon on this machine's own kernel: interfaces that are networks of a router, which a stand-in for
 * ubus says, and a configuration in UCI.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { loadModule } from '../../host/fabric/module.ts';
import { Bench, build, noNamespace, until, version } from './fabricd.ts';

const built = build('probe');
const ROOT = resolve(import.meta.dirname, '../..');
const PROGRAM = join(ROOT, 'dist/ringback.mjs');
const DAEMON = join(ROOT, 'dist/ringback-fabricd');

interface Line {
  readonly event: string;
  readonly interface?: string;
  readonly network?: string;
  readonly message?: string;
}

/** In `place`: says what files of networks' names hold. */
function standInForUbus(place: string): void {
  mkdirSync(join(place, 'bin'));
  writeFileSync(
    join(place, 'bin/ubus'),
    `#!/bin/sh
[ "$1" = listen ] && exec tail -n 0 -F '${place}/events'
name=\${4#network.interface.}
[ -e "${place}/$name" ] || { echo 'Command failed: Not found' >&2; exit 4; }
exec cat "${place}/$name"
`,
    { mode: 0o755 },
  );
}

describe('a router whose interfaces are networks, as a stand-in for ubus has them', {
  skip: noNamespace,
}, () => {
  const place = mkdtempSync(join(tmpdir(), 'ringback-networks-'));
  const file = join(place, 'etc/config/ringback');
  let bench: Bench;
  let program: ReturnType<Bench['start']>;
  let said = '';

  const configure = (settle: string): void =>
    writeFileSync(
      file,
      `config ringback 'ringback'
	option state '0'
	option control '${place}/control.sock'

config fabric 'fabric'
	list interfaces 'lan'
	list interfaces 'wan'
	list daemon '${DAEMON}'

config detect 'detect'
	list watch '172.27.178.0/24'

config recover 'recover'
	option traps '0'
	option settle '${settle}'
`,
      { mode: 0o600 },
    );
  /** What carries a network; null: it is not up. */
  const carry = (network: string, device: string | null): void => {
    const status = { up: device !== null, pending: false, ...(device === null ? {} : { l3_device: device }) };
    writeFileSync(join(place, network), JSON.stringify({ ...status, device: device ?? undefined }));
    // What listens hears of it.
    writeFileSync(join(place, 'events'), `${network} ${device}\n`, { flag: 'a' });
  };
  const lines = (): Line[] =>
    said
      .slice(0, said.lastIndexOf('\n') + 1)
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []));
  const logged = async (event: string, about: Partial<Line> = {}): Promise<Line> =>
    until(`${event} ${JSON.stringify(about)}: ${said}${program.stderr}`, () =>
      lines().find((line) => line.event === event && line.interface === (about.interface ?? line.interface)),
    );
  const status = () => {
    const { stdout, stderr } = bench.result(process.execPath, PROGRAM, 'status', '--json', '-c', file);
    assert.equal(stderr, '');
    return (JSON.parse(stdout) as { interfaces: { name: string; network: string | null; up: boolean }[] })
      .interfaces;
  };

  before(async () => {
    mkdirSync(join(place, 'etc/config'), { recursive: true });
    standInForUbus(place);
    bench = await Bench.open(1);
    bench.run('ip', 'link', 'add', 'br-lan', 'type', 'bridge');
    bench.run('ip', 'link', 'set', 'lan0', 'master', 'br-lan');
    bench.run('ip', 'link', 'set', 'br-lan', 'up');
    writeFileSync(join(place, 'events'), '');
    carry('lan', 'br-lan');
    carry('wan', null);
    configure('5s');
    // As whoever started the tests: that another user has the rights he needs is a test of its own.
    program = bench.start([process.execPath, PROGRAM, 'run', '-c', file], {
      PATH: `${place}/bin:${process.env.PATH}`,
    });
    program.child.stdout?.removeAllListeners('data').on('data', (bytes: Buffer) => {
      said += bytes.toString();
    });
  });
  after(() => {
    bench.close();
    rmSync(place, { recursive: true });
  });

  it('listens where they are carried, and awaits the one that is not up', async () => {
    await logged('ready');
    await logged('interface.moved', { interface: 'br-lan' });
    await logged('interface.down', { interface: 'wan' });
    // The kernel says a second later that a new bridge has its carrier.
    await until('br-lan is up', () => status()[0]?.up);
    assert.deepEqual(
      status().map(({ name, network, up }) => [name, network, up]),
      [
        ['br-lan', 'lan', true],
        ['wan', 'wan', false],
      ],
    );
  });

  it('follows a network to a device that comes, and to another one, without starting the daemon anew', async () => {
    bench.run('ip', 'tuntap', 'add', 'pppoe-wan', 'mode', 'tun');
    bench.run('ip', 'link', 'set', 'pppoe-wan', 'up');
    carry('wan', 'pppoe-wan');
    await logged('interface.moved', { interface: 'pppoe-wan' });
    await until('it is there', () => status()[1]?.name === 'pppoe-wan');
    bench.run('ip', 'link', 'add', 'wwan0', 'type', 'veth', 'peer', 'name', 'modem');
    for (const name of ['wwan0', 'modem']) bench.run('ip', 'link', 'set', name, 'up');
    carry('wan', 'wwan0');
    await until('it is heard there', () => {
      const wan = status()[1];
      return wan?.name === 'wwan0' && wan.up && wan.network === 'wan';
    });
    bench.run('ip', 'link', 'del', 'wwan0');
    await logged('interface.down', { interface: 'wwan0' });
    assert.deepEqual(
      lines().filter(({ event }) => event === 'fabric.lost' || event === 'fabric.back'),
      [],
    );
  });

  it('rereads UCI on SIGHUP, and goes on as it is where that is wrong', async () => {
    configure('7s');
    program.kill('SIGHUP');
    await logged('configuration.reloaded');
    configure('a while');
    program.kill('SIGHUP');
    const { message } = await logged('configuration.rejected');
    assert.equal(
      message,
      `${file}:15:16: recover.settle: this text is not a duration; a number with its unit (500ms, 30s, 10m, 12h, 30d), 0s to 1h`,
    );
    configure('7s');
    assert.equal(status()[0]?.up, true);
    program.kill();
    assert.equal(await program.ended, 0);
  });
});

describe('a daemon that a service manager has started with names of networks, as a stand-in for ubus has them', {
  skip: noNamespace,
}, () => {
  it('is told at once which devices carry them, though none of them changes', async () => {
    const place = mkdtempSync(join(tmpdir(), 'ringback-started-'));
    const file = join(place, 'etc/config/ringback');
    const socket = `${place}/fabric.sock`;
    standInForUbus(place);
    mkdirSync(join(place, 'etc/config'), { recursive: true });
    writeFileSync(join(place, 'events'), '');
    writeFileSync(join(place, 'lan'), JSON.stringify({ up: true, l3_device: 'lan0', device: 'lan0' }));
    writeFileSync(
      file,
      `config ringback 'ringback'
	option state '0'
	option control '${place}/control.sock'

config fabric 'fabric'
	list interfaces 'lan'

config detect 'detect'
	list watch '172.27.178.0/24'

config recover 'recover'
	option traps '0'
`,
      { mode: 0o600 },
    );
    const bench = await Bench.open(1);
    try {
      bench.start([DAEMON, '--socket', socket, '--await', '--interface', 'lan']);
      const path = `${place}/bin:${process.env.PATH}`;
      const command = [process.execPath, PROGRAM, 'run', '-c', file, '--fabric', socket];
      const program = bench.start(command, { PATH: path });
      await until('lan0 is listened on', () => {
        const { stdout } = bench.result(process.execPath, PROGRAM, 'status', '--json', '-c', file);
        const [lan] = (JSON.parse(stdout) as { interfaces: { name: string; network: string; up: boolean }[] })
          .interfaces;
        return lan?.name === 'lan0' && lan.network === 'lan' && lan.up;
      });
      program.kill();
      assert.equal(await program.ended, 0);
    } finally {
      await bench.clear();
      bench.close();
      rmSync(place, { recursive: true });
    }
  });
});

describe('a daemon of another build', { skip: noNamespace }, () => {
  it('is refused with its name, its version, and what it speaks', async () => {
    const place = mkdtempSync(join(tmpdir(), 'ringback-abi-'));
    const file = join(place, 'ringback.yaml');
    const bench = await Bench.open(1);
    writeFileSync(
      file,
      `state: false\ncontrol: ${place}/sock\ndetect: {watch: [172.27.178.0/24]}\nrecover: {traps: false}\nfabric: {interfaces: [lan0], daemon: [${built.daemon}]}\n`,
    );
    const { status, stderr } = bench.result(process.execPath, PROGRAM, 'run', '-c', file);
    const probe = readFileSync(new URL('probe.wat', import.meta.url), 'utf8');
    const [, its] = /"ABI"\) i32 \(i32\.const (\d+)\)/.exec(probe) ?? [];
    const mine = loadModule().codes.number('ABI');
    assert.notEqual(Number(its), mine);
    assert.equal(
      stderr,
      `ringback: ${built.daemon} ${version} speaks version ${its} of the records, this program ${mine}: install both from the same build\n`,
    );
    assert.equal(status, 1);
    bench.close();
    rmSync(place, { recursive: true });
  });
});
