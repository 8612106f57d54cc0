/** The section `network` of a scenario: wires, the router's kernel, and what is behind further routers. */
import * as v from 'valibot';
import { byNames, choice, entry, isMapping, list, mapping, type Shape } from '../../config/shape.ts';
import { address, oneOf, prefix, wholeNumber } from '../../config/values.ts';
import { LABS } from './lab.ts';
import { name } from './script.ts';
import type { BehindText, LinkText, NetworkText } from './text.ts';
import type { LinkPlan } from './types.ts';
import { SECOND_US, share, time } from './values.ts';

const NAME = /^[a-z][a-z0-9-]{0,39}$/;
/** Of things that have names. */
export const names = (what: string, max: number) =>
  ({ name: NAME, allowed: `${what} by names of small letters, digits and hyphens`, max }) as const;
const MAX_NETWORKS = 64;

const WIRE: LinkPlan = { delayUs: 100, loss: 0, duplication: 0 };

/** Keys of a wire. */
const wire = {
  delay: entry('How long a frame is under way.', v.optional(time(0, 10 * SECOND_US)), '0.1ms'),
  loss: entry('So many frames are lost.', v.optional(share), '0%'),
  duplicate: entry('So many come twice.', v.optional(share), '0%'),
};

interface Wire {
  readonly delay?: number | undefined;
  readonly loss?: number | undefined;
  readonly duplicate?: number | undefined;
}

const linkOf = ({ delay, loss, duplicate }: Wire): LinkPlan => ({
  delayUs: delay ?? WIRE.delayUs,
  loss: loss ?? WIRE.loss,
  duplication: duplicate ?? WIRE.duplication,
});

const link: Shape<LinkText> = v.pipe(
  mapping(wire),
  v.transform((keys) => ({ link: linkOf(keys) })),
);

/** Of a machine, or of a next router. */
export const addressList = (max: number) =>
  list(address, { allowed: 'a list of addresses, at most one of each IP version', min: 1, max });
const via: Shape<readonly string[]> = choice<readonly string[]>(
  [address as unknown as Shape<readonly string[]>, addressList(2)],
  (input) =>
    Array.isArray(input)
      ? addressList(2)
      : v.pipe(
          address,
          v.transform((one) => [one]),
        ),
);
const prefixes = choice(
  [prefix as unknown as Shape<BehindText['network']>, list(prefix, { allowed: 'networks' })],
  (input) =>
    Array.isArray(input)
      ? list(prefix, { allowed: 'a list of networks, at most one of each IP version', min: 1, max: 2 })
      : v.pipe(
          prefix,
          v.transform((one) => [one]),
        ),
);

const behind: Shape<BehindText> = v.pipe(
  mapping({
    port: entry('Which interface of the router it is behind: lan0 or wan0.', name),
    via: entry(
      'The next router there, by an address of each IP version.',
      v.optional(via),
      'the last addresses of that link, one after the other',
    ),
    network: entry('Its addresses: a network, or one of each IP version.', prefixes),
    count: entry(
      'So many networks alike, NAME-1 and so on, which share these addresses.',
      v.optional(wholeNumber('a number of networks', 1, MAX_NETWORKS)),
    ),
    ...wire,
  }),
  v.transform((keys) => ({
    port: keys.port,
    via: keys.via ?? [],
    network: keys.network,
    count: keys.count ?? null,
    link: linkOf(keys),
  })),
);

const kernel = mapping({
  is: entry(
    'Which kernel it is like; what is modelled is the same in both.',
    v.optional(oneOf(['linux-6.12', 'linux-6.18']), 'linux-6.12'),
  ),
  gc_thresh3: entry(
    'Neighbours that it can have.',
    v.optional(wholeNumber('a number of neighbours', 16, 1_000_000), 1024),
  ),
  icmp_msgs_per_sec: entry(
    'ICMP messages a second.',
    v.optional(wholeNumber('a number of messages', 1, 1_000_000), 1000),
  ),
  icmp_msgs_burst: entry(
    'ICMP messages at once.',
    v.optional(wholeNumber('a number of messages', 1, 1_000_000), 50),
  ),
});

const wholeNetwork: Shape<NetworkText> = v.pipe(
  mapping({
    is: entry(
      'The machines that are there: those of the lab, or of its duplex network.',
      v.optional(oneOf(LABS), 'lab'),
    ),
    router: entry(
      "The router's kernel.",
      v.optional(mapping({ kernel: entry('Its bounds.', v.optional(kernel, {})) }), {}),
    ),
    lan: entry("The clients' wires: lan0.", v.optional(link, {})),
    wan: entry("The servers' wires: wan0.", v.optional(link, {})),
    behind: entry(
      'Networks behind further routers.',
      v.optional(byNames(behind, names('networks', MAX_NETWORKS)), {}),
    ),
  }),
  v.transform((keys): NetworkText => {
    const limits = keys.router.kernel;
    return {
      is: keys.is,
      limits: {
        neighbours: limits.gc_thresh3,
        icmpPerSecond: limits.icmp_msgs_per_sec,
        icmpBurst: limits.icmp_msgs_burst,
      },
      lan: keys.lan,
      wan: keys.wan,
      behind: keys.behind,
    };
  }),
);
const byName: Shape<NetworkText> = v.pipe(
  oneOf(LABS),
  v.transform((is) => v.parse(wholeNetwork, { is })),
);
export const network: Shape<NetworkText> = choice<NetworkText>([byName, wholeNetwork], (input) =>
  isMapping(input) ? wholeNetwork : byName,
);
