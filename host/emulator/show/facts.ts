/** What a report, a terminal's last word and machines are made from. */
import type { Scenario } from '../scenario/types.ts';
import type { Directory } from '../truth/witness.ts';
import type { Chronicle } from './chronicle.ts';

/** A promise as it turned out (`truth/promise.ts`). */
export interface ShownPromise {
  readonly title: string;
  /** How often it was looked at. */
  readonly checked: number;
  readonly broken: number;
  readonly breaches: readonly { readonly sentence: string; readonly events: readonly string[] }[];
  readonly excuses: readonly { readonly why: string; readonly times: number; readonly first: string }[];
}

export interface ShownExpectation {
  readonly text: string;
  /** null: it came true. */
  readonly problem: string | null;
}

/** Somebody who was turned away. */
export interface ShownPerson {
  readonly name: string;
  readonly address: string;
  readonly mail: string | null;
  readonly server: string;
  readonly fromUs: number;
  readonly tries: number;
  readonly toldUs: number | null;
  /** Why he was not told. */
  readonly why: string | null;
}

export interface ShownVerdict {
  readonly promises: readonly ShownPromise[];
  readonly expectations: readonly ShownExpectation[];
  /** The first ones. */
  readonly people: readonly ShownPerson[];
  readonly peopleCount: number;
  readonly toldCount: number;
  /** Those who were not told, by the reason. */
  readonly untold: readonly { readonly why: string; readonly count: number }[];
}

export interface ReportFacts {
  readonly scenario: Scenario;
  readonly directory: Directory;
  readonly chronicle: Chronicle;
  readonly verdict: ShownVerdict;
  /** Frames by verdict and events of the tables, as `ringback status` has them; what the router's kernel limited; by name. */
  readonly counters: readonly { readonly title: string; readonly counts: Readonly<Record<string, number>> }[];
  /** What was played: the scenario's file, and what else decided. */
  readonly files: readonly { readonly title: string; readonly text: string }[];
  /** Which repeats it. */
  readonly command: string;
  readonly version: string;
}
