import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseScenario } from '../../../host/emulator/scenario/load.ts';
import { assertPage } from '../golden.ts';
import { emulatorPage } from './page.ts';

const page = readFileSync(fileURLToPath(new URL('../../../docs/emulator.md', import.meta.url)), 'utf8');

describe('The page of the emulator', () => {
  it('is what schema, grammar and shipped scenarios say', () => {
    assertPage('emulator.md', emulatorPage(page));
  });

  it('has scenarios that are right', () => {
    const texts = [...page.matchAll(/```yaml\n(scenario: 1\n.*?)```/gs)].map(([, text = '']) => text);
    assert.ok(texts.length > 1, 'they are found');
    for (const text of texts) assert.ok(parseScenario(text, 'page.yaml').endUs > 0);
  });
});
