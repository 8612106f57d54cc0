/** What a report, a terminal's last word and machines are made from. */
import type { Scenario } from '../scenario/types.ts';
import type { RunVerdict } from '../truth/verdict.ts';
import type { Directory } from '../truth/witness.ts';
import type { Chronicle } from './chronicle.ts';
import type { Outcome } from './outcome.ts';

export interface ReportFacts {
  readonly scenario: Scenario;
  readonly directory: Directory;
  readonly chronicle: Chronicle;
  readonly verdict: RunVerdict;
  readonly outcome: Outcome;
  /** Frames by verdict and events of the tables, as `ringback status` has them; what the router's kernel limited; by name. */
  readonly counters: readonly { readonly title: string; readonly counts: Readonly<Record<string, number>> }[];
  /** What was played: the scenario's file, and what else decided. */
  readonly files: readonly { readonly title: string; readonly text: string }[];
  /** Which repeats it. */
  readonly command: string;
  readonly version: string;
}
