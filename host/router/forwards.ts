/**
 * Ports that this machine forwards (figure 27: a firewall): which service of which server they are, as the configuration says and
 * as the kernel's rules are found to. Everything goes by the server's own address; what its clients know is said to them.
 */
import type { RouterConfiguration, ServerConfiguration } from '../config/types.ts';
import type { Command } from '../fabric/records.ts';
import { MAX_RULESET_BYTES } from '../forwarding/find.ts';
import type { Forward, FoundForwards, Search } from '../forwarding/forward.ts';
import type { Log } from '../log/log.ts';
import { endpointText } from '../net/endpoint.ts';
import { nameOf, type Target } from '../net/target.ts';
import { MAX_PLACES } from '../store/notice-rows.ts';
import type { Time, Timer } from '../time.ts';
import { type ForwardCommands, forwardChanges, forwardCommands } from './forward-commands.ts';
import { ForwardIndex } from './forward-index.ts';

/** All that there are now, as the machine's rules say; null: they can't be read. */
export type FindForwards = (search: Omit<Search, 'addresses' | 'listening'>) => Promise<FoundForwards | null>;

interface ForwardsOptions {
  /** null: nobody can look. */
  readonly find: FindForwards | null;
  /** This machine's addresses now. */
  readonly addresses: () => ReadonlySet<string>;
  readonly services: { isShut(target: Target): boolean };
  /** Records of forwarded ports that the fabric has. */
  readonly room: number;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly time: Time;
}

interface Collaborators {
  readonly fabric: { forward(commands: readonly Command[]): void };
  readonly changes: { tell(): void };
}

/** A firewall that was loaded anew, an address that a provider has given. */
const LOOK_MS = 60_000;
const NOTHING: FoundForwards = { forwards: [], left: 0, unread: 0, before: [] };

export class Forwards {
  readonly #options: ForwardsOptions;
  #collaborators!: Collaborators;
  #configuration: RouterConfiguration;
  #found: FoundForwards = NOTHING;
  #index: ForwardIndex;
  #said: ForwardCommands = new Map();
  #timer: Timer | null = null;
  #isLooking = false;
  #isTooLong = false;
  /** What is looked for has changed meanwhile. */
  #looksAgain = false;

  constructor(configuration: RouterConfiguration, options: ForwardsOptions) {
    this.#options = options;
    this.#configuration = configuration;
    this.#index = new ForwardIndex(configuration, []);
  }

  connect(collaborators: Collaborators): void {
    this.#collaborators = collaborators;
  }

  reconfigure(configuration: RouterConfiguration): void {
    this.#configuration = configuration;
    this.#index = new ForwardIndex(configuration, this.#found.forwards);
    this.#looksAgain = this.#isLooking;
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
    return this.#index.realOf(target);
  }

  /** By what clients know the service, or with port 0 all services of that machine, beside its own address. */
  outersOf(target: Target): readonly Target[] {
    return this.#index.outersOf(target);
  }

  /** Whether it leads to a machine of which nothing is known: what this one meets at its own port says nothing of it. */
  isBehind(target: Target): boolean {
    return this.#index.isBehind(target);
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
    const own = outages
      .map(({ server }) => server)
      .filter((server) => this.#index.entriesAt(server).length > 0);
    return [...new Set([...own, ...places])].slice(0, MAX_PLACES);
  }

  /** What the server is called, at the outer target or at its own. */
  nameOf(target: Target): string | null {
    const [entry] = this.#index.entriesAt(target.server).filter(({ ports }) => ports.includes(target.port));
    return entry?.name ?? this.#index.machineAt(this.realOf(target).server)?.name ?? null;
  }

  /** What services that were down together are called by those who know them from outside, or as their machine is. */
  nameOfAll(outages: readonly Target[]): string | null {
    const outers = outages.flatMap((outage) => this.outersOf(outage));
    const names = new Set(outers.map((outer) => this.nameOf(outer)));
    const [first] = outages;
    if (names.size === 1) return [...names][0] ?? null;
    return first === undefined ? null : (this.#index.machineAt(first.server)?.name ?? null);
  }

  /** Names by which browsers ask for what answers at that address; nothing where they are not known. */
  namesAt(server: string): readonly Pick<ServerConfiguration, 'address' | 'name' | 'names'>[] {
    const entries = this.#index.entriesAt(server);
    if (entries.length > 0) return entries;
    return this.#index.machinesBehind(server).map((machine) => ({ ...machine, address: server }));
  }

  /** One look at a time; what has changed meanwhile is looked for at its end. */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    let found: FoundForwards | null = null;
    try {
      do {
        this.#looksAgain = false;
        found = await this.#find();
      } while (this.#looksAgain && this.#timer !== null);
    } finally {
      this.#isLooking = false;
    }
    if (this.#timer === null) return;
    // What is there can't be seen, and has not gone for that.
    if (found !== null && !this.#isSaidTooLong(found)) this.#note(found);
    this.#tell();
  }

  /** Says once that they are. */
  #isSaidTooLong(found: FoundForwards): boolean {
    const isTooLong = found.isTooLong === true;
    if (isTooLong && !this.#isTooLong)
      this.#options.log.warn('forward.oversize', { limit: MAX_RULESET_BYTES });
    this.#isTooLong = isTooLong;
    return isTooLong;
  }

  async #find(): Promise<FoundForwards | null> {
    const { find, room } = this.#options;
    const { detect } = this.#configuration;
    if (find === null || detect.forwarded === 'named') return NOTHING;
    const index = this.#index;
    return await find({
      room,
      isWatched: (server) => index.isWatched(server),
    });
  }

  #note(found: FoundForwards): void {
    const { log } = this.#options;
    const before = this.#found;
    const known = new Set(before.forwards.map(textOf));
    for (const forward of found.forwards) {
      const { outer, real } = forward;
      if (known.has(textOf(forward)) || !this.#index.isWatched(real.server)) continue;
      log.info('forward.found', { server: real.server, port: real.port, place: placeText(outer) });
    }
    const { unread, left } = found;
    if (unread !== before.unread || left !== before.left) log.info('forward.left', { unread, left });
    this.#found = found;
    if (areSame(found.forwards, before.forwards)) return;
    this.#index = new ForwardIndex(this.#configuration, found.forwards);
    this.#collaborators.changes.tell();
  }

  /** The fabric hears what is new and what has gone. */
  #tell(): void {
    const before = this.#said;
    this.#said = this.#wanted();
    this.#collaborators.fabric.forward(forwardChanges(before, this.#said));
  }

  #wanted(): ForwardCommands {
    const own = this.#own();
    const targets = own.flatMap(({ address, ports }) => ports.map((port) => ({ server: address, port })));
    return forwardCommands({
      index: this.#index,
      own: own.map(({ address }) => address),
      astray: targets.filter((target) => this.isAstray(target)),
      pagePorts: this.#configuration.page?.ports ?? [],
      room: this.#options.room,
    });
  }
}

function areSame(some: readonly Forward[], others: readonly Forward[]): boolean {
  return some.length === others.length && some.every((one, i) => textOf(one) === textOf(others[i] ?? one));
}

/** As people write it. */
function placeText({ server, port }: Target): string {
  return endpointText({ host: server, port });
}

function textOf({ outer, real }: Forward): string {
  return `${nameOf(outer)} ${nameOf(real)}`;
}
