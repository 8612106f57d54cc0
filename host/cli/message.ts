/** `ringback message`: what people read on the page in a dead server's place. */

import { loadRouterConfiguration } from '../config/router/file.ts';
import { ask } from '../control/ask-state.ts';
import { RingbackError } from '../errors.ts';
import { tables } from '../fabric/module.ts';
import { DAY_MS, parseDuration } from '../net/duration.ts';
import { MAX_MESSAGE } from '../page/html/pages.ts';
import { type MessageAnswer, messageRoutes } from '../router/operator-message.ts';
import type { Time } from '../time.ts';

interface Given {
  /** The configuration file. */
  readonly config: string;
  readonly json: boolean;
  readonly until: string | undefined;
  readonly clear: boolean;
  readonly time: Time;
}

/** Returns what is to be printed. `words` are the message; none: what it is at present. Throws RingbackError. */
export async function messageCommand(
  { config, json, until, clear, time }: Given,
  words: readonly string[],
): Promise<string> {
  if (words.length > 1) throw wrong('more than one message; put it in quotation marks');
  const [text = null] = words;
  if (text !== null && text.trim() === '') throw wrong('the message is empty; --clear takes it away');
  if (clear && (text !== null || until !== undefined)) throw wrong('--clear stands alone');
  if (text === null && until !== undefined) throw wrong('--until needs a message');
  if (text !== null && [...text].length > MAX_MESSAGE) {
    throw wrong(`the message is longer than ${MAX_MESSAGE} characters`);
  }
  const forMs = until === undefined ? null : untilOf(until, new Date(time.wallMs()));
  if (forMs !== null && forMs <= 0) throw wrong(`--until ${until} is over`);
  const configuration = loadRouterConfiguration(config, tables.limits);
  const place = { command: 'run', ...configuration, time };
  const order = text === null && !clear ? undefined : { text, forMs };
  const answer = (await ask(place, '/message', order, messageRoutes)).answer as MessageAnswer;
  if (json) return JSON.stringify(answer);
  if (answer.text === null) return 'The page has no message.';
  const end = answer.until === null ? '' : ` (until ${new Date(answer.until).toLocaleString('sv-SE')})`;
  const nobody = configuration.page === null ? ` Nobody reads it: there is no page in ${config}.` : '';
  return `The ${nobody === '' ? 'page says' : 'message is'}: ${answer.text}${end}${nobody}`;
}

/** Milliseconds from now: of a span (`2h`), the next time that it is so late (`18:30`), or a date (`2026-11-23T08:00`). */
export function untilOf(text: string, now: Date): number {
  const spanMs = parseDuration(text);
  if (spanMs !== null) return spanMs;
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hours !== undefined && minutes !== undefined) {
    const then = new Date(now);
    then.setHours(Number(hours), Number(minutes), 0, 0);
    const aheadMs = then.getTime() - now.getTime();
    return aheadMs > 0 ? aheadMs : aheadMs + DAY_MS;
  }
  const date = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(date)) throw wrong(`--until ${text} is no time; 2h, 18:30 or 2026-11-23T08:00 are`);
  return date - now.getTime();
}

function wrong(message: string): RingbackError {
  return new RingbackError('usage', `message: ${message}; ringback message --help`);
}
