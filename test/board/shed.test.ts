/** More of conversations than the daemon can read: that is passed over and counted, and no handshake is lost by it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Codec } from '../../host/fabric/codec.ts';
import { loadModule } from '../../host/fabric/module.ts';
import { type End, EtherType, Flag, framed, segment } from '../frames.ts';
import { configure } from '../host/fabric/fabric.ts';
import { Bench, build, type Daemon, Kind, noNamespace, until } from './fabricd.ts';
import { ethernet, syn } from './frames.ts';

const built = build('probe');
const codec = new Codec(loadModule().codes);

const SATO: End = { address: '172.27.179.151', port: 5000 };
const SERVER: End = { address: '172.27.178.80', port: 80 };
/** More than either way of reading holds. */
const CROWD = 20_000;
/** The probe shows so much of a frame. */
const SHOWN_BYTES = 44;

for (const [how, env] of [
  ['through rings', {}],
  ['without rings', { LD_PRELOAD: built.noRing }],
] as const)
  describe(`a crowd of conversations, ${how}`, { skip: noNamespace }, () => {
    let bench: Bench;
    before(async () => {
      bench = await Bench.open(1);
    });
    after(async () => {
      await bench.clear();
      bench.close();
    });

    const seen = (daemon: Daemon, frame: Buffer): boolean =>
      daemon.events.of(Kind.frame).some((event) => event.frame.equals(frame.subarray(0, SHOWN_BYTES)));

    it('is passed over and counted, and a handshake behind it is seen', async () => {
      const daemon = bench.start([built.daemon, '--interface', 'lan0'], env);
      await daemon.ready();
      daemon.write(
        codec.encode(configure({ sizes: { conversations: 16 } })),
        codec.encode({ kind: 'watch', address: '172.27.178.0', bits: 120 }),
      );
      const said = framed(segment(SATO, SERVER, { flags: Flag.ack, data: 20 }));
      // Until the filter of conversations is there.
      await until('the first of them', () => {
        bench.send(built, 'far0', [said]);
        return seen(daemon, said);
      });
      daemon.kill('SIGSTOP');
      const last = ethernet(EtherType.ipv4, syn(4711));
      bench.send(built, 'far0', [...Array.from({ length: CROWD }, () => said), last]);
      daemon.kill('SIGCONT');
      await until('the handshake', () => seen(daemon, last));
      const report = await daemon.events.expect(
        'what was passed over',
        (event) => event.kind === Kind.interface && event.shed > 0,
      );
      const [, dropped] = report.counts;
      assert.equal(dropped, 0, 'no handshake was');
    });
  });
