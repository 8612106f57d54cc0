import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serversOf } from '../../../host/emulator/truth/tellings.ts';
import { recoveryNotice } from '../../../host/mail/texts.ts';
import { LAPTOP, OTHER, Place, S80, S81, SATO, SECURE, STRANGER, TANAKA, WEB } from './place.ts';

describe('The ledger', () => {
  it('counts who is served, and remembers nothing else of him', () => {
    const { ledger } = new Place().at(1).tried(SATO, WEB, 'served').at(2).tried(STRANGER, OTHER, 'served');
    assert.deepEqual(
      [ledger.counts.tries, ledger.ends.served, ledger.waits, ledger.turnedAway],
      [2, 2, 0, 0],
    );
    assert.deepEqual([...ledger.people], []);
  });

  it('knows since when a service does not answer, by itself or by what is before it', () => {
    const place = new Place();
    const { spells } = place.ledger;
    place.at(5).down(WEB).at(7).ledger.path(WEB, false);
    place.at(8).up(WEB).at(9).ledger.path(WEB, true);
    assert.deepEqual(spells.of(WEB), [{ fromUs: 5_000_000, toUs: 9_000_000 }]);
    assert.deepEqual(
      [4.9, 5, 8.9, 9].map((s) => spells.at(WEB, s * 1e6)),
      [-1, 0, 0, -1],
    );
    assert.deepEqual(
      [spells.wasUp(WEB, 0, 4e6), spells.wasUp(WEB, 0, 6e6), spells.wasUp(WEB, 9e6, 10e6)],
      [true, false, true],
    );
    assert.deepEqual(spells.of(SECURE), []);
  });

  it('has a service that begins late in a spell from the beginning', () => {
    const place = new Place().down(WEB).at(3).up(WEB);
    assert.deepEqual(place.ledger.spells.of(WEB), [{ fromUs: 0, toUs: 3_000_000 }]);
  });

  it('has somebody as turned away whose try lies within a spell, and one person with all of his machines', () => {
    const place = new Place()
      .at(5)
      .down(WEB)
      .at(6)
      .tried(SATO, WEB, 'refused')
      .at(7)
      .tried(SATO, WEB, 'refused');
    place
      .at(8)
      .tried(LAPTOP, WEB, 'gaveUp', 2.5)
      .tried(STRANGER, WEB, 'refused')
      .tried(TANAKA, WEB, 'gaveUp', 4);
    const { ledger } = place;
    assert.deepEqual([...ledger.people], ['sato@example.jp', 'tanaka@example.jp']);
    const { waits } = ledger.person('sato@example.jp');
    assert.deepEqual(
      waits.map(({ client, spell, tries, firstUs, lastUs }) => [client, spell, tries, firstUs, lastUs]),
      [
        [SATO, 0, 2, 5_990_000, 6_990_000],
        [LAPTOP, 0, 1, 5_500_000, 5_500_000],
      ],
    );
    // He began while it answered.
    assert.equal(ledger.person('tanaka@example.jp').waits[0]?.spell, -1);
    assert.equal(ledger.turnedAway, 4);
  });

  it('has somebody as turned away whose refusal was on its way when the service came back', () => {
    const place = new Place().at(5).down(WEB).at(6).up(WEB).at(6.05).tried(SATO, WEB, 'refused', 0.1);
    assert.equal(place.ledger.person('sato@example.jp').waits[0]?.spell, 0);
    place.at(9).tried(SATO, WEB, 'refused', 0.1);
    assert.equal(place.ledger.person('sato@example.jp').waits[1]?.spell, -1);
  });

  it('knows who was told of which server, by what the mail says in both languages', () => {
    const item = {
      server: S80,
      serverName: 'www',
      client: '',
      fromMs: 0,
      recoveredMs: 1,
      firstMs: 0,
      lastMs: 0,
      tries: 1,
    };
    const clock = { nowMs: () => 9000, dateOf: () => null } as never;
    for (const language of ['en', 'ja'] as const) {
      const items = [item, { ...item, server: S81, serverName: null }];
      const { text } = recoveryNotice(language, { mail: 'sato@example.jp', items, stopUrl: null }, clock);
      assert.deepEqual(serversOf(text), [S80, S81]);
    }
    const { ledger } = new Place().at(1).mailed('Sato@example.jp', S80).at(2).mailed('sato@example.jp', S81);
    assert.deepEqual(
      ledger.person('sato@example.jp').tellings.map(({ server, us }) => [server, us]),
      [
        [S80, 1_000_000],
        [S81, 2_000_000],
      ],
    );
  });

  it('says what happened last at a service and to a client, in order', () => {
    const place = new Place().at(5).down(WEB).at(6).tried(SATO, WEB, 'refused').at(7).opened(S80, 80);
    assert.deepEqual(place.ledger.recent([WEB], [SATO]).slice(-4), [
      '0:00:05.000  s80:80 does not answer any more',
      '0:00:06.000  s80:80 c151 refused, began at 0:00:05.990',
      '0:00:06.000  c151 tried s80:80 at 0:00:05.990: refused',
      `0:00:07.000  s80:80 outage.opened server=${S80} port=80 cause=refused`,
    ]);
  });
});
