/** What a package for routers has where the emulator would be. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  emulateCommand,
  explainScenario,
  GRAMMAR,
  parseScenario,
  scenarioFile,
} from '../../board/openwrt/no-emulator.ts';
import * as emulator from '../../host/cli/emulator.ts';

describe('A package for routers', () => {
  it('has something for each thing that the commands take of the emulator', () => {
    const instead = { GRAMMAR, emulateCommand, explainScenario, parseScenario, scenarioFile };
    assert.deepEqual(Object.keys(instead).sort(), Object.keys(emulator).sort());
    for (const command of [emulateCommand, explainScenario, parseScenario])
      assert.throws(command, /no emulator/);
    assert.equal(scenarioFile('embodiment-1'), 'embodiment-1');
  });
});
