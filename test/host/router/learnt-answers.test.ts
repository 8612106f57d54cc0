import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LearntAnswers } from '../../../host/router/learnt-answers.ts';
import { FakeTime } from '../fake-time.ts';
import { SERVER } from './world.ts';

const said = (port: number) => {
  const times = { answers: 20, withinUs: 15_625, waitUs: 3_000_000 };
  return { kind: 'learnt', nowUs: 0, server: SERVER, port, ...times } as const;
};
const END = { kind: 'learntEnd', nowUs: 0 } as const;
const heard = (port: number) => ({ server: SERVER, port, answers: 20, withinMs: 15.625, waitMs: 3000 });

describe('What the fabric has learnt', () => {
  it('is told to all who have asked when it is all there, and asked for once', async () => {
    const answers = new LearntAnswers(new FakeTime());
    let asked = 0;
    const both = [answers.next(() => asked++), answers.next(() => asked++)];
    answers.take(said(80));
    answers.take(said(443));
    answers.take(END);
    assert.deepEqual(await Promise.all(both), Array(2).fill([heard(80), heard(443)]));
    assert.equal(asked, 1);
    const again = answers.next(() => asked++);
    answers.take(END);
    assert.deepEqual([await again, asked], [[], 2]);
  });

  it('is nothing when it does not come in time, and what comes late is not taken for less than it is', async () => {
    const time = new FakeTime();
    const answers = new LearntAnswers(time);
    const first = answers.next(() => {});
    answers.take(said(80));
    await time.pass(2000);
    assert.equal(await first, null);
    const second = answers.next(() => assert.fail('the first answer is still under way'));
    answers.take(said(443));
    answers.take(END);
    assert.deepEqual(await second, [heard(80), heard(443)]);
  });

  it('is nothing when the fabric ends, or some of it was lost; and then asked for anew', async () => {
    const answers = new LearntAnswers(new FakeTime());
    const first = answers.next(() => {});
    answers.take(said(80));
    answers.drop();
    assert.equal(await first, null);
    answers.take(END);
    const second = answers.next(() => {});
    answers.take(said(443));
    answers.take(END);
    assert.deepEqual(await second, [heard(443)]);
  });
});
