import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { NAKAMURA, SATO, SECURE, SERVER, TANAKA, WEB } from './configuration.ts';
import type { Fate } from './network.ts';
import { Town } from './town.ts';

describe('A machine dies one of whose services was down before', () => {
  /** How often each mail to Sato names it, and when it was sent, in seconds after the machine is back; its web server comes later. */
  async function told(
    test: TestContext,
    laterSeconds: number,
    dies: (town: Town) => Promise<void>,
  ): Promise<(readonly [times: number, seconds: number])[]> {
    const town = await Town.begin(test, { page: [8080] });
    await town.goesWell(WEB, SECURE);
    let [isThere, isServed] = [true, false];
    town.script = (_, { port }): Fate => {
      if (!isThere) return 'absent';
      return port === WEB.port && !isServed ? 'resets' : 'answers';
    };
    town.tries(TANAKA, WEB);
    await town.pass(5);
    isThere = false;
    await dies(town);
    await town.pass(5);
    const backMs = town.time.nowMs();
    isThere = true;
    town.network.announces(SERVER);
    await town.pass(laterSeconds);
    isServed = true;
    await town.pass(120);
    assert.deepEqual(town.down, []);
    return town.mails
      .filter(({ to }) => to === 'sato@example.jp')
      .map(({ text, sentMs }) => [text.split(SERVER).length - 1, Math.floor((sentMs - backMs) / 1000)]);
  }
  const tryIt = async (town: Town, ...tries: readonly (readonly [string, typeof WEB])[]): Promise<void> => {
    for (const [client, target] of tries) {
      town.tries(client, target, { patience: 10 });
      await town.pass(5);
    }
  };

  it('one mail names it once if both are back at the same moment', async (test) => {
    const mails = await told(test, 0, (town) => tryIt(town, [SATO, WEB], [NAKAMURA, SECURE]));
    assert.deepEqual(
      mails.map(([times]) => times),
      [1],
    );
  });

  it('who tried both is told of the machine, and of the service that is back later', async (test) => {
    const mails = await told(test, 30, (town) => tryIt(town, [SATO, WEB], [SATO, SECURE]));
    assert.deepEqual(
      mails.map(([times, seconds]) => [times, seconds < 30]),
      [
        [1, true],
        [1, false],
      ],
    );
  });
});

it('A machine is tried at once when a service that was down on it answers: one mail', async (test) => {
  const town = await Town.begin(test, { page: [80] });
  await town.goesWell(WEB, SECURE);
  let isThere = true;
  town.script = (_, { port }): Fate => {
    if (!isThere) return 'absent';
    return port === WEB.port ? 'resets' : 'answers';
  };
  town.tries(TANAKA, WEB, { patience: 10 });
  await town.pass(5);
  isThere = false;
  town.tries(SATO, SECURE, { patience: 10 });
  town.tries(TANAKA, SECURE, { patience: 10 });
  await town.pass(10);
  assert.deepEqual(town.down, [`${SERVER} 80`, `${SERVER} 0`]);
  town.script = () => 'answers';
  await town.pass(60);
  assert.deepEqual([town.down, town.told], [[], ['sato', 'tanaka']]);
  assert.ok(town.mails.every(({ text }) => text.split(SERVER).length === 2));
});
