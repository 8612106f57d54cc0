/** The page of events, as the catalogue has them. */

import type { Entries, EventEntry, Kind, Maybe } from '../../host/log/catalogue/kinds.ts';
import { CHAPTERS } from '../../host/log/events.ts';

const INTRODUCTION = `# Events: what the log says

Made from the code (\`host/log/\`): \`make golden\` writes it anew, and a test holds it to what the program says.

On a terminal \`run\`, \`relay\` and \`takeover\` write lines for people, elsewhere one JSON object a line (\`log:\` says otherwise): \`time\`, \`level\`, \`event\`, and
the fields that belong to it. A field without a type is text; one with \`?\` may be null, or missing. \`reason\` is why, \`peer\` who it is
about or whom it came from; \`message\` is what follows from it, or what to do. Lines of the level \`debug\` are there with \`--verbose\`. What
strangers can cause takes a hundred lines a second at most.`;

/** A table has one line for each, and ends a cell at a bar. */
const cell = (text: string): string => text.replaceAll('|', '\\|');

function typed(kind: Kind): string {
  if (kind === 'text') return '';
  if (typeof kind === 'string') return ` ${kind}`;
  return ` (${kind.join(', ')})`;
}

function field([name, kind]: [string, Kind | Maybe]): string {
  return typeof kind === 'object' && 'maybe' in kind
    ? `\`${name}\`?${typed(kind.maybe)}`
    : `\`${name}\`${typed(kind)}`;
}

function row([event, { level, fields, is, act }]: [string, EventEntry]): string {
  const cells = [
    `\`${event}\``,
    [level].flat().join(', '),
    Object.entries(fields).map(field).join(', '),
    is,
    act ?? '–',
  ];
  return `| ${cells.map(cell).join(' | ')} |`;
}

const named = (events: readonly string[]): string => events.map((event) => `\`${event}\``).join(', ');

function wanting(): string {
  const chapters = Object.entries(CHAPTERS).map(([title, entries]) => {
    const events = Object.entries(entries).filter(([, { act }]) => act !== null);
    return `- ${title}: ${named(events.map(([event]) => event))}`;
  });
  return `## What wants somebody\n\n${chapters.join('\n')}\n\nEverything else is what happened, and nobody has to do anything.`;
}

function chapter([title, entries]: [string, Entries]): string {
  const lines = [`## ${title}`, ''];
  const told = Object.entries(entries).flatMap(([event, { hook }]) =>
    hook ? [event.split('.')[1] ?? ''] : [],
  );
  if (told.length > 0) {
    lines.push(
      `[Hooks](takeover.md#further-keys) are told of changes by the word behind \`takeover.\`: ${named(told)}; of what is said at the`,
      'start and the end of the program, and of `debug` lines, they are not.',
      '',
    );
  }
  lines.push('| event | level | fields | is | what to do |', '|---|---|---|---|---|');
  return [...lines, ...Object.entries(entries).map(row)].join('\n');
}

export function page(): string {
  return `${[INTRODUCTION, wanting(), ...Object.entries(CHAPTERS).map(chapter)].join('\n\n')}\n`;
}
