/** Ports that a machine forwards to another one's (destination NAT), and what a rule says of that. */
import { isVersion4 } from '../net/address.ts';
import { nameOf, type Target } from '../net/target.ts';

/** Who asks for `outer` is answered by `real`. */
export interface Forward {
  readonly outer: Target;
  readonly real: Target;
}

/** Destination NAT of TCP, as a rule of the firewall says it. */
export interface ForwardRule {
  readonly version: 4 | 6;
  /** Those that clients ask for; null: it does not say, so all of the machine's own on these interfaces. */
  readonly addresses: readonly string[] | null;
  /** Where they come in; null: anywhere. A name may end with `*`. */
  readonly interfaces: readonly string[] | null;
  readonly firstPort: number;
  readonly lastPort: number;
  readonly real: string;
  /** To which the first of the ports leads, and to the next ones the others; null: each leads to itself. */
  readonly realPort: number | null;
  /** Whether all of them lead to that one. */
  readonly isOne: boolean;
  /** Whether it holds for some clients, or now and then. */
  readonly isConditional: boolean;
}

/** Of one interface: its addresses, as the machine tells them. */
export type Addresses = Readonly<Record<string, readonly string[]>>;

/** The data plane has room for a few more, and for their addresses; what a ruleset has beyond that is left out. */
export const MAX_FOUND = 1000;

/**
 * What the rules come to on a machine with these addresses; of two for one port the first counts, as it does for a packet. Ports
 * that lead to several machines, one for each client or by chance, are left out.
 */
export function forwardsOf(rules: readonly ForwardRule[], addresses: Addresses): readonly Forward[] {
  const found = new Map<string, Forward>();
  const conditional = new Set<string>();
  const parted = new Set<string>();
  const own = new Set(Object.values(addresses).flat());
  for (const rule of rules) {
    // What is sent to a port of this machine itself has not gone on to another one.
    if (own.has(rule.real)) continue;
    for (const address of rule.addresses ?? addressesAt(rule, addresses)) {
      if (isVersion4(address) !== (rule.version === 4) || address === rule.real) continue;
      for (let port = rule.firstPort; port <= rule.lastPort && found.size < MAX_FOUND; port++) {
        const outer = { server: address, port };
        const realPort =
          rule.realPort === null ? port : rule.realPort + (rule.isOne ? 0 : port - rule.firstPort);
        const name = nameOf(outer);
        const real = { server: rule.real, port: realPort };
        const known = found.get(name);
        if (known === undefined) {
          if (realPort <= 0xffff) found.set(name, { outer, real });
          if (rule.isConditional) conditional.add(name);
        } else if (conditional.has(name)) {
          if (nameOf(known.real) !== nameOf(real)) parted.add(name);
          if (!rule.isConditional) conditional.delete(name);
        }
      }
    }
  }
  return [...found].filter(([name]) => !parted.has(name)).map(([, forward]) => forward);
}

function addressesAt({ interfaces }: ForwardRule, addresses: Addresses): readonly string[] {
  return Object.entries(addresses).flatMap(([name, those]) =>
    interfaces === null || interfaces.some((one) => isNamed(name, one)) ? those : [],
  );
}

function isNamed(name: string, wanted: string): boolean {
  return wanted.endsWith('*') ? name.startsWith(wanted.slice(0, -1)) : name === wanted;
}
