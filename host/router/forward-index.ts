/** Forwarded ports by whatever is asked of them: what is named goes before what is found, and of servers that are not watched little is known. */
import { machinesOf, namedForwards } from '../config/router/machines.ts';
import type { RouterConfiguration, ServerConfiguration } from '../config/types.ts';
import type { Forward } from '../forwarding/forward.ts';
import { type Prefix, prefixContains } from '../net/address.ts';
import { nameOf, type Target } from '../net/target.ts';

export class ForwardIndex {
  /** To watched servers, by the outer target. */
  readonly #forwards = new Map<string, Forward>();
  /** Ports that lead to servers which are not watched. */
  readonly #behind = new Map<string, Target>();
  /** By the real service, and by the real server. */
  readonly #outers = new Map<string, Target[]>();
  readonly #outersOfServer = new Map<string, Target[]>();
  /** By the outer address. */
  readonly #reals = new Map<string, Set<string>>();
  readonly #entries = new Map<string, ServerConfiguration[]>();
  /** Servers as they are behind this machine. */
  readonly #machines: ReadonlyMap<string, ServerConfiguration>;
  readonly #watch: readonly Prefix[];

  constructor(configuration: RouterConfiguration, found: readonly Forward[]) {
    const { servers, detect } = machinesOf(configuration);
    for (const entry of configuration.servers) addTo(this.#entries, entry.address, entry);
    this.#machines = new Map(servers.map((machine) => [machine.address, machine]));
    this.#watch = detect.watch;
    for (const forward of namedForwards(configuration)) this.#add(forward);
    for (const forward of found) this.#add(forward);
  }

  #add(forward: Forward): void {
    const { outer, real } = forward;
    const name = nameOf(outer);
    if (this.#forwards.has(name) || this.#behind.has(name)) return;
    if (!this.isWatched(real.server)) {
      this.#behind.set(name, outer);
      return;
    }
    this.#forwards.set(name, forward);
    addTo(this.#outers, nameOf(real), outer);
    addTo(this.#outersOfServer, real.server, outer);
    this.#reals.set(outer.server, (this.#reals.get(outer.server) ?? new Set()).add(real.server));
  }

  isWatched(server: string): boolean {
    return this.#watch.some((prefix) => prefixContains(prefix, server));
  }

  forwards(): Iterable<Forward> {
    return this.#forwards.values();
  }

  behind(): Iterable<Target> {
    return this.#behind.values();
  }

  isBehind(target: Target): boolean {
    return this.#behind.has(nameOf(target));
  }

  realOf(target: Target): Target {
    return this.#forwards.get(nameOf(target))?.real ?? target;
  }

  outersOf(target: Target): readonly Target[] {
    const { server, port } = target;
    return (port === 0 ? this.#outersOfServer.get(server) : this.#outers.get(nameOf(target))) ?? [];
  }

  /** Entries of the configuration that name the address. */
  entriesAt(server: string): readonly ServerConfiguration[] {
    return this.#entries.get(server) ?? [];
  }

  /** What is known of the server that has the address itself. */
  machineAt(server: string): ServerConfiguration | undefined {
    return this.#machines.get(server);
  }

  /** Servers to which ports of the address lead. */
  machinesBehind(server: string): readonly ServerConfiguration[] {
    return [...(this.#reals.get(server) ?? [])].flatMap((real) => this.machineAt(real) ?? []);
  }
}

function addTo<T>(lists: Map<string, T[]>, key: string, one: T): void {
  const known = lists.get(key);
  if (known === undefined) lists.set(key, [one]);
  else known.push(one);
}
