import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { instantiate } from '@assemblyscript/loader';
import { EtherType, Protocol } from '../frames.ts';
import { build, command, fabricModule } from './fabricd.ts';
import { ethernet, ipv4, tcp } from './frames.ts';

const built = build('probe');
const guarded =
  (!['x64', 'arm64', 'riscv64', 'loong64', 'ppc64'].includes(process.arch) || endianness() === 'BE') &&
  'this machine has no room for guards';

function run(program: string, lines: readonly string[]) {
  const input = `${lines.join('\n')}\n`;
  return spawnSync(program, { input, encoding: 'utf8', maxBuffer: 1 << 28 });
}

function output(lines: readonly string[]): string[] {
  const { stdout, stderr, status } = run(built.vectors, lines);
  assert.equal(stderr, '');
  assert.equal(status, 0);
  return stdout.trimEnd().split('\n');
}

/** An event of the probe: kind, code, port, serial, tries, time, and the bytes at 16. */
function event(
  kind: number,
  code: number,
  port: number,
  serial: number,
  tries: number,
  us: bigint,
  rest: string,
) {
  const head = Buffer.alloc(16);
  head.set([kind, code]);
  head.writeUInt16LE(port, 2);
  head.writeUInt16LE(serial, 4);
  head.writeUInt16LE(tries, 6);
  head.writeBigUInt64LE(us, 8);
  return `event ${head.toString('hex')}${rest.padEnd(96, '0')}`;
}

/** The event of a frame: what of it was looked at, its first bytes, and how long it was on the wire. */
function frameEvent(
  direction: number,
  port: number,
  serial: number,
  link: number,
  us: bigint,
  captured: number,
  first: string,
  wireLength = captured,
): string {
  const lengths = Buffer.alloc(4);
  lengths.writeUInt16LE(captured, 0);
  lengths.writeUInt16LE(wireLength, 2);
  return event(1, direction, port, serial, link, us, `${lengths.toString('hex')}${first}`);
}

const hex = (kind: number, value?: number) => `command ${command(kind, value).toString('hex')}`;

describe('the engine, run by fabric-vectors', () => {
  it('hands over a frame with its link, interface, direction, lengths and 64 bits of time', () => {
    const frames = ['frame 1 200 2 78187493530 0A0b0c', 'frame 2 1 1 5 -', 'frame 2 1 1 5 0a 1514'];
    assert.deepEqual(output(['# a comment', '', ...frames]), [
      'verdict 1',
      frameEvent(2, 200, 1, 1, 78187493530n, 3, '0a0b0c'),
      'verdict 1',
      frameEvent(1, 1, 2, 2, 5n, 0, ''),
      'verdict 1',
      frameEvent(1, 1, 3, 2, 5n, 1, '0a', 1514),
    ]);
  });

  it('hands over no more of a frame than the module looks at', () => {
    const [, seen] = output([`frame 1 1 1 0 ${'ab'.repeat(9000)}`]);
    assert.equal(seen, frameEvent(1, 1, 1, 1, 0n, 512, 'ab'.repeat(44), 9000));
  });

  it('gives the status of a command, and the events it caused after it', () => {
    assert.deepEqual(output(['tick 9', hex(1), hex(99), hex(2, 2)]), [
      'tick',
      'status 0',
      'status 2',
      'status 0',
      event(2, 0, 0, 1, 0, 9n, '01000000'),
      event(2, 0, 0, 2, 0, 9n, '02000000'),
    ]);
  });

  it('gives the frame that a command has built, for that command only, and none longer than its buffer', () => {
    const built = (length: number): string => {
      const record = command(240);
      record.writeUInt16LE(513, 2);
      record.writeUInt16LE(length, 8);
      for (let at = 10; at < 64; at++) record[at] = at;
      return `command ${record.toString('hex')}`;
    };
    const whole = Buffer.from(Array.from({ length: 54 }, (_, i) => 10 + i)).toString('hex');
    assert.deepEqual(output([built(3), hex(99), built(54), built(55), built(0)]), [
      'status 0',
      'outgoing 513 0a0b0c',
      'status 2',
      'status 0',
      `outgoing 513 ${whole}`,
      'status 0',
      'status 0',
    ]);
  });

  it('goes on with an answer that is longer than the event buffer until it is whole', () => {
    const events = output([hex(2, 1000)]).slice(1);
    assert.equal(events.length, 1000);
    assert.equal(events.at(-1), event(2, 0, 0, 1000, 0, 0n, 'e8030000'));
  });

  it('keeps numbers little-endian in memory, whatever the machine', () => {
    const record = command(6);
    record.set([0x81, 0x82, 0x83, 0x84], 12);
    const loaded = '01020304';
    const widths = `${loaded}00000000${'0102030405060708'}${'03040000'}${'04000000'}${'81ffffff'}${'8182ffff'}${'81828384'}`;
    assert.deepEqual(output([`command ${record.toString('hex')}`]), [
      'status 0',
      event(6, 0, 0, 1, 0, 0n, widths),
    ]);
  });

  it('grows memory, keeps what was in it, and refuses what the machine cannot have', () => {
    const lines = output([hex(5, 100), hex(4, 71), hex(4, 100 * 65536), hex(5, 0x7fffffff), hex(5, 0)]);
    const values = lines.filter((line) => line.startsWith('event')).map((line) => line.slice(38, 46));
    assert.deepEqual(values, ['01000000', '08000000', '00000000', 'ffffffff', '65000000']);
  });

  // The first finds it by pages that nobody may touch where the machine has 64 bits, the second by comparing.
  for (const [how, program] of [
    ['as it is built', built.vectors],
    ['with sanitizers watching', built.sanitized.vectors],
  ] as const)
    for (const [what, line] of [
      ['reads the byte behind its memory', hex(4, 65536)],
      ['reads the last byte of all addresses', hex(4, 0xffffffff)],
      ['reads the byte behind all addresses', hex(243, 1)],
      ['reads the last byte that an instruction can name', hex(243, 0xffffffff)],
      ['reads for nothing', hex(241, 65536)],
      ['writes behind its memory', hex(242, 65536)],
      ['writes across the end of its memory', hex(242, 65529)],
    ] as const)
      it(`ends with a message when the module ${what}, ${how}`, () => {
        const { stderr, status } = run(program, [line]);
        assert.equal(stderr, 'fabric-vectors: the fabric module trapped: access outside its memory\n');
        assert.equal(status, 1);
      });

  it('goes up to the last byte of its memory', () => {
    const lines = output([
      hex(242, 65528),
      hex(241, 65535),
      hex(4, 65535),
      hex(5, 1),
      hex(242, 65529),
      hex(4, 131071),
    ]);
    const values = lines.filter((line) => line.startsWith('event')).map((line) => line.slice(38, 46));
    assert.deepEqual(values, ['ff000000', '01000000', '00000000']);
  });

  it('says which limit leaves no room for what lies around its memory', { skip: guarded }, () => {
    const { stdout, stderr, status } = spawnSync('sh', ['-c', `ulimit -v 4000000 && exec ${built.vectors}`], {
      input: '',
      encoding: 'utf8',
    });
    assert.match(
      stderr,
      /^fabric-vectors: no room for the guards around the fabric module's memory, .*\(ulimit -v, LimitAS=\); .*CHECKED=1.*\n$/,
    );
    assert.deepEqual([stdout, status], ['', 1]);
  });

  it('needs no such room where it compares addresses', () => {
    const checked = join(dirname(built.vectors), 'checked');
    const variables = [`WASM=${dirname(built.vectors)}/probe.wasm`, `BUILD=${checked}`, 'CHECKED=1'];
    const { MAKEFLAGS: _flags, MAKELEVEL: _level, MFLAGS: _more, ...env } = process.env;
    execFileSync('make', ['-s', '-C', 'board/fabricd', join(checked, 'fabric-vectors'), ...variables], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const within = (line: string) =>
      spawnSync('sh', ['-c', `ulimit -v 100000 && exec ${checked}/fabric-vectors`], {
        input: `${line}\n`,
        encoding: 'utf8',
      });
    assert.deepEqual([within(hex(1)).stdout, within(hex(1)).stderr], ['status 0\n', '']);
    assert.match(within(hex(241, 65536)).stderr, /: the fabric module trapped: access outside its memory\n$/);
  });

  it('ends with a message when an assertion of the module fails', () => {
    const { stderr, status } = run(built.vectors, [hex(3)]);
    assert.equal(stderr, 'fabric-vectors: the fabric module trapped: an assertion failed\n');
    assert.equal(status, 1);
  });

  for (const line of [
    'frame 1 1 1 0',
    'frame 1 1 1 0 abc',
    'tick',
    'command 00',
    'frame 1 1 1 0 0g',
    'nonsense',
  ])
    it(`refuses the line "${line}" of a script`, () => {
      const { stderr, status } = run(built.vectors, ['tick 1', line]);
      assert.equal(stderr, 'fabric-vectors: line 2 is not understood\n');
      assert.equal(status, 1);
    });

  it('does the same with sanitizers watching', () => {
    const script = [
      'frame 1 1 2 7 0102',
      hex(5, 40),
      hex(2, 700),
      `frame 2 9 1 8 ${'77'.repeat(512)}`,
      hex(6),
    ];
    const watched = run(built.sanitized.vectors, script);
    assert.equal(watched.stderr, '');
    assert.equal(watched.stdout, run(built.vectors, script).stdout);
  });
});

/** The same numbers every time (xorshift), so that what fails can be run again. */
function* numbers(seed: number): Generator<number, never> {
  for (let x = seed; ; ) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    yield x >>> 0;
  }
}

type Codes = Record<string, Record<string, { value: number }>>;

describe('the fabric module in this engine', {
  skip: !existsSync(fabricModule) && 'needs build/fabricd.wasm: make',
}, () => {
  it('survives arbitrary frames and commands with sanitizers watching', async () => {
    const { exports } = await instantiate<Codes>(readFileSync(fabricModule));
    const code = (table: string, name: string): number => exports[table]?.[name]?.value ?? assert.fail(name);
    const random = numbers(20260);
    const next = (below: number) => random.next().value % below;
    const bytes = (count: number) => Buffer.from(Array.from({ length: count }, () => next(256)));

    // Tables so small that they overflow, every option, every address watched.
    const configure = command(code('Command', 'Configure'));
    configure.writeUInt32LE(0xffffffff, code('Field', 'Flags'));
    configure.writeBigUInt64LE(3_000_000n, code('Field', 'WaitUs'));
    for (const table of ['Servers', 'Clients', 'Attempts', 'Known', 'Prefixes'])
      configure.writeUInt32LE(8, code('Field', table));
    const watch = command(code('Command', 'Watch'));
    const watchIpv4 = Buffer.from(watch);
    watchIpv4[code('Field', 'Code')] = 96;
    watchIpv4.set([0xff, 0xff], code('Field', 'Server') + 10);
    const lines = [configure, watch, watchIpv4].map((record) => `command ${record.toString('hex')}`);
    const count = 20_000;
    for (let i = 0; i < count; i++) {
      const frame = bytes(next(140));
      // Half of them look like IPv4 or IPv6 on the outside, so that they get further in.
      if (frame.length > 34 && i % 2 === 0) frame.write(i % 4 === 0 ? '080045' : '86dd60', 12, 'hex');
      // A quarter are whole handshakes between few addresses, so that tables fill and outages happen.
      const whole = ethernet(EtherType.ipv4, ipv4(Protocol.tcp, tcp(1 << next(5), next(4))));
      whole.set([next(4), next(12)], 29);
      const chosen = i % 4 === 1 ? whole : frame;
      const onWire = next(2) * next(600);
      const shown = chosen.toString('hex') || '-';
      lines.push(
        `frame ${1 + next(4)} ${next(4)} ${next(3)} ${i * 50_000} ${shown} ${chosen.length + onWire}`,
      );
      if (i % 40 === 0)
        lines.push(`command ${Buffer.concat([Buffer.of(2 + next(20)), bytes(63)]).toString('hex')}`);
    }
    const watched = run(build('fabric').sanitized.vectors, lines);
    assert.equal(watched.stderr, '');
    assert.equal(watched.status, 0);
    const printed = watched.stdout.split('\n');
    assert.deepEqual(printed.slice(0, 3), ['status 0', 'status 0', 'status 0']);
    assert.equal(printed.filter((line) => line.startsWith('verdict')).length, count);
    const outage = Buffer.of(code('Event', 'Outage')).toString('hex');
    assert.ok(printed.some((line) => line.startsWith(`event ${outage}`)));
  });
});
