import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { machineChance } from '../../../../host/chance.ts';
import { type AnswerPlace, ReadyAnswers } from '../../../../host/page/http/answers.ts';
import { factsOf } from '../reading.ts';
import { OTHER, WEB } from '../served.ts';

const PLACE: AnswerPlace = {
  page: 'outage',
  language: 'en',
  target: WEB,
  outage: { name: 'www.example.jp', sinceMs: 1000 },
  message: { text: 'New disks', until: new Date(5000) },
  askedHost: 'www.example.jp',
  hasForm: true,
  answersPost: false,
  tries: false,
  forProgram: false,
};

/** What differs from PLACE, each for itself. */
const OTHERS: Readonly<Record<string, Partial<AnswerPlace>>> = {
  'another page': { page: 'another' },
  'another language': { language: 'ja' },
  'another server': { target: { ...WEB, server: OTHER.server } },
  'another port': { target: { ...WEB, port: 8080 } },
  'a server with another name': { outage: { ...PLACE.outage, name: 'shop.example.jp' } },
  'another outage': { outage: { ...PLACE.outage, sinceMs: 2000 } },
  'another message': { message: { text: 'New cables', until: new Date(5000) } },
  'another end of it': { message: { text: 'New disks', until: new Date(6000) } },
  'a message without an end': { message: { text: 'New disks', until: null } },
  'no message': { message: null },
  'another Host': { askedHost: 'shop.example.jp' },
  'no Host': { askedHost: null },
  'no form': { hasForm: false },
  'the answer to a POST': { answersPost: true },
  'a page that tries the server': { tries: true },
  'the answer to a program': { forProgram: true },
};

describe('Answers that are kept ready', () => {
  function answers() {
    const world = { nowMs: 0, made: 0 };
    const clock = { nowMs: () => world.nowMs, dateOf: () => null };
    const ready = new ReadyAnswers(clock, machineChance, (place, token) => {
      world.made += 1;
      return factsOf({ server: place.target.server, form: { action: '/notice', fields: { token } } });
    });
    const ask = (more: Partial<AnswerPlace> = {}, token = 'a-token'): string =>
      ready.answer({ ...PLACE, ...more }, () => token).body;
    return { world, ask };
  }

  it('are made once, with a token of its own in each', () => {
    const { world, ask } = answers();
    assert.ok(ask({}, 'first-token').includes('value="first-token"'));
    const second = ask({}, 'second-token');
    assert.ok(second.includes('value="second-token"'));
    assert.ok(!second.includes('first-token'));
    assert.equal(world.made, 1);
  });

  for (const [what, more] of Object.entries(OTHERS)) {
    it(`are no answers for ${what}`, () => {
      const { world, ask } = answers();
      ask();
      ask(more);
      assert.equal(world.made, 2);
    });
  }

  it('are made anew after a minute, for the date may have become known', () => {
    const { world, ask } = answers();
    ask();
    world.nowMs = 59_999;
    ask();
    assert.equal(world.made, 1);
    world.nowMs = 60_000;
    ask();
    assert.equal(world.made, 2);
  });

  it('are not kept for every name that anybody invents', () => {
    const { world, ask } = answers();
    const most = 2000;
    for (let n = 0; n < most; n++) ask({ askedHost: `${n}.example.jp` });
    ask({ askedHost: '0.example.jp' });
    assert.equal(world.made, most + 1);
  });
});
