/** `ringback takeover --give`, `--return` and `--status`: what an operator says to a running node. */
import { askControl } from '../control/socket.ts';
import { RingbackError } from '../errors.ts';
import type { Handover } from '../takeover/ports/handover.ts';
import { type TakeoverStatus, takeoverStatusText } from '../takeover/status.ts';
import { askedOf } from './asked.ts';

export interface TakeoverOrder {
  /** The configuration file. */
  readonly config: string;
  readonly json: boolean;
  readonly give: boolean;
  readonly return: boolean;
  readonly status: boolean;
  readonly warn: (line: string) => void;
}

/** Whether the command line is an order to a running node, and not the role itself. */
export function isOrder(order: TakeoverOrder, words: readonly string[]): boolean {
  return order.give || order.return || order.status || words.length > 0;
}

/** What is to be printed, and whether all was done. Throws RingbackError. */
export async function takeoverCommand(
  order: TakeoverOrder,
  words: readonly string[],
): Promise<{ readonly text: string; readonly done: boolean }> {
  const [first, ...more] = words;
  const word = !order.give && !order.return && !order.status ? first : undefined;
  const wanted = [
    ...(order.give || word === 'give' ? (['give'] as const) : []),
    ...(order.return || word === 'return' ? (['return'] as const) : []),
    ...(order.status || word === 'status' ? (['status'] as const) : []),
  ];
  const [what] = wanted;
  if (what === undefined) throw wrong(`${first} is too much`);
  if (wanted.length > 1) throw wrong(`--${wanted.join(' and --')} exclude each other`);
  const named = word === undefined ? words : more;
  if (what === 'status' && named.length > 0) throw wrong(`${named[0]} is too much`);
  const of = { file: order.config, role: 'takeover', warn: order.warn } as const;
  return askedOf(of, async ({ control }) => {
    if (what === 'status') {
      const status = await askControl(control, '/status', undefined, 'takeover');
      return {
        text: order.json ? JSON.stringify(status) : takeoverStatusText(status as TakeoverStatus),
        done: true,
      };
    }
    const { addresses } = (await askControl(control, `/${what}`, named, 'takeover')) as {
      readonly addresses: readonly Handover[];
    };
    const done = addresses.every((one) => one.done);
    if (order.json) return { text: JSON.stringify({ addresses }), done };
    return {
      text: addresses.length === 0 ? nothing(what) : addresses.map((one) => line(what, one)).join('\n'),
      done,
    };
  });
}

function nothing(what: 'give' | 'return'): string {
  return what === 'give' ? 'There is nothing to give.' : 'There is nothing to give back.';
}

function line(what: 'give' | 'return', { address, done, reason }: Handover): string {
  const verb = what === 'give' ? 'given to the standby' : 'back at its active';
  const said = `${address}: ${done ? '' : 'not '}${verb}`;
  return reason === null || reason === '' ? said : `${said}: ${reason}`;
}

function wrong(message: string): RingbackError {
  return new RingbackError('usage', `takeover: ${message}; ringback takeover --help`);
}
