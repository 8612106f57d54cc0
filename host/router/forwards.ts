/**
 * Ports that this machine forwards (figure 27: a firewall): which service of which server they are, as the configuration says and
 * as the kernel's rules are found to. Everything goes by the server's own address; what its clients know is said to them.
 */
import { machinesOf, namedForwards } from '../config/router/machines.ts';
import type { RouterConfiguration, ServerConfiguration } from '../config/types.ts';
import type { Command } from '../fabric/records.ts';
import type { Forward } from '../forwarding/forward.ts';
import type { Log } from '../log/log.ts';
import { type Prefix, prefixContains } from '../net/address.ts';
import { endpointText } from '../net/endpoint.ts';
import { nameOf, type Target } from '../net/target.ts';
import { MAX_PLACES } from '../store/notice-rows.ts';
import type { Time, Timer } from '../time.ts';

/** All that there are now, as the machine's rules say; null: they can't be read. */
export type FindForwards = () => Promise<readonly Forward[] | null>;

interface ForwardsOptions {
  /** null: nobody can look. */
  readonly find: FindForwards | null;
  /** This machine's addresses now. */
  readonly addresses: () => ReadonlySet<string>;
  readonly services: { isShut(target: Target): boolean };
  readonly log: Pick<Log, 'info'>;
  readonly time: Time;
}

interface Collaborators {
  readonly fabric: { forward(commands: readonly Command[]): void };
  readonly changes: { tell(): void };
}

/** A firewall that was loaded anew, an address that a provider has given. */
const LOOK_MS = 60_000;
/** Of an outer address nothing is said as a whole. */
const NOTHING: Target = { server: '::', port: 0 };

export class Forwards {
  readonly #options: ForwardsOptions;
  #collaborators!: Collaborators;
  #configuration: RouterConfiguration;
  /** Servers as they are behind this machine. */
  #machines: readonly ServerConfiguration[] = [];
  #watch: readonly Prefix[] = [];
  #found: readonly Forward[] = [];
  /** By the outer target. */
  #forwards: ReadonlyMap<string, Forward> = new Map();
  /** By the real service. */
  #outers: ReadonlyMap<string, readonly Target[]> = new Map();
  /** Ports that lead to servers which are not watched. */
  #behind: ReadonlyMap<string, Target> = new Map();
  #said: ReadonlyMap<string, Command> = new Map();
  #timer: Timer | null = null;

  constructor(configuration: RouterConfiguration, options: ForwardsOptions) {
    this.#options = options;
    this.#configuration = configuration;
    this.#sort();
  }

  connect(collaborators: Collaborators): void {
    this.#collaborators = collaborators;
  }

  reconfigure(configuration: RouterConfiguration): void {
    this.#configuration = configuration;
    this.#sort();
    if (this.#timer !== null) void this.#look();
  }

  /** Looks now, and now and then. */
  begin(): void {
    this.#timer = this.#options.time.every(LOOK_MS, () => void this.#look()).unref();
    void this.#look();
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** For a fabric that knows of none. */
  commands(): readonly Command[] {
    this.#said = this.#wanted();
    return [...this.#said.values()];
  }

  /** The service itself. */
  realOf(target: Target): Target {
    return this.#forwards.get(nameOf(target))?.real ?? target;
  }

  /** By what clients know the service, or with port 0 all services of that machine, beside its own address. */
  outersOf({ server, port }: Target): readonly Target[] {
    if (port !== 0) return this.#outers.get(nameOf({ server, port })) ?? [];
    return [...this.#forwards.values()]
      .filter(({ real }) => real.server === server)
      .map(({ outer }) => outer);
  }

  /** Whether it leads to a machine of which nothing is known: what this one meets at its own port says nothing of it. */
  isBehind(target: Target): boolean {
    return this.#behind.has(nameOf(target));
  }

  /**
   * Whether it is a port of this machine's own that answers others and refuses this machine itself: it is forwarded, and nobody has
   * said where to.
   */
  isAstray(target: Target): boolean {
    return this.#isOwn(target.server) && this.#options.services.isShut(target);
  }

  #isOwn(server: string): boolean {
    return this.#options.addresses().has(server);
  }

  /** An outage began, or ended: what is down may be known to be forwarded by now. */
  serversChanged(): void {
    if (this.#timer !== null && this.#own().length > 0) this.#tell();
  }

  /** Addresses of this machine that are named as servers. */
  #own(): readonly ServerConfiguration[] {
    return this.#configuration.servers.filter(({ address, real }) => real === null && this.#isOwn(address));
  }

  /** The places that people know, of services that were down; none where they know the server by its own address alone. */
  placesOf(outages: readonly Target[]): readonly string[] {
    const places = new Set(outages.flatMap((outage) => this.outersOf(outage)).map(placeText));
    if (places.size === 0) return [];
    // Who names that, too, expects people who know it.
    const own = outages.map(({ server }) => server).filter((server) => this.#entriesAt(server).length > 0);
    return [...new Set([...own, ...places])].slice(0, MAX_PLACES);
  }

  /** What the server is called, at the outer target or at its own. */
  nameOf(target: Target): string | null {
    const [entry] = this.#entriesAt(target.server).filter(({ ports }) => ports.includes(target.port));
    return entry?.name ?? this.#machineAt(this.realOf(target).server)?.name ?? null;
  }

  /** What services that were down together are called by those who know them from outside, or as their machine is. */
  nameOfAll(outages: readonly Target[]): string | null {
    const outers = outages.flatMap((outage) => this.outersOf(outage));
    const names = new Set(outers.map((outer) => this.nameOf(outer)));
    const [first] = outages;
    if (names.size === 1) return [...names][0] ?? null;
    return first === undefined ? null : (this.#machineAt(first.server)?.name ?? null);
  }

  /** Names by which browsers ask for what answers at that address; nothing where they are not known. */
  namesAt(server: string): readonly Pick<ServerConfiguration, 'address' | 'name' | 'names'>[] {
    const entries = this.#entriesAt(server);
    if (entries.length > 0) return entries;
    const reals = [...this.#forwards.values()].filter(({ outer }) => outer.server === server);
    const machines = reals.map(({ real }) => this.#machineAt(real.server));
    return machines.flatMap((machine) => (machine === undefined ? [] : [{ ...machine, address: server }]));
  }

  #entriesAt(server: string): readonly ServerConfiguration[] {
    return this.#configuration.servers.filter(({ address }) => address === server);
  }

  #machineAt(server: string): ServerConfiguration | undefined {
    return this.#machines.find(({ address }) => address === server);
  }

  async #look(): Promise<void> {
    const { find } = this.#options;
    const found = find === null || this.#configuration.detect.forwarded === 'named' ? [] : await find();
    if (this.#timer === null) return;
    // What is there can't be seen, and has not gone for that.
    if (found !== null) this.#note(found);
    this.#tell();
  }

  #note(found: readonly Forward[]): void {
    const { log } = this.#options;
    const before = new Set(this.#found.map(textOf));
    for (const forward of found) {
      const { outer, real } = forward;
      if (before.has(textOf(forward)) || !this.#isWatched(real.server)) continue;
      log.info('forward.found', { server: real.server, port: real.port, place: placeText(outer) });
    }
    this.#take(found);
  }

  #take(found: readonly Forward[]): void {
    if (
      found.length === this.#found.length &&
      found.every((one, i) => textOf(one) === textOf(this.#found[i] ?? one))
    )
      return;
    this.#found = found;
    this.#sort();
    this.#collaborators.changes.tell();
  }

  #isWatched(server: string): boolean {
    return this.#watch.some((prefix) => prefixContains(prefix, server));
  }

  /** What is named goes before what is found. */
  #sort(): void {
    const { servers, detect } = machinesOf(this.#configuration);
    this.#machines = servers;
    this.#watch = detect.watch;
    const forwards = new Map<string, Forward>();
    const behind = new Map<string, Target>();
    for (const forward of [...namedForwards(this.#configuration), ...this.#found]) {
      const name = nameOf(forward.outer);
      if (forwards.has(name)) continue;
      if (this.#isWatched(forward.real.server)) forwards.set(name, forward);
      else behind.set(name, forward.outer);
    }
    const outers = new Map<string, Target[]>();
    for (const { outer, real } of forwards.values()) {
      const name = nameOf(real);
      outers.set(name, [...(outers.get(name) ?? []), outer]);
    }
    this.#forwards = forwards;
    this.#outers = outers;
    this.#behind = behind;
  }

  /** The fabric hears what is new and what has gone. */
  #tell(): void {
    const before = this.#said;
    const now = this.#wanted();
    const gone = [...before].flatMap(([name, command]): Command[] =>
      now.has(name) || command.kind !== 'forward'
        ? []
        : [{ kind: 'unforward', server: command.server, port: command.port }],
    );
    const come = [...now].flatMap(([name, command]) => (before.has(name) ? [] : [command]));
    this.#said = now;
    this.#collaborators.fabric.forward([...gone, ...come]);
  }

  /** By what tells one from another. */
  #wanted(): ReadonlyMap<string, Command> {
    const commands = new Map<string, Command>();
    const own = this.#own();
    const unknown = [
      ...this.#behind.values(),
      ...own
        .flatMap(({ address, ports }) => ports.map((port) => ({ server: address, port })))
        .filter((target) => this.isAstray(target)),
    ];
    const outers = [...this.#forwards.values()].map(({ outer }) => outer);
    for (const server of new Set([
      ...[...outers, ...unknown].map((one) => one.server),
      ...own.map(({ address }) => address),
    ]))
      commands.set(server, { kind: 'forward', server, port: 0, real: NOTHING });
    for (const target of unknown)
      commands.set(`${nameOf(target)} ${nameOf(target)}`, { kind: 'forward', ...target, real: target });
    const pagePorts = this.#configuration.page?.ports ?? [];
    for (const { outer, real } of this.#forwards.values()) {
      commands.set(`${nameOf(outer)} ${nameOf(real)}`, { kind: 'forward', ...outer, real });
      // What this machine answers in its place is no sign of its life, by whichever port it is known.
      if (pagePorts.includes(outer.port))
        commands.set(`page ${real.port}`, { kind: 'answerFor', port: real.port, on: true });
    }
    return commands;
  }
}

/** As people write it. */
function placeText({ server, port }: Target): string {
  return endpointText({ host: server, port });
}

function textOf({ outer, real }: Forward): string {
  return `${nameOf(outer)} ${nameOf(real)}`;
}
