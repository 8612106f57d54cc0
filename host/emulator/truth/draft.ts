/** A scenario as it stands in a file, small enough to be changed piece by piece: what is random, and what is made smaller. */
import { Document, isCollection, isMap, isSeq, type Node } from 'yaml';
import { parseScenario, type ScenarioOptions } from '../scenario/load.ts';
import type { Scenario } from '../scenario/types.ts';

/** One of the script, with its keys as in the file. */
export interface DraftStep {
  readonly at: string;
  readonly for?: string;
  readonly every?: string;
  readonly patience?: string;
  readonly rate?: string;
  readonly forged?: string;
  readonly do: string | readonly string[];
}

export interface DraftClient {
  readonly address: string;
  readonly mail: string;
  readonly language?: 'ja';
}

export interface Draft {
  readonly scenario: 1;
  readonly title: string;
  readonly seed: number;
  readonly for: string;
  readonly network?: { readonly lan?: DraftLink; readonly wan?: DraftLink };
  readonly hosts?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly router: {
    readonly clients: readonly DraftClient[];
    readonly servers?: readonly Readonly<Record<string, unknown>>[];
    readonly [section: string]: unknown;
  };
  readonly script: readonly DraftStep[];
}

export interface DraftLink {
  readonly delay?: string;
  readonly loss?: string;
  readonly duplicate?: string;
}

/** What is in a list stands on one line each, and so does what is in a machine. */
function inLines(document: Document): void {
  const root = document.contents;
  if (!isMap(root)) return;
  for (const { value } of root.items) {
    if (isSeq(value)) flow(value.items);
    else if (isMap(value))
      flow(value.items.map((pair) => pair.value).flatMap((one) => (isSeq(one) ? one.items : [one])));
  }
}

function flow(items: readonly unknown[]): void {
  for (const item of items) if (isCollection(item as Node)) (item as { flow?: boolean }).flow = true;
}

/** A file's text; `about`: comment lines above it. */
export function draftText(draft: object, about: readonly string[] = []): string {
  const head = about.map((line) => `# ${line}\n`).join('');
  const document = new Document(draft, { aliasDuplicateObjects: false });
  inLines(document);
  return head + document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** Read as a file of that name is. Throws a RingbackError if it is none. */
export function scenarioOf(
  draft: object,
  name: string,
  options: Pick<ScenarioOptions, 'config'> = {},
): Scenario {
  return parseScenario(draftText(draft), `${name}.yaml`, options);
}
