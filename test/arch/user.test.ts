import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Codec } from '../../host/fabric/codec.ts';
import { loadModule } from '../../host/fabric/module.ts';
import type { FabricEvent } from '../../host/fabric/records.ts';
import { Bench, type Daemon, Kind, noNamespace, until, version } from '../board/fabricd.ts';
import { needs } from '../host/require.ts';
import { compiled, readable } from '../vectors/engines.ts';
import { STORIES } from '../vectors/stories.ts';
import { ARCHITECTURES, type Made, make } from './architectures.ts';
import { COMMANDS, REQUEST, ROUTER, SATO, SIGN, WEB } from './story.ts';

const { codes } = loadModule();
const codec = new Codec(codes);

/** What the module in that daemon has said. */
function said(daemon: Daemon): FabricEvent[] {
  return daemon.events.all.filter(({ kind }) => kind < Kind.ready).map(({ bytes }) => codec.decode(bytes));
}

const golden = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../vectors/${name}.golden`, import.meta.url)), 'utf8');

let own: Made;
const unable = needs('flock', 'make', 'unshare', 'x86_64-linux-gnu-gcc') || noNamespace;
before(async () => {
  if (!unable) own = await make('x86_64-linux-gnu');
});

// Compilers and processors are two at a time.
describe('the daemon', { concurrency: 2 }, () => {
  for (const { name, triple, qemu } of ARCHITECTURES)
    describe(`on ${name}`, { concurrency: 1, skip: unable || needs(`${triple}-gcc`, `qemu-${qemu}`) }, () => {
      let made: Made;
      let bench: Bench;
      before(async () => {
        made = await make(triple);
        bench = await Bench.open(1);
        bench.run('ip', 'link', 'set', 'lan0', 'address', ROUTER);
      });
      afterEach(() => bench?.clear());
      after(() => bench?.close());

      it(`${name}: the engine tells the ${Object.keys(STORIES).length} stories as the golden files do`, () => {
        for (const [story, tell] of Object.entries(STORIES)) {
          const { steps } = tell();
          const output = compiled(steps, codes, codec, [`qemu-${qemu}`, made.vectors]);
          assert.equal(readable(steps, output, codes, codec), golden(story), story);
        }
      });

      it(`${name}: the daemon reports who was not answered on a real interface, and a sign of life`, async () => {
        const daemon = bench.start([`qemu-${qemu}`, made.daemon, '--interface', 'lan0']);
        const ready = await daemon.ready();
        assert.deepEqual([ready.port, ready.text], [codes.number('ABI'), version]);
        await daemon.interface('lan0', true);
        daemon.write(...COMMANDS.map((command) => codec.encode(command)));
        daemon.write(codec.encode({ kind: 'counters' }));
        await until('the counters', () => said(daemon).find(({ kind }) => kind === 'counters'));

        bench.send(own, 'far0', [REQUEST]);
        const waiting = await until('who waits', () => said(daemon).find(({ kind }) => kind === 'waiting'));
        assert.ok(waiting.kind === 'waiting');
        const { cause, client, server, port, tries, firstUs, nowUs } = waiting;
        assert.deepEqual(
          [cause, client, server, port, tries],
          ['unanswered', SATO.address, WEB.address, 0, 1],
        );
        assert.ok(nowUs - firstUs >= 1_000_000, `${firstUs} is a second before ${nowUs}`);

        bench.send(own, 'far0', [SIGN]);
        const sign = await until('the sign', () => said(daemon).find(({ kind }) => kind === 'signal'));
        assert.ok(sign.kind === 'signal');
        assert.deepEqual([sign.sign, sign.server, sign.port], ['announcement', WEB.address, 0]);
        assert.equal(await daemon.leave(), 0);
      });
    });
});
