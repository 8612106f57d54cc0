/** When the mailbox is looked into. The timers are played, and so is the clock. */

import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as settled } from 'node:timers/promises';
import { machineChance } from '../../../host/chance.ts';
import { HOUR_MS } from '../../../host/net/duration.ts';
import { PopError, type PopErrorKind } from '../../../host/pop/error.ts';
import { MailboxSchedule } from '../../../host/relay/schedule.ts';
import { machineTime } from '../../../host/time.ts';
import { FakeTime } from '../fake-time.ts';
import { recordingLog, until } from '../tools.ts';

const EVERY_MS = 60_000;
const SERVER = '172.27.178.80';
const OTHER = '172.27.178.81';
/** Seconds after a sign at which there are looks, at the least: those of the first three minutes, and the further ones. */
const OFTEN = Array.from({ length: 37 }, (_, i) => i * 5);
const SERIES = [...OFTEN, 190, 210, 250, 310, 370];

function played(context: TestContext) {
  const time = new FakeTime(1_000_000);
  const { log, lines } = recordingLog();
  const state = { looks: [] as number[], problem: null as Error | null, everyMs: EVERY_MS };
  const began = time.nowMs();
  const watch = new MailboxSchedule({
    look: async () => {
      // The seconds that pass are whole ones.
      state.looks.push(Math.ceil((time.nowMs() - began) / 1000));
      if (state.problem !== null) throw state.problem;
    },
    everyMs: () => state.everyMs,
    nowMs: () => time.nowMs(),
    log,
    time,
    chance: machineChance,
  });
  context.after(() => watch.close());
  return {
    watch,
    state,
    lines,
    /** Lets so many seconds pass, one by one. */
    async pass(seconds: number): Promise<void> {
      for (let i = 0; i < seconds; i++) {
        time.tick(0);
        await settled();
        time.tick(1000);
        await settled();
      }
    },
  };
}

const pop = (kind: PopErrorKind, message = 'no') => new PopError(kind, message);

describe('the mailbox', () => {
  it('is looked into at the start and every so often', async (context) => {
    const { watch, state, pass } = played(context);
    watch.start();
    watch.came(SERVER, 1);
    await pass(185);
    assert.deepEqual(state.looks, [0, 60, 120, 180]);
  });

  it('is looked into every five seconds for three minutes after the start, then ever more seldom, for the list that is still to come (paragraph 117)', async (context) => {
    const { watch, state, pass } = played(context);
    state.everyMs = HOUR_MS;
    watch.start();
    await pass(380);
    assert.deepEqual(state.looks, SERIES);
    watch.came(SERVER, 1);
    await pass(600);
    // The one that was due already.
    assert.deepEqual(state.looks, [...SERIES, 430]);
  });

  it('is looked into at once when a trap comes, and on until that list has come (paragraph 136)', async (context) => {
    const { watch, state, pass } = played(context);
    state.everyMs = HOUR_MS;
    watch.start();
    watch.came(SERVER, 1);
    await pass(30);
    assert.deepEqual(state.looks, [0]);
    watch.trap(SERVER);
    watch.trap(OTHER);
    await pass(380);
    const looks = [0, ...SERIES.map((at) => 30 + at)];
    assert.deepEqual(state.looks, looks);
    watch.came(OTHER, 1);
    await pass(60);
    assert.deepEqual(state.looks, [...looks, 460], 'the other list is awaited still');
    watch.came(SERVER, 1);
    await pass(600);
    assert.deepEqual(state.looks, [...looks, 460, 520]);
  });

  it('is looked into once a minute for an hour, if the list never comes', async (context) => {
    const { watch, state, pass } = played(context);
    state.everyMs = 3 * HOUR_MS;
    watch.start();
    await pass(2 * 3600);
    const waits = state.looks.map((at, i) => at - (state.looks[i - 1] ?? 0)).slice(SERIES.length);
    assert.ok(
      waits.every((wait) => wait === 60),
      `${waits}`,
    );
    assert.ok(
      (state.looks.at(-1) ?? 0) >= 3540 && (state.looks.at(-1) ?? 0) <= 3660,
      `${state.looks.at(-1)}`,
    );
  });

  it('waits for the other parts of a list, but not for ever', async (context) => {
    const { watch, state, pass } = played(context);
    state.everyMs = HOUR_MS;
    watch.start();
    await pass(1);
    watch.came(SERVER, 3);
    await pass(600);
    assert.deepEqual(state.looks, [...OFTEN.filter((at) => at <= 120), 125]);
  });

  it('is looked into again and again when the network is back, or the mail server', async (context) => {
    const { watch, state, pass } = played(context);
    state.everyMs = HOUR_MS;
    watch.start();
    watch.came(SERVER, 1);
    await pass(30);
    watch.networkBack();
    await pass(100);
    assert.deepEqual(state.looks, [0, ...OFTEN.filter((at) => at <= 100).map((at) => 30 + at)]);
    watch.came(SERVER, 1);
    await pass(3600);
    const before = state.looks.length;
    state.problem = pop('connection', 'nobody there');
    watch.networkBack();
    await pass(3);
    state.problem = null;
    await pass(200);
    assert.ok(state.looks.length >= before + 6, `${state.looks.slice(before)}`);
  });

  it('remembers no more servers than it may, however many traps are forged', async (context) => {
    const { watch, state, pass } = played(context);
    state.everyMs = HOUR_MS;
    watch.start();
    for (let i = 0; i < 5000; i++) watch.trap(`10.0.${i >> 8}.${i & 255}`);
    // Those of whom there is no room any more: the own list, too.
    for (let i = 4000; i < 5000; i++) watch.came(`10.0.${i >> 8}.${i & 255}`, 1);
    await pass(600);
    assert.deepEqual(state.looks, [0]);
  });

  it('is looked into no more often than it would be anyway', async (context) => {
    const { watch, state, pass } = played(context);
    state.everyMs = 3000;
    watch.start();
    await pass(4);
    watch.trap(SERVER);
    await pass(6);
    assert.deepEqual(state.looks, [0, 3, 5, 8]);
  });

  it('is not looked into all the time because somebody floods us with traps', async (context) => {
    const { watch, state, pass } = played(context);
    watch.start();
    for (let i = 0; i < 20; i++) {
      for (let j = 0; j < 50; j++) watch.trap(SERVER);
      await pass(1);
    }
    assert.ok(state.looks.length <= 11, `${state.looks}`);
  });

  for (const { every, everyMs, longest } of [
    { every: 'minute', everyMs: EVERY_MS, longest: 60 },
    { every: 'hour', everyMs: HOUR_MS, longest: 300 },
  ]) {
    it(`that fails is tried ever more seldom, with a look every ${every} up to ${longest} s apart`, async (context) => {
      const { watch, state, pass } = played(context);
      state.everyMs = everyMs;
      state.problem = pop('connection', 'nobody there');
      watch.start();
      await pass(1000);
      const waits = state.looks.map((at, i) => at - (state.looks[i - 1] ?? 0)).slice(1);
      assert.ok((waits[0] ?? 0) <= 6, `${waits}`);
      // A quarter less at random, and a second because time passes in whole ones here.
      assert.ok(
        waits.every((wait) => wait <= longest + 1),
        `${waits}`,
      );
      assert.ok((waits.at(-1) ?? 0) >= longest * 0.75, `${waits}`);
    });
  }

  it('that fails is said to do so once, and once to be back', async (context) => {
    const { watch, state, lines, pass } = played(context);
    state.problem = pop('connection', 'nobody there');
    watch.start();
    await pass(200);
    assert.deepEqual(lines, [
      { level: 'error', event: 'mailbox.failed', fields: { reason: 'nobody there' } },
    ]);
    assert.equal(watch.health.reason, 'nobody there');
    state.problem = null;
    await pass(61);
    assert.deepEqual(lines.slice(1), [{ level: 'info', event: 'mailbox.back', fields: {} }]);
    assert.equal(watch.health.reason, null);
  });

  it('that does not take the password is tried seldom, even if a trap comes', async (context) => {
    const { watch, state, lines, pass } = played(context);
    state.problem = pop('login', 'wrong password');
    watch.start();
    await pass(10);
    watch.trap(SERVER);
    await pass(1200);
    assert.deepEqual(state.looks, [0, 600, 1200]);
    assert.deepEqual(lines, [
      {
        level: 'error',
        event: 'mailbox.failed',
        fields: {
          reason: 'wrong password',
          triedAgainAfterSeconds: 600,
          message: 'SIGHUP makes it try at once: mend it first',
        },
      },
    ]);
    assert.equal(watch.health.isForMending, true);
  });

  it('that does not take a login that it has taken before is tried a few times before it is left for long', async (context) => {
    const { watch, state, lines, pass } = played(context);
    state.problem = pop('login-again', 'wrong password');
    watch.start();
    await pass(900);
    const [first, second, third, fourth, fifth, ...more] = state.looks;
    assert.deepEqual([first, more], [0, []]);
    assert.ok((fourth ?? 900) < 60, `${state.looks}`);
    assert.equal(fifth, (fourth ?? 0) + 600);
    assert.ok((second ?? 0) < (third ?? 0));
    assert.deepEqual(
      lines.map(({ fields }) => fields.triedAgainAfterSeconds),
      [undefined, 600],
    );
  });

  it('that has its troubles with a login now and then is not left for long', async (context) => {
    const { watch, state, pass } = played(context);
    watch.start();
    for (let i = 0; i < 10; i++) {
      state.problem = pop('login-again', 'wrong password');
      await pass(12);
      assert.equal(watch.health.isForMending, false);
      state.problem = null;
      await pass(60);
      assert.equal(watch.health.reason, null);
    }
  });

  it('is not tried more often than otherwise because it refuses, and that is said', async (context) => {
    const { watch, state, lines, pass } = played(context);
    state.everyMs = 1_200_000;
    state.problem = pop('tls', 'no STLS');
    watch.start();
    await pass(1300);
    assert.deepEqual([state.looks, lines[0]?.fields.triedAgainAfterSeconds], [[0, 1200], 1200]);
  });

  it('that hangs is left at once when it was configured to be another, and nobody calls that a failure', async (context) => {
    const { log, lines } = recordingLog();
    const looked = new EventEmitter();
    let looks = 0;
    const watch = new MailboxSchedule({
      look: (signal) =>
        new Promise((done, reject) => {
          looks++;
          signal.addEventListener('abort', () => reject(pop('aborted')));
          looked.emit(String(looks), signal);
          if (looks === 2) done();
        }),
      everyMs: () => EVERY_MS,
      nowMs: () => performance.now(),
      log,
      time: machineTime,
      chance: machineChance,
    });
    context.after(() => watch.close());
    watch.start();
    const [signal] = await once(looked, '1');
    watch.start();
    assert.equal(signal.aborted, false, 'the same mailbox: it goes on');
    const another = once(looked, '2');
    watch.start(true);
    await another;
    assert.deepEqual([looks, lines], [2, []]);
  });

  it('is tried at once when it was configured anew, and a refusal is said again', async (context) => {
    const { watch, state, lines, pass } = played(context);
    state.problem = pop('login', 'wrong password');
    watch.start();
    await pass(10);
    watch.start();
    await pass(10);
    assert.deepEqual([state.looks, lines.length], [[0, 10], 2]);
  });

  it('says it when what was an outage becomes something to be mended', async (context) => {
    const { watch, state, lines, pass } = played(context);
    state.problem = pop('connection', 'nobody there');
    watch.start();
    await pass(1);
    state.problem = pop('login', 'wrong password');
    await pass(10);
    assert.deepEqual(
      lines.map(({ fields }) => fields.reason),
      ['nobody there', 'wrong password'],
    );
  });

  it('is left alone once it is closed, and a look under way is ended', async () => {
    const { log, lines } = recordingLog();
    let [isLooking, isOver] = [false, false];
    const watch = new MailboxSchedule({
      look: (signal) =>
        new Promise((_, reject) => {
          isLooking = true;
          signal.addEventListener('abort', () => {
            isOver = true;
            reject(pop('aborted'));
          });
        }),
      everyMs: () => EVERY_MS,
      nowMs: () => 0,
      log,
      time: machineTime,
      chance: machineChance,
    });
    watch.start();
    await until('it looks', () => isLooking);
    await watch.close();
    watch.trap(SERVER);
    assert.deepEqual([isOver, lines], [true, []]);
  });
});
