/** Scenario files, as `ringback emulate` and `ringback check` read them: what is wrong is said where it is. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { explainScenario } from '../../../host/emulator/scenario/explain.ts';
import { parseScenario, scenarioFile, shippedScenarios } from '../../../host/emulator/scenario/load.ts';
import { RingbackError } from '../../../host/errors.ts';
import { tables } from '../../../host/fabric/module.ts';
import type { Target } from '../target.ts';

/** What it will do is said of one file of so many, for that takes longer. */
const EXPLAINED = 8;
const NAME = 'world.yaml';

export function open(): Target {
  return {
    seeds: shippedScenarios().map((name) => readFileSync(scenarioFile(name))),
    words: [
      ...[
        ': ',
        '- ',
        '\n',
        '\n  ',
        '{',
        '}',
        '[',
        ']',
        '&a ',
        '*a',
        '<<: *a',
        '~',
        'null',
        '.nan',
        '.inf',
        '0x10',
        '1e9',
        '-1',
      ],
      ...[
        '5m',
        '0s',
        '31d',
        '1us',
        '99%',
        '100%',
        '0.0001%',
        '5s..9s',
        '23:59',
        'zipf 3',
        '1000000/s',
        '172.16.0.0/30',
        '::/0',
      ],
      ...[
        'try c151 s80',
        'unplug',
        'server-1..server-9',
        'flap s80',
        'kill ringback',
        'any: servers',
        'times: 100000',
        'count: 65535',
      ],
    ],
    parts: (input) =>
      (input.toString('latin1').match(/[^\n]*\n|[^\n]+$/g) ?? []).map((line) => Buffer.from(line, 'latin1')),
    play(input) {
      try {
        const scenario = parseScenario(input.toString('utf8'), NAME);
        assert.ok(scenario.script.every(({ atUs }) => Number.isSafeInteger(atUs) && atUs >= 0));
        assert.ok(scenario.traffic.every(({ fromUs, toUs }) => fromUs <= toUs && toUs <= scenario.endUs));
        const says = input.length % EXPLAINED === 0 ? explainScenario(scenario, tables) : [];
        for (const line of says) assert.equal(typeof line, 'string');
        return `${scenario.script.length} steps, ${scenario.traffic.length} lines of traffic`;
      } catch (error) {
        assert.ok(error instanceof RingbackError && error.exitStatus === 2, String(error));
        for (const line of error.message.split('\n')) assert.ok(line.startsWith(`${NAME}:`), line);
        return error.message
          .replaceAll(NAME, '')
          .replaceAll(/[\d"'].*/g, '')
          .slice(0, 60);
      }
    },
  };
}
