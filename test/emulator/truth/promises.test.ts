import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PromiseName } from '../../../host/emulator/truth/promise.ts';
import { type Measures, Promises } from '../../../host/emulator/truth/promises.ts';
import { parseRouterConfiguration } from '../../host/config/parsed.ts';
import { LAPTOP, OTHER, Place, S80, S81, SATO, SECURE, STRANGER, TANAKA, WEB } from './place.ts';

const NOTHING: Measures = { frames: null, verdicts: null, memory: null, clients: null };
const SATO_MAIL = 'sato@example.jp';

interface Judged {
  readonly broken: readonly PromiseName[];
  readonly excuses: readonly string[];
  readonly sentences: readonly string[];
}

/** What comes of it when nothing more happens until so many seconds. */
function judge(
  story: (place: Place, promises: Promises) => unknown,
  {
    more = '',
    untilS = 600,
    measures = NOTHING,
  }: { more?: string; untilS?: number; measures?: Measures } = {},
): Judged {
  const place = new Place();
  const text = `
detect: {watch: [172.27.176.0/21]}
fabric: {socket: /fabric.sock}
smtp: {host: 127.0.0.1, from: ringback@router.example}
clients: [{address: 172.27.179.151, mail: sato@example.jp}]
${more}
`;
  const promises = new Promises({
    ...{ ledger: place.ledger, configuration: parseRouterConfiguration(text, 'test.yaml') },
    ...{ isLossy: false, mailboxUs: 0 },
  });
  // Everybody is served first: the services are known.
  for (const service of [WEB, SECURE, OTHER]) place.at(1).tried(STRANGER, service, 'served');
  story(place, promises);
  const results = promises.finish(place.at(untilS).nowUs, measures);
  return {
    broken: results.filter(({ broken }) => broken > 0).map(({ promise }) => promise),
    excuses: results.flatMap(({ excuses }) => excuses.map(({ why }) => why)),
    sentences: results.flatMap(({ breaches }) => breaches.map(({ sentence }) => sentence)),
  };
}

/** Sato is refused at 20 s, and the service is back at 60 s. */
const outage = (place: Place): Place =>
  place.at(10).down(WEB).at(20).tried(SATO, WEB, 'refused').noted(SATO, S80, 80).at(21).opened(S80, 80);
const recovered = (place: Place): Place => outage(place).at(60).up(WEB).at(70).closed(S80, 80);
const told = (place: Place): Place => recovered(place).mailed(SATO_MAIL, S80);

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

/** Nobody was served anywhere before. */
function judgeUnknown(
  story: (place: Place) => unknown,
  measures: Measures = NOTHING,
): Pick<Judged, 'broken' | 'excuses'> {
  const place = new Place();
  const text = 'detect: {watch: [172.27.176.0/21]}\nfabric: {socket: /fabric.sock}\n';
  const configuration = parseRouterConfiguration(text, 'test.yaml');
  const promises = new Promises({ ledger: place.ledger, configuration, isLossy: false, mailboxUs: 0 });
  story(place.at(1));
  const results = promises.finish(place.at(600).nowUs, measures);
  return {
    broken: results.filter(({ broken }) => broken > 0).map(({ promise }) => promise),
    excuses: results.flatMap(({ excuses }) => excuses.map(({ why }) => why)),
  };
}

/** With `detect.refused` off. */
function judgeWith(story: (place: Place) => unknown): Judged {
  const place = new Place();
  const text = 'detect: {watch: [172.27.176.0/21], refused: false}\nfabric: {socket: /fabric.sock}\n';
  const configuration = parseRouterConfiguration(text, 'test.yaml');
  const promises = new Promises({ ledger: place.ledger, configuration, isLossy: false, mailboxUs: 0 });
  place.at(1).tried(STRANGER, WEB, 'served');
  story(place);
  const results = promises.finish(place.at(600).nowUs, NOTHING);
  return {
    broken: results.filter(({ broken }) => broken > 0).map(({ promise }) => promise),
    excuses: results.flatMap(({ excuses }) => excuses.map(({ why }) => why)),
    sentences: [],
  };
}

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
