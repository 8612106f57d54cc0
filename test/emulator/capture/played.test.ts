/** What happened in the lab, played again in the emulator from what was captured of it. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ComparedRun, compared, comparisonText } from '../../../host/emulator/capture/compare.ts';
import { scenarioFrom } from '../../../host/emulator/capture/from.ts';
import { judge } from '../../../host/emulator/judge.ts';
import { parseScenario } from '../../../host/emulator/scenario/load.ts';
import type { Scenario } from '../../../host/emulator/scenario/types.ts';
import { makeWorld } from '../../../host/emulator/world/world.ts';
import { machineTime } from '../../../host/time.ts';
import { incident, inPlace } from './support.ts';

async function playedWith(scenario: Scenario): Promise<{ run: ComparedRun; isKept: boolean }> {
  const runs: ComparedRun[] = [];
  const { verdict } = await judge(scenario, {
    ...{ time: machineTime, make: makeWorld },
    watchers: ({ directory, calendar }) => {
      const run = new ComparedRun(directory, () => calendar.nowUs);
      runs.push(run);
      return [{ witness: run }];
    },
  });
  const [run] = runs;
  return { run: run ?? assert.fail(), isKept: verdict.holds };
}

/** One that knows only one of those who tried. */
const THEIRS = `fabric: {interfaces: [lan0, wan0]}
detect: {watch: [172.27.178.0/24]}
smtp: {host: 172.27.179.25, from: ringback@router.example}
clients: [{address: 172.27.179.151, mail: sato@example.jp}]
servers: [{address: 172.27.178.80, ports: [80]}, {address: 172.27.178.81, ports: [80]}]
`;

describe('An incident that is played again', () => {
  it('tells those who were turned away, and says what another configuration would have done', async () => {
    const { text } = await scenarioFrom({ files: [incident('lan')], anonymise: false, captureTo: null });
    const mine = await playedWith(parseScenario(text, 'incident.yaml'));
    assert.equal(mine.isKept, true);
    const theirs = await inPlace(async (place) => {
      const config = join(place, 'theirs.yaml');
      writeFileSync(config, THEIRS);
      return await playedWith(parseScenario(text, 'incident.yaml', { config }));
    });
    const comparison = compared(['mine', 'theirs'], [mine.run, theirs.run]);
    const told = (column: 0 | 1): readonly string[] =>
      comparison.rows.flatMap(({ client, outcomes }) => (outcomes[column].toldUs === null ? [] : [client]));
    assert.deepEqual([...told(0)].sort(), ['c150', 'c151', 'c153']);
    assert.deepEqual(told(1), ['c151']);
    const table = comparisonText(comparison);
    assert.match(table, /^c153 → s81 at .* told at .* not told: no mail address of this client is known/m);
    assert.match(
      table,
      /^c150 → s80-2 at .* told at .* not told: was not turned away/m,
      'he waits until it is back: nobody looks for it over IPv6',
    );
    assert.match(table, /^Told with one of them only: 2\.$/m);
  });

  it('has the very frames of its captures, and tells the same people', async () => {
    await inPlace(async (place) => {
      const files = [incident('lan'), incident('wan')];
      const { text } = await scenarioFrom({ files, frames: true, anonymise: false, captureTo: null });
      assert.doesNotMatch(text, /do: try/);
      const scenario = parseScenario(text, join(place, 'incident.yaml'));
      assert.deepEqual(scenario.frames, files);
      const { run, isKept } = await playedWith(scenario);
      assert.equal(isKept, true);
      const { rows } = compared(['frames', 'again'], [run, run]);
      const told = rows.flatMap(({ client, outcomes: [{ toldUs }] }) => (toldUs === null ? [] : [client]));
      assert.deepEqual([...new Set(told)].sort(), ['c150', 'c151', 'c153']);
    });
  });

  it('has frames of an anonymised capture only where that is written', async () => {
    const from = { files: [incident('lan')], frames: true, anonymise: true };
    await assert.rejects(scenarioFrom({ ...from, captureTo: null }), /add --pcap FILE/);
    await inPlace(async (place) => {
      const captureTo = join(place, 'nobody.pcapng');
      const { text } = await scenarioFrom({ ...from, captureTo });
      assert.deepEqual(parseScenario(text, 'incident.yaml').frames, [captureTo]);
    });
  });

  it('is refused where its frames are nowhere, or are no capture', async () => {
    const text = (frames: string): string => `scenario: 1\ntitle: x\nfor: 1m\nframes: ${frames}\n`;
    assert.throws(() => parseScenario(text('nowhere.pcapng'), '/somewhere/a.yaml'), {
      message: 'a.yaml:4:9: frames: /somewhere/nowhere.pcapng: there is no such file'.replace(
        'a.yaml',
        '/somewhere/a.yaml',
      ),
    });
    await inPlace(async (place) => {
      writeFileSync(join(place, 'some.pcapng'), 'words');
      await assert.rejects(playedWith(parseScenario(text('some.pcapng'), join(place, 'a.yaml'))), {
        message: /some\.pcapng: not a capture file/,
      });
    });
  });
});
