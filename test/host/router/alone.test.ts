import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Alone } from '../../../host/router/alone.ts';
import { HOST, SATO, SECURE, TANAKA, WEB } from './world.ts';

const NEVER = Number.NEGATIVE_INFINITY;

describe('Whoever was turned away alone', () => {
  it('is asked about again after 30 s, 1, 2, 5 and again 5 minutes', () => {
    const alone = new Alone();
    let nowMs = 1000;
    const holds = [1, 2, 3, 4, 5].map(() => {
      alone.note(WEB, SATO, nowMs);
      const holdMs = alone.untilMs(WEB, SATO) - nowMs;
      nowMs += holdMs;
      return holdMs;
    });
    assert.deepEqual(holds, [30_000, 60_000, 120_000, 300_000, 300_000]);
  });

  it('is one client at one service; others are asked about at once', () => {
    const alone = new Alone();
    alone.note(WEB, SATO, 0);
    for (const [target, client] of [
      [WEB, TANAKA],
      [SECURE, SATO],
      [HOST, SATO],
    ] as const) {
      assert.equal(alone.untilMs(target, client), NEVER);
      assert.equal(alone.isKnown(target, client), false);
    }
    assert.equal(alone.isKnown(WEB, SATO), true);
  });

  it('is like everybody else ten minutes after that', () => {
    const alone = new Alone();
    alone.note(WEB, SATO, 0);
    alone.note(WEB, SATO, 30_000);
    assert.equal(alone.untilMs(WEB, SATO), 90_000);
    alone.note(WEB, SATO, 90_000 + 599_999);
    assert.equal(alone.untilMs(WEB, SATO), 90_000 + 599_999 + 120_000, 'not quite ten minutes');
    const untilMs = alone.untilMs(WEB, SATO);
    alone.note(WEB, SATO, untilMs + 600_000);
    assert.equal(alone.untilMs(WEB, SATO), untilMs + 600_000 + 30_000);
  });

  it('is one of 10,000; the one noted longest ago is forgotten first', () => {
    const alone = new Alone();
    const client = (n: number): string => `10.0.${n >> 8}.${n & 255}`;
    for (let n = 0; n < 10_000; n++) alone.note(WEB, client(n), n);
    alone.note(WEB, client(0), 10_000);
    assert.ok(alone.isKnown(WEB, client(1)), 'not more than there is room for');
    alone.note(WEB, SATO, 10_001);
    assert.ok(!alone.isKnown(WEB, client(1)));
    assert.ok(alone.isKnown(WEB, client(0)) && alone.isKnown(WEB, client(2)) && alone.isKnown(WEB, SATO));
  });
});
