/** Interfaces that come late, go, come back as another kind, and are others from then on: on this machine's own kernel. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ErrandWriter } from '../../host/fabric/errands.ts';
import { loadModule } from '../../host/fabric/module.ts';
import { EtherType } from '../frames.ts';
import { Bench, build, type Daemon, type Event, Kind, noNamespace, until } from './fabricd.ts';
import { ethernet, syn } from './frames.ts';

const built = build('probe');
const { codes } = loadModule();
const errands = new ErrandWriter(codes);
const LAN0 = 1;
const WAN = 2;
const Link = { ethernet: 1, raw: 2 };
const aSyn = (sequence: number) => ethernet(EtherType.ipv4, syn(sequence));
const start = (frame: Buffer) => frame.subarray(0, 44).toString('hex');

/** How each kind is made, by the name `wan`; how a frame comes to it; and whether that has an Ethernet header. */
interface MadeKind {
  readonly make: readonly string[];
  readonly by: string | readonly string[];
  readonly link: number;
}
const veth = ['ip link add wan type veth peer name wire', 'ip link set wire up', 'ip link set wan up'];
const tun = ['ip tuntap add wan mode tun', 'ip link set wan up'];
/** PPP and WireGuard are of the kind of a tun to whoever listens: they have no link header. */
const KINDS: Readonly<Record<string, MadeKind>> = {
  tun: { make: tun, by: ['--tun', 'wan'], link: Link.raw },
  veth: { make: veth, by: 'wire', link: Link.ethernet },
  bridge: {
    make: [
      'ip link add wan type bridge',
      'ip link add port type veth peer name wire',
      'ip link set port master wan',
      // The frames of these tests are for no machine.
      'ip link set wan promisc on',
      ...['wan', 'port', 'wire'].map((name) => `ip link set ${name} up`),
    ],
    by: 'wire',
    link: Link.ethernet,
  },
};

for (const [how, program, env] of [
  ['through the ring, with sanitizers watching', built.sanitized.daemon, {}],
  ['without a ring', built.daemon, { LD_PRELOAD: built.noRing }],
] as const)
  describe(`following interfaces ${how}`, { skip: noNamespace }, () => {
    let bench: Bench;
    let daemon: Daemon;

    before(async () => {
      bench = await Bench.open(2);
    });
    after(() => bench.close());
    const begin = async (...words: string[]) => {
      daemon = bench.start([program, ...words], env);
      await daemon.ready();
    };
    const framesAt = (port: number) => daemon.events.of(Kind.frame).filter((event) => event.port === port);
    const make = ({ make }: MadeKind) => {
      for (const command of make) bench.run(...command.split(' '));
    };
    const remove = ({ by }: MadeKind) => {
      bench.run('ip', 'link', 'del', 'wan');
      if (by === 'wire') bench.result('ip', 'link', 'del', 'wire');
    };
    /** Sends the frame until it is heard: a bridge takes a moment, and so does who listens. */
    const heard = async (by: string | readonly string[], frame: Buffer, port: number): Promise<Event> =>
      until('the frame', () => {
        bench.send(built, by, [frame]);
        return framesAt(port).findLast((event) => event.frame.toString('hex') === start(frame));
      });
    const told = (name: string, port: number) => {
      const last = daemon.events.of(Kind.interface).findLast((event) => event.port === port);
      return last?.text === name ? last : undefined;
    };

    it('takes up whatever comes by a name that is awaited, each kind after each other one', async () => {
      await begin('--await', '--interface', 'lan0', '--interface', 'wan');
      await daemon.interface('wan', false);
      let sequence = 0;
      const names = Object.keys(KINDS);
      for (const [from, to] of names.flatMap((one) => names.map((other) => [one, other] as const))) {
        for (const name of [from, to]) {
          const kind = KINDS[name];
          assert.ok(kind !== undefined);
          make(kind);
          sequence++;
          const frame = kind.link === Link.raw ? syn(sequence) : aSyn(sequence);
          const event = await heard(kind.by, frame, WAN);
          assert.equal(event.tries, kind.link, `${name}, after ${from}`);
          remove(kind);
          await daemon.interface('wan', false);
        }
        // And all the while the other one is listened on.
        await heard('far0', aSyn(1000 + sequence), LAN0);
      }
      assert.equal(await daemon.leave(), 0);
    });

    it('listens on another interface in the place of one, when the program says so', async () => {
      await begin('--await', '--interface', 'lan0', '--interface', 'wan');
      bench.run('ip', 'tuntap', 'add', 'pppoe-wan', 'mode', 'tun');
      bench.run('ip', 'link', 'set', 'pppoe-wan', 'up');
      daemon.write(errands.encode({ kind: 'listen', number: WAN, name: 'pppoe-wan' }));
      await until('it says so', () => told('pppoe-wan', WAN));
      const frame = await heard(['--tun', 'pppoe-wan'], syn(1), WAN);
      assert.equal(frame.tries, Link.raw);
      // From a tunnel to a wire, and the wire is heard no more once it is left.
      daemon.write(errands.encode({ kind: 'listen', number: WAN, name: 'lan1' }));
      await until('it says so', () => told('lan1', WAN)?.code === 1);
      assert.equal((await heard('far1', aSyn(2), WAN)).tries, Link.ethernet);
      daemon.write(errands.encode({ kind: 'listen', number: WAN, name: 'wwan0' }));
      await until('it says so', () => told('wwan0', WAN)?.code === 0);
      const before = framesAt(WAN).length;
      bench.send(built, 'far1', [aSyn(3), aSyn(4)]);
      await heard('far0', aSyn(5), LAN0);
      assert.equal(framesAt(WAN).length, before);
      // What is not there yet is awaited.
      bench.run('ip', 'link', 'add', 'wwan0', 'type', 'veth', 'peer', 'name', 'modem');
      for (const name of ['wwan0', 'modem']) bench.run('ip', 'link', 'set', name, 'up');
      await heard('modem', aSyn(6), WAN);
      const counted = told('wwan0', WAN);
      assert.ok(counted !== undefined && (counted.counts[0] ?? 0) >= 2, 'it counts on');
      bench.run('ip', 'link', 'del', 'wwan0');
      bench.run('ip', 'link', 'del', 'pppoe-wan');
      assert.equal(await daemon.leave(), 0);
    });

    it('refuses a number that no interface has, and a name that is none', async () => {
      await begin('--interface', 'lan0');
      const listen = (number: number, name: string) => errands.encode({ kind: 'listen', number, name });
      for (const record of [
        listen(0, 'lan1'),
        listen(2, 'lan1'),
        listen(1, ''),
        listen(1, 'sixteen-letters-'),
      ])
        daemon.write(record);
      await until('four refusals', () => daemon.events.of(Kind.refused).length === 4);
      assert.equal(told('lan0', LAN0)?.code, 1);
      assert.equal(await daemon.leave(), 0);
    });
  });
