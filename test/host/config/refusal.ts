import assert from 'node:assert/strict';
import { RingbackError } from '../../../host/errors.ts';
import { EXAMPLE, SECRETS } from './example.ts';
import { parseRouterConfiguration } from './parsed.ts';

/** The lines of the message with which the action refuses the configuration; anything else fails the test. */
export function refusal(action: () => unknown): string[] {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof RingbackError, `not a RingbackError: ${error}`);
    assert.equal(error.code, 'configuration');
    assert.equal(error.exitStatus, 2);
    return error.message.split('\n');
  }
  return assert.fail('the configuration was accepted');
}

/** Where the mistaken text stands in the example, as messages say it. */
function placeOf(text: string, part: string): string {
  const at = text.indexOf(part);
  assert.ok(at >= 0 && text.indexOf(part, at + 1) < 0, `not exactly once in the text: ${part}`);
  const before = text.slice(0, at).split('\n');
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

/**
 * Replaces one part of the example and expects exactly one message: at the place of `mark`, about the key,
 * and matching.
 */
export function mistake(part: string, wrong: string, mark: string, key: string, message: RegExp): void {
  assert.ok(EXAMPLE.includes(part), part);
  const text = EXAMPLE.replace(part, wrong);
  const lines = refusal(() => parseRouterConfiguration(text, 'r.yaml'));
  assert.equal(lines.length, 1, lines.join('\n'));
  const start = `r.yaml:${placeOf(text, mark)}: ${key}: `;
  assert.ok(lines[0]?.startsWith(start), `expected ${start}…, got ${lines[0]}`);
  assert.match(lines[0]?.slice(start.length) ?? '', message);
  for (const secret of SECRETS) assert.ok(!lines[0]?.includes(secret), lines[0]);
}
