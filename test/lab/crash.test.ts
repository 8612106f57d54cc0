/**
 * The promise, against death: both programs are killed at random moments, over outages, recoveries and a mail server
 * that fails at random. Seeds make the same decisions in every run; what they meet is up to the machine.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { before, describe, it } from 'node:test';
import { Lab } from '../../board/lab/lab.ts';
import { judge } from './crash/verdict.ts';
import { World } from './crash/world.ts';

const SEEDS = [1, 2, 3, 4];
const ROUNDS = 50;

describe('whoever was turned away', { concurrency: SEEDS.length }, () => {
  before(() => {
    Lab.given();
    // The mail servers are where the tests are.
    execFileSync('ip', ['link', 'set', 'lo', 'up']);
  });

  for (const seed of SEEDS) {
    it(`is told once, though everything was killed ${ROUNDS} times (seed ${seed})`, {
      timeout: 900_000,
    }, async (context) => {
      const world = await World.open(seed);
      // Not a finally block: that would never run if the world got stuck.
      context.after(() => world.close());
      for (let round = 1; round <= ROUNDS; round++) await world.round(round);
      await world.finish();
      const { problems, waited, told, mails, repeats, lost } = judge(world);
      const { hostKills, daemonKills, vainStarts, databases } = world.counts;
      context.diagnostic(
        `seed ${seed}: ${ROUNDS} rounds, ${hostKills} kills of the host, ${daemonKills} of the daemon; ` +
          `${vainStarts} starts without a daemon; ${world.traffic.tried.size} pairs tried, ${waited} reported ` +
          `waiting, ${told} told in ${mails} mails, ${repeats} of them again; ${lost} lost in the last second ` +
          `before a kill; ${databases} databases looked at`,
      );
      assert.equal(problems.length, 0, `seed ${seed}: ${problems.length} problems\n${problems.join('\n')}`);
    });
  }
});
