import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { random } from '../../random.ts';
import { NAKAMURA, SATO, SERVER, TANAKA, WEB } from './configuration.ts';
import { type Fate, ROUTER } from './network.ts';
import { Town } from './town.ts';

/** What is hidden is looked at so often. */
const STEP_MS = 50;

describe('A is banned and retries every 2 s', () => {
  for (const way of ['resets', 'prohibited', 'noNetwork', 'drops'] as const) {
    it(`by ${way}: B never notices, and nobody gets a mail`, async (test) => {
      const town = await Town.begin(test);
      town.script = (client) => (client === SATO ? way : 'answers');
      await town.goesWell(WEB);
      town.triesEvery(2, 600, SATO, WEB);
      town.triesEvery(7, 600, TANAKA, WEB);
      await town.pass(700);
      assert.deepEqual([town.told, [...town.everHidden], town.down], [[], [], []]);
    });

    it(`by ${way}, while the server really restarts: B never notices, one mail at the most`, async (test) => {
      const town = await Town.begin(test);
      const restartMs = town.time.nowMs() + 200_000;
      const isRestarting = (): boolean => Math.abs(town.time.nowMs() - restartMs) < 2000;
      town.script = (client) => (client === SATO ? way : isRestarting() ? 'resets' : 'answers');
      await town.goesWell(WEB);
      town.triesEvery(2, 600, SATO, WEB);
      // It has just been back for a second.
      await town.pass(200);
      const ends = await visits(town, 400);
      assert.deepEqual([...ends], ['answered']);
      assert.ok(town.told.length <= 1, `told: ${town.told}`);
      assert.ok(!town.told.includes('tanaka'));
    });
  }
});

/** What became of Tanaka's visits, one every 7 s. */
async function visits(town: Town, seconds: number): Promise<Set<string | null>> {
  const ends = new Set<string | null>();
  for (let passed = 0; passed < seconds; passed += 7) {
    const visit = town.tries(TANAKA, WEB);
    await town.pass(7);
    ends.add(visit.end);
  }
  return ends;
}

/** A ban of one while the router's own requests meet that fate; then the server is really gone for 200 s. */
async function findsWhatIsTrue(town: Town, fate: Fate): Promise<void> {
  const banned: Record<string, Fate> = { [ROUTER]: fate, [SATO]: 'drops' };
  town.script = (client) => banned[client] ?? 'answers';
  await town.goesWell(WEB);
  town.triesEvery(5, 300, SATO, WEB);
  town.triesEvery(11, 300, TANAKA, WEB);
  await town.pass(400);
  assert.deepEqual([town.wasEverDown, town.told], [false, []]);
  const fromMs = town.time.nowMs();
  town.script = (client) =>
    client === ROUTER ? fate : town.time.nowMs() - fromMs < 200_000 ? 'drops' : 'answers';
  town.tries(SATO, WEB);
  town.tries(TANAKA, WEB);
  await town.pass(150);
  assert.notDeepEqual([town.down, town.hidden], [[], []]);
  for (let i = 0; i < 60; i++) {
    town.tries(`10.0.0.${i}`, WEB);
    await town.pass(5);
  }
  await town.pass(60);
  assert.deepEqual([town.hidden, town.told], [[], ['sato', 'tanaka']]);
}

describe('No false outage, a real one found by two clients', () => {
  for (const [what, fate] of [
    ['the router is banned by drop', 'drops'],
    ['the router is banned by reset', 'resets'],
    ['the router is firewalled off by drop', 'blocked'],
    ['the router is firewalled off by reject', 'rejected'],
    ['its probes leave by another uplink', 'elsewhere'],
  ] as const) {
    it(`where ${what}`, async (test) => {
      await findsWhatIsTrue(await Town.begin(test), fate);
    });
  }

  for (const [what, fate] of [
    ['it is firewalled off by drop', 'blocked'],
    ['it is firewalled off by reject', 'rejected'],
    ['its probes leave by another uplink', 'elsewhere'],
  ] as const) {
    it(`where the router was let in, and then ${what}`, async (test) => {
      const town = await Town.begin(test);
      await town.goesWell(WEB);
      await findsWhatIsTrue(town, fate);
    });
  }
});

describe('A fresh start: the server admits the LAN but not the router, and A is banned', () => {
  it('it is steered at the most until the next visitor let through', async (test) => {
    const town = await Town.begin(test);
    town.script = (client) => (client === ROUTER || client === SATO ? 'drops' : 'answers');
    town.triesEvery(2, 900, SATO, WEB);
    await town.pass(40);
    assert.deepEqual(town.hidden, [`${SERVER} 80`, `${SERVER} 443`]);
    const first = town.tries(TANAKA, WEB);
    await town.pass(11);
    town.tries(TANAKA, WEB);
    await town.pass(1);
    const next = town.tries(NAKAMURA, WEB);
    await town.pass(1);
    assert.deepEqual(
      [first.end, next.end, town.hidden.includes(`${SERVER} 80`)],
      ['shown', 'answered', false],
    );
    await town.pass(60);
    town.everHidden.clear();
    const ends = await visits(town, 600);
    assert.deepEqual([[...ends], [...town.everHidden]], [['answered'], []]);
  });
});

describe('A load balancer, one of whose two back ends is dead, by source hash', () => {
  it('the living half is not hidden beyond a minute and the next visitor, though the router is of the other', async (test) => {
    const town = await Town.begin(test);
    await town.goesWell(WEB);
    town.script = (client) => (client === ROUTER || client === SATO ? 'drops' : 'answers');
    town.triesEvery(2, 900, SATO, WEB);
    const isHidden = (): boolean => town.hidden.includes(`${SERVER} 80`);
    let hiddenMs = 0;
    town.time.every(STEP_MS, () => {
      if (isHidden()) hiddenMs += STEP_MS;
    });
    const endMs = town.time.nowMs() + 600_000;
    // So seldom that nobody is answered while it is asked; then so often that the minute is all there is to wait for. Nobody
    // comes twice in a minute: each may be the one who is let through.
    for (let i = 0; town.time.nowMs() < endMs; i++) {
      town.tries(`10.0.0.${i % 200}`, WEB);
      await town.pass(isHidden() ? 1 : 5);
    }
    assert.ok(hiddenMs > 0, 'it is hidden at all');
    assert.ok(hiddenMs <= 61_000, `hidden for ${hiddenMs} ms`);
  });
});

describe('An overloaded server', () => {
  it('drops the requests of some: no outage while anybody is answered', async (test) => {
    const town = await Town.begin(test);
    await town.goesWell(WEB);
    let [second, left] = [0, 0];
    town.script = () => {
      const now = Math.floor(town.time.nowMs() / 1000);
      if (now !== second) [second, left] = [now, 4];
      return left-- > 0 ? 'answers' : 'drops';
    };
    for (let i = 0; i < 1500; i++) {
      town.tries(`10.0.0.${i % 40}`, WEB, { patience: 60 });
      await town.pass(0.2);
    }
    await town.pass(120);
    assert.equal(town.wasEverDown, false);
  });

  for (const [what, banned] of [
    ['', false],
    [', and bans one', true],
  ] as const) {
    it(`answers after 4 to 8 s${what}: no outage while anybody is answered`, async (test) => {
      const town = await Town.begin(test);
      await town.goesWell(WEB);
      const slowly = random(3);
      town.script = (client) => (banned && client === SATO ? 'resets' : 4000 + 4000 * slowly());
      for (let i = 0; i < 600; i++) {
        if (i > 60 && i % 15 === 0) town.tries(SATO, WEB, { patience: 20 });
        town.tries(`10.0.0.${i % 40}`, WEB, { patience: 3 + (i % 8) });
        await town.pass(0.3);
      }
      await town.pass(120);
      assert.deepEqual([town.wasEverDown, town.told], [false, []]);
    });
  }
});
