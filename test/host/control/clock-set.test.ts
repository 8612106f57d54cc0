/** A router without a battery: its clock starts in 1970, certificates of mail servers are not valid yet, and then somebody sets it. */

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { machineChance } from '../../../host/chance.ts';
import { clockSet } from '../../../host/control/clock-set.ts';
import { pastOutages } from '../../../host/control/records.ts';
import { Outbox } from '../../../host/mail/outbox.ts';
import { Store } from '../../../host/store/store.ts';
import { directory } from '../fabric/scripted.ts';
import { FakeTime } from '../fake-time.ts';
import { recordingLog } from '../tools.ts';
import { enter, Hand, noticeTo, over } from './recorded.ts';

const DAY_MS = 86_400_000;
const NOON = Date.UTC(2026, 4, 1, 12);

class Router extends FakeTime {
  /** What the wall clock is ahead of the time since the start. */
  aheadMs = 0;

  constructor() {
    super(60_000);
  }

  override wallMs(): number {
    return this.aheadMs + this.nowMs();
  }
}

async function started(test: TestContext, place: string | null, time: Router) {
  const { log, lines } = recordingLog();
  const store = await Store.open({ directory: place, log, time });
  const hand = new Hand();
  const options = { store, sender: hand, from: 'ringback@router.example', giveUpMs: 30 * DAY_MS };
  const outbox = new Outbox({ ...options, stopUrl: () => null, log, time, chance: machineChance });
  const close = async (): Promise<void> => {
    await outbox.close(0);
    store.close();
  };
  test.after(close);
  return { store, hand, outbox, log, lines };
}

describe('A clock that is set', () => {
  it('gives dates to what happened before, since this start of the machine', async (test) => {
    const time = new Router();
    const { store, outbox, log, lines } = await started(test, null, time);
    over(store);
    await time.pass(60_000);
    assert.deepEqual(
      pastOutages(store, 1).map(({ from, to }) => [from, to]),
      [[null, null]],
    );
    assert.deepEqual(clockSet({ store, outbox, log, time }), { now: null });
    time.aheadMs = NOON - time.nowMs();
    assert.deepEqual(clockSet({ store, outbox, log, time }), { now: '2026-05-01T12:00:00.000Z' });
    assert.deepEqual(
      pastOutages(store, 1).map(({ from, to }) => [from, to]),
      [['2026-05-01T11:58:57.500Z', '2026-05-01T11:59:00.000Z']],
    );
    assert.deepEqual(
      lines.filter(({ event }) => event === 'clock.set').map(({ fields }) => fields.plausible),
      [false, true],
    );
  });

  it('is on disk at once: the dates outlive a power cut', async (test) => {
    const files = directory();
    test.after(files.remove);
    const place = files.path('state');
    const time = new Router();
    const first = await started(test, place, time);
    over(first.store);
    await time.pass(1000);
    time.aheadMs = NOON - time.nowMs();
    clockSet({ ...first, time });
    // Nothing else is written: the machine is gone, and its next start has a wrong clock again.
    first.store.close();
    const next = new Router();
    next.boot = () => 'the next one';
    const { store } = await started(test, place, next);
    assert.deepEqual(
      pastOutages(store, 1).map(({ to }) => to),
      ['2026-05-01T11:59:59.000Z'],
    );
  });

  it('ends the wait for a mail server whose certificate was not valid yet', async (test) => {
    const time = new Router();
    const { store, hand, outbox, log } = await started(test, null, time);
    const [notice] = enter(store, noticeTo('sato@example.jp', 1));
    outbox.wake();
    const reason = 'certificate is not yet valid';
    // Each failure makes the next pause longer.
    for (let failures = 0; failures < 6; failures++) {
      hand.answer({ outcome: 'later', about: 'server', reason });
      await time.pass(DAY_MS);
    }
    hand.answer({ outcome: 'later', about: 'server', reason });
    await time.pass(1000);
    hand.asked.length = 0;
    time.aheadMs = NOON - time.nowMs();
    clockSet({ store, outbox, log, time });
    assert.deepEqual(hand.asked, [notice]);
    hand.answer({ outcome: 'delivered' });
    await time.pass(1000);
    assert.deepEqual(outbox.counts(), { pending: 0, sent: 1, failed: 0 });
  });

  it('does not move what hangs on the time that has passed', async (test) => {
    const time = new Router();
    const { store, outbox, log } = await started(test, null, time);
    const before = store.clock.nowMs();
    time.aheadMs = NOON;
    clockSet({ store, outbox, log, time });
    time.aheadMs = 0;
    clockSet({ store, outbox, log, time });
    assert.equal(store.clock.nowMs(), before);
  });
});
