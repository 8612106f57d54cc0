/**
 * The relay's promise, against death: it is killed at random moments, and now and then the mailbox under it, over list
 * mails that come whole, in parts, twice and forged. Seeds make the same decisions in every run.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { before, describe, it } from 'node:test';
import { Lab } from '../../board/lab/lab.ts';
import { RelayWorld } from './relay/crash/world.ts';
import { noMailHost } from './relay/daemon.ts';

const SEEDS = [1, 2];
const ROUNDS = 14;

describe('whoever is on a list', { concurrency: SEEDS.length, skip: noMailHost() }, () => {
  before(() => {
    Lab.given();
    // The mail servers that take the notices are where the tests are.
    execFileSync('ip', ['link', 'set', 'lo', 'up']);
  });

  for (const seed of SEEDS) {
    it(`is told once, though the relay was killed ${ROUNDS} times (seed ${seed})`, {
      timeout: 600_000,
    }, async (context) => {
      const world = await RelayWorld.open(seed);
      // Not a finally block: that would never run if the world got stuck.
      context.after(() => world.close());
      for (let round = 1; round <= ROUNDS; round++) await world.round(round);
      await world.finish();
      const { told, mails } = world.judge();
      const { relayKills, dovecotKills } = world.counts;
      const { lists } = world;
      context.diagnostic(
        `seed ${seed}: ${relayKills} kills of the relay, ${dovecotKills} of dovecot; ${lists.mails} list mails, ` +
          `${lists.forgedMails} of them forged; ${lists.named.size} pairs on lists, ${told} told in ${mails} mails`,
      );
      const { problems } = world;
      assert.equal(problems.length, 0, `seed ${seed}: ${problems.length} problems\n${problems.join('\n')}`);
    });
  }
});
