import assert from 'node:assert/strict';
import { accessSync, constants } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { EtherType, Flag, Protocol } from '../frames.ts';
import { Bench, build, type Daemon, type Event, Kind, noNamespace, until } from './fabricd.ts';
import { arp, ethernet, ipv4, ipv6, syn, tcp } from './frames.ts';

const built = build('probe');
const Link = { ethernet: 1, raw: 2 };
const Direction = { in: 1, out: 2 };
/** The frames of these tests bear the address of no interface. */
const forOthers = 8;
const LAN0 = 1;

const anAck = ethernet(EtherType.ipv4, ipv4(Protocol.tcp, tcp(Flag.ack)));
const aSyn = (sequence: number) => ethernet(EtherType.ipv4, syn(sequence));
const anArp = ethernet(EtherType.arp, arp());

/** What a frame looks like in an event: its first 44 bytes. */
const start = (frame: Buffer) => frame.subarray(0, 44).toString('hex');
const seen = (events: readonly Event[]) => events.map((event) => event.frame.toString('hex'));

/** The frames of one interface up to and with the first that equals `last`. */
async function framesUntil(daemon: Daemon, last: Buffer, port = LAN0): Promise<Event[]> {
  return until('the last frame', () => {
    const frames = daemon.events.of(Kind.frame).filter((event) => event.port === port);
    const end = frames.findIndex((event) => event.frame.toString('hex') === start(last));
    return end < 0 ? undefined : frames.slice(0, end + 1);
  });
}

function whyNoTun(): string | false {
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
    return false;
  } catch {
    return 'needs access to /dev/net/tun';
  }
}
const noTun = whyNoTun();

for (const [how, program, env] of [
  ['through the ring', built.daemon, {}],
  ['through the ring, with sanitizers watching', built.sanitized.daemon, {}],
  ['without a ring', built.daemon, { LD_PRELOAD: built.noRing }],
] as const)
  describe(`capturing ${how}`, { skip: noNamespace }, () => {
    let bench: Bench;
    const daemons: Daemon[] = [];
    const listen = async (...names: string[]) => {
      const daemon = bench.start(
        [program, ...names.flatMap((name) => (name.startsWith('--') ? [name] : ['--interface', name]))],
        env,
      );
      daemons.push(daemon);
      await daemon.ready();
      return daemon;
    };

    before(async () => {
      bench = await Bench.open(2);
    });
    after(async () => {
      const ends = await Promise.all(daemons.map((daemon) => daemon.leave()));
      bench.close();
      assert.deepEqual(
        ends,
        ends.map(() => 0),
      );
    });

    it('says whether it has a ring', async () => {
      const daemon = await listen('lan0');
      assert.equal(daemon.stderr.includes('no packet ring on lan0'), 'LD_PRELOAD' in env);
    });

    it('gives the module the frames in question, whole and in order, and no others', async () => {
      const daemon = await listen('lan0');
      const six = ethernet(EtherType.ipv6, ipv6(Protocol.tcp, tcp(Flag.rst)));
      bench.send(built, 'far0', [anAck, aSyn(1), anAck, six, aSyn(2), anAck, anArp]);
      const frames = await framesUntil(daemon, anArp);
      assert.deepEqual(seen(frames), [aSyn(1), six, aSyn(2), anArp].map(start));
      assert.deepEqual(
        frames.map((event) => event.captured),
        [aSyn(1), six, aSyn(2), anArp].map((frame) => frame.length),
      );
      assert.ok(frames.every((event) => event.tries === Link.ethernet));
    });

    it('says how long a frame was on the wire, however much of it is looked at', async () => {
      const daemon = await listen('lan0');
      const long = Buffer.concat([aSyn(1), Buffer.alloc(1000)]);
      bench.send(built, 'far0', [aSyn(2), long, anArp]);
      const frames = await framesUntil(daemon, anArp);
      assert.deepEqual(
        frames.map(({ captured, wireLength }) => [captured, wireLength]),
        [aSyn(2), long, anArp].map(({ length }) => [Math.min(length, 512), length]),
      );
    });

    it('tells what comes in from what this machine sends', async () => {
      const daemon = await listen('lan0');
      bench.send(built, 'lan0', [aSyn(1)]);
      await framesUntil(daemon, aSyn(1));
      bench.send(built, 'far0', [aSyn(2)]);
      const frames = await framesUntil(daemon, aSyn(2));
      assert.deepEqual(
        frames.map((event) => event.code),
        [Direction.out, Direction.in | forOthers],
      );
    });

    it('tells interfaces apart by their place on the command line', async () => {
      const daemon = await listen('far1', 'lan0', 'lan1');
      bench.send(built, 'far0', [aSyn(1)]);
      bench.send(built, 'far1', [aSyn(2)]);
      const onLan0 = await framesUntil(daemon, aSyn(1), 2);
      const onFar1 = await framesUntil(daemon, aSyn(2), 1);
      const onLan1 = await framesUntil(daemon, aSyn(2), 3);
      assert.deepEqual(
        onLan0.concat(onFar1, onLan1).map((event) => event.code),
        [Direction.in | forOthers, Direction.out, Direction.in | forOthers],
      );
      assert.deepEqual(
        daemon.events
          .of(Kind.interface)
          .slice(0, 3)
          .map((event) => [event.port, event.text, event.code]),
        [
          [1, 'far1', 1],
          [2, 'lan0', 1],
          [3, 'lan1', 1],
        ],
      );
    });

    it('sees through tags: the outermost is taken away by the kernel, the inner one is left', async () => {
      const daemon = await listen('lan0');
      const { vlan, serviceVlan } = EtherType;
      const tagged = ethernet(EtherType.ipv4, syn(1), [[vlan, 10]]);
      const twice = ethernet(EtherType.ipv4, syn(2), [
        [serviceVlan, 10],
        [vlan, 20],
      ]);
      const ack = ethernet(EtherType.ipv4, ipv4(Protocol.tcp, tcp(Flag.ack)), [
        [serviceVlan, 10],
        [vlan, 20],
      ]);
      bench.send(built, 'far0', [ack, tagged, twice, anArp]);
      const inner = ethernet(EtherType.ipv4, syn(2), [[vlan, 20]]);
      assert.deepEqual(seen(await framesUntil(daemon, anArp)), [aSyn(1), inner, anArp].map(start));
    });

    it('takes packets of an interface without link headers from their IP header on', {
      skip: noTun,
    }, async () => {
      bench.run('ip', 'tuntap', 'add', 'tun0', 'mode', 'tun');
      bench.run('ip', 'link', 'set', 'tun0', 'up');
      const daemon = await listen('tun0');
      const six = ipv6(Protocol.tcp, tcp(Flag.syn));
      bench.send(built, ['--tun', 'tun0'], [ipv4(Protocol.tcp, tcp(Flag.ack)), syn(1), six]);
      const frames = await framesUntil(daemon, six);
      assert.deepEqual(seen(frames), [syn(1), six].map(start));
      assert.ok(frames.every((event) => event.tries === Link.raw && event.code === Direction.in));
    });

    it('takes each frame of the loopback interface once', async () => {
      const daemon = await listen('lo');
      bench.send(built, 'lo', [aSyn(1), aSyn(2)]);
      const frames = await framesUntil(daemon, aSyn(2));
      assert.deepEqual(seen(frames), [aSyn(1), aSyn(2)].map(start));
      assert.ok(frames.every((event) => event.code === (Direction.in | forOthers)));
    });

    it('reports an interface that goes down and up, rests meanwhile, and goes on', async () => {
      const daemon = await listen('lan0', 'lan1');
      bench.run('ip', 'link', 'set', 'lan0', 'down');
      await daemon.interface('lan0', false);
      const before = daemon.cpuTicks;
      await wait(1000);
      // A loop that never waits would have used about 100.
      assert.ok(daemon.cpuTicks - before < 30, 'it should rest');
      bench.send(built, 'far1', [aSyn(1)]);
      await framesUntil(daemon, aSyn(1), 2);
      bench.run('ip', 'link', 'set', 'lan0', 'up');
      await daemon.interface('lan0', true);
      bench.send(built, 'far0', [aSyn(2)]);
      await framesUntil(daemon, aSyn(2));
    });

    it('reports a cable that is pulled', async () => {
      const daemon = await listen('lan0');
      bench.run('ip', 'link', 'set', 'far0', 'down');
      await daemon.interface('lan0', false);
      bench.run('ip', 'link', 'set', 'far0', 'up');
      await daemon.interface('lan0', true);
    });

    it('listens from the start on an interface that is still down', async () => {
      bench.run('ip', 'link', 'set', 'lan0', 'down');
      const daemon = await listen('lan0');
      await daemon.interface('lan0', false);
      bench.run('ip', 'link', 'set', 'lan0', 'up');
      await daemon.interface('lan0', true);
      bench.send(built, 'far0', [aSyn(3)]);
      await framesUntil(daemon, aSyn(3));
    });

    it('goes on without an interface that vanishes, and takes it up again when it is back', async () => {
      const daemon = await listen('lan0', 'lan1');
      for (const round of [1, 2]) {
        bench.run('ip', 'link', 'del', 'lan0');
        await daemon.interface('lan0', false);
        const before = daemon.cpuTicks;
        await wait(1000);
        assert.ok(daemon.cpuTicks - before < 30, 'it should rest');
        bench.send(built, 'far1', [aSyn(round)]);
        await framesUntil(daemon, aSyn(round), 2);
        bench.addPair(0);
        await daemon.interface('lan0', true);
        bench.send(built, 'far0', [aSyn(round + 10)]);
        await framesUntil(daemon, aSyn(round + 10));
      }
      assert.equal(daemon.stderr.split('lan0 is gone').length, 3, 'said once each time');
      assert.equal(daemon.stderr.split('lan0 is back').length, 3);
    });

    it('takes up an interface that comes later, whatever kind it is, and one of another kind in its place', {
      skip: noTun,
    }, async () => {
      const daemon = await listen('--await', 'lan0', 'odd0');
      await daemon.interface('odd0', false);
      bench.send(built, 'far0', [aSyn(1)]);
      await framesUntil(daemon, aSyn(1));
      for (const round of [1, 2]) {
        const [plain, whole] = [syn(round * 10), aSyn(round * 10 + 1)];
        bench.run('ip', 'tuntap', 'add', 'odd0', 'mode', 'tun');
        bench.run('ip', 'link', 'set', 'odd0', 'up');
        await until('it listens', () => daemon.stderr.split('odd0 is').length === (round - 1) * 4 + 2);
        bench.send(built, ['--tun', 'odd0'], [plain]);
        const raw = await framesUntil(daemon, plain, 2);
        assert.equal(raw.at(-1)?.tries, Link.raw);
        bench.run('ip', 'link', 'del', 'odd0');
        await until('it is gone', () => daemon.stderr.split('odd0 is').length === (round - 1) * 4 + 3);
        bench.run('ip', 'link', 'add', 'odd0', 'type', 'veth', 'peer', 'name', 'odd1');
        for (const name of ['odd0', 'odd1']) bench.run('ip', 'link', 'set', name, 'up');
        await daemon.interface('odd0', true);
        bench.send(built, 'odd1', [whole]);
        const ethernet = await framesUntil(daemon, whole, 2);
        assert.equal(ethernet.at(-1)?.tries, Link.ethernet);
        bench.run('ip', 'link', 'del', 'odd0');
        await until('it is gone again', () => daemon.stderr.split('odd0 is').length === round * 4 + 1);
      }
      bench.send(built, 'far0', [aSyn(2)]);
      await framesUntil(daemon, aSyn(2));
      assert.equal(daemon.stderr.split('no packet ring on odd0').length, 'LD_PRELOAD' in env ? 5 : 1);
    });

    it('takes up an interface that is replaced by another with the same index', async () => {
      const make =
        'ip link add lan7 index 4242 type veth peer name far7 && ip link set lan7 up && ip link set far7 up';
      bench.run('sh', '-c', make);
      const daemon = await listen('lan7');
      for (const sequence of [1, 2, 3, 4]) {
        bench.run('sh', '-c', `ip link del lan7 && ${make}`);
        await until('a frame', () => {
          bench.send(built, 'far7', [aSyn(sequence)]);
          return daemon.events
            .of(Kind.frame)
            .some((event) => event.frame.equals(aSyn(sequence).subarray(0, 44)));
        });
      }
    });

    it('counts every frame as taken or dropped, and every event as sent or lost', async () => {
      const daemon = await listen('lan0');
      const burst = Array.from({ length: 20_000 }, (_, i) => aSyn(i));
      bench.send(built, 'far0', burst);
      await wait(50);
      bench.run('ip', 'link', 'set', 'lan0', 'down');
      const [received = 0, dropped = 0, lost = 0] = (await daemon.interface('lan0', false)).counts;
      assert.equal(received + dropped, burst.length);
      await until(
        'every event that is not lost',
        () => daemon.events.of(Kind.frame).length + lost === received,
      );
      bench.run('ip', 'link', 'set', 'lan0', 'up');
    });
  });
