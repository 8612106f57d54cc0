/** The dashboard: where it listens, by which token it is opened, and how much of people it shows. */

import * as v from 'valibot';
import { entry, list, mapping, type Shape } from '../shape.ts';
import type { DashboardConfiguration } from '../types.ts';
import { domain, endpoint, oneOf, secret } from '../values.ts';

/** Anybody may try tokens, as slowly as that is let them. */
const TOKEN_LENGTH = 16;
const MAX_NAMES = 64;

/** null: there is none. */
export const dashboard: Shape<DashboardConfiguration | null> = v.pipe(
  mapping({
    listen: entry('Where it is served; false: there is none.', v.optional(endpoint, '127.0.0.1:8481')),
    token: entry(
      'Whoever has it may look: browsers ask for it, programs send it as a bearer.',
      secret('a token', TOKEN_LENGTH),
    ),
    names: entry(
      'Names by which browsers may ask for it, beside localhost and addresses; no others are answered.',
      v.optional(list(domain, { allowed: 'a list of host names, as in [router.lan]', max: MAX_NAMES }), []),
    ),
    people: entry(
      'Whether it names clients and mail addresses (named), or only says how many there are (counted).',
      v.optional(oneOf(['counted', 'named']), 'counted'),
    ),
  }),
  v.transform(({ listen, token, names, people }) =>
    listen === null ? null : { listen, token, names, people },
  ),
);
