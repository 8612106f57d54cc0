/** What the log says of mails on their way out. */
import type { Fields } from '../log.ts';
import type { Notice } from '../store/outbox.ts';

/** `notice.sent`, or of a list `list.sent`. */
export function eventOf(what: string, { list }: Notice): string {
  return `${list === undefined ? 'notice' : 'list'}.${what}`;
}

/** A line of the log for each server that the mail tells of. */
export function fieldsOf({ mail, messageId, items, list }: Notice): Fields[] {
  if (list !== undefined) {
    const { server, clients, part, parts } = list;
    return [{ server, mail, messageId, clients, part: `${part}/${parts}` }];
  }
  return items.map(({ server, client }) => ({ server, client, mail, messageId }));
}
