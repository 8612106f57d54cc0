/** `ringback status` of a relay: what it has in hand. */

import type { ListRecord, NoticeRecord } from '../control/records.ts';
import {
  dateText,
  lastedText,
  noticesText,
  placeText,
  type StatePlace,
  stateText,
  untoldText,
} from '../control/records-text.ts';
import type { Clock } from '../store/clock.ts';
import type { OutboxCounts } from '../store/outbox.ts';
import type { TrapCounters } from '../traps/listener.ts';
import type { MailboxHealth } from './schedule.ts';

interface Facts {
  readonly startedAt: Date;
  readonly clock: Clock;
  readonly state: StatePlace;
  readonly mailbox: MailboxHealth & { readonly place: string; readonly user: string };
  readonly lists: readonly ListRecord[];
  readonly notices: OutboxCounts;
  readonly pending: readonly NoticeRecord[];
  readonly traps: TrapCounters | null;
}

/** The answer of the control socket. Times are ISO 8601; null where the clock was wrong, or there is none. */
export interface RelayStatus {
  readonly since: string;
  readonly mailbox: {
    readonly place: string;
    readonly user: string;
    /** Why the last look into it failed; null: it did not. */
    readonly reason: string | null;
    /** It is nothing that passes: until somebody has mended it, looks are seldom. */
    readonly isForMending: boolean;
    readonly looked: string | null;
    /** Seconds until the next look; null: it is under way. */
    readonly nextInSeconds: number | null;
  };
  /** The last few lists, latest first. */
  readonly lists: readonly ListRecord[];
  /** `queued` is what `pending` is: the word that history and outbox have for it. */
  readonly notices: OutboxCounts & { readonly queued: number };
  /** The first few of the pending ones. */
  readonly pending: readonly NoticeRecord[];
  readonly state: StatePlace;
  readonly traps: TrapCounters | null;
}

export function relayStatusOf({ startedAt, clock, mailbox, notices, ...facts }: Facts): RelayStatus {
  const { place, user, reason, isForMending, lookedMs, nextMs } = mailbox;
  const looked = lookedMs === null ? null : (clock.dateOf(lookedMs)?.toISOString() ?? null);
  const nextInSeconds = nextMs === null ? null : Math.round(Math.max(0, nextMs - clock.nowMs())) / 1000;
  return {
    since: startedAt.toISOString(),
    mailbox: { place, user, reason, isForMending, looked, nextInSeconds },
    notices: { ...notices, queued: notices.pending },
    ...facts,
  };
}

/** The status as a page for people. */
export function relayStatusText(status: RelayStatus): string {
  const { since, mailbox, lists, notices, pending, state } = status;
  const { place, user, reason, isForMending, looked, nextInSeconds } = mailbox;
  const next = nextInSeconds === null ? 'now' : `in ${lastedText(nextInSeconds)}`;
  const last = looked === null ? 'not looked into yet' : `looked into ${dateText(looked)}`;
  const lines = [
    `running since ${dateText(since)}`,
    '',
    `Mailbox ${user} at ${place}: ${last}, next ${next}`,
  ];
  if (reason !== null) lines.push(`  it can't be read: ${reason}`);
  if (isForMending) lines.push('  when it is mended, SIGHUP makes it look at once');
  lines.push('', lists.length === 0 ? 'No list has come yet.' : 'Lists:');
  for (const list of lists) {
    const { server, part, parts, clients, people, told, received } = list;
    const which = parts === 1 ? '' : ` part ${part}/${parts}`;
    const others = untoldText({ ...list, untold: null, handedOver: null });
    lines.push(
      `  ${placeText({ server, port: 0 })}${which}  ${dateText(received)}, ${clients} on it, ${told} of ${people} people told${others && `, ${others}`}`,
    );
  }
  return [...lines, '', ...noticesText(notices, pending), stateText(state)].join('\n');
}
