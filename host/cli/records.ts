/** `ringback history` and `ringback outbox`: asks the process that runs, or opens the state if none does. */

import { nearest } from '../config/nearest.ts';
import { ask } from '../control/ask-state.ts';
import { isMessageId, MAX_RECORDS, recordCount } from '../control/record-routes.ts';
import type { HistoryAnswer, OrderAnswer, OutboxAnswer } from '../control/records.ts';
import { countText, historyText, outboxText } from '../control/records-text.ts';
import { RingbackError } from '../errors.ts';
import type { Time } from '../time.ts';
import { type AskedFile, askedOf } from './asked.ts';

interface Given {
  /** The file that says whom to ask. */
  readonly of: AskedFile;
  readonly json: boolean;
  readonly last: string | undefined;
  readonly time: Time;
}

export const OUTBOX_ACTIONS = ['list', 'retry', 'drop'];

/** Returns what is to be printed. Throws RingbackError. */
export async function historyCommand({ of, json, last, time }: Given): Promise<string> {
  const question = `/history${lastQuery('history', last)}`;
  const { answer } = await askedOf(of, (place) => ask({ ...place, time }, question));
  return json ? JSON.stringify(answer) : historyText(answer as HistoryAnswer);
}

/** Returns what is to be printed. `words` are what to do (nothing: list), and Message-IDs. Throws RingbackError. */
export async function outboxCommand(
  given: Given & { readonly all: boolean },
  words: readonly string[],
): Promise<string> {
  const { json, time } = given;
  const [action = 'list', ...ids] = words;
  if (!OUTBOX_ACTIONS.includes(action)) {
    const meant = nearest(action, OUTBOX_ACTIONS);
    const advice = meant === null ? `there are ${OUTBOX_ACTIONS.join(', ')}` : `do you mean ${meant}?`;
    throw wrong(`no action ${JSON.stringify(action)}; ${advice}`);
  }
  if (action === 'list') {
    const { all, last } = given;
    if (ids.length > 0) throw wrong(`list ${ids[0]} is too much`);
    if (all) throw wrong(`list does not take --all; --last ${MAX_RECORDS} lists as many as there can be`);
    const question = `/outbox${lastQuery('outbox', last)}`;
    const { answer } = await askedOf(given.of, (place) => ask({ ...place, time }, question));
    return json ? JSON.stringify(answer) : outboxText(answer as OutboxAnswer);
  }
  const body = order(action, ids, given);
  return askedOf(given.of, async (place) => {
    const { answer, isLive } = await ask({ ...place, time }, `/outbox/${action}`, body);
    return json
      ? JSON.stringify(answer)
      : orderText(action, answer as OrderAnswer, isLive ? null : place.command);
  });
}

function order(
  action: string,
  ids: readonly string[],
  { all, last }: { readonly all: boolean; readonly last: string | undefined },
): unknown {
  if (last !== undefined) throw wrong(`${action} does not take --last`);
  if (all === ids.length > 0) throw wrong(`${action} takes Message-IDs, or --all`);
  const none = ids.find((id) => !isMessageId(id));
  if (none !== undefined) throw wrong(`${JSON.stringify(none)} is no Message-ID`);
  return all ? { all } : { ids };
}

/** `command`: what must run for it; null: it does. */
function orderText(action: string, { notices, beingSent }: OrderAnswer, command: string | null): string {
  const left = beingSent > 0 ? `; ${countText(beingSent)} being sent at this moment` : '';
  if (action === 'drop') return `${countText(notices)} dropped${left}`;
  const when = command === null ? 'now' : `when \`ringback ${command}\` runs`;
  return `${countText(notices)} to be tried ${when}${left}`;
}

function lastQuery(name: string, last: string | undefined): string {
  if (last === undefined) return '';
  const count = recordCount(last);
  if (count === null) {
    const allowed = `a number from 1 to ${MAX_RECORDS} is expected`;
    throw new RingbackError('usage', `${name}: --last ${last} is wrong; ${allowed}`);
  }
  return `?last=${count}`;
}

function wrong(message: string): RingbackError {
  return new RingbackError('usage', `outbox: ${message}; ringback outbox --help`);
}
