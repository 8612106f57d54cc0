/** The page in a dead server's place: where it listens, for what it answers, and what it offers. */

import * as v from 'valibot';
import { entry, list, mapping, type Shape } from '../shape.ts';
import type { PageConfiguration } from '../types.ts';
import { duration, endpoint, oneOf, port, routerUrl } from '../values.ts';
import { GREETED } from './greetings.ts';

export const ports = (min: number) =>
  list(port, { allowed: 'a list of ports, as in [80, 443]', min, max: 1024 });

const greeted: Shape<readonly number[]> = v.pipe(
  list(port, { allowed: `a list of ports among ${GREETED.join(', ')}` }),
  v.check(
    (ports) => ports.every((one) => GREETED.includes(one)),
    `has a port whose protocol has no such line; ${GREETED.join(', ')} have one`,
  ),
);

/** null: there is none. */
export const page: Shape<PageConfiguration | null> = v.pipe(
  mapping({
    listen: entry('Where the page is served; false: there is none.', v.optional(endpoint, 8480)),
    ports: entry(
      'Ports of dead servers at which it answers; HTTPS can not be answered.',
      v.optional(ports(1), [80]),
    ),
    greet: entry(
      'Ports at which one line refuses for now, in the protocol of the port, and names the page.',
      v.optional(greeted, []),
    ),
    form: entry(
      "Where its form goes: to the dead server's address, or to router_url.",
      v.optional(oneOf(['server', 'router']), 'server'),
    ),
    router_url: entry(
      'This router as people reach it, in the links of mails; needed with form: router.',
      v.optional(routerUrl),
      'an address of this machine',
    ),
    ask_again: entry('After so long a client is asked anew.', v.optional(duration(1000), '30d')),
    known: entry(
      'Whether clients whose mail address is known get the page (show), or none (pass).',
      v.optional(oneOf(['show', 'pass']), 'show'),
    ),
  }),
  v.transform((keys) =>
    keys.listen === null
      ? null
      : {
          listen: keys.listen,
          ports: [...new Set([...keys.ports, ...keys.greet])],
          greet: [...new Set(keys.greet)],
          form: keys.form,
          routerUrl: keys.router_url ?? null,
          askAgainMs: keys.ask_again,
          known: keys.known,
        },
  ),
);
