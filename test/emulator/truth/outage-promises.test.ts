/** When an outage may open, and when it must end. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge, outage, SATO_MAIL } from './judging.ts';
import { type Place, S80, SATO, STRANGER, WEB } from './place.ts';

describe('No outage opens, and no page stands in, while the service answers', () => {
  it('is broken by an outage of a living service, and of a machine one of whose services lives', () => {
    assert.deepEqual(judge((place) => place.at(20).opened(S80, 80).at(30).closed(S80, 80)).broken, [
      'living',
    ]);
    const { broken, sentences } = judge((place) =>
      place.at(10).down(WEB).at(20).opened(S80, 0, 'unanswered').at(22).closed(S80, 0),
    );
    assert.deepEqual(broken, ['living']);
    assert.deepEqual(sentences, [
      's80:443 answered at 0:00:20.000, when an outage of 172.27.178.80:0 was opened (unanswered).',
    ]);
  });

  it('holds where it was down a moment ago', () => {
    assert.deepEqual(
      judge((place) => place.at(10).down(WEB).at(20).up(WEB).at(22).opened(S80, 80).at(30).closed(S80, 80))
        .broken,
      [],
    );
  });

  it('is broken by a page in the place of a living service, and by one that stays', () => {
    const steers = (place: Place): unknown => place.at(20).ledger.steered(WEB, true);
    assert.deepEqual(judge(steers).broken, ['living']);
    const stays = (place: Place): unknown => {
      outage(place).ledger.steered(WEB, true);
      return place.at(60).up(WEB).at(120).tried(SATO, WEB, 'shown').closed(S80, 80).mailed(SATO_MAIL, S80);
    };
    assert.ok(judge(stays, { more: 'page: {listen: 8480}' }).broken.includes('living'));
  });

  it('excuses where the router may not ask, and where chance has lost all of a probe', () => {
    const opens = (place: Place): unknown => place.at(20).opened(S80, 80).at(30).closed(S80, 80);
    const asksNot = judge(opens, { more: `servers: [{address: ${S80}, ask: none}]` });
    assert.deepEqual([asksNot.broken, asksNot.excuses], [[], ['the router may not ask it (ask: none)']]);
    const loses = (times: number) => (place: Place) => {
      for (let at = 0; at < times; at++) place.at(19).ledger.lost(WEB);
      return opens(place);
    };
    assert.deepEqual(judge(loses(5)).broken, []);
    assert.deepEqual(judge(loses(1)).broken, ['living']);
  });
});

describe('An outage ends within the settle time and a step', () => {
  it('is broken where it goes on', () => {
    const { broken, sentences } = judge((place) =>
      outage(place).at(60).up(WEB).at(300).closed(S80, 80).mailed(SATO_MAIL, S80),
    );
    assert.deepEqual(broken, ['closed']);
    assert.match(
      sentences[0] ?? '',
      /^The outage of 172\.27\.178\.80:80 went on 240 s after it had answered again at 0:01:00\.000/,
    );
  });

  it('holds where the service flaps, and where nobody waits and nobody tries', () => {
    const flaps = (place: Place): unknown => {
      outage(place);
      for (let at = 60; at < 400; at += 20)
        place
          .at(at)
          .up(WEB)
          .at(at + 10)
          .down(WEB);
      return place.at(400).up(WEB).at(410).closed(S80, 80).mailed(SATO_MAIL, S80);
    };
    assert.deepEqual(judge(flaps).broken, []);
    const nobody = (place: Place): unknown => place.at(10).down(WEB).at(20).opened(S80, 80).at(60).up(WEB);
    assert.deepEqual(judge(nobody).broken, []);
    const served = (place: Place): unknown => {
      nobody(place);
      return place.at(70).tried(STRANGER, WEB, 'served');
    };
    assert.deepEqual(judge(served).broken, ['closed']);
  });
});
