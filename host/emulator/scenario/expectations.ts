/** The section `expect` of a scenario: what must have come true at its end. */
import * as v from 'valibot';
import { nearest } from '../../config/nearest.ts';
import { choice, entry, isMapping, list, mapping, Refusal, type Shape, value } from '../../config/shape.ts';
import { flag, mail } from '../../config/values.ts';
import { CHAPTERS } from '../../log/events.ts';
import type { ExpectationText } from './text.ts';
import { MAX_US, share, time, times, window } from './values.ts';

const EVENTS = new Map(Object.values(CHAPTERS).flatMap((entries) => Object.entries(entries)));
const FIELDS = [...new Set([...EVENTS.values()].flatMap(({ fields }) => Object.keys(fields)))];
const MAX_PEOPLE = 1000;

const eventName: Shape<string> = value({
  noun: 'an event',
  allowed: 'an event of the log, as in outage.opened; docs/events.md has them',
  json: { type: 'string' },
  read(input) {
    if (typeof input !== 'string') return undefined;
    if (EVENTS.has(input)) return input;
    const near = nearest(input, [...EVENTS.keys()]);
    return near === null ? undefined : new Refusal(`is not an event (did you mean "${near}"?)`);
  },
});

const field: Shape<string | number | boolean> = value<string | number | boolean>({
  noun: 'a word or a number',
  allowed: 'what the log says there; machines by their names, as in s80 or s80 6',
  json: { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }] },
  read: (input) =>
    typeof input === 'string' || typeof input === 'number' || typeof input === 'boolean' ? input : undefined,
});

/** Any field that some event has. */
const fields = Object.fromEntries(FIELDS.map((name) => [name, entry('A field of it.', v.optional(field))]));

const event: Shape<ExpectationText> = v.pipe(
  mapping({
    ...fields,
    event: entry('A line of the log, of the router or of another program.', eventName),
    within: entry('When, since the beginning.', v.optional(window), 'any time'),
    times: entry('How often; never is 0.', v.optional(times), 'once or more'),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { event: name, within: _within, times: _times, ...rest } = dataset.value as Record<string, unknown>;
    const known = EVENTS.get(String(name))?.fields ?? {};
    for (const [key, given] of Object.entries(rest)) {
      if (given === undefined || Object.hasOwn(known, key)) continue;
      const has = Object.keys(known).join(', ');
      const message = `is no field of ${String(name)}; it has ${has === '' ? 'none' : has}`;
      addIssue({
        message,
        path: [{ type: 'object', origin: 'key', input: dataset.value, key, value: given }],
      });
    }
  }),
  v.transform((keys): ExpectationText => {
    const { event: name, within, times: often, ...rest } = keys;
    const given = Object.entries(rest).filter((pair): pair is [string, string | number | boolean] => {
      const [, one] = pair;
      return typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean';
    });
    return {
      kind: 'event',
      event: name,
      fields: Object.fromEntries(given),
      within: within ?? null,
      times: often ?? null,
    };
  }),
);

const EVERYBODY = 'everybody known who waited';
const NOBODY = ['nobody else', 'nobody'];

const words: Shape<'everybody who waited' | 'nobody else'> = value<'everybody who waited' | 'nobody else'>({
  noun: 'a group of people',
  allowed: `mail addresses in a list, "${EVERYBODY}", or "nobody else"`,
  json: { enum: [EVERYBODY, ...NOBODY] },
  read: (input) => {
    if (input === EVERYBODY) return 'everybody who waited';
    return typeof input === 'string' && NOBODY.includes(input) ? 'nobody else' : undefined;
  },
});
const people = list(mail, { allowed: 'mail addresses, as in [sato@example.jp]', min: 1, max: MAX_PEOPLE });

const told: Shape<ExpectationText> = v.pipe(
  mapping({
    told: entry(
      'Who gets a recovery notice.',
      choice<readonly string[] | 'everybody who waited' | 'nobody else'>([words, people], (input) =>
        Array.isArray(input) ? people : words,
      ),
    ),
    once: entry('Each gets one, and no more.', v.optional(flag, false)),
    within: entry('When, since the beginning.', v.optional(window), 'any time'),
  }),
  v.transform(
    (keys): ExpectationText => ({
      kind: 'told',
      told: keys.told,
      once: keys.once,
      within: keys.within ?? null,
    }),
  ),
);

const latency: Shape<ExpectationText> = v.pipe(
  mapping({
    'back to told': entry(
      'From the moment at which a service answers again to the mail of each who waited.',
      mapping({
        p50: entry('Half of them within this.', v.optional(time(1, MAX_US))),
        p99: entry('All but one in a hundred within this.', v.optional(time(1, MAX_US))),
      }),
    ),
  }),
  v.transform(({ 'back to told': { p50, p99 } }): ExpectationText => {
    return { kind: 'latency', p50Us: p50 ?? null, p99Us: p99 ?? null };
  }),
);

const clients: Shape<ExpectationText> = v.pipe(
  mapping({
    'table clients': entry(
      'Who waits, of the places that there are (fabric.capacity.clients).',
      mapping({ peak: entry('At the most.', share) }),
    ),
  }),
  v.transform(({ 'table clients': { peak } }): ExpectationText => ({ kind: 'clients', peak })),
);

const KINDS = { event, told, 'back to told': latency, 'table clients': clients } as const;
const NAMES = Object.keys(KINDS).join(', ');
const nothing: Shape<ExpectationText> = v.pipe(
  v.unknown(),
  v.rawTransform(({ addIssue, NEVER }): ExpectationText => {
    addIssue({ message: `says nothing that can be expected; it begins with one of ${NAMES}` });
    return NEVER;
  }),
);

const expectation: Shape<ExpectationText> = choice<ExpectationText>(Object.values(KINDS), (input) => {
  if (!isMapping(input)) return nothing;
  for (const [key, shape] of Object.entries(KINDS)) if (Object.hasOwn(input, key)) return shape;
  return nothing;
});

export const expectations = list(expectation, { allowed: 'a list of what is expected', max: 1000 });
