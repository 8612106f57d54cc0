/** `ringback explain`: why somebody is told or not, and what is believed of a server. */
import { askControl } from '../control/socket.ts';
import { RingbackError } from '../errors.ts';
import { CHAPTERS } from '../log/events.ts';
import { detailsText } from '../log/log.ts';
import type { Explanation } from '../router/explain.ts';
import { type AskedFile, askedOf } from './asked.ts';

interface Given {
  readonly of: AskedFile;
  readonly json: boolean;
}

/** Returns what is to be printed. Throws RingbackError. */
export async function explainCommand({ of: file, json }: Given, words: readonly string[]): Promise<string> {
  const [of, more] = words;
  const wrong = (what: string): RingbackError =>
    new RingbackError('usage', `explain: ${what}; ringback explain --help`);
  if (of === undefined) throw wrong('whom? give the address of a client or a server, or a mail address');
  if (more !== undefined) throw wrong(`${more} is too much`);
  const asked = new URLSearchParams({ of });
  const answer = await askedOf(file, async ({ control, command }) => {
    if (command !== 'run') throw wrong(`a ${command} knows nothing of it; ask the router with its file`);
    return (await askControl(control, `/explain?${asked}`, undefined, command)) as Explanation;
  });
  return json ? JSON.stringify(answer) : explanationText(answer);
}

function explanationText({ says, lately }: Explanation): string {
  if (lately.length === 0) return says.join('\n');
  const events = lately.map(
    ({ at, event, fields }) => `  ${at}  ${event}  ${detailsText(fields)}\n      ${meaning(event)}`,
  );
  return [...says, '', 'Lately:', ...events].join('\n');
}

/** What the catalogue says of an event, without links. */
function meaning(event: string): string {
  const [entry] = Object.values(CHAPTERS).flatMap((entries) =>
    Object.hasOwn(entries, event) ? [entries[event]] : [],
  );
  return (entry?.is ?? '').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
}
