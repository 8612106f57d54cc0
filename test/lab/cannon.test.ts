import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { connectionRequest } from '../../board/lab/frames.ts';
import { address, type Lab } from '../../board/lab/lab.ts';
import { type Configuration, Ringback, writeConfiguration } from '../../board/lab/ringback.ts';
import { arp } from '../frames.ts';
import { story } from './support.ts';

/** Nobody has these addresses. */
const TARGETS = Array.from({ length: 8 }, (_, i) => `172.27.178.${90 + i}`);
const SATO = 'sato@example.jp';

/** Whoever is believed at once, and whatever sign, is worth most to who makes them up. */
const sections = (hour: number): Configuration => ({
  detect: { ask: 'none', unanswered: false },
  recover: { confirm: 'none', settle: '0s', traps: false },
  notify: { most: { hour, day: 3 } },
});

/** In Sato's name, from a machine that is not his: the router finds nobody there. */
async function pretendTries(lab: Lab, ringback: Ringback, targets: readonly string[]): Promise<void> {
  const cards = {
    fromCard: await lab.cardAddress('c155'),
    toCard: await lab.cardAddress('router', 'lan0'),
  };
  const requests = targets.map((server, i) =>
    connectionRequest({
      ...cards,
      client: address('c151'),
      clientPort: 20_000 + i,
      server,
      port: 80,
      sequence: i,
    }),
  );
  await lab.inject('c155', requests);
  for (const server of targets) await ringback.event({ event: 'client.waiting', server });
}

/** In the names of those machines, one after the other. */
async function pretendReturns(lab: Lab, ringback: Ringback, targets: readonly string[]): Promise<void> {
  for (const server of targets) {
    const claim = arp({ operation: 1, sender: server, target: server });
    claim.fill(0xff, 0, 6);
    await lab.inject('s82', [claim]);
    await ringback.event({ event: 'outage.closed', server, queued: 1 });
  }
}

describe('whoever makes up outages and recoveries in a person’s name', () => {
  story(
    'brings that person so many mails as the operator allows, and one more with all the rest',
    async (lab) => {
      await lab.start('mail');
      const first = await Ringback.start(lab, sections(2));
      await pretendTries(lab, first, TARGETS.slice(0, 5));
      for (const server of TARGETS.slice(0, 2)) {
        await pretendReturns(lab, first, [server]);
        await first.event({ event: 'notice.sent', mail: SATO, server });
      }
      await pretendReturns(lab, first, TARGETS.slice(2, 5));
      await first.event({
        event: 'notice.held',
        mail: SATO,
        reason: '2 mails within an hour: waits for room',
      });
      // What has just been sent would be sent again: its fate is on disk within a second.
      await first.noEventFor({ event: 'stopped' }, 1500);
      await first.stop('SIGKILL');

      const second = await Ringback.start(lab, sections(2));
      await pretendTries(lab, second, TARGETS.slice(5, 7));
      await pretendReturns(lab, second, TARGETS.slice(5, 7));
      await second.noEventFor({ event: 'notice.sent' }, 1000);

      writeConfiguration(lab, sections(3));
      second.signal('SIGHUP');
      for (const server of TARGETS.slice(2, 7)) {
        await second.event({ event: 'notice.sent', mail: SATO, server });
      }
      await pretendTries(lab, second, TARGETS.slice(7));
      await pretendReturns(lab, second, TARGETS.slice(7));
      await second.event({
        event: 'notice.held',
        mail: SATO,
        reason: '3 mails within a day: waits for room',
      });
      const mails = await lab.mails();
      assert.deepEqual(
        mails.map(({ to, headers }) => [...to, headers.get('x-ringback-server')]),
        [
          [SATO, TARGETS[0]],
          [SATO, TARGETS[1]],
          [SATO, TARGETS.slice(2, 7).join(', ')],
        ],
      );
    },
  );
});
