/** The script of a scenario, step by step: each verb goes to the world, or to a program or the mail server in it. */
import type { Actor, Calendar } from '../kernel/calendar.ts';
import type { Loop } from '../kernel/loop.ts';
import type { ScriptStep, Verb } from '../scenario/types.ts';
import type { Witness } from '../truth/witness.ts';

interface ScriptOptions {
  readonly calendar: Calendar;
  readonly loop: Loop;
  readonly witness: Pick<Witness, 'step'>;
  readonly carryOut: (verb: Verb) => void;
}

/** What ends a step that lasts for some time. */
const CONTRARY: Readonly<Partial<Record<Verb['verb'], Verb['verb']>>> = {
  ...{ unplug: 'plug', plug: 'unplug', kill: 'revive', revive: 'kill', freeze: 'thaw', thaw: 'freeze' },
  ...{ start: 'stop', stop: 'start', split: 'heal', heal: 'split', cut: 'mend', mend: 'cut' },
  ...{ drop: 'admit', reset: 'admit', reject: 'admit' },
  ...{ killProgram: 'startProgram', startProgram: 'killProgram' },
};
/** Verbs that say how long they last themselves: floods are ended by the rate of nothing. */
const ENDED_BY_RATE: ReadonlySet<Verb['verb']> = new Set(['flood', 'scan', 'backscatter']);
const [BEGIN, END] = [0, 1];

export class Script implements Actor {
  readonly #steps: readonly ScriptStep[];
  readonly #options: ScriptOptions;

  /** All of it is in the calendar at once. */
  constructor(steps: readonly ScriptStep[], options: ScriptOptions) {
    this.#steps = steps;
    this.#options = options;
    const { calendar } = options;
    const actor = calendar.admit(this);
    for (const [index, { atUs, forUs }] of steps.entries()) {
      calendar.enter(atUs, actor, BEGIN, index);
      if (forUs !== null) calendar.enter(atUs + forUs, actor, END, index);
    }
  }

  happens(what: number, index: number): void {
    const step = this.#steps[index];
    if (step === undefined) return;
    const { witness, carryOut, loop } = this.#options;
    loop.stir();
    if (what === BEGIN) witness.step(step.text);
    for (const verb of step.verbs) {
      const meant = what === BEGIN ? verb : contraryOf(verb);
      if (meant !== null) carryOut(meant);
    }
  }
}

function contraryOf(verb: Verb): Verb | null {
  if (ENDED_BY_RATE.has(verb.verb)) return { ...verb, rate: 0 } as Verb;
  if (verb.verb === 'mail') return { verb: 'mail', is: 'well' };
  const contrary = CONTRARY[verb.verb];
  return contrary === undefined ? null : ({ ...verb, verb: contrary } as Verb);
}
