import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Alone } from '../../../host/router/alone.ts';
import type { Outage } from '../../../host/router/outages.ts';
import { Suspecting } from './suspecting.ts';
import { SERVER, WEB } from './world.ts';

/** More than a function takes arguments. */
const CROWD = 200_000;

function people(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
}

/** Its server does not let the router in: the suspicion lasts, and more and more people come to it. */
function undecided(test: TestContext): Suspecting {
  const one = new Suspecting(test);
  one.knows([80], false);
  one.answers(WEB, { verdict: 'silent', heardMs: one.nowMs - 600_000, hostHeardMs: null });
  return one;
}

describe('A crowd in one suspicion', () => {
  it('of which each one that comes is looked at once, not all who came before, too', async (test) => {
    const one = undecided(test);
    const untilMs = test.mock.method(Alone.prototype, 'untilMs');
    await one.suspect(WEB, people(1000));
    assert.equal(untilMs.mock.callCount(), 1000);
  });

  it('may be of any size: it is an outage when nobody was answered for the wait', async (test) => {
    const one = undecided(test);
    const waiting = { firstMs: one.nowMs, lastMs: one.nowMs, tries: 1 };
    const about = { id: 1, state: 'suspected', cause: 'unanswered', triedPort: 80 } as const;
    const clients = new Map(people(CROWD).map((client) => [client, waiting]));
    const outage: Outage = { ...WEB, ...about, fromMs: one.nowMs, clients };
    one.suspicions.open(outage);
    await one.pass(60);
    assert.deepEqual(one.ends, [`${SERVER} 80 outage`]);
  });
});

describe('A suspicion whose client found no room', () => {
  it('is asked, and is an outage like any other', async (test) => {
    const one = new Suspecting(test);
    one.knows([80], true);
    one.answers(WEB, { verdict: 'silent' });
    await one.suspect(WEB, []);
    await one.pass(2);
    assert.deepEqual(one.ends, [`${SERVER} 80 outage`]);
  });

  it('is an outage by that one word where nobody may ask', async (test) => {
    const one = new Suspecting(test, `servers:\n  - {address: ${SERVER}, name: web, ask: none}`);
    one.knows([80], null);
    await one.suspect(WEB, []);
    await one.pass(2);
    assert.deepEqual(one.ends, [`${SERVER} 80 outage`]);
  });
});
