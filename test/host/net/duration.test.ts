import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { durationText, parseDuration } from '../../../host/net/duration.ts';

describe('a duration', () => {
  it('is a whole number with its unit, in milliseconds', () => {
    const known: [string, number][] = [
      ['500ms', 500],
      ['30s', 30_000],
      ['10m', 600_000],
      ['12h', 43_200_000],
      ['30d', 2_592_000_000],
      ['0s', 0],
      ['090s', 90_000],
    ];
    for (const [text, milliseconds] of known) assert.equal(parseDuration(text), milliseconds, text);
  });

  it('is refused without a unit, with an unknown one, or with anything around it', () => {
    const wrong = [
      '',
      '30',
      's',
      '30 s',
      ' 30s',
      '30s ',
      '30S',
      '1.5h',
      '-1s',
      '+1s',
      '1e3s',
      '30sec',
      '1h30m',
      '1w',
    ];
    wrong.push('30s\n', '９s', '9999999999999s', '999999999999d');
    for (const text of wrong) assert.equal(parseDuration(text), null, JSON.stringify(text));
  });

  it('is written in the largest unit that fits, and read back the same', () => {
    const known: [number, string][] = [
      [0, '0s'],
      [1, '1ms'],
      [1500, '1500ms'],
      [90_000, '90s'],
      [3_600_000, '1h'],
      [43_200_000, '12h'],
      [604_800_000, '7d'],
    ];
    for (const [milliseconds, text] of known) assert.equal(durationText(milliseconds), text);
    for (let milliseconds = 1; milliseconds < 1e12; milliseconds = milliseconds * 3 + 7) {
      assert.equal(parseDuration(durationText(milliseconds)), milliseconds);
    }
  });
});
