/** What is judged in a run: the ledger, the promises, and what the scenario expects, from the beginning to the verdict. */
import type { Scenario } from '../scenario/types.ts';
import { type ExpectationResult, Expectations } from './expectations.ts';
import { Ledger, type LedgerOptions } from './ledger.ts';
import type { PromiseResult } from './promise.ts';
import { type Measures, Promises } from './promises.ts';

export interface RunVerdict {
  readonly holds: boolean;
  /** Everything in one. */
  readonly sentence: string;
  readonly promises: readonly PromiseResult[];
  readonly expectations: readonly ExpectationResult[];
}

interface TruthOptions extends LedgerOptions {
  readonly scenario: Scenario;
}

export class Truth {
  /** The witness that hears of everything. */
  readonly ledger: Ledger;
  /** null: there is no router in this world. */
  readonly promises: Promises | null;
  readonly #expectations: Expectations;

  constructor({ scenario, ...options }: TruthOptions) {
    this.ledger = new Ledger(options);
    this.#expectations = new Expectations(this.ledger, scenario);
    const { router, networks, relays } = scenario;
    const looks = [...relays.values()].map(({ relay }) => relay.pop.everyMs * 1000);
    this.promises =
      router === null
        ? null
        : new Promises({
            ...{ ledger: this.ledger, configuration: router },
            isLossy: networks.some(({ link }) => link.loss > 0),
            mailboxUs: Math.max(0, ...looks),
          });
  }

  /** All is over. */
  finish(endUs: number, measures: Measures): RunVerdict {
    const promises = this.promises?.finish(endUs, measures) ?? [];
    const expectations = this.#expectations.finish(promises, measures);
    const broken = promises.reduce((sum, one) => sum + one.broken, 0);
    const missed = expectations.filter(({ holds }) => !holds).length;
    return {
      holds: broken + missed === 0,
      sentence: sentenceOf(broken, missed, expectations.length),
      ...{ promises, expectations },
    };
  }
}

function sentenceOf(broken: number, missed: number, expectations: number): string {
  const kept = broken === 0 ? 'Every promise was kept' : `Promises were broken ${times(broken)}`;
  if (expectations === 0) return `${kept}.`;
  if (missed === 0) {
    const all = expectations === 1 ? 'what was expected' : `all ${expectations} expectations`;
    return `${kept}, ${broken === 0 ? 'and' : 'though'} ${all} came true.`;
  }
  if (expectations === 1) return `${kept}, and what was expected did not come true.`;
  return `${kept}, and ${missed} of ${expectations} expectations did not come true.`;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
