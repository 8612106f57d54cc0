import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { instantiate } from '@assemblyscript/loader';
import { EtherType } from '../frames.ts';
import { Bench, build, fabricModule, Kind, noNamespace, version } from './fabricd.ts';
import { ethernet, syn } from './frames.ts';

const built = build('probe');
const onLan0 = [built.daemon, '--interface', 'lan0'];

describe('ringback-fabricd', { skip: noNamespace }, () => {
  let bench: Bench;
  const start = (command: readonly string[]) => bench.start(command);
  before(async () => {
    bench = await Bench.open(1);
  });
  afterEach(() => bench.clear());
  after(() => bench.close());

  it('is built with what the compiler and the linker have against overruns', () => {
    const { stdout } = bench.result('readelf', '--dynamic', '--symbols', '--wide', built.daemon);
    assert.match(stdout, /\(FLAGS\) +BIND_NOW/);
    assert.match(stdout, /__stack_chk_fail/);
  });

  describe('its command line', () => {
    it('tells its version and its usage', () => {
      const { stdout, status } = bench.result(built.daemon, '--version');
      assert.deepEqual([stdout, status], [`ringback-fabricd ${version}\n`, 0]);
      assert.match(
        bench.result(built.daemon, '--help').stdout,
        /^usage: ringback-fabricd .*--interface NAME/,
      );
    });

    for (const [what, options, message] of [
      ['no interface', [], 'at least one --interface is needed'],
      ['an unknown option', ['--interface', 'lo', '--nonsense'], "unrecognized option '--nonsense'"],
      ['an option without its value', ['--interface'], "option '--interface' requires an argument"],
      ['a stray argument', ['--interface', 'lo', 'lan0'], 'arguments without an option are not understood'],
      [
        'both ways to talk',
        ['--interface', 'lo', '--stdio', '--socket', '/x'],
        '--stdio, --socket and --remote exclude each other',
      ],
      ['the same interface twice', ['--interface', 'lo', '--interface', 'lo'], 'interface lo is named twice'],
      [
        'an interface name that cannot be',
        ['--interface', 'a-name-far-too-long'],
        'an interface name has at most 15 bytes',
      ],
    ] as const)
      it(`refuses ${what} with status 2`, () => {
        const { stderr, status } = bench.result(built.daemon, ...options);
        assert.equal(status, 2);
        assert.ok(stderr.includes(message), stderr);
      });

    it('takes 255 interfaces, there or not yet', async () => {
      const many = Array.from({ length: 254 }, (_, i) => ['--interface', `eth${i}`]).flat();
      const daemon = start([...onLan0, '--await', ...many]);
      await daemon.interface('eth253', false);
      assert.equal((await daemon.interface('lan0', true)).port, 1);
      assert.equal(daemon.events.of(Kind.interface).length, 255);
      assert.equal(await daemon.leave(), 0);
    });

    it('refuses more interfaces than it can tell apart', () => {
      const many = Array.from({ length: 256 }, (_, i) => ['--interface', `eth${i}`]).flat();
      assert.equal(bench.result(built.daemon, ...many).status, 2);
    });
  });

  describe('what it needs', () => {
    it('says which interface is missing and ends with 1', () => {
      const { stderr, status } = bench.result(...onLan0, '--interface', 'nowhere0');
      assert.deepEqual([stderr, status], ['ringback-fabricd: no interface nowhere0: No such device\n', 1]);
    });

    it('waits for a missing interface only if it is told to, and for no other trouble', () => {
      const { stderr, status } = bench.result(
        'setpriv',
        '--bounding-set=-net_raw',
        '--inh-caps=-net_raw',
        ...[...onLan0, '--await', '--interface', 'nowhere0'],
      );
      const message = 'no privilege to capture on lan0: start as root, or with CAP_NET_RAW';
      assert.deepEqual([stderr, status], [`ringback-fabricd: ${message}\n`, 1]);
    });

    it('says which privilege is missing and ends with 1', () => {
      const { stderr, status } = bench.result(
        'setpriv',
        '--bounding-set=-net_raw',
        '--inh-caps=-net_raw',
        ...onLan0,
      );
      const message = 'no privilege to capture on lan0: start as root, or with CAP_NET_RAW';
      assert.deepEqual([stderr, status], [`ringback-fabricd: ${message}\n`, 1]);
    });

    it('says which user is missing and ends with 1', () => {
      const { stderr, status } = bench.result(...onLan0, '--user', 'nobody-at-all');
      assert.deepEqual([stderr, status], ['ringback-fabricd: no user nobody-at-all to become\n', 1]);
    });

    for (const [what, prefix, command] of [
      ['here', [], onLan0],
      [
        'in a user namespace that knows only its creator',
        ['unshare', '-Urn'],
        [built.daemon, '--interface', 'lo'],
      ],
    ] as const)
      it(`keeps no privilege after the start ${what}`, async () => {
        const daemon = start([...prefix, ...command]);
        await daemon.ready();
        for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
          assert.match(daemon.status(set), /^0+$/, set);
        assert.equal(daemon.status('NoNewPrivs'), '1');
        assert.equal(daemon.status('Seccomp'), '2', 'only the system calls that it needs');
        assert.equal(await daemon.leave(), 0);
      });

    const mapped =
      /^\s*0\s+0\s+4294967295$/m.test(readFileSync('/proc/self/uid_map', 'utf8')) && process.getuid?.() === 0;
    it('becomes another user', { skip: !mapped && 'needs root' }, async () => {
      const nobody = start(['setpriv', '--groups', '4,5', ...onLan0]);
      const daemonUser = start([...onLan0, '--user', 'daemon']);
      await Promise.all([nobody.ready(), daemonUser.ready()]);
      assert.equal(nobody.status('Uid'), '65534\t65534\t65534\t65534');
      assert.equal(nobody.status('Gid'), '65534\t65534\t65534\t65534');
      assert.equal(nobody.status('Groups'), '');
      assert.equal(daemonUser.status('Uid'), '1\t1\t1\t1');
    });

    it('is small: 4 MiB beyond its ring', async () => {
      const daemon = start(onLan0);
      await daemon.ready();
      const ringKiB = 1024;
      const residentKiB = Number.parseInt(daemon.status('VmRSS'), 10);
      assert.ok(residentKiB - ringKiB <= 4096, `${residentKiB} KiB resident`);
    });

    it('never writes messages to a socket when standard error is closed', async () => {
      const daemon = start(['sh', '-c', 'exec "$@" 2>&-', 'sh', ...onLan0]);
      await daemon.ready();
      assert.equal(daemon.descriptor(2), '/dev/null');
    });
  });
  it('carries the fabric module', {
    skip: !existsSync(fabricModule) && 'needs build/fabricd.wasm: make',
  }, async () => {
    const daemon = start([build('fabric').daemon, '--interface', 'lan0']);
    const ready = await daemon.ready();
    const { exports } = await instantiate<{ ABI: { value: number } }>(readFileSync(fabricModule));
    assert.equal(ready.port, exports.ABI.value);
    bench.send(built, 'far0', [ethernet(EtherType.ipv4, syn())]);
    assert.equal(await daemon.leave(), 0);
    assert.equal(daemon.stderr, '');
  });
});
