import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { EtherType } from '../frames.ts';
import { Bench, build, command, Kind, noNamespace, until, version } from './fabricd.ts';
import { ethernet, syn } from './frames.ts';

const built = build('probe');
const probeAbi = 7;

for (const [how, program] of [
  ['on standard input and output', built.daemon],
  ['on standard input and output, with sanitizers watching', built.sanitized.daemon],
] as const)
  describe(`records ${how}`, { skip: noNamespace }, () => {
    let bench: Bench;
    const start = (command: readonly string[]) => bench.start(command);
    before(async () => {
      bench = await Bench.open(1);
    });
    afterEach(() => bench.clear());
    after(() => bench.close());

    const command0 = [program, '--stdio', '--interface', 'lan0'];

    it('begin with Ready and each interface', async () => {
      const daemon = start(command0);
      const ready = await daemon.ready();
      assert.equal(daemon.events.all[0], ready);
      assert.deepEqual([ready.code, ready.port], [0, probeAbi]);
      assert.equal(ready.text, version);
      await daemon.interface('lan0', true);
      assert.equal(await daemon.leave(), 0);
    });

    it('carry time that goes on while nothing happens', async () => {
      const daemon = start(command0);
      const ready = await daemon.ready();
      daemon.write(command(2, 1));
      const first = await daemon.events.expect('an answer', (event) => event.kind === Kind.long);
      await until('a later time', () => {
        daemon.write(command(2, 1));
        const last = daemon.events.of(Kind.long).at(-1);
        return last !== undefined && last.nowUs > first.nowUs;
      });
      assert.ok(first.nowUs >= ready.nowUs);
    });

    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      it(`end with status 0 on ${signal}`, async () => {
        const daemon = start(command0);
        await daemon.ready();
        daemon.kill(signal);
        assert.equal(await daemon.ended, 0);
      });

    it('end with status 0 when the host stops listening', async () => {
      const daemon = start(command0);
      await daemon.ready();
      daemon.child.stdout?.destroy();
      await until('the end', () => {
        daemon.write(command(2, 1));
        return daemon.child.exitCode !== null;
      });
      assert.equal(daemon.child.exitCode, 0);
    });

    it('may come in pieces', async () => {
      const daemon = start(command0);
      await daemon.ready();
      const record = command(2, 3);
      for (const byte of record) daemon.write(Buffer.of(byte));
      await daemon.events.expect('the answer', (event) => event.kind === Kind.long && event.value === 3);
    });

    it('that the module does not know are refused, one by one', async () => {
      const daemon = start(command0);
      await daemon.ready();
      daemon.write(command(77), command(255), command(2, 1));
      await daemon.events.expect('the answer', (event) => event.kind === Kind.long);
      const refused = daemon.events.of(Kind.refused).map((event) => [event.port, event.code]);
      assert.deepEqual(refused, [
        [77, 2],
        [255, 2],
      ]);
    });

    it('may be garbage, to the last odd byte', async () => {
      const daemon = start(command0);
      await daemon.ready();
      const garbage = randomBytes(64 * 2000 + 17);
      for (let at = 0; at < garbage.length; at += 64) garbage[at] = 7 + ((garbage[at] ?? 0) % 200);
      daemon.write(garbage);
      await until('every refusal', () => daemon.events.of(Kind.refused).length === 2000);
      assert.equal(await daemon.leave(), 0);
      assert.match(daemon.stderr, /the program left in the middle of a record/);
    });

    it('end with a message and status 1 when the module fails', async () => {
      const daemon = start(command0);
      await daemon.ready();
      daemon.write(command(4, 0x10000));
      assert.equal(await daemon.ended, 1);
      assert.equal(daemon.stderr, 'ringback-fabricd: the fabric module trapped: access outside its memory\n');
    });

    it('of a long answer wait for a slow host: none is lost, and the next command waits its turn', async () => {
      const daemon = start(command0);
      await daemon.ready();
      daemon.child.stdout?.pause();
      daemon.write(command(2, 60_000), command(77), command(2, 1));
      await wait(300);
      daemon.child.stdout?.resume();
      await daemon.events.expect('the refusal', (event) => event.kind === Kind.refused);
      await until('the last answer', () => daemon.events.of(Kind.long).length === 60_001);
      const values = daemon.events.of(Kind.long).map((event) => event.value);
      assert.deepEqual(values, [...Array.from({ length: 60_000 }, (_, i) => i + 1), 1]);
      assert.equal(
        daemon.events.all.findIndex((event) => event.kind === Kind.refused),
        daemon.events.all.length - 2,
      );
    });

    it('that a slow host does not fetch in time are lost and counted', async () => {
      const daemon = start(command0);
      await daemon.ready();
      daemon.child.stdout?.pause();
      const burst = Array.from({ length: 2000 }, (_, i) => ethernet(EtherType.ipv4, syn(i)));
      for (let i = 0; i < 20; i++) bench.send(built, 'far0', burst);
      daemon.child.stdout?.resume();
      await until('the rest of the queue', () => daemon.events.of(Kind.frame).length > 4000);
      bench.run('ip', 'link', 'set', 'lan0', 'down');
      const [received = 0, , lost = 0] = (await daemon.interface('lan0', false)).counts;
      bench.run('ip', 'link', 'set', 'lan0', 'up');
      assert.ok(lost > 0);
      await until(
        'every event that is not lost',
        () => daemon.events.of(Kind.frame).length + lost === received,
      );
    });
  });
