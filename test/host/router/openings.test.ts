import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nameOf } from '../../../host/net/target.ts';
import { Openings } from '../../../host/router/openings.ts';
import { NAKAMURA6, SATO, TANAKA, WEB } from './world.ts';

const STEERED = new Map([[nameOf(WEB), WEB]]);

/** When the page began, which none of our own connections gets past; `admitted`: they were answered before. */
function begun(admitted: boolean): Openings {
  const openings = new Openings({ isAdmitted: () => admitted });
  openings.keep(STEERED, 0);
  return openings;
}

describe('A visitor of a dead server', () => {
  it('is let through ten seconds after another one got the page, where our own probes say nothing', () => {
    const openings = begun(false);
    assert.equal(openings.visited(WEB, SATO, 9_999), null);
    assert.deepEqual(openings.visited(WEB, TANAKA, 10_000), [SATO, TANAKA], 'and neither of those is meant');
    assert.equal(openings.visited(WEB, TANAKA, 19_999), null);
  });

  it('is let through after a minute where they were answered before', () => {
    const openings = begun(true);
    assert.equal(openings.visited(WEB, SATO, 59_999), null);
    assert.deepEqual(openings.visited(WEB, SATO, 60_000), [SATO]);
  });

  it('may be whoever got the page longer than a minute ago', () => {
    const openings = begun(false);
    openings.visited(WEB, SATO, 1_000);
    openings.visited(WEB, NAKAMURA6, 1_001);
    assert.deepEqual(openings.visited(WEB, TANAKA, 61_000), [NAKAMURA6, TANAKA]);
  });

  it('gets the page at once when another outage begins, and nothing where nobody is steered', () => {
    const openings = begun(false);
    openings.keep(new Map(), 5_000);
    assert.equal(openings.visited(WEB, SATO, 50_000), null);
    openings.keep(STEERED, 50_000);
    assert.equal(openings.visited(WEB, SATO, 59_000), null);
    assert.deepEqual(openings.visited(WEB, TANAKA, 60_000), [SATO, TANAKA]);
  });

  it('is one of many: only the latest are kept in mind', () => {
    const openings = begun(false);
    for (let i = 0; i < 1000; i++) openings.visited(WEB, `172.27.180.${i}`, 1000);
    assert.equal(openings.visited(WEB, SATO, 10_000)?.length, 256);
  });
});

describe('The page of a visitor', () => {
  it('tries the server every ten seconds, even where our own probes were answered before', () => {
    for (const admitted of [false, true]) {
      const openings = begun(admitted);
      assert.equal(openings.mayTry(WEB, SATO, 9_999), false);
      assert.equal(openings.mayTry(WEB, SATO, 10_000), true);
      assert.equal(openings.mayTry(WEB, TANAKA, 19_999), false);
      assert.equal(openings.mayTry(WEB, TANAKA, 20_000), true);
    }
  });

  it('tries once in five minutes, and takes no turn of another', () => {
    const openings = begun(false);
    assert.equal(openings.mayTry(WEB, SATO, 10_000), true);
    for (let ms = 20_000; ms < 310_000; ms += 1000) assert.equal(openings.mayTry(WEB, SATO, ms), false);
    assert.equal(openings.mayTry(WEB, TANAKA, 309_999), true);
    assert.equal(openings.mayTry(WEB, SATO, 319_999), true);
  });

  it('tries for all addresses of its /64', () => {
    const openings = begun(false);
    assert.equal(openings.mayTry(WEB, '2001:db8:179::1', 10_000), true);
    assert.equal(openings.mayTry(WEB, '2001:db8:179:0:1::2', 30_000), false);
    assert.equal(openings.mayTry(WEB, '2001:db8:179:1::1', 30_000), true);
  });

  it('has no part in whether the next one is let through', () => {
    const openings = begun(false);
    assert.equal(openings.mayTry(WEB, SATO, 10_000), true);
    assert.deepEqual(openings.visited(WEB, SATO, 10_000), [SATO]);
  });

  it('tries nothing where nobody is steered, nor at once when another outage begins', () => {
    const openings = begun(false);
    openings.keep(new Map(), 5_000);
    assert.equal(openings.mayTry(WEB, SATO, 50_000), false);
    openings.keep(STEERED, 50_000);
    assert.equal(openings.mayTry(WEB, SATO, 59_999), false);
    assert.equal(openings.mayTry(WEB, SATO, 60_000), true);
  });
});
