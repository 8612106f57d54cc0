/** What a configuration makes of the ports that this machine forwards, in sentences for `ringback check`. */
import { MAX_RULESET_BYTES } from '../../forwarding/find.ts';
import type { Forward, FoundForwards } from '../../forwarding/forward.ts';
import { prefixContains } from '../../net/address.ts';
import { endpointText } from '../../net/endpoint.ts';
import { nameOf, type Target } from '../../net/target.ts';
import { and, count } from '../sentences.ts';
import type { RouterConfiguration } from '../types.ts';
import { machinesOf, namedForwards } from './machines.ts';

/** What is found in this machine's own rules. */
export interface Firewall extends FoundForwards {
  /** Whether this machine passes on what is not sent to itself. */
  readonly isRouter: boolean;
}

const place = ({ server, port }: Target): string => endpointText({ host: server, port });
const way = ({ outer, real }: Forward): string => `${place(outer)} to ${place(real)}`;

/** `firewall`: null where nobody may look. */
export function forwardingSentences(
  configuration: RouterConfiguration,
  firewall: Firewall | null,
): readonly string[] {
  const named = namedForwards(configuration);
  const found = unnamed(configuration, firewall);
  const { watch } = machinesOf(configuration).detect;
  const isWatched = ({ real }: Forward): boolean =>
    watch.some((prefix) => prefixContains(prefix, real.server));
  const taken = configuration.detect.forwarded === 'found' ? found.filter(isWatched) : [];
  const others = found.length - taken.length;
  return [
    ...(named.length === 0 ? [] : [`Forwards ${and(named.map(way))}, as servers says.`]),
    ...(taken.length === 0 ? [] : [`Forwards ${and(taken.map(way))}, as the rules of this machine say.`]),
    ...(named.length + taken.length === 0
      ? []
      : [
          'Who asks there is noticed as one who asks the server itself: by its own address it is asked, and heard of in traps and address resolution; people are told by the place that they know.',
        ]),
    ...(others === 0
      ? []
      : [
          `The rules of this machine forward ${count(others, 'more port')}, of which nothing is noticed: ${configuration.detect.forwarded === 'found' ? 'where they lead is outside of detect.watch' : 'detect.forwarded is named'}.`,
        ]),
  ];
}

/** `own` are this machine's addresses. */
export function forwardingWarnings(
  configuration: RouterConfiguration,
  own: ReadonlySet<string>,
  firewall: Firewall | null,
): readonly string[] {
  const warnings: string[] = [];
  const without = configuration.servers.filter(({ address, real }) => real === null && own.has(address));
  const places = new Map((firewall?.forwards ?? []).map((forward) => [nameOf(forward.outer), forward]));
  const { watch } = machinesOf(configuration).detect;
  const unclear = new Set<string>();
  for (const { address, ports } of without) {
    for (const port of ports) {
      const forward = places.get(nameOf({ server: address, port }));
      if (forward === undefined) {
        if (firewall?.isRouter === true) unclear.add(address);
        continue;
      }
      const isTaken = configuration.detect.forwarded === 'found';
      if (isTaken && watch.some((prefix) => prefixContains(prefix, forward.real.server))) continue;
      warnings.push(
        `servers names port ${port} of ${address}, and not where this machine forwards it to: it is not asked, and no page comes there; add real: "${place(forward.real)}".`,
      );
    }
  }
  if (unclear.size > 0) {
    warnings.push(
      `servers names ${and([...unclear])}, of this machine, which is a router: a port there that is forwarded is not asked, and has no page, as long as real does not say where it leads.`,
    );
  }
  if (firewall === null) return warnings;
  if (firewall.isTooLong === true) {
    warnings.push(
      `The rules of this machine are more than ${Math.floor(MAX_RULESET_BYTES / 1024)} KiB in nft's JSON, and not read: what is forwarded is noticed only if servers says so, with real; lists of addresses belong in sets, which do not count.`,
    );
  }
  if (firewall.unread > 0) {
    warnings.push(
      `${count(firewall.unread, 'rule')} of this machine that translate${firewall.unread === 1 ? 's' : ''} destinations can't be understood, or not for every client: what is forwarded there is noticed only if servers says so, with real.`,
    );
  }
  if (firewall.left > 0) {
    warnings.push(
      `The rules of this machine forward ${count(firewall.left, 'more port')} than there is room for: nothing is noticed there; name those that matter in servers, with real.`,
    );
  }
  if (configuration.page !== null && firewall.before.length > 0) {
    warnings.push(
      `${and(firewall.before)} forward before the page can answer: no page comes for that; give that chain the usual priority of dstnat.`,
    );
  }
  return warnings;
}

/** Those that no entry says. */
function unnamed(configuration: RouterConfiguration, firewall: Firewall | null): readonly Forward[] {
  const named = new Set(namedForwards(configuration).map(({ outer }) => nameOf(outer)));
  return (firewall?.forwards ?? []).filter(({ outer }) => !named.has(nameOf(outer)));
}
