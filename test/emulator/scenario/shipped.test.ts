/** Every scenario that is shipped is right, and reads alike each time. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadScenario, shippedScenarios } from '../../../host/emulator/scenario/load.ts';

describe('The scenarios that are shipped', () => {
  for (const name of shippedScenarios()) {
    it(`is right, and the same each time: ${name}`, () => {
      const scenario = loadScenario(name);
      assert.equal(scenario.name, name);
      assert.ok(scenario.script.length > 0 || scenario.traffic.length > 0);
      assert.ok(scenario.expect.length > 0, 'it expects something');
      assert.deepEqual(loadScenario(name), scenario);
    });
  }
});
