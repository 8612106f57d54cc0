/** The section `script` of a scenario: what happens, and when. */
import * as v from 'valibot';
import { choice, entry, list, mapping, type Shape } from '../../config/shape.ts';
import { line, oneOf, wholeNumber } from '../../config/values.ts';
import type { StepText } from './text.ts';
import { forged, MAX_US, moment, rate, share, time, window } from './values.ts';
import { type VerbText, verbs } from './verbs.ts';

const MAX_STEPS = 10_000;
const MAX_VERBS = 100;
const MAX_TIMES = 100_000;

interface Done {
  readonly verbs: readonly VerbText[];
  readonly text: string;
}

/** What is said of it keeps its words. */
const oneVerb: Shape<Done> = v.pipe(
  verbs,
  v.transform((all) => ({ verbs: all, text: '' })),
);
const manyVerbs: Shape<Done> = v.pipe(
  list(verbs, { allowed: 'verbs, as in [unplug s80, forget s80]', min: 1, max: MAX_VERBS }),
  v.transform((all) => ({ verbs: all.flat(), text: '' })),
);
const does: Shape<Done> = v.pipe(
  choice<Done>([oneVerb, manyVerbs], (input) => (Array.isArray(input) ? manyVerbs : oneVerb)),
);
/** As it stands there. */
const worded: Shape<Done> = v.pipe(
  v.unknown(),
  v.rawTransform(({ dataset, addIssue, NEVER }): Done => {
    const { value } = dataset;
    const result = v.safeParse(does, value);
    if (result.success) {
      return { ...result.output, text: Array.isArray(value) ? value.join(', ') : String(value) };
    }
    for (const { message, path } of result.issues)
      addIssue(path === undefined ? { message } : { message, path });
    return NEVER;
  }),
  v.metadata({ form: { kind: 'choice', of: [verbs, list(verbs, { allowed: 'verbs', max: MAX_VERBS })] } }),
  v.description('a verb and what it is about, as in try c151 s80; or a list of them'),
);

/** A node, a network or a plan by its name. */
export const name = line('a name', 41);

const step: Shape<StepText> = v.pipe(
  mapping({
    at: entry(
      'When: so long after the beginning, or at a time of day.',
      v.optional(moment),
      'with times: by chance',
    ),
    do: entry('What: a verb and what it is about, or several that are done at once.', worded),
    for: entry(
      'After so long the contrary is done: plug after unplug, mend after cut; a flood ends.',
      v.optional(time(1, MAX_US)),
    ),
    back: entry('Another word for for.', v.optional(time(1, MAX_US))),
    every: entry('With flap: so often it is gone, for half of the time.', v.optional(time(1000, MAX_US))),
    times: entry(
      'So often, at moments that chance draws.',
      v.optional(wholeNumber('a number of times', 1, MAX_TIMES)),
    ),
    any: entry('Whom it meets: some of this population, by chance; do has no node then.', v.optional(name)),
    signs: entry(
      'How machines that are back say so.',
      v.optional(mapping({ trap: entry('So many of them send a trap.', share) })),
    ),
    crowd: entry(
      'These people try the first node of do meanwhile, each of them once.',
      v.optional(
        mapping({
          from: entry('A population of people.', name),
          each: entry('How often each of them.', v.optional(oneOf(['once']), 'once')),
          over: entry('In how long.', v.optional(time(1, MAX_US)), 'nine tenths of for'),
        }),
      ),
    ),
    rate: entry('With flood, scan and backscatter: frames a second.', v.optional(rate)),
    forged: entry('With the same: where their senders pretend to be.', v.optional(forged)),
    patience: entry(
      'With try: when the client gives up.',
      v.optional(time(1, MAX_US)),
      "as its stack's programs do",
    ),
    expect: entry('With try: how it must end.', v.optional(oneOf(['served', 'turned away', 'shown']))),
    within: entry('With expect: how long after it began.', v.optional(window)),
  }),
  v.transform(
    (keys): StepText => ({
      at: keys.at ?? null,
      verbs: keys.do.verbs,
      text: keys.do.text,
      forUs: keys.for ?? null,
      backUs: keys.back ?? null,
      everyUs: keys.every ?? null,
      times: keys.times ?? null,
      any: keys.any ?? null,
      trap: keys.signs?.trap ?? 0,
      crowd: keys.crowd === undefined ? null : { from: keys.crowd.from, overUs: keys.crowd.over ?? null },
      rate: keys.rate ?? null,
      forged: keys.forged ?? null,
      patienceUs: keys.patience ?? null,
      expect: keys.expect ?? null,
      within: keys.within ?? null,
    }),
  ),
);

export const script = list(step, {
  allowed: 'a list of steps, as in {at: 1s, do: try c151 s80}',
  max: MAX_STEPS,
});
