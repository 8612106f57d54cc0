/** What the daemon takes for a request: frames from a packet socket, as anybody can send them, and those of a kernel. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Codec } from '../../host/fabric/codec.ts';
import { loadModule } from '../../host/fabric/module.ts';
import type { Command } from '../../host/fabric/records.ts';
import { type End, Flag, framed, segment } from '../frames.ts';
import { Bench, build, type Daemon, noNamespace, until } from './fabricd.ts';

const built = build('fabric');
const { codes } = loadModule();
const codec = new Codec(codes);

const SATO: End = { address: '172.27.178.151', port: 40_001 };
const SERVER: End = { address: '172.27.178.80', port: 80 };
/** Where `framed` sends its frames to. */
const LAN0 = '02:00:00:00:00:01';
const MAX_VERDICTS = 64;
const LAST_BYTE_OF_DESTINATION = 5;
const TIME_TO_LIVE = 14 + 8;
const CHECKSUM_OF_IPV4 = 14 + 10;
const CHECKSUM_OF_TCP = 14 + 20 + 16;

const configure = (everything: number): Command => ({
  kind: 'configure',
  sizes: { servers: 16, clients: 16, attempts: 64, known: 1, prefixes: 1 },
  options: {
    unreachable: true,
    unanswered: true,
    refused: true,
    resolution: true,
    synAck: true,
    knownOnly: false,
    reportAttempts: false,
  },
  waitUs: 30_000_000,
  everything,
  key: new Uint8Array(16),
});

const request = (sequence: number): Buffer => framed(segment(SATO, SERVER, { flags: Flag.syn, sequence }));

function changed(frame: Buffer, at: number): Buffer {
  const copy = Buffer.from(frame);
  copy[at] = (copy[at] ?? 0) ^ 0x20;
  return copy;
}

/** How many frames have ended in each verdict, as the daemon said it last. */
function said(daemon: Daemon): Record<string, number> {
  const kind = codes.number('Event.Counters');
  const all = daemon.events.of(kind).flatMap(({ bytes }) => {
    const event = codec.decode(bytes);
    return event.kind === 'counters' ? [event] : [];
  });
  // The newest answer may not be here to its end.
  const end = all.findLastIndex(
    ({ first, values }) => first + values.length >= codes.number('Counter.COUNT'),
  );
  const start = all.slice(0, end + 1).findLastIndex(({ first }) => first === 0);
  const verdicts = all.slice(start, end + 1).flatMap(({ values }) => values);
  return Object.fromEntries(
    verdicts
      .slice(0, MAX_VERDICTS)
      .flatMap((value, i) => (value > 0 ? [[codes.name('Verdict', i), value]] : [])),
  );
}

/** The same once so many frames were counted. */
async function verdicts(daemon: Daemon, frames: number): Promise<Record<string, number>> {
  return until(`${frames} frames`, () => {
    daemon.write(codec.encode({ kind: 'counters' }));
    const found = said(daemon);
    return Object.values(found).reduce((sum, value) => sum + value, 0) >= frames && found;
  });
}

for (const [how, program, env] of [
  ['through the ring', built.daemon, {}],
  ['through the ring, with sanitizers watching', built.sanitized.daemon, {}],
  ['without a ring', built.daemon, { LD_PRELOAD: built.noRing }],
] as const)
  describe(`requests ${how}`, { skip: noNamespace }, () => {
    let bench: Bench;
    before(async () => {
      bench = await Bench.open(1);
      bench.run('ip', 'link', 'set', 'lan0', 'address', LAN0);
      bench.run('ip', 'address', 'add', `${SATO.address}/24`, 'dev', 'far0');
      bench.run('ip', 'neighbour', 'add', SERVER.address, 'lladdr', LAN0, 'dev', 'far0');
    });
    afterEach(() => bench.clear());
    after(() => bench.close());

    const listen = async (everything = 0): Promise<Daemon> => {
      const daemon = bench.start([program, '--interface', 'lan0'], env);
      await daemon.ready();
      const watch: Command = { kind: 'watch', address: '172.27.178.0', bits: 120 };
      daemon.write(...[configure(everything), watch].map((command) => codec.encode(command)));
      // Its answer comes when the commands before it were carried out.
      await verdicts(daemon, 0);
      await daemon.events.expect('an answer', ({ kind }) => kind === codes.number('Event.Counters'));
      return daemon;
    };

    it('with right checksums are attempts', async () => {
      const daemon = await listen();
      bench.send(built, 'far0', [request(1), request(2)]);
      assert.deepEqual(await verdicts(daemon, 2), { SynNoted: 2 });
    });

    it('with a wrong checksum are none', async () => {
      const daemon = await listen();
      const wrong = [changed(request(1), CHECKSUM_OF_TCP), changed(request(2), CHECKSUM_OF_IPV4)];
      bench.send(built, 'far0', [...wrong, request(3)]);
      assert.deepEqual(await verdicts(daemon, 3), { SynNoted: 1, SynBadChecksum: 2 });
    });

    it('of a kernel that leaves the checksum to the interface are attempts', async () => {
      const daemon = await listen();
      const connect = `require('node:net').connect(${SERVER.port}, '${SERVER.address}'); setTimeout(() => process.exit(), 200);`;
      bench.result(process.execPath, '-e', connect);
      const { SynNoted, SynBadChecksum } = await verdicts(daemon, 1);
      assert.deepEqual([SynNoted, SynBadChecksum], [1, undefined]);
    });

    it('that may pass no router any more are none', async () => {
      const daemon = await listen();
      const packet = segment(SATO, SERVER, { flags: Flag.syn, sequence: 1 });
      const expiring = framed(packet);
      // One hop less is one more in the checksum of the header: RFC 1624.
      expiring.writeUInt8(1, TIME_TO_LIVE);
      expiring.writeUInt16BE(expiring.readUInt16BE(CHECKSUM_OF_IPV4) + (63 << 8), CHECKSUM_OF_IPV4);
      bench.send(built, 'far0', [expiring, request(3)]);
      assert.deepEqual(await verdicts(daemon, 2), { SynNoted: 1, SynExpiring: 1 });
    });

    it('in frames for another machine are none, but where everything is seen', async () => {
      const forOthers = changed(request(1), LAST_BYTE_OF_DESTINATION);
      const daemon = await listen();
      bench.send(built, 'far0', [forOthers, request(2)]);
      assert.deepEqual(await verdicts(daemon, 2), { SynNoted: 1, SynForOthers: 1 });
      await bench.clear();
      const mirror = await listen(0b1);
      bench.send(built, 'far0', [forOthers, changed(forOthers, CHECKSUM_OF_TCP), request(2)]);
      assert.deepEqual(await verdicts(mirror, 3), { SynNoted: 2, SynBadChecksum: 1 });
    });
  });
