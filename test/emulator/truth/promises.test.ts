/** Promises beside those of people and outages. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Measures } from '../../../host/emulator/truth/promises.ts';
import { judge, NOTHING, outage, recovered, SATO_MAIL } from './judging.ts';
import { type Place, S80, SATO, WEB } from './place.ts';

describe('Beside these', () => {
  it('the last recovery of a server that flaps is told', () => {
    const flaps = (place: Place, isTold: boolean): unknown => {
      for (let at = 10; at < 100; at += 20) {
        place
          .at(at)
          .down(WEB)
          .at(at + 5)
          .tried(SATO, WEB, 'refused')
          .at(at + 10)
          .up(WEB);
      }
      return isTold ? place.at(110).mailed(SATO_MAIL, S80) : place;
    };
    assert.deepEqual(judge((place) => flaps(place, true)).broken, []);
    assert.ok(judge((place) => flaps(place, false)).broken.includes('lastRecovery'));
  });

  it('promises survive floods', () => {
    const floods = (place: Place): unknown => {
      place.at(9).ledger.step('flood s80, rate: 20000/s');
      return recovered(place);
    };
    assert.deepEqual(judge(floods).broken, ['floods']);
  });

  it('nobody is lost by a kill but who was noted in the last second before', () => {
    const kills = (at: number) => (place: Place) => {
      outage(place).at(at).ledger.program('router', 'killed');
      place.at(at + 3).ledger.program('router', 'begun');
      return place.at(60).up(WEB).at(70).closed(S80, 80);
    };
    assert.deepEqual(judge(kills(30)).broken, ['kills']);
    const { broken, excuses } = judge(kills(20.5));
    assert.deepEqual([broken, excuses], [[], ['he was noted in the last second before a kill, or not yet']]);
  });

  it('nobody is promised anything of what happened while the program did not run', () => {
    const sleeps = (place: Place): unknown => {
      place.at(5).ledger.program('router', 'stopped');
      place.at(10).down(WEB).at(20).tried(SATO, WEB, 'refused').at(30).ledger.program('router', 'begun');
      return place.at(60).up(WEB);
    };
    assert.deepEqual(judge(sleeps).excuses, ['the program did not run while he tried']);
  });

  it('every frame has a verdict, none is malformed, and the tables keep their size', () => {
    const measured = (measures: Partial<Measures>) =>
      judge(() => {}, { measures: { ...NOTHING, ...measures } });
    assert.deepEqual(
      measured({ frames: 3, verdicts: { SynNoted: 2, ArpOwn: 1 }, memory: [64, 64] }).broken,
      [],
    );
    assert.deepEqual(measured({ frames: 4, verdicts: { SynNoted: 2, ArpOwn: 1 } }).broken, ['counters']);
    assert.deepEqual(measured({ frames: 3, verdicts: { SynNoted: 2, TcpMalformed: 1 } }).broken, [
      'counters',
    ]);
    assert.deepEqual(measured({ memory: [64, 128] }).broken, ['tables']);
  });

  it('others may watch over a promise, too', () => {
    const sentence = '172.27.178.80 is at two machines.';
    assert.deepEqual(judge((_, promises) => promises.judged('twins', { sentence })).sentences, [sentence]);
    assert.deepEqual(judge((_, promises) => promises.judged('twins', null)).broken, []);
  });
});
