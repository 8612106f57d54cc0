/** The reference on the page of the emulator: every key, verb and promise as schema, grammar and program have them. */

import { loadScenario, shippedScenarios } from '../../../host/emulator/scenario/load.ts';
import { GRAMMAR } from '../../../host/emulator/scenario/verbs.ts';
import { PROMISES } from '../../../host/emulator/truth/promise.ts';
import { type Row, rowsOf, SCENARIO, type Section, sectionsOf, yaml } from '../configuration/rows.ts';

/** Above it stands what people write. */
const MARK = '<!-- What follows is made of schema, grammar and promises: make golden writes it anew. -->';

const cell = (text: string): string => text.replaceAll('|', '\\|');

function usualText(usual: Row['usual']): string {
  if (usual === null) return '–';
  if (usual === 'required') return '*required*';
  return 'value' in usual ? `\`${yaml(usual.value)}\`` : usual.text;
}

/** Fields of events have a page of their own. */
const isOwn = ({ about }: Row): boolean => about !== 'A field of it.';

function table({ name, variant, rows }: Section): string {
  const which = [name ?? 'at the top', ...(variant === null ? [] : [variant])].join(', ');
  return [
    `### ${which}`,
    '',
    '| key | type | default | allowed | is |',
    '|---|---|---|---|---|',
    ...rows
      .filter(isOwn)
      .map(
        ({ path, type, usual, allowed, about }) =>
          `| ${[`\`${path}\``, type, usualText(usual), allowed ?? '', about].map(cell).join(' | ')} |`,
      ),
  ].join('\n');
}

function verbTable(): string {
  const rows = Object.values(GRAMMAR).map(({ usage, about }) => `| \`${cell(usage)}\` | ${cell(about)} |`);
  return ['## Verbs of a script', '', '| verb | does |', '|---|---|', ...rows].join('\n');
}

function shippedTable(): string {
  const rows = shippedScenarios().map((name) => `| \`${name}\` | ${cell(loadScenario(name).title)} |`);
  return ['## Scenarios that are shipped', '', '| name | shows |', '|---|---|', ...rows].join('\n');
}

/** `there`: the page as it is. */
export function emulatorPage(there: string): string {
  const [prose = ''] = there.split(MARK);
  const promises = Object.values(PROMISES).map((promise) => `- ${promise}.`);
  const reference = sectionsOf(rowsOf(SCENARIO.schema)).map(table);
  return `${[
    `${prose.trimEnd()}\n\n${MARK}`,
    `## All promises\n\n${promises.join('\n')}`,
    shippedTable(),
    verbTable(),
    '## Every key\n\n`NAME` is a name of your own. Fields of expected events are those of the [events](events.md).',
    ...reference,
  ].join('\n\n')}\n`;
}
