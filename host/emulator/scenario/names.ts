/** What names in a scenario stand for. */
import { nearest } from '../../config/nearest.ts';
import { isVersion4 } from '../../net/address.ts';
import type { Premises } from './premises.ts';
import { type HostPlan, memberName } from './types.ts';

/** Somebody with a name: a host, or one of many alike. */
interface Node {
  readonly name: string;
  readonly serves: readonly number[];
  /** null: by the plan, and the world has its addresses. */
  readonly host: HostPlan | null;
  readonly isPerson: boolean;
}

export class Names {
  readonly #premises: Premises;
  readonly #hosts: ReadonlyMap<string, HostPlan>;

  constructor(premises: Premises) {
    this.#premises = premises;
    this.#hosts = new Map(premises.hosts.map((host) => [host.name, host]));
  }

  /** null: nobody is called so. */
  node(name: string): Node | null {
    const host = this.#hosts.get(name) ?? this.#holder(name);
    if (host !== undefined) return { name, serves: host.serves, host, isPerson: false };
    const [, digits] = /-([1-9]\d{0,6})$/.exec(name) ?? [];
    const number = Number(digits);
    const isOf = (plan: { readonly name: string; readonly count: number }): boolean =>
      number <= plan.count && memberName(plan.name, number) === name;
    const servers = this.#premises.servers.find(isOf);
    if (servers !== undefined) return { name, serves: servers.serves, host: null, isPerson: false };
    return this.#premises.people.some(isOf) ? { name, serves: [], host: null, isPerson: true } : null;
  }

  /** Of an address that a host has, beside its own; of a card: `web-1` is the second one of web. */
  #holder(name: string): HostPlan | undefined {
    const [, node = '', card] = /^(.*)-(\d)$/.exec(name) ?? [];
    const owner = this.#hosts.get(node);
    if (card !== undefined && owner !== undefined && Number(card) < owner.adapters.length) return owner;
    return this.#premises.hosts.find(({ addresses, adapters }) =>
      [...addresses, ...adapters.flatMap((adapter) => adapter.addresses)].includes(name),
    );
  }

  /** Of the router, as if it were a machine: its cable, and whether it is switched on. */
  isInterface(name: string): boolean {
    return this.#premises.interfaces.includes(name);
  }

  /** What is wrong with the name of a node, as a message. */
  noNode(name: string): string {
    const known = [...this.#hosts.keys(), ...this.#members()];
    const near = nearest(name, known);
    const there = near === null ? `there are ${this.#shown()}` : `did you mean "${near}"?`;
    return `"${name}" is no machine here; ${there}`;
  }

  /** An address of the host, of that version or of any; null: it has none. */
  address(host: HostPlan, version: 4 | 6 | null): string | null {
    if (version === null) return host.addresses[0] ?? null;
    return host.addresses.find((one) => isVersion4(one) === (version === 4)) ?? null;
  }

  isNetwork(name: string): boolean {
    return this.#premises.networks.some((network) => network.name === name);
  }

  noNetwork(name: string): string {
    const known = this.#premises.networks.map((network) => network.name);
    const near = nearest(name, known);
    const there = near === null ? known.slice(0, 10).join(', ') : `did you mean "${near}"?`;
    return `"${name}" is no network here; ${there}`;
  }

  #members(): string[] {
    const { servers, people } = this.#premises;
    return [...servers, ...people].flatMap(({ name, count }) => [
      memberName(name, 1),
      memberName(name, count),
    ]);
  }

  #shown(): string {
    const hosts = [...this.#hosts.keys()];
    const { servers, people } = this.#premises;
    const many = [...servers, ...people].map(
      ({ name, count }) => `${memberName(name, 1)} to ${memberName(name, count)}`,
    );
    return [...hosts, ...many].join(', ');
  }
}
