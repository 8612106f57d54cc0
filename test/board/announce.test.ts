/** What the daemon sends, and what it hears of others: real frames between namespaces, read by programs of others. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { Codec } from '../../host/fabric/codec.ts';
import { loadModule } from '../../host/fabric/module.ts';
import type { Announcement, Command, FabricEvent } from '../../host/fabric/records.ts';
import { needs } from '../host/require.ts';
import { Bench, build, type Daemon, type Event, Kind, noNamespace, until } from './fabricd.ts';

const built = build('fabric');
const { codes } = loadModule();
const codec = new Codec(codes);

const ADDRESS = '172.27.178.80';
const ADDRESS6 = '2001:db8:178::12:3480';
const OWN = '02:00:5e:00:53:0a';
const ALL = 'ff:ff:ff:ff:ff:ff';
const NONE = '00:00:00:00:00:00';
const Outcome = { sent: 0, noInterface: 1, absent: 2, down: 3, notEthernet: 4, failed: 5 };
const WANTED = { address: ADDRESS, hardware: OWN, interface: 1 } as const;
const WANTED6 = { ...WANTED, address: ADDRESS6 } as const;

const CONFIGURE: Command = {
  kind: 'configure',
  sizes: { servers: 1, clients: 1, attempts: 1, known: 1, prefixes: 1 },
  options: {
    unreachable: false,
    unanswered: false,
    refused: false,
    resolution: false,
    synAck: false,
    knownOnly: false,
    reportAttempts: false,
  },
  waitUs: 1_000_000,
  key: new Uint8Array(16),
};

/** Fields of tshark with what they must be; `*` and nothing for those that the form has not got. */
const ARP_FIELDS = [
  ...['eth.dst', 'eth.src', 'eth.type', 'arp.hw.type', 'arp.proto.type', 'arp.hw.size', 'arp.proto.size'],
  ...['arp.opcode', 'arp.src.hw_mac', 'arp.src.proto_ipv4', 'arp.dst.hw_mac', 'arp.dst.proto_ipv4'],
  ...['arp.isgratuitous', 'arp.isprobe', 'arp.isannouncement', 'frame.len'],
];
const ARP_HEAD = ['0x0806', '1', '0x0800', '6', '4'];
const NEIGHBOUR_FIELDS = [
  ...['eth.dst', 'eth.src', 'eth.type', 'ipv6.version', 'ipv6.tclass', 'ipv6.flow', 'ipv6.plen', 'ipv6.nxt'],
  ...['ipv6.hlim', 'ipv6.src', 'ipv6.dst', 'icmpv6.type', 'icmpv6.code', 'icmpv6.checksum.status'],
  ...['icmpv6.nd.na.flag.r', 'icmpv6.nd.na.flag.s', 'icmpv6.nd.na.flag.o', 'icmpv6.nd.na.target_address'],
  ...['icmpv6.nd.ns.target_address', 'icmpv6.opt.type', 'icmpv6.opt.linkaddr', 'frame.len'],
];
const IPV6_HEAD = ['0x86dd', '6', '0x00000000', '0x000000'];
/** Of a checksum. */
const GOOD = '1';

function say(daemon: Daemon, ...commands: readonly Command[]): void {
  daemon.write(...commands.map((command) => codec.encode(command)));
}

const sent = (daemon: Daemon, ticket: number): Promise<Event> =>
  daemon.events.expect(
    `the answer to ${ticket}`,
    (event) => event.kind === Kind.sent && event.ticket === ticket,
  );

/** The Ethernet address in a line of `ip link`. */
const addressOf = (line: string): string => line.match(/link\/ether (\S+)/)?.[1] ?? '';

type Conflict = Extract<FabricEvent, { kind: 'conflict' }>;

function conflicts(daemon: Daemon): Conflict[] {
  return daemon.events.all.flatMap(({ kind, bytes }) => {
    if (kind !== codes.number('Event.Conflict')) return [];
    const event = codec.decode(bytes);
    return event.kind === 'conflict' ? [event] : [];
  });
}

for (const [how, program, env] of [
  ['through the ring', built.daemon, {}],
  ['through the ring, with sanitizers watching', built.sanitized.daemon, {}],
  ['without a ring', built.daemon, { LD_PRELOAD: built.noRing }],
] as const)
  describe(`announcing ${how}`, { skip: noNamespace }, () => {
    let bench: Bench;
    const directory = mkdtempSync(join(tmpdir(), 'ringback-'));
    before(async () => {
      bench = await Bench.open(2);
    });
    afterEach(() => bench.clear());
    after(() => {
      bench.close();
      rmSync(directory, { recursive: true, force: true });
    });

    const listen = async (...options: string[]): Promise<Daemon> => {
      const daemon = bench.start([program, ...options], env);
      await daemon.ready();
      say(daemon, CONFIGURE);
      return daemon;
    };

    /** What tshark reads of the frames that match, once there are so many of them. */
    async function read(
      name: string,
      count: number,
      fields: readonly string[],
      act: () => void,
    ): Promise<string[][]> {
      const capture = bench.start([
        'tcpdump',
        '-i',
        name,
        '-w',
        '-',
        '-U',
        '--immediate-mode',
        'arp or icmp6',
      ]);
      const chunks: Buffer[] = [];
      capture.child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
      await until('tcpdump', () => capture.stderr.includes('listening on'));
      act();
      const file = join(directory, 'frames.pcap');
      const options = fields.flatMap((field) => ['-e', field]);
      return until(`${count} frames`, () => {
        writeFileSync(file, Buffer.concat(chunks));
        const lines = execFileSync('tshark', ['-n', '-r', file, '-T', 'fields', ...options], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        const frames = lines.split('\n').filter((line) => line !== '');
        return frames.length >= count && frames.map((line) => line.split('\t'));
      });
    }

    const noTools = needs('tshark', 'tcpdump');

    it('puts ARP on the wire, and tshark agrees with every field', { skip: noTools }, async () => {
      const daemon = await listen('--interface', 'lan0');
      const frames = await read('far0', 4, ARP_FIELDS, () =>
        say(
          daemon,
          { kind: 'announce', ticket: 1, form: 'request', target: '172.27.178.255', ...WANTED },
          { kind: 'announce', ticket: 2, form: 'request', target: ADDRESS, ...WANTED },
          { kind: 'announce', ticket: 3, form: 'reply', ...WANTED },
          { kind: 'announce', ticket: 4, form: 'probe', ...WANTED },
        ),
      );
      const head = [ALL, OWN, ...ARP_HEAD];
      assert.deepEqual(frames, [
        [...head, '1', OWN, ADDRESS, NONE, '172.27.178.255', '', '', '', '42'],
        [...head, '1', OWN, ADDRESS, NONE, ADDRESS, '1', '', '1', '42'],
        [...head, '2', OWN, ADDRESS, OWN, ADDRESS, '1', '', '', '42'],
        [...head, '1', OWN, '0.0.0.0', NONE, ADDRESS, '', '1', '', '42'],
      ]);
      for (const ticket of [1, 2, 3, 4]) assert.equal((await sent(daemon, ticket)).code, Outcome.sent);
      assert.equal(await daemon.leave(), 0);
    });

    it('puts neighbour discovery on the wire, and tshark agrees with every field', {
      skip: noTools,
    }, async () => {
      const daemon = await listen('--interface', 'lan1', '--interface', 'lan0');
      const frames = await read('far0', 3, NEIGHBOUR_FIELDS, () =>
        say(
          daemon,
          { kind: 'announce', ticket: 1, form: 'neighbour', router: false, ...WANTED6, interface: 2 },
          { kind: 'announce', ticket: 2, form: 'neighbour', router: true, ...WANTED6, interface: 2 },
          { kind: 'announce', ticket: 3, form: 'probe', ...WANTED6, interface: 2 },
        ),
      );
      const ours = (router: string): string[] => [
        ...['33:33:00:00:00:01', OWN, ...IPV6_HEAD, '32', '58', '255', ADDRESS6, 'ff02::1', '136', '0', GOOD],
        ...[router, '0', '1', ADDRESS6, '', '2', OWN, '86'],
      ];
      assert.deepEqual(frames, [
        ours('0'),
        ours('1'),
        [
          ...[
            '33:33:ff:12:34:80',
            OWN,
            ...IPV6_HEAD,
            '24',
            '58',
            '255',
            '::',
            'ff02::1:ff12:3480',
            '135',
            '0',
            GOOD,
          ],
          ...['', '', '', '', ADDRESS6, '', '', '78'],
        ],
      ]);
      assert.equal(await daemon.leave(), 0);
    });

    it('needs no privilege for it', async () => {
      const daemon = await listen('--interface', 'lan0');
      for (const set of ['CapEff', 'CapPrm', 'CapInh', 'CapAmb'])
        assert.match(daemon.status(set), /^0+$/, set);
      assert.equal(daemon.status('NoNewPrivs'), '1');
      say(daemon, { kind: 'announce', ticket: 9, form: 'reply', ...WANTED });
      assert.equal((await sent(daemon, 9)).code, Outcome.sent);
    });

    it('says which frame did not leave, and why', async () => {
      const daemon = await listen('--interface', 'lan0', '--interface', 'lan1');
      const outcome = async (ticket: number, changes: Partial<Announcement> = {}): Promise<unknown[]> => {
        say(daemon, { kind: 'announce', ticket, form: 'reply', ...WANTED, ...changes } as Command);
        const { code, text, tries } = await sent(daemon, ticket);
        return [code, text, tries];
      };
      assert.deepEqual(await outcome(1), [Outcome.sent, '', 1]);
      assert.deepEqual(await outcome(2, { interface: 3 }), [
        Outcome.noInterface,
        'there is no interface of that number',
        3,
      ]);
      bench.run('ip', 'link', 'set', 'lan0', 'down');
      const isDown = 'it is switched off, or has no carrier';
      assert.deepEqual(await outcome(3), [Outcome.down, isDown, 1]);
      bench.run('ip', 'link', 'set', 'lan0', 'up');
      bench.untilRunning('lan0');
      assert.deepEqual(
        await outcome(4),
        [Outcome.sent, '', 1],
        'at once: it was up before the daemon had to look',
      );
      bench.run('ip', 'link', 'set', 'far1', 'down');
      // The kernel needs a moment to say so, in which it refuses the frame itself.
      await daemon.interface('lan1', false);
      assert.deepEqual(await outcome(5, { interface: 2 }), [Outcome.down, isDown, 2]);
      bench.run('ip', 'link', 'set', 'far1', 'up');
      await daemon.interface('lan1', true);
      bench.run('ip', 'link', 'set', 'lan1', 'mtu', '68');
      const tooLong = await outcome(6, { ...WANTED6, form: 'neighbour', router: false, interface: 2 });
      assert.deepEqual(tooLong, [Outcome.failed, 'Message too long', 2]);
      bench.run('ip', 'link', 'set', 'lan1', 'mtu', '1500');
      say(daemon, { kind: 'announce', ticket: 7, form: 'reply', ...WANTED6, interface: 2 });
      const refused = await daemon.events.expect('the refusal', (event) => event.kind === Kind.refused);
      assert.deepEqual(
        [refused.port, refused.ticket, refused.tries, refused.code],
        [codes.number('Command.Announce'), 7, 2, codes.number('Status.BadFamily')],
      );
      assert.equal(daemon.events.of(Kind.sent).length, 6, 'one answer each');
    });

    it('sends again when an interface that vanished is back, the frame that it was given then', {
      skip: noTools,
    }, async () => {
      const daemon = await listen('--interface', 'lan0');
      bench.run('ip', 'link', 'del', 'lan0');
      say(daemon, { kind: 'announce', ticket: 1, form: 'reply', ...WANTED });
      assert.equal((await sent(daemon, 1)).code, Outcome.absent);
      bench.addPair(0);
      const frames = await read('far0', 1, ['arp.opcode'], () =>
        say(daemon, { kind: 'announce', ticket: 2, form: 'request', target: '172.27.178.255', ...WANTED }),
      );
      assert.deepEqual(frames, [['1']]);
      assert.equal((await sent(daemon, 2)).code, Outcome.sent);
    });

    it('waits for an interface that is not there yet, if it is told to', async () => {
      const daemon = await listen('--await', '--interface', 'lan0', '--interface', 'lan8');
      const absent = await daemon.interface('lan8', false);
      assert.equal(absent.hardware, '');
      assert.match(daemon.stderr, /no interface lan8 yet: waiting for an interface of that name/);
      say(daemon, { kind: 'announce', ticket: 1, form: 'reply', ...WANTED, interface: 2 });
      assert.equal((await sent(daemon, 1)).code, Outcome.absent);
      bench.addPair(8);
      say(daemon, { kind: 'announce', ticket: 2, form: 'reply', ...WANTED, interface: 2 });
      assert.equal((await sent(daemon, 2)).code, Outcome.sent, 'at once');
      assert.notEqual((await daemon.interface('lan8', true)).hardware, '');
      bench.run('ip', 'link', 'del', 'lan8');
    });

    it('tells the Ethernet address of each interface, and when it changes', async () => {
      const daemon = await listen('--interface', 'lan0', '--interface', 'lo');
      const own = addressOf(bench.run('ip', '-o', 'link', 'show', 'lan0'));
      assert.equal((await daemon.interface('lan0', true)).hardware, own);
      assert.equal((await daemon.interface('lo', true)).hardware, '');
      bench.run('ip', 'link', 'set', 'lan0', 'address', OWN);
      await daemon.events.expect(
        'the new address',
        (event) => event.kind === Kind.interface && event.hardware === OWN,
      );
    });
  });

describe('a claim', { skip: noNamespace || needs('arping') }, () => {
  let bench: Bench;
  let there: readonly string[];
  let theirs: string;
  /** Runs where the other end of the link is. */
  const run = (...command: string[]): string => bench.run(...there, ...command);

  before(async () => {
    bench = await Bench.open(0);
  });
  /** Another machine at the other end, with the addresses that are claimed here. */
  const listen = async (): Promise<Daemon> => {
    bench.addPair(0);
    const other = bench.start(['unshare', '-n', 'sleep', 'infinity']);
    there = ['nsenter', '-t', String(other.pid), '-n'];
    await until(
      'the other namespace',
      () => bench.run(...there, 'ip', '-o', 'link').split('\n').length === 2,
    );
    bench.run('ip', 'link', 'set', 'far0', 'netns', String(other.pid));
    run('ip', 'link', 'set', 'far0', 'up');
    run('ip', 'address', 'add', `${ADDRESS}/24`, 'dev', 'far0');
    run('ip', 'address', 'add', `${ADDRESS6}/64`, 'dev', 'far0', 'nodad');
    theirs = addressOf(run('ip', '-o', 'link', 'show', 'far0'));
    const daemon = bench.start([built.sanitized.daemon, '--interface', 'lan0']);
    await daemon.ready();
    await daemon.interface('lan0', true);
    say(daemon, CONFIGURE);
    return daemon;
  };
  afterEach(async () => {
    await bench.clear();
    bench.run('sh', '-c', 'ip link del lan0 2>/dev/null || true');
  });
  after(() => bench.close());

  const conflict = (daemon: Daemon, form: string): Promise<Conflict> =>
    until(`a conflict by ${form}`, () => conflicts(daemon).find((one) => one.form === form));

  for (const [form, options] of [
    ['request', ['-U', '-s', ADDRESS]],
    ['reply', ['-A', '-s', ADDRESS]],
    ['probe', ['-D']],
  ] as const)
    it(`is contradicted by another machine's ${form}`, async () => {
      const daemon = await listen();
      say(daemon, { kind: 'claim', ...WANTED, interface: 0 });
      // It ends with 1 when nobody answers, and here nobody does.
      await until('a conflict', () => {
        run('sh', '-c', `arping -I far0 -c 1 -w 1 ${options.join(' ')} ${ADDRESS} || true`);
        return conflicts(daemon).some((one) => one.form === form);
      });
      const { nowUs: _, ...told } = await conflict(daemon, form);
      assert.deepEqual(told, { kind: 'conflict', form, address: ADDRESS, hardware: theirs, interface: 1 });
    });

  for (const [what, wanted, form] of [
    ['IPv4', WANTED, 'reply'],
    ['IPv6', WANTED6, 'neighbour'],
  ] as const)
    it(`to ${what} is contradicted by who has the address when a probe asks`, async () => {
      const daemon = await listen();
      // With its own address the answer finds the way back.
      const own = (await daemon.interface('lan0', true)).hardware;
      say(daemon, { kind: 'claim', ...wanted, hardware: own });
      say(daemon, { kind: 'announce', ticket: 1, form: 'probe', ...wanted, hardware: own });
      const { nowUs: _, ...told } = await conflict(daemon, form);
      assert.deepEqual(told, {
        kind: 'conflict',
        form,
        address: wanted.address,
        hardware: theirs,
        interface: 1,
      });
    });

  it('is contradicted by nobody when nobody has the address, and not by its own frames', async () => {
    const daemon = await listen();
    const free = { ...WANTED, address: '172.27.178.99' };
    say(daemon, { kind: 'claim', ...free });
    for (const [i, form] of (['probe', 'probe', 'reply'] as const).entries())
      say(daemon, { kind: 'announce', ticket: i, form, ...free });
    await sent(daemon, 2);
    // Whoever was to answer has done so before this one.
    const wanted = {
      ...WANTED,
      hardware: (await daemon.interface('lan0', true)).hardware,
    };
    say(daemon, { kind: 'claim', ...wanted }, { kind: 'announce', ticket: 7, form: 'probe', ...wanted });
    await conflict(daemon, 'reply');
    assert.deepEqual(
      conflicts(daemon).map(({ address }) => address),
      [ADDRESS],
    );
  });

  it("'s request replaces the MAC address that another machine's kernel has", async () => {
    const daemon = await listen();
    run('sh', '-c', 'echo 0 > /proc/sys/net/ipv4/neigh/far0/locktime');
    const free = { ...WANTED, address: '172.27.178.81' };
    const known = (): string => run('ip', 'neighbour', 'show', free.address);
    run('ip', 'neighbour', 'add', free.address, 'lladdr', '02:00:00:00:00:81', 'dev', 'far0', 'nud', 'stale');
    assert.match(known(), /02:00:00:00:00:81/);
    say(daemon, { kind: 'announce', ticket: 1, form: 'request', target: '172.27.178.255', ...free });
    await until('the new address', () => known().includes(OWN));
  });

  for (const [what, announcement] of [
    ['reply', { form: 'reply', ...WANTED, address: '172.27.178.81' }],
    ['request for itself', { form: 'request', target: '172.27.178.81', ...WANTED, address: '172.27.178.81' }],
  ] as const)
    it(`'s ${what} replaces even what that kernel has learnt this moment`, async () => {
      const daemon = await listen();
      const known = (): string => run('ip', 'neighbour', 'show', '172.27.178.81');
      // For a second after that (arp locktime) Linux believes only what is gratuitous.
      const fresh = '172.27.178.81 lladdr 02:00:00:00:00:81 dev far0 nud reachable';
      run('ip', 'neighbour', 'replace', ...fresh.split(' '));
      say(daemon, { kind: 'announce', ticket: 1, ...announcement });
      await until('the new address', () => known().includes(OWN));
    });

  it("'s advertisement replaces it in IPv6", async () => {
    const daemon = await listen();
    const free = { ...WANTED, address: '2001:db8:178::81' };
    const known = (): string => run('ip', 'neighbour', 'show', free.address);
    run('ip', 'neighbour', 'add', free.address, 'lladdr', '02:00:00:00:00:81', 'dev', 'far0', 'nud', 'stale');
    say(daemon, { kind: 'announce', ticket: 1, form: 'neighbour', router: false, ...free });
    await until('the new address', () => known().includes(OWN));
  });
});
