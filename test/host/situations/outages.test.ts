import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NAKAMURA, SATO, SERVER, TANAKA, WEB } from './configuration.ts';
import type { Fate } from './network.ts';
import { Town } from './town.ts';

/** What becomes of requests, by the seconds since now: each for as long as it says, the last for good. */
function then(town: Town, ...fates: readonly (readonly [seconds: number, Fate])[]): void {
  const fromMs = town.time.nowMs();
  town.script = () => {
    let endMs = fromMs;
    for (const [seconds, fate] of fates) {
      endMs += seconds * 1000;
      if (town.time.nowMs() < endMs) return fate;
    }
    return fates.at(-1)?.[1] ?? 'answers';
  };
}

const FOR_GOOD = Number.POSITIVE_INFINITY;
const BACK = [FOR_GOOD, 'answers'] as const;

describe('A dead host', () => {
  // As long as its neighbour entry is not cold, the kernel sends to where it was, and then asks that machine alone.
  for (const [entry, silentSeconds] of [
    ['cold', 0],
    ['STALE', 8],
    ['REACHABLE', 30],
  ] as const) {
    for (const isKnown of [true, false]) {
      const what = isKnown ? 'a known service' : 'nothing known';
      it(`neighbour entry ${entry}, one client, ${what}: an outage, told`, async (test) => {
        const town = await Town.begin(test);
        if (isKnown) await town.goesWell(WEB);
        then(town, [silentSeconds, 'drops'], [60, 'absent'], BACK);
        town.tries(SATO, WEB);
        await town.pass(50);
        assert.deepEqual(town.down, [`${SERVER} 0`]);
        await town.pass(130);
        assert.deepEqual([town.told, town.down], [['sato'], []]);
      });
    }
  }
});

describe('A machine that reboots', () => {
  it('0-20 s, A tries 0-10 s and gives up, others are served at 25 s: A told once, no page', async (test) => {
    const town = await Town.begin(test);
    await town.goesWell(WEB);
    then(town, [20, 'drops'], BACK);
    town.tries(SATO, WEB, { patience: 10 });
    await town.pass(25);
    town.tries(TANAKA, WEB);
    await town.pass(600);
    assert.deepEqual([town.told, [...town.everHidden], town.down], [['sato'], [], []]);
    assert.deepEqual(town.outcomes, [`${SERVER} 80 short`]);
  });
});

describe('Everybody is told once', () => {
  for (const [what, fates] of [
    ['a service crashed', [[40, 'resets'], BACK]],
    ['a host boots: no ARP, then ARP and RST, then the service', [[20, 'absent'], [20, 'resets'], BACK]],
    ['a rolling restart of 2 s', [[2, 'resets'], BACK]],
    ['a rolling restart of half a second', [[0.5, 'resets'], BACK]],
    [
      'one restart after another',
      [[3, 'resets'], [4, 'answers'], [3, 'resets'], [4, 'answers'], [3, 'resets'], BACK],
    ],
  ] as const) {
    it(`when ${what}`, async (test) => {
      const town = await Town.begin(test);
      await town.goesWell(WEB);
      then(town, ...fates);
      town.tries(SATO, WEB);
      await town.pass(0.3);
      town.tries(TANAKA, WEB);
      await town.pass(600);
      assert.deepEqual([town.told, town.down, town.hidden], [['sato', 'tanaka'], [], []]);
      const served = town.tries(NAKAMURA, WEB);
      await town.pass(1);
      assert.equal(served.end, 'answered');
    });
  }

  it('when B gives up before the outage is noticed', async (test) => {
    const town = await Town.begin(test);
    await town.goesWell(WEB);
    then(town, [60, 'drops'], BACK);
    town.tries(SATO, WEB, { patience: 40 });
    await town.pass(2);
    town.tries(TANAKA, WEB, { patience: 3 });
    await town.pass(600);
    assert.deepEqual([town.told, town.down], [['sato', 'tanaka'], []]);
  });

  it('when B gives up before the outage is noticed, and its end is before the end of his wait', async (test) => {
    const town = await Town.begin(test);
    await town.goesWell(WEB);
    then(town, [8, 'drops'], [6, 'absent'], BACK);
    town.tries(TANAKA, WEB, { patience: 3 });
    await town.pass(8);
    town.tries(SATO, WEB);
    await town.pass(21);
    assert.deepEqual([town.told, town.down], [['sato', 'tanaka'], []]);
    await town.pass(600);
    assert.equal(town.mails.length, 2);
  });
});
