/** The README's picture is what the emulator makes of embodiment 1. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { judge } from '../../host/emulator/judge.ts';
import { loadScenario } from '../../host/emulator/scenario/load.ts';
import { Chronicle } from '../../host/emulator/show/chronicle.ts';
import { pictureOf } from '../../host/emulator/show/picture.ts';
import { makeWorld } from '../../host/emulator/world/world.ts';
import { machineTime } from '../../host/time.ts';
import { assertPage } from './golden.ts';

it('docs/pictures/timeline.svg is the timeline of embodiment 1', async () => {
  const scenario = loadScenario('embodiment-1');
  const { endUs, networks, router } = scenario;
  let chronicle: Chronicle | null = null;
  const { verdict, watching } = await judge(scenario, {
    time: machineTime,
    make: makeWorld,
    watchers: ({ directory, calendar }) => {
      const own = new Chronicle({
        ...{ directory, endUs, nowUs: () => calendar.nowUs, frames: 'none' },
        router: networks.flatMap((network) => network.router),
        settleUs: (router?.recover.settleMs ?? 0) * 1000,
      });
      chronicle = own;
      return [{ witness: own, gauged: (gauges) => own.gauge(gauges) }];
    },
  });
  assert.ok(verdict.holds, verdict.sentence);
  assert.ok(chronicle !== null);
  (chronicle as Chronicle).finish();
  assertPage('pictures/timeline.svg', pictureOf(scenario, watching.directory, chronicle));
});
