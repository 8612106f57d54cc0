/** A scenario in which everything is right, and what is said of one in which something is not. */
import assert from 'node:assert/strict';
import { parseScenario } from '../../../host/emulator/scenario/load.ts';
import type { Scenario } from '../../../host/emulator/scenario/types.ts';
import { RingbackError } from '../../../host/errors.ts';

const FILE = 'world.yaml';

/** The sections of the smallest one, and those that are given in their place, as flow mappings and lists. */
export function textOf(sections: Readonly<Record<string, string>> = {}): string {
  const all = { scenario: '1', title: 'A world', for: '10m', ...sections };
  return Object.entries(all)
    .map(([key, value]) => `${key}: ${value}`)
    .join('\n');
}

export function read(
  sections: Readonly<Record<string, string>>,
  options: Parameters<typeof parseScenario>[2] = {},
): Scenario {
  return parseScenario(textOf(sections), FILE, options);
}

/** The lines of its refusal, without the file's name and place. */
export function refusal(
  sections: Readonly<Record<string, string>>,
  options: Parameters<typeof parseScenario>[2] = {},
): string[] {
  try {
    read(sections, options);
  } catch (error) {
    assert.ok(error instanceof RingbackError, String(error));
    assert.equal(error.exitStatus, 2);
    return error.message.split('\n').map((line) => line.replace(/^world\.yaml:\d+:\d+: /, ''));
  }
  assert.fail('it is taken');
}
