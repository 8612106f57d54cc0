/** Worlds in which something once went wrong, each as small as it could be made: nothing does any more. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { judge } from '../../host/emulator/judge.ts';
import { parseScenario } from '../../host/emulator/scenario/load.ts';
import { makeWorld } from '../../host/emulator/world/world.ts';
import { machineTime } from '../../host/time.ts';

const FOUND = fileURLToPath(new URL('found', import.meta.url));

for (const file of readdirSync(FOUND).sort()) {
  it(file.replace('.yaml', '').replaceAll('-', ' '), async () => {
    const scenario = parseScenario(readFileSync(join(FOUND, file), 'utf8'), file);
    const { verdict } = await judge(scenario, { time: machineTime, make: makeWorld, watchers: () => [] });
    const broken = verdict.promises.flatMap(({ breaches }) => breaches.map(({ sentence }) => sentence));
    const missed = verdict.expectations.filter(({ holds }) => !holds).map(({ sentence }) => sentence);
    assert.deepEqual([...broken, ...missed], []);
  });
}
