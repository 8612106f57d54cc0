/** What the log says of mails on their way out. */
import type { Event, FieldsOf, LevelOf } from '../log/events.ts';
import type { Fields, Log } from '../log/log.ts';
import type { Notice } from '../store/notice-rows.ts';

type What = 'queued' | 'sent' | 'held' | 'retried' | 'failed';

/** What is said beside whose mail it is: of lists the same. */
type More<W extends What> = Omit<
  FieldsOf<`notice.${W}`>,
  'server' | 'client' | 'otherClients' | 'mail' | 'messageId'
>;

/** Logs `notice.sent`, a line for each server that the mail tells of; or of a list `list.sent`. */
export function sayOf<W extends What>(
  log: Log,
  level: LevelOf<`notice.${W}`>,
  what: W,
  { mail, messageId, items, list }: Notice,
  more: More<W>,
): void {
  // That both have the same levels, and the same beside whose mail it is, the compiler can't see of any of them.
  const say = (event: Event, fields: Fields): void => log.at<Event>(level, event, fields as FieldsOf<Event>);
  if (list !== undefined) {
    const { server, clients, part, parts } = list;
    say(`list.${what}`, { server, mail, messageId, clients, part: `${part}/${parts}`, ...more });
    return;
  }
  for (const { server, client, otherClients } of items) {
    const others = otherClients === undefined ? {} : { otherClients: otherClients.join(' ') };
    say(`notice.${what}`, { server, client, ...others, mail, messageId, ...more });
  }
}
