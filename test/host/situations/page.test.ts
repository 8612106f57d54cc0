import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Target } from '../../../host/net/target.ts';
import { NAKAMURA, SATO, SECURE, SERVER, SHELL, TANAKA, WEB } from './configuration.ts';
import { ROUTER } from './network.ts';
import { Town } from './town.ts';

const WEB_NAME = `${SERVER} 80`;
const SECURE_NAME = `${SERVER} 443`;

describe('80 is never hidden', () => {
  it('on a host whose 443 hangs while 80 lives and nobody tried it', async (test) => {
    const town = await Town.begin(test);
    await town.goesWell(WEB, SECURE);
    await town.pass(300);
    town.script = (_, { port }) => (port === 443 ? 'drops' : 'answers');
    town.triesEvery(5, 60, SATO, SECURE);
    await town.pass(100);
    assert.deepEqual(town.hidden, [SECURE_NAME]);
    town.script = () => 'answers';
    await town.pass(60);
    assert.deepEqual([[...town.everHidden], town.told, town.down], [[SECURE_NAME], ['sato'], []]);
  });

  for (const isKnown of [true, false]) {
    it(`on a default-drop host by a scan of one port, 80 ${isKnown ? 'known' : 'not heard of yet'}`, async (test) => {
      const town = await Town.begin(test);
      town.script = (_, { port }) => (port === 80 ? 'answers' : 'drops');
      if (isKnown) await town.goesWell(WEB);
      await town.pass(300);
      for (const port of [22, 443, 8443]) {
        town.tries(SATO, { server: SERVER, port });
        town.tries(TANAKA, { server: SERVER, port });
        await town.pass(100);
      }
      assert.deepEqual([town.wasEverDown, town.told], [false, []]);
    });
  }
});

describe('Somebody tried 22, which stays closed', () => {
  for (const way of ['resets', 'drops'] as const) {
    it(`(${way}); the web is back: the page on 80 goes, the outage ends`, async (test) => {
      const town = await Town.begin(test);
      let isBack = false;
      town.script = (_, { port }) => (isBack ? (port === 80 ? 'answers' : way) : 'absent');
      town.tries(SATO, SHELL);
      await town.pass(40);
      assert.deepEqual([town.down, town.hidden], [[`${SERVER} 0`], [WEB_NAME, SECURE_NAME]]);
      isBack = true;
      await town.pass(15);
      assert.ok(!town.hidden.includes(WEB_NAME));
      await town.pass(60);
      assert.deepEqual([town.down, town.hidden, town.told], [[], [], ['sato']]);
    });
  }
});

describe('With `servers: ports` without the page’s port', () => {
  it('80 is neither asked nor hidden, and the outage is told by 443', async (test) => {
    const more = `servers:\n  - {address: ${SERVER}, name: www.example.jp, ports: [443]}`;
    const town = await Town.begin(test, { more });
    const asked = new Set<string>();
    let isDown = false;
    const note = (client: string, { server, port }: Target): void => {
      if (client === ROUTER) asked.add(`${server} ${port}`);
    };
    town.script = (client, target) => {
      note(client, target);
      return isDown ? 'drops' : 'answers';
    };
    await town.goesWell(WEB, SECURE);
    isDown = true;
    town.tries(SATO, WEB);
    town.tries(TANAKA, SECURE);
    await town.pass(100);
    assert.deepEqual(town.hidden, [SECURE_NAME]);
    isDown = false;
    town.tries(NAKAMURA, WEB);
    await town.pass(100);
    assert.deepEqual([[...asked], [...town.everHidden]], [[SECURE_NAME], [SECURE_NAME]]);
    assert.deepEqual([town.down, town.told], [[], ['sato', 'tanaka']]);
  });
});
