/** Ports that a machine forwards to another one's (destination NAT): which they are, of all its rules. */
import { isVersion4, prefixContains } from '../net/address.ts';
import type { Target } from '../net/target.ts';
import { isNamed, type Way } from './match.ts';
import { both, either, NONE, type PortSet, portCount, portsOfAll, stretchesOf, without } from './ports.ts';
import type { Base, Ruleset } from './ruleset.ts';
import type { Compiled } from './steps.ts';
import { type Lead, type WayMet, walk } from './walk.ts';

/** Who asks for `outer` is answered by `real`. */
export interface Forward {
  readonly outer: Target;
  readonly real: Target;
}

/** Of one interface: its addresses, as the machine tells them. */
type Addresses = Readonly<Record<string, readonly string[]>>;

export interface Search {
  readonly addresses: Addresses;
  /** How many ports the fabric has room for. */
  readonly room: number;
  /** Those that lead there come first. */
  readonly isWatched: (server: string) => boolean;
  /** Ports of this machine on which somebody listens, at that address of its own. */
  readonly listening: (address: string) => PortSet;
}

export interface FoundForwards {
  /** Watched ones first. */
  readonly forwards: readonly Forward[];
  /** Ports that there was no room for. */
  readonly left: number;
  /** Rules that translate destinations of which it is not known what becomes of each client. */
  readonly unread: number;
  /** Chains that translate before the page can: the first one decides. */
  readonly before: readonly string[];
  /** The rules are more than are read: nothing is known of them. */
  readonly isTooLong?: true;
}

/** Addresses that rules name, beside those of this machine. */
const MAX_NAMED = 1024;
/** Rules that packets of one way go through, whatever jumps where. */
const MAX_RULES_A_WAY = 10_000;
/** Ways between two turns of the event loop. */
const WAYS_A_TURN = 16;

/** An address as clients find it. */
interface Place {
  readonly address: string;
  readonly leads: readonly Lead[];
}

/** Yields after a part of the work, for others to go on. */
export function* forwardsIn(
  { bases }: Pick<Ruleset, 'bases'>,
  compiled: Compiled,
  pagePriority: number,
  search: Search,
): Generator<void, FoundForwards> {
  const searcher = new Searcher(bases, compiled, search);
  const places: Place[] = [];
  for (const address of searcher.candidates()) places.push(yield* searcher.at(address));
  const before = [...searcher.chains].filter(({ priority }) => priority <= pagePriority);
  return { ...expanded(places, search), unread: searcher.unread, before: before.map(({ chain }) => chain) };
}

class Searcher {
  readonly #bases: readonly Base[];
  readonly #compiled: Compiled;
  readonly #search: Search;
  readonly #own: ReadonlySet<string>;
  /** By what tells one way from another for these rules. */
  readonly #met = new Map<string, WayMet>();
  readonly #claimed = new Set<object>();
  readonly #useful = new Set<object>();
  readonly #lost = new Set<object>();
  readonly chains = new Set<Base>();
  #ways = 0;

  constructor(bases: readonly Base[], compiled: Compiled, search: Search) {
    this.#bases = bases;
    this.#compiled = compiled;
    this.#search = search;
    this.#own = new Set(Object.values(search.addresses).flat());
  }

  get unread(): number {
    for (const statement of this.#claimed) if (!this.#useful.has(statement)) this.#lost.add(statement);
    return this.#lost.size;
  }

  candidates(): readonly string[] {
    const named = [...this.#compiled.named.addresses].filter((address) => !this.#own.has(address));
    return [...this.#own, ...named.slice(0, MAX_NAMED)];
  }

  /**
   * What clients meet at that address. Those of the interface that has it must all be led to the same, and no other interface may lead
   * some elsewhere, or to a service of this machine's own. An address that no interface has is behind this machine, and nothing of its own is there: one that leads is enough.
   */
  *at(address: string): Generator<void, Place> {
    const isOwn = this.#own.has(address);
    const here: WayMet[] = [];
    const elsewhere: WayMet[] = [];
    for (const [name, addresses] of Object.entries(this.#search.addresses)) {
      const isHere = addresses.includes(address);
      const met = yield* this.#meet({
        ...{ version: isVersion4(address) ? 4 : 6, interface: name, address, isOwn, isHere },
      });
      (isHere || !isOwn ? here : elsewhere).push(met);
      if (++this.#ways % WAYS_A_TURN === 0) yield;
    }
    const ways = new Set(here);
    const others = isOwn ? new Set(elsewhere) : ways;
    const served = isOwn ? this.#search.listening(address) : NONE;
    const leads = commonLeads([...ways], [...others], isOwn, served);
    this.#account(leads, ways, others);
    return { address, leads };
  }

  #account(leads: readonly Lead[], here: ReadonlySet<WayMet>, others: ReadonlySet<WayMet>): void {
    const found = allPorts(leads);
    for (const met of new Set([...here, ...others])) {
      for (const chain of met.chains) this.chains.add(chain);
      for (const [statement, ports] of met.statements) {
        this.#claimed.add(statement);
        if (both(ports, found).length > 0) this.#useful.add(statement);
        if (here.has(met) && both(ports, met.unclear).length > 0) this.#lost.add(statement);
      }
    }
  }

  *#meet(way: Way): Generator<void, WayMet> {
    const { addresses, networks, interfaces, reals } = this.#compiled.named;
    const isCase = addresses.has(way.address) || reals.has(way.address);
    const name = JSON.stringify([
      ...[way.version, way.isOwn, way.isHere],
      [...interfaces].filter((one) => isNamed(way.interface, one)),
      isCase ? way.address : networks.map((network) => prefixContains(network, way.address)),
    ]);
    const known = this.#met.get(name);
    if (known !== undefined) return known;
    const met = yield* walk(this.#compiled, this.#bases, way, {
      ...{ maxSteps: MAX_RULES_A_WAY, maxPorts: this.#search.room },
      isOwn: (address) => this.#own.has(address),
    });
    this.#met.set(name, met);
    return met;
  }
}

/** `isAll`: each of the ways leads there; otherwise one is enough. `served`: what meets whoever is led nowhere. */
function commonLeads(
  ways: readonly WayMet[],
  others: readonly WayMet[],
  isAll: boolean,
  served: PortSet,
): readonly Lead[] {
  const found = new Map<string, Lead>();
  for (const [index, { sure, unclear }] of ways.entries()) {
    const leads = byGoal(sure, unclear);
    if (index === 0 || !isAll) {
      for (const [goal, lead] of leads) {
        const known = found.get(goal);
        found.set(goal, known === undefined ? lead : { ...lead, ports: either(lead.ports, known.ports) });
      }
      continue;
    }
    for (const [goal, lead] of found)
      found.set(goal, { ...lead, ports: both(lead.ports, leads.get(goal)?.ports ?? NONE) });
  }
  for (const { sure, perhaps, unclear, own } of others) {
    const leads = byGoal([...sure, ...perhaps], NONE);
    const any = either(allPorts([...leads.values()]), own);
    const stays = without(served, allPorts(sure));
    for (const [goal, lead] of found) {
      const elsewhere = either(without(any, leads.get(goal)?.ports ?? NONE), stays);
      found.set(goal, { ...lead, ports: without(without(lead.ports, elsewhere), unclear) });
    }
  }
  return [...found.values()].filter(({ ports }) => ports.length > 0);
}

function byGoal(leads: readonly Lead[], left: PortSet): Map<string, Lead> {
  const goals = new Map<string, Lead[]>();
  for (const lead of leads) {
    const goal = `${lead.server} ${lead.port}`;
    const known = goals.get(goal);
    if (known === undefined) goals.set(goal, [lead]);
    else known.push(lead);
  }
  return new Map(
    [...goals].flatMap(([goal, those]) => {
      const [lead] = those;
      return lead === undefined ? [] : [[goal, { ...lead, ports: without(allPorts(those), left) }] as const];
    }),
  );
}

function allPorts(leads: readonly Lead[]): PortSet {
  return portsOfAll(leads.flatMap(({ ports }) => [...stretchesOf(ports)]));
}

/** Each port for itself, as many as there is room for. */
function expanded(
  places: readonly Place[],
  { room, isWatched }: Search,
): Pick<FoundForwards, 'forwards' | 'left'> {
  const forwards: Forward[] = [];
  let left = 0;
  for (const wanted of [true, false])
    for (const { address, leads } of places) {
      for (const { ports, server, port: realPort } of leads) {
        if (isWatched(server) !== wanted) continue;
        const had = forwards.length;
        for (const [first, last] of stretchesOf(ports))
          for (let port = first; port <= last && forwards.length < room; port++)
            forwards.push({
              outer: { server: address, port },
              real: { server, port: realPort ?? port },
            });
        left += portCount(ports) - (forwards.length - had);
      }
    }
  return { forwards, left };
}
