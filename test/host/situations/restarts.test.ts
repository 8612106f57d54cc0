import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LAPTOP, NAKAMURA, SATO, TANAKA, WEB } from './configuration.ts';
import { type Killed, Town } from './town.ts';

/** It is gone for so long; then everybody has a look at what is hidden. */
async function away(town: Town, seconds: number, killed: Killed): Promise<void> {
  town.kill(killed);
  await town.pass(seconds);
  town.everHidden.clear();
  await town.start();
}

for (const killed of ['program', 'daemon', 'both'] as const) {
  describe(`A kill of ${killed === 'both' ? 'both' : `the ${killed}`}`, () => {
    for (const [what, way] of [
      ['by silence', 'drops'],
      ['by refusals', 'resets'],
    ] as const) {
      it(`in a suspicion ${what}: nobody lost`, async (test) => {
        const town = await Town.begin(test);
        await town.goesWell(WEB);
        town.script = () => way;
        town.tries(SATO, WEB);
        town.tries(TANAKA, WEB);
        // In the middle of its probe, and on disk.
        await town.pass(way === 'drops' ? 31 : 0.4);
        assert.deepEqual([town.down, town.logged('suspicion.opened').length > 0], [[], true]);
        await away(town, 5, killed);
        await town.pass(30);
        assert.notDeepEqual(town.down, []);
        town.script = () => 'answers';
        await town.pass(120);
        assert.deepEqual([town.down, town.hidden, town.told], [[], [], ['sato', 'tanaka']]);
      });

      it(`in a suspicion ${what}, and the server is back before the next start: nobody lost, nothing hidden`, async (test) => {
        const town = await Town.begin(test);
        await town.goesWell(WEB);
        town.script = () => way;
        town.tries(SATO, WEB);
        await town.pass(way === 'drops' ? 31 : 0.4);
        town.kill(killed);
        town.script = () => 'answers';
        await town.pass(5);
        town.everHidden.clear();
        await town.start();
        await town.pass(120);
        assert.deepEqual([[...town.everHidden], town.down, town.told], [[], [], ['sato']]);
      });
    }

    it('while down, and while settling: nobody lost, nothing living hidden after the start, nobody told twice', async (test) => {
      for (const seconds of [20, 46, 52, 55, 58, 61, 64]) {
        await test.test(`${seconds} s after the crash, 45 s of which the service is away`, async (one) => {
          const town = await Town.begin(one);
          await town.goesWell(WEB);
          const backMs = town.time.nowMs() + 45_000;
          town.script = () => (town.time.nowMs() < backMs ? 'resets' : 'answers');
          town.tries(SATO, WEB);
          await town.pass(2);
          town.tries(TANAKA, WEB);
          await town.pass(seconds - 2);
          await away(town, 3, killed);
          const isBack = town.time.nowMs() >= backMs;
          await town.pass(120);
          // A program that goes on shows the page until it has looked the next time.
          if (isBack && killed !== 'daemon') assert.deepEqual([...town.everHidden], []);
          assert.deepEqual([town.down, town.hidden, town.told], [[], [], ['sato', 'tanaka']]);
        });
      }
    });

    it('while somebody waits at two machines: nobody told twice, nobody lost, and each counts once', async (test) => {
      for (const seconds of [2, 20, 44, 46, 52, 55, 58]) {
        await test.test(`${seconds} s after the crash, 45 s of which the service is away`, async (one) => {
          const town = await Town.begin(one);
          await town.goesWell(WEB);
          const backMs = town.time.nowMs() + 45_000;
          town.script = () => (town.time.nowMs() < backMs ? 'resets' : 'answers');
          town.tries(SATO, WEB);
          await town.pass(1);
          town.tries(LAPTOP, WEB);
          town.tries(TANAKA, WEB);
          await town.pass(seconds - 1);
          await away(town, 3, killed);
          await town.pass(120);
          assert.deepEqual([town.down, town.told], [[], ['sato', 'tanaka']]);
          const closed = town.lines.filter(({ event, fields }) => event === 'outage.closed' && fields.people);
          assert.deepEqual(
            closed.map(({ fields }) => [fields.clients, fields.people]),
            [[3, 2]],
          );
        });
      }
    });

    it('for an hour: who waited is told, and nothing living is hidden', async (test) => {
      const town = await Town.begin(test);
      await town.goesWell(WEB);
      town.script = () => 'drops';
      town.tries(SATO, WEB);
      await town.pass(60);
      assert.notDeepEqual(town.hidden, []);
      town.kill(killed);
      await town.pass(600);
      town.script = () => 'answers';
      await town.pass(3000);
      town.everHidden.clear();
      await town.start();
      const visits = [];
      for (let i = 0; i < 20; i++) {
        visits.push(town.tries(NAKAMURA, WEB));
        await town.pass(1);
      }
      await town.pass(60);
      assert.deepEqual([[...town.everHidden], town.down, town.told], [[], [], ['sato']]);
      assert.deepEqual(new Set(visits.map(({ end }) => end)), new Set(['answered']));
    });
  });
}
