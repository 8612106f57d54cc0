/** What the operator has to say on the page in a dead server's place. */

import type { RecordState } from '../control/records.ts';
import type { ControlRoutes } from '../control/socket.ts';
import { RingbackError } from '../errors.ts';
import { DAY_MS } from '../net/duration.ts';
import { MAX_MESSAGE } from '../page/html/pages.ts';
import { loadSetting, removeSetting, saveSetting } from '../store/settings.ts';

/** A year: whoever means more than that has mistyped. */
export const MAX_MS = 366 * DAY_MS;

export interface MessageAnswer {
  /** null: there is none. */
  readonly text: string | null;
  /** ISO 8601; null: it does not end, or the clock was wrong. */
  readonly until: string | null;
}

/** The message, unless its time is over. */
export function currentMessage(store: RecordState): { text: string; until: Date | null } | null {
  const { clock } = store;
  const message = store.read((sql) => loadSetting(sql, 'message'));
  if (message === null || (message.untilMs !== null && message.untilMs < clock.nowMs())) return null;
  return { text: message.text, until: message.untilMs === null ? null : clock.dateOf(message.untilMs) };
}

export function messageRoutes(store: RecordState): ControlRoutes {
  const answer = (): MessageAnswer => {
    const message = currentMessage(store);
    return { text: message?.text ?? null, until: message?.until?.toISOString() ?? null };
  };
  return {
    'GET /message': answer,
    'POST /message': ({ body }) => {
      const { text, forMs } = orderOf(body);
      const untilMs = forMs === null ? null : store.clock.nowMs() + forMs;
      store.write((sql) => {
        if (text === null) removeSetting(sql, 'message');
        else saveSetting(sql, 'message', { text, untilMs });
      });
      return answer();
    },
  };
}

const EXPECTED = `expected {"text": "…" or null, "forMs": a number or null}, of ${MAX_MESSAGE} characters and a year at the most`;

/** How long it shall stand is a span of time: the router's clock may be wrong. */
function orderOf(body: unknown): { text: string | null; forMs: number | null } {
  if (typeof body === 'object' && body !== null && 'text' in body && 'forMs' in body) {
    const { text, forMs } = body;
    const isText = text === null || (typeof text === 'string' && [...text].length <= MAX_MESSAGE);
    const isTime = forMs === null || (typeof forMs === 'number' && forMs > 0 && forMs <= MAX_MS);
    if (isText && isTime) return { text, forMs };
  }
  throw new RingbackError('usage', EXPECTED);
}
