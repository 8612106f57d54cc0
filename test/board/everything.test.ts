/** An interface that sees everything takes frames to other machines, too: on this machine's own kernel. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ErrandWriter } from '../../host/fabric/errands.ts';
import { loadModule } from '../../host/fabric/module.ts';
import { EtherType } from '../frames.ts';
import { Bench, build, command, type Daemon, Kind, noNamespace, RECORD_BYTES, until } from './fabricd.ts';
import { ethernet, syn } from './frames.ts';

const built = build('probe');
const { codes } = loadModule();
const errands = new ErrandWriter(codes);
const LAN0 = 1;
const WAN = 2;
const CONFIGURE = codes.number('Command.Configure');

/** With these interfaces without sides, by their numbers. */
function configure(...numbers: readonly number[]): Buffer {
  const record = Buffer.alloc(RECORD_BYTES);
  record[0] = CONFIGURE;
  const bits = numbers.reduce((sum, number) => sum + 2 ** (number - 1), 0);
  record.writeUInt32LE(bits, codes.number('Field.Everything'));
  return record;
}

for (const [how, env] of [
  ['through the ring', {}],
  ['without a ring', { LD_PRELOAD: built.noRing }],
] as const)
  describe(`an interface that sees everything, ${how}`, { skip: noNamespace }, () => {
    let bench: Bench;
    let daemon: Daemon;
    let sequence = 0;

    before(async () => {
      bench = await Bench.open(1);
    });
    after(() => bench.close());

    /** A switch of this machine's: it keeps what is for others back from who listens, until somebody wants it. */
    const addBridge = (name: string, wire: string): void => {
      for (const one of [
        `ip link add ${name} type bridge`,
        `ip link add ${wire}-port type veth peer name ${wire}`,
        `ip link set ${wire}-port master ${name}`,
        ...[name, `${wire}-port`, wire].map((up) => `ip link set ${up} up`),
      ])
        bench.run(...one.split(' '));
      bench.untilRunning(name);
    };
    const promiscuity = (name: string): number =>
      Number(/ promiscuity (\d+) /.exec(bench.run('ip', '-d', 'link', 'show', name))?.[1]);
    const heardAt = (port: number, frame: Buffer): boolean =>
      daemon.events.of(Kind.frame).some((event) => event.port === port && event.frame.equals(frame));
    /** Sends a frame to nobody there until it is heard. */
    const heard = async (wire: string): Promise<void> => {
      const frame = ethernet(EtherType.ipv4, syn(++sequence));
      await until('the frame', () => {
        bench.send(built, wire, [frame]);
        return heardAt(WAN, frame.subarray(0, 44));
      });
    };
    /** Sends one, and behind it on the same wire one to everybody until that is heard. */
    const passed = async (wire: string): Promise<void> => {
      const [frame, next] = [
        ethernet(EtherType.ipv4, syn(++sequence)),
        ethernet(EtherType.ipv4, syn(++sequence)),
      ];
      next.fill(0xff, 0, 6);
      await until('the next one', () => {
        bench.send(built, wire, [frame, next]);
        return heardAt(WAN, next.subarray(0, 44));
      });
      assert.equal(heardAt(WAN, frame.subarray(0, 44)), false);
    };

    it('is told so, and told otherwise, with the configuration; and so is what comes in its place', async () => {
      addBridge('wan', 'wire');
      daemon = bench.start([built.daemon, '--await', '--interface', 'lan0', '--interface', 'wan'], env);
      await daemon.ready();
      daemon.write(configure());
      await passed('wire');
      assert.deepEqual([promiscuity('lan0'), promiscuity('wan')], [0, 0]);

      daemon.write(configure(WAN));
      await until('it is told', () => promiscuity('wan') === 1);
      assert.equal(promiscuity('lan0'), 0);
      await heard('wire');
      daemon.write(configure(WAN));

      // Another one of that name.
      bench.run('ip', 'link', 'del', 'wan');
      bench.run('ip', 'link', 'del', 'wire');
      await daemon.interface('wan', false);
      addBridge('wan', 'wire');
      await until('the next one is told', () => promiscuity('wan') === 1);
      await heard('wire');

      // And another name.
      addBridge('other', 'line');
      daemon.write(errands.encode({ kind: 'listen', number: WAN, name: 'other' }));
      await until('the one in its place is told', () => promiscuity('other') === 1);
      assert.equal(promiscuity('wan'), 0);

      daemon.write(configure(LAN0));
      await until('it is told otherwise', () => promiscuity('other') === 0);
      assert.equal(promiscuity('lan0'), 1);
      daemon.write(command(CONFIGURE));
      await until('so is the first', () => promiscuity('lan0') === 0);
      assert.equal(await daemon.leave(), 0);
    });
  });
