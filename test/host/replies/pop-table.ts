/** What the page says of POP replies. */
import type { PopErrorKind } from '../../../host/pop/error.ts';
import { refusalOf, replyStatus, sizeOf, totalOf, uidlOf } from '../../../host/pop/replies.ts';
import { TO_BE_MENDED } from '../../../host/relay/schedule.ts';
import {
  COMMANDS,
  type Command,
  LIST_LINES,
  REFUSALS,
  STAT_LINES,
  STATUS_LINES,
  UIDL_LINES,
} from './pop-forms.ts';
import { table } from './smtp-table.ts';

/** What an `-ERR` to a command comes to where the session goes on as if nothing was. */
export const GOES_ON: Readonly<Partial<Record<Command, string>>> = {
  CAPA: 'goes on without',
  UIDL: 'goes on with Message-IDs',
  TOP: 'goes on with RETR',
  RETR: 'goes on without the message',
  DELE: 'goes on without the message',
  QUIT: 'is deleted again at the next look',
};

/** null: the session goes on. */
export function kindOf(command: Command, line: string): PopErrorKind | null {
  if (command === 'CAPA') return null;
  const kind = refusalOf(command, line);
  return kind === 'refused' ? null : kind;
}

export function refusalTable(): string {
  const rows = COMMANDS.map((command) => [
    command,
    ...REFUSALS.map((line) => {
      const kind = kindOf(command, line);
      return kind === null ? (GOES_ON[command] ?? '') : `${kind}${TO_BE_MENDED.has(kind) ? ' (seldom)' : ''}`;
    }),
  ]);
  return table(['To', ...REFUSALS.map((line) => `\`${line}\``)], rows);
}

export function formTable(): string {
  const shown = (line: string): string => (line === '' ? '(an empty line)' : `\`${short(line)}\``);
  const listed = (read: { number: number; value: string | number | null } | null): string =>
    read === null
      ? 'no POP3'
      : `message ${read.number}, ${read.value === null ? 'not known' : `\`${short(String(read.value))}\``}`;
  const all: readonly (readonly [what: string, lines: readonly string[], read: (line: string) => string])[] =
    [
      ['status', STATUS_LINES, (line) => replyStatus(line) ?? 'no POP3'],
      ['STAT', STAT_LINES, (line) => (totalOf(line) === null ? 'no POP3' : `${totalOf(line)} messages`)],
      ['UIDL', UIDL_LINES, (line) => listed(uidlOf(line))],
      ['LIST', LIST_LINES, (line) => listed(sizeOf(line))],
    ];
  const rows = all.flatMap(([what, lines, read]) => lines.map((line) => [what, shown(line), read(line)]));
  return table(['Line', 'As it comes', 'Is read as'], rows);
}

function short(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1);
  return escaped.length > 40 ? `${escaped.slice(0, 8)}… (${text.length} characters)` : escaped;
}
