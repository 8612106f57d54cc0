import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Expectation, ScriptStep } from '../../../host/emulator/scenario/types.ts';
import { type ExpectationResult, Expectations } from '../../../host/emulator/truth/expectations.ts';
import type { Measures } from '../../../host/emulator/truth/promises.ts';
import { Place, S80, SATO, WEB } from './place.ts';

const NOTHING: Measures = { frames: null, verdicts: null, memory: null, clients: [600, 1000] };

const tries = (end: 'served' | 'turned away', withinUs: readonly [number, number] | null): ScriptStep => ({
  ...{ atUs: 6_000_000, forUs: null, text: 'try c151 s80', expect: { end, withinUs } },
  verbs: [{ verb: 'try', client: 'c151', server: 's80', version: 4, port: 80, patienceUs: null }],
});

function expected(
  expect: readonly Expectation[],
  story: (place: Place) => unknown,
  script: readonly ScriptStep[] = [],
): ExpectationResult[] {
  const place = new Place();
  const expectations = new Expectations(place.ledger, { expect, script });
  story(place);
  return expectations.finish([], NOTHING);
}

const outage = (place: Place): Place => {
  place.at(5).down(WEB).at(9.1).tried(SATO, WEB, 'unreachable', 3.1).noted(SATO, S80, 80);
  return place
    .opened(S80, 0, 'unreachable')
    .at(30)
    .up(WEB)
    .at(36)
    .closed(S80, 0)
    .mailed('sato@example.jp', S80);
};
const anyTime = { withinUs: null, once: true, kind: 'told' } as const;

describe('Expectations', () => {
  it('of a try: how it ended, and after which time', () => {
    const [right] = expected([], outage, [tries('turned away', [2_900_000, 3_400_000])]);
    assert.deepEqual(right, {
      holds: true,
      sentence: 'c151 tried s80:80 at 0:00:06.000 and was turned away after 3.1 s.',
    });
    const [late] = expected([], outage, [tries('turned away', [1_000_000, 2_000_000])]);
    assert.equal(
      late?.sentence,
      'c151 tried s80:80 at 0:00:06.000 and was turned away after 3.1 s, and should be turned away between 1 s and 2 s.',
    );
    assert.equal(expected([], outage, [tries('served', null)])[0]?.holds, false);
    const [never] = expected([], () => {}, [tries('served', null)]);
    assert.match(never?.sentence ?? '', /and never tried it, and should be served/);
  });

  it('of a line of the log: its fields, its time, how often', () => {
    const event = (
      fields: Readonly<Record<string, string | number>>,
      withinUs: readonly [number, number] | null = null,
      times: readonly [number, number] = [1, Number.POSITIVE_INFINITY],
    ): Expectation => ({ kind: 'event', event: 'outage.opened', fields, withinUs, times });
    const results = expected(
      [
        event({ server: S80, cause: 'unreachable' }, [6e6, 10e6]),
        event({ cause: 'refused' }),
        event({}, [10e6, 20e6]),
        event({}, null, [0, 0]),
      ],
      outage,
    );
    assert.deepEqual(results, [
      {
        holds: true,
        sentence: `outage.opened, server ${S80}, cause unreachable came once between 0:00:06.000 and 0:00:10.000.`,
      },
      {
        holds: false,
        sentence: 'outage.opened, cause refused never came, and 1 to any number were expected.',
      },
      {
        holds: false,
        sentence:
          'outage.opened never came between 0:00:10.000 and 0:00:20.000, and 1 to any number were expected; one came at 0:00:09.100.',
      },
      { holds: false, sentence: 'outage.opened came once, and 0 were expected.' },
    ]);
  });

  it('of who is told: these people, once, in time, and nobody else', () => {
    const told = (mails: readonly string[], withinUs: readonly [number, number] | null): Expectation => ({
      ...{ ...anyTime, mails, withinUs },
    });
    const others: Expectation = { ...anyTime, mails: 'nobody else' };
    const holds = (expect: readonly Expectation[], story: (place: Place) => unknown = outage): boolean[] =>
      expected(expect, story).map((one) => one.holds);
    assert.deepEqual(holds([told(['sato@example.jp'], [30e6, 40e6]), others]), [true, true]);
    assert.deepEqual(holds([told(['Sato@example.jp'], [40e6, 50e6]), others]), [false, true]);
    assert.deepEqual(holds([told(['tanaka@example.jp'], null), others]), [false, false]);
    const twice = (place: Place): unknown => outage(place).mailed('sato@example.jp', S80);
    assert.deepEqual(holds([told(['sato@example.jp'], null)], twice), [false]);
    const everybody: Expectation = { ...anyTime, mails: 'everybody who waited' };
    assert.deepEqual(holds([everybody, others]), [true, true]);
    const stray = (place: Place): unknown => outage(place).mailed('tanaka@example.jp', S80);
    assert.deepEqual(holds([everybody, others], stray), [true, false]);
  });

  it('of how fast, and of how full', () => {
    const results = expected(
      [
        { kind: 'latency', p50Us: 10e6, p99Us: null },
        { kind: 'latency', p50Us: null, p99Us: 5e6 },
        { kind: 'clients', most: 600 },
        { kind: 'clients', most: 599 },
      ],
      outage,
    );
    assert.deepEqual(
      results.map(({ holds }) => holds),
      [true, false, true, false],
    );
    assert.equal(
      results[0]?.sentence,
      'From back to told: half within 6 s, 99 of 100 within 6 s (10 s and any time expected), of 1.',
    );
  });
});
