import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CHAPTERS } from '../../host/log/events.ts';
import { page } from './events.ts';
import { assertPage } from './golden.ts';

const HOST = fileURLToPath(new URL('../../host/', import.meta.url));
describe('The catalogue of events', () => {
  it('is what the page of events says', () => {
    assertPage('events.md', page());
  });

  it('has every event once', () => {
    const events = Object.values(CHAPTERS).flatMap((entries) => Object.keys(entries));
    assert.ok(events.length > 80, 'they are found');
    assert.equal(new Set(events).size, events.length);
  });

  it('says why by `reason` and who by `peer`, whatever else says so', () => {
    for (const entries of Object.values(CHAPTERS)) {
      for (const [event, { fields }] of Object.entries(entries)) {
        const says = (...names: string[]): boolean => names.some((name) => name in fields);
        if (says('error', 'why', 'status')) assert.ok(says('reason'), event);
        if (says('active', 'other')) assert.ok(says('peer'), event);
      }
    }
  });

  it('warns of what wants somebody, or worse', () => {
    for (const entries of Object.values(CHAPTERS)) {
      for (const [event, { level, act }] of Object.entries(entries)) {
        const isLoud = [level].flat().some((one) => one === 'warn' || one === 'error');
        assert.ok(act === null || isLoud, event);
      }
    }
  });

  it('has no event that nobody logs', () => {
    const sources = readdirSync(HOST, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.startsWith('log/catalogue/'))
      .map((name) => readFileSync(HOST + name, 'utf8'));
    for (const event of Object.values(CHAPTERS).flatMap((entries) => Object.keys(entries))) {
      const [subject = '', word = ''] = event.split('.');
      const isComposed = (text: string): boolean => text.includes(`\`${subject}.\${`);
      const isSaid =
        sources.some((text) => text.includes(`'${event}'`)) ||
        (sources.some(isComposed) && sources.some((text) => text.includes(`'${word}'`)));
      assert.ok(isSaid, event);
    }
  });
});
