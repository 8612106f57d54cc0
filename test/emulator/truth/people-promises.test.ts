/** Who is told, and who is not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge, judgeUnknown, judgeWith, NOTHING, outage, recovered, SATO_MAIL, told } from './judging.ts';
import { LAPTOP, OTHER, type Place, S80, S81, SATO, SECURE, STRANGER, TANAKA, WEB } from './place.ts';

describe('Everybody known who was turned away is told', () => {
  it('holds where he is', () => {
    assert.deepEqual(judge(told), { broken: [], excuses: [], sentences: [] });
  });

  it('is broken where he is not, in a sentence that says who, when and where', () => {
    const { broken, sentences } = judge(recovered);
    assert.deepEqual(broken, ['told']);
    assert.deepEqual(sentences, [
      'sato@example.jp (c151) tried s80:80 in vain at 0:00:19.990 (refused), it was back at 0:01:00.000, and he was not told by 0:10:00.000; it noted him at 0:00:20.000.',
    ]);
  });

  it('is broken where he was only told before he tried', () => {
    const { broken } = judge((place) => {
      told(place).at(100).down(WEB).at(110).tried(SATO, WEB, 'refused').at(111).opened(S80, 80);
      place.at(150).up(WEB).at(160).closed(S80, 80);
    });
    assert.deepEqual(broken, ['told']);
  });

  it('holds where another machine of his was told, for it is he', () => {
    const { broken } = judge((place) => {
      outage(place)
        .tried(LAPTOP, WEB, 'refused')
        .at(60)
        .up(WEB)
        .at(70)
        .closed(S80, 80)
        .mailed('SATO@example.jp', S80);
    });
    assert.deepEqual(broken, []);
  });

  it('says nothing where the world ends too soon, or the service is not back', () => {
    assert.deepEqual(judge(recovered, { untilS: 90 }).broken, []);
    assert.deepEqual(judge(outage).broken, []);
  });

  it('is not about those whom nobody knows, nor about who was turned away alone', () => {
    const { broken } = judge((place) => {
      place.at(10).tried(SATO, WEB, 'refused').down(OTHER).tried(STRANGER, OTHER, 'refused').at(20).up(OTHER);
    });
    assert.deepEqual(broken, []);
  });

  for (const [why, story, more] of [
    [
      'his last try is older than notify.fresh',
      (place: Place) => outage(place).at(300).up(WEB).at(310).closed(S80, 80),
      'notify: {fresh: 1m}',
    ],
    ['the server’s entry names other ports', recovered, `servers: [{address: ${S80}, ports: [443]}]`],
    ['detect.refused is off', recovered, 'detect: {watch: [172.27.176.0/21], refused: false}'],
    [
      'it was back within two seconds, before it was asked',
      (place: Place) => place.at(10).down(WEB).at(20).tried(SATO, WEB, 'refused').at(20.5).up(WEB),
    ],
    [
      'it was back before a look could find it silent',
      (place: Place) => place.at(10).down(WEB).at(14).tried(SATO, WEB, 'gaveUp', 3).at(15).up(WEB),
    ],
    [
      'nobody knew a service at that port',
      (place: Place) =>
        place
          .down(OTHER)
          .at(1.5)
          .up(OTHER)
          .at(2)
          .down(OTHER)
          .at(3)
          .tried(SATO, OTHER, 'refused')
          .at(60)
          .up(OTHER),
    ],
    [
      'he had been turned away alone before, and it was back before anybody asked again',
      (place: Place) =>
        place
          .at(5)
          .tried(SATO, WEB, 'refused')
          .noted(SATO, S80, 80)
          .says('suspicion.ended', { server: S80, port: 80, outcome: 'alone' })
          .at(10)
          .down(WEB)
          .at(20)
          .tried(SATO, WEB, 'refused')
          .at(60)
          .up(WEB),
    ],
    [
      'his mail waits: he has had as many as notify.most allows',
      (place: Place) =>
        recovered(place)
          .says('notice.queued', { server: S80, client: '', mail: SATO_MAIL, messageId: '<7>' })
          .says('notice.held', { server: S80, client: '', mail: SATO_MAIL, messageId: '<7>', reason: '' }),
    ],
  ] as const satisfies readonly (readonly [string, (place: Place) => unknown, string?])[]) {
    it(`excuses: ${why}`, () => {
      const replaced = more?.startsWith('detect')
        ? more.slice(more.indexOf('refused')).replace('}', '')
        : null;
      if (replaced !== null) {
        const { excuses } = judgeWith(story);
        assert.deepEqual(excuses, [why]);
        return;
      }
      const { broken, excuses } = judge(story, more === undefined ? {} : { more });
      assert.deepEqual([broken, excuses], [[], [why]]);
    });
  }
});

describe('Whoever tries a machine that is held to be down is told', () => {
  /** Nobody was ever served at the second machine, and Sato was told nothing when it came back. */
  const waited = (place: Place, openedS: number): Place =>
    place.down(OTHER).at(openedS).opened(S81, 0, 'unreachable').at(40).tried(SATO, OTHER, 'gaveUp', 10);
  const back = (place: Place): Place => place.at(60).up(OTHER).at(70).closed(S81, 0);

  it('though nobody knew a service at that port', () => {
    const story = (openedS: number) => (place: Place) => back(waited(place, openedS));
    assert.deepEqual(judgeUnknown(story(20)), { broken: ['told'], excuses: [] });
    assert.deepEqual(judgeUnknown(story(35)), {
      broken: [],
      excuses: ['nobody knew a service at that port'],
    });
  });

  it('but for the room there is, of which known ones have half', () => {
    const full = (most: number, size: number): ReturnType<typeof judgeUnknown> =>
      judgeUnknown((place) => back(waited(place, 20)), { ...NOTHING, clients: [most, size] });
    assert.deepEqual(full(2, 8), {
      broken: [],
      excuses: ['the share of the table for those who wait for servers that answered nobody yet was full'],
    });
    assert.deepEqual(full(4, 16).broken, ['told']);
    assert.deepEqual(full(1, 8).broken, ['told']);
  });
});

describe('Nobody else is told', () => {
  it('is broken where somebody is told who never tried', () => {
    const { broken, sentences } = judge((place) => told(place).mailed('tanaka@example.jp', S80));
    assert.deepEqual(broken, ['nobodyElse']);
    assert.match(
      sentences[0] ?? '',
      /^tanaka@example\.jp was told of 172\.27\.178\.80 at 0:01:10\.000, and had tried nothing/,
    );
  });

  it('is broken where somebody is told whom the living server had turned away alone', () => {
    const { broken } = judge((place) =>
      place.at(20).tried(SATO, WEB, 'refused').at(30).mailed(SATO_MAIL, S80),
    );
    assert.deepEqual(broken, ['nobodyElse']);
  });

  it('is broken where he is told of another server', () => {
    assert.deepEqual(judge((place) => told(place).mailed(SATO_MAIL, '172.27.178.81')).broken, ['nobodyElse']);
  });

  it('holds for who was linked: he tried, and was served, while the program held it to be down', () => {
    const { broken } = judge((place) => {
      outage(place).tried(TANAKA, WEB, 'refused').at(60).up(WEB).at(62).tried(SATO, WEB, 'served', 0.1);
      place.at(70).closed(S80, 80).mailed(SATO_MAIL, S80).mailed('tanaka@example.jp', S80);
    });
    assert.deepEqual(broken, []);
  });

  it('holds for who was still waiting when it went down', () => {
    const { broken } = judge((place) => {
      place.at(9).tried(SATO, WEB, 'gaveUp', 2).at(10).down(WEB).at(38).opened(S80, 80);
      place.at(60).up(WEB).at(70).closed(S80, 80).mailed(SATO_MAIL, S80);
    });
    assert.deepEqual(broken, []);
  });

  it('excuses a ban in the moments of a kill', () => {
    const { broken, excuses } = judge((place) => {
      const { ledger } = place.at(20).tried(SATO, WEB, 'refused');
      ledger.program('router', 'killed');
      place.at(24);
      ledger.program('router', 'begun');
      place.at(40).mailed(SATO_MAIL, S80);
    });
    assert.deepEqual([broken, excuses], [[], ['he was turned away alone in the moments of a kill']]);
  });
});

describe('Nobody is told twice of one outage', () => {
  it('is broken where he is', () => {
    const { broken, sentences } = judge((place) => told(place).at(100).mailed(SATO_MAIL, S80));
    assert.deepEqual(broken, ['once']);
    assert.match(sentences[0] ?? '', /of the same outage again at 0:01:40\.000/);
  });

  it('is broken where a second outage is made of a try of before the recovery', () => {
    const { broken } = judge((place) => {
      told(place).at(80).opened(S80, 80).at(90).closed(S80, 80).mailed(SATO_MAIL, S80);
    });
    assert.ok(broken.includes('once'));
    assert.ok(broken.includes('living'));
  });

  it('holds for two outages', () => {
    const { broken } = judge((place) => {
      told(place).at(100).down(WEB).at(110).tried(SATO, WEB, 'refused').at(111).opened(S80, 80);
      place.at(150).up(WEB).at(160).closed(S80, 80).mailed(SATO_MAIL, S80);
    });
    assert.deepEqual(broken, []);
  });

  it('holds for two services of one machine, each with its own outage', () => {
    const { broken } = judge((place) => {
      outage(place).down(SECURE).tried(SATO, SECURE, 'refused').opened(S80, 443).at(60).up(WEB).at(70);
      place
        .closed(S80, 80)
        .mailed(SATO_MAIL, S80)
        .at(100)
        .up(SECURE)
        .at(110)
        .closed(S80, 443)
        .mailed(SATO_MAIL, S80);
    });
    assert.deepEqual(broken, []);
  });

  it('is broken where the machine was down, he tried two of its services, and gets two mails', () => {
    const { broken } = judge((place) => {
      place
        .at(10)
        .down(WEB, SECURE)
        .at(20)
        .tried(SATO, WEB, 'unreachable', 3)
        .tried(SATO, SECURE, 'unreachable', 3);
      place.opened(S80, 0, 'unreachable').at(60).up(WEB, SECURE).at(70).closed(S80, 0);
      place.mailed(SATO_MAIL, S80).mailed(SATO_MAIL, S80);
    });
    assert.deepEqual(broken, ['once']);
  });

  it('is broken by the same mail twice, but not if the program was killed in between', () => {
    const again = (place: Place, isKilled: boolean): void => {
      recovered(place).mailed(SATO_MAIL, S80, '<1>').at(71);
      if (isKilled) place.ledger.program('router', 'killed');
      place.at(80).mailed(SATO_MAIL, S80, '<1>');
    };
    assert.deepEqual(judge((place) => again(place, false)).broken, ['once']);
    assert.deepEqual(judge((place) => again(place, true)).broken, []);
  });
});
