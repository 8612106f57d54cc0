/** What the lab plays too (`test/lab/conformance.test.ts`) comes out in the emulator as it is expected. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { judge } from '../../../host/emulator/judge.ts';
import { loadScenario } from '../../../host/emulator/scenario/load.ts';
import { makeWorld } from '../../../host/emulator/world/world.ts';
import { machineTime } from '../../../host/time.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));

describe('A scenario for both players', () => {
  for (const file of readdirSync(HERE).filter((name) => name.endsWith('.yaml'))) {
    it(file, async () => {
      const scenario = loadScenario(`${HERE}${file}`);
      const { verdict } = await judge(scenario, { time: machineTime, make: makeWorld, watchers: () => [] });
      const missed = verdict.expectations.filter(({ holds }) => !holds).map(({ sentence }) => sentence);
      const broken = verdict.promises.flatMap(({ breaches }) => breaches.map(({ sentence }) => sentence));
      assert.deepEqual([...missed, ...broken], []);
    });
  }
});
