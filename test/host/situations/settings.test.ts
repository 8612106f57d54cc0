import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NAKAMURA, SATO, SERVER, TANAKA, WEB } from './configuration.ts';
import { ROUTER } from './network.ts';
import { Town } from './town.ts';

for (const confirm of ['connect', 'none'] as const) {
  for (const ask of ['connect', 'none'] as const) {
    describe(`recover.confirm: ${confirm}, detect.ask: ${ask}`, () => {
      for (const way of ['resets', 'drops', 'absent'] as const) {
        it(`a server that is gone for a minute (${way}): everybody told once, nothing living hidden`, async (test) => {
          const town = await Town.begin(test, { confirm, ask });
          await town.goesWell(WEB);
          await town.pass(60);
          let isGone = true;
          town.script = () => (isGone ? way : 'answers');
          town.tries(SATO, WEB, { patience: 10 });
          await town.pass(35);
          town.tries(TANAKA, WEB, { patience: 10 });
          await town.pass(25);
          assert.notDeepEqual(town.down, []);
          isGone = false;
          for (let i = 0; i < 30; i++) {
            town.tries(`10.0.0.${i}`, WEB);
            await town.pass(5);
          }
          assert.deepEqual([town.down, town.hidden, town.told], [[], [], ['sato', 'tanaka']]);
          const served = town.tries(NAKAMURA, WEB);
          await town.pass(1);
          assert.equal(served.end, 'answered');
        });
      }

      it('one client that is turned away while others are served: no outage, no mail', async (test) => {
        const town = await Town.begin(test, { confirm, ask });
        await town.goesWell(WEB);
        town.script = (client) => (client === SATO ? 'resets' : 'answers');
        for (let i = 0; i < 40; i++) {
          town.tries(SATO, WEB);
          town.tries(TANAKA, WEB);
          await town.pass(5);
        }
        town.tries(TANAKA, WEB);
        await town.pass(60);
        assert.deepEqual([town.wasEverDown, town.told], [false, []]);
      });
    });
  }
}

describe('`servers: ask: none`', () => {
  it('the server is never connected to; its outage is one by the word of a client, and ends by an answer', async (test) => {
    const more = `servers:\n  - {address: ${SERVER}, name: www.example.jp, ask: none}`;
    const town = await Town.begin(test, { more });
    let asked = 0;
    let isGone = false;
    town.script = (client) => {
      if (client === ROUTER) asked++;
      return isGone ? 'drops' : 'answers';
    };
    await town.goesWell(WEB);
    isGone = true;
    town.tries(SATO, WEB, { patience: 10 });
    await town.pass(70);
    assert.deepEqual([town.down.length, town.hidden], [1, []]);
    isGone = false;
    town.tries(TANAKA, WEB);
    await town.pass(60);
    assert.deepEqual([town.down, town.told, asked, [...town.everHidden]], [[], ['sato'], 0, []]);
  });
});
