import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Outage } from '../../../host/router/outages.ts';
import { SteeredPace } from '../../../host/router/steered-pace.ts';

const newOutage = (): Outage => ({
  ...{ id: 1, server: '172.27.178.80', port: 80, state: 'down', cause: 'unreachable', triedPort: 80 },
  ...{ fromMs: 0, clients: new Map() },
});

describe('What is answered for is looked at', () => {
  it('more seldom where there is more of it, and as before when it has gone', () => {
    const pace = new SteeredPace();
    const [one, ...others] = Array.from({ length: 11 }, () => newOutage());
    assert.ok(one !== undefined);
    const alone = pace.lookMs(one, 20);
    for (const outage of others) pace.lookMs(outage, 100);
    assert.ok(pace.lookMs(one, 20) > alone * 10);
    for (const outage of others) pace.lookMs(outage, 0);
    assert.equal(pace.lookMs(one, 20), alone);
    for (const outage of others) pace.lookMs(outage, 100);
    for (const outage of others) pace.forget(outage);
    assert.equal(pace.lookMs(one, 20), alone);
    assert.equal(pace.lookMs(one, 0), Number.POSITIVE_INFINITY);
  });
});
