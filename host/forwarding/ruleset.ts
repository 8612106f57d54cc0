/**
 * Destination NAT in a ruleset of nftables, as `nft --json` writes it (libnftables-json(5)); OpenWrt's fw4 and others write
 * such rulesets. A rule that says something else than it is known for here is left out: then nobody hears of that port, and no
 * other one suffers.
 */
import { canonicalAddress, isVersion4 } from '../net/address.ts';
import type { ForwardRule } from './forward.ts';

/** Rules that are gone through, whatever jumps where. */
const MAX_STEPS = 20_000;
const MAX_DEPTH = 16;
const MAX_RULES = 4096;
const OWN_TABLE = 'ringback';

type Json = Readonly<Record<string, unknown>>;

/** What a packet that comes so far is known to be. */
interface Known {
  readonly version: 4 | 6 | null;
  readonly isTcp: boolean;
  readonly addresses: readonly string[] | null;
  readonly interfaces: readonly string[] | null;
  readonly ports: readonly (readonly [number, number])[] | null;
  /** There is more to it, which depends on who sends it, or on chance. */
  readonly isConditional: boolean;
}

const ANYTHING: Known = {
  ...{ version: null, isTcp: false, addresses: null, interfaces: null, ports: null },
  isConditional: false,
};

export interface ReadRuleset {
  readonly rules: readonly ForwardRule[];
  /** Statements that translate destinations, and could not be understood. */
  readonly unread: number;
  /** A chain that translates before the page can: the first one decides. */
  readonly before: readonly string[];
}

interface Chain {
  readonly family: string;
  readonly rules: Json[];
}

/** `elements`: of named sets and maps, by `FAMILY TABLE NAME`. Whatever the text is, nothing is thrown. */
export function readRuleset(
  ruleset: unknown,
  elements: ReadonlyMap<string, unknown> = new Map(),
): ReadRuleset {
  return new Reader(ruleset, elements).read();
}

/** Named sets and maps by which destinations are translated, as `FAMILY TABLE NAME` with whether it is a map. */
export function namedIn(ruleset: unknown): ReadonlyMap<string, 'set' | 'map'> {
  const reader = new Reader(ruleset, new Map());
  reader.read();
  return reader.wanted;
}

class Reader {
  readonly #chains = new Map<string, Chain>();
  readonly #bases: { readonly key: string; readonly priority: number; readonly name: string }[] = [];
  readonly #kinds = new Map<string, 'set' | 'map'>();
  readonly #elements: ReadonlyMap<string, unknown>;
  readonly #rules: ForwardRule[] = [];
  readonly wanted = new Map<string, 'set' | 'map'>();
  #unread = 0;
  #steps = 0;

  constructor(ruleset: unknown, elements: ReadonlyMap<string, unknown>) {
    this.#elements = elements;
    const objects = isObject(ruleset) && Array.isArray(ruleset.nftables) ? ruleset.nftables : [];
    for (const object of objects) if (isObject(object)) this.#take(object);
  }

  read(): ReadRuleset {
    const before = new Set<string>();
    for (const { key, priority, name } of this.#bases.sort((a, b) => a.priority - b.priority)) {
      const [had, unread] = [this.#rules.length, this.#unread];
      this.#walk(key, ANYTHING, 0);
      if (priority <= PAGE_PRIORITY && (this.#rules.length > had || this.#unread > unread)) before.add(name);
    }
    return { rules: this.#rules, unread: this.#unread, before: [...before] };
  }

  #take({ chain, rule, set, map }: Json): void {
    if (isObject(chain) && chain.table !== OWN_TABLE) {
      const key = keyOf(chain, chain.name);
      if (!this.#chains.has(key)) this.#chains.set(key, { family: String(chain.family), rules: [] });
      if (chain.type === 'nat' && chain.hook === 'prerouting') {
        const priority = typeof chain.prio === 'number' ? chain.prio : 0;
        this.#bases.push({ key, priority, name: key });
      }
    }
    if (isObject(rule)) this.#chains.get(keyOf(rule, rule.chain))?.rules.push(rule);
    for (const [kind, one] of [
      ['set', set],
      ['map', map],
    ] as const) {
      if (isObject(one)) this.#kinds.set(keyOf(one, one.name), kind);
    }
  }

  #walk(key: string, known: Known, depth: number): void {
    const chain = this.#chains.get(key);
    if (chain === undefined || depth > MAX_DEPTH) return;
    for (const rule of chain.rules) {
      if (++this.#steps > MAX_STEPS || this.#rules.length >= MAX_RULES) return;
      this.#rule(chain, rule, known, depth);
    }
  }

  #rule({ family }: Chain, rule: Json, before: Known, depth: number): void {
    let known: Known | null = { ...before, version: before.version ?? versionOf(family) };
    for (const statement of Array.isArray(rule.expr) ? rule.expr : []) {
      if (!isObject(statement) || known === null) return;
      const { match, jump, goto, vmap, dnat } = statement;
      if (isObject(match)) known = this.#matched(known, match, rule);
      else if (isObject(jump ?? goto)) this.#jump(rule, jump ?? goto, known, depth);
      else if (isObject(vmap)) this.#verdicts(rule, vmap, known, depth);
      else if (isObject(dnat)) this.#translate(rule, dnat, known);
    }
  }

  #jump(rule: Json, to: unknown, known: Known, depth: number): void {
    if (isObject(to)) this.#walk(keyOf(rule, to.target), known, depth + 1);
  }

  #verdicts(rule: Json, { key, data }: Json, known: Known, depth: number): void {
    for (const entry of this.#entries(data, rule)) {
      if (!Array.isArray(entry) || !isObject(entry[1])) continue;
      const to = entry[1].jump ?? entry[1].goto;
      const narrowed = this.#equal(known, key, entry[0], rule);
      if (to !== undefined && narrowed !== null) this.#jump(rule, to, narrowed, depth);
    }
  }

  /** null: what comes here is not what this is about. */
  #matched(known: Known, { op, left, right }: Json, rule: Json): Known | null {
    if (op === '==' || op === 'in') return this.#equal(known, left, right, rule);
    // All but one: that is most of it, unless it is the address or port that is looked for.
    return isPayload(left, 'daddr') || isPayload(left, 'dport') ? null : { ...known, isConditional: true };
  }

  #equal(known: Known, left: unknown, right: unknown, rule: Json): Known | null {
    const values = this.#entries(right, rule);
    if (isObject(left) && Array.isArray(left.concat))
      return this.#concatenated(known, left.concat, values, rule);
    const meta = isObject(left) && isObject(left.meta) ? left.meta.key : null;
    if (meta === 'iifname' || meta === 'iif')
      return { ...known, interfaces: both(known.interfaces, names(values)) };
    if (meta === 'nfproto')
      return narrowed(known, values.includes('ipv4') ? 4 : values.includes('ipv6') ? 6 : null);
    if (meta === 'l4proto' || isPayload(left, 'protocol') || isPayload(left, 'nexthdr'))
      return values.includes('tcp') || values.includes(6) ? { ...known, isTcp: true } : null;
    if (isPayload(left, 'daddr')) {
      const addresses = values.map(addressOf).filter((one) => one !== null);
      // Of a network not every address need be one that somebody answers for: it says as much as its own addresses do.
      if (addresses.length === 0) return null;
      const version = isVersion4(addresses[0] ?? '') ? 4 : 6;
      const narrow = narrowed(known, version);
      return narrow && { ...narrow, addresses: both(narrow.addresses, addresses) };
    }
    if (isPayload(left, 'dport')) {
      const protocol = isObject(left) && isObject(left.payload) ? left.payload.protocol : null;
      if (protocol !== 'tcp' && !(protocol === 'th' && known.isTcp)) return null;
      const ports = values.map(portsOf).filter((one) => one !== null);
      return ports.length === 0 ? null : { ...known, isTcp: true, ports };
    }
    const fib = isObject(left) && isObject(left.fib) ? left.fib.result : null;
    if (fib === 'type') return values.includes('local') ? known : null;
    // Who sends it, marks, states, chance.
    return { ...known, isConditional: true };
  }

  /** Of several fields at once: only one set of values is one set of conditions. */
  #concatenated(
    known: Known,
    fields: readonly unknown[],
    values: readonly unknown[],
    rule: Json,
  ): Known | null {
    const [only] = values;
    if (values.length !== 1 || !isObject(only) || !Array.isArray(only.concat)) return null;
    const those = only.concat;
    return fields.reduce<Known | null>(
      (narrow, field, i) => narrow && this.#equal(narrow, field, those[i], rule),
      known,
    );
  }

  #translate(rule: Json, { family, addr, port }: Json, before: Known): void {
    const known = narrowed(before, family === 'ip' ? 4 : family === 'ip6' ? 6 : null);
    if (known === null) return;
    const map = isObject(addr) && isObject(addr.map) ? addr.map : null;
    if (map === null) {
      this.#add(known, addr, port);
      return;
    }
    const entries = this.#entries(map.data, rule);
    for (const entry of entries) {
      if (!Array.isArray(entry)) continue;
      const [key, value] = entry;
      const narrow = this.#equal(known, map.key, key, rule);
      const parts = isObject(value) && Array.isArray(value.concat) ? value.concat : [value, port];
      if (narrow !== null) this.#add(narrow, parts[0], parts[1]);
    }
  }

  #add(known: Known, addr: unknown, port: unknown): void {
    const real = typeof addr === 'string' ? canonicalAddress(addr) : null;
    const ports = port === undefined || port === null ? null : portsOf(port);
    // Every port to one machine: what else this one does at that address nobody knows.
    const isRead = real !== null && known.isTcp && known.ports !== null && (ports !== null || port == null);
    const version = real === null ? null : isVersion4(real) ? 4 : 6;
    if (!isRead || version === null || (known.version ?? version) !== version) {
      if (known.isTcp || known.ports === null) this.#unread++;
      return;
    }
    const { addresses, interfaces, isConditional } = known;
    for (const [firstPort, lastPort] of known.ports ?? []) {
      this.#rules.push({
        ...{ version, addresses, interfaces, isConditional, firstPort, lastPort, real },
        realPort: ports?.[0] ?? null,
        isOne: ports !== null && ports[0] === ports[1],
      });
    }
  }

  /** What a value stands for: itself, or the elements of a set or a map. */
  #entries(value: unknown, rule: Json): readonly unknown[] {
    if (typeof value === 'string' && value.startsWith('@')) {
      const key = keyOf(rule, value.slice(1));
      const kind = this.#kinds.get(key);
      if (kind !== undefined) this.wanted.set(key, kind);
      const elements = this.#elements.get(key);
      return Array.isArray(elements) ? elements.map(bare) : [];
    }
    if (isObject(value) && Array.isArray(value.set)) return value.set.map(bare);
    return Array.isArray(value) ? value.map(bare) : [value];
  }
}

/** Where the page's own chain is (page/steering/ruleset.ts). */
const PAGE_PRIORITY = -105;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function keyOf({ family, table }: Json, name: unknown): string {
  return `${family} ${table} ${name}`;
}

function versionOf(family: string): 4 | 6 | null {
  return family === 'ip' ? 4 : family === 'ip6' ? 6 : null;
}

function narrowed(known: Known, version: 4 | 6 | null): Known | null {
  if (version === null) return known;
  return known.version === null || known.version === version ? { ...known, version } : null;
}

/** Both conditions hold. */
function both(one: readonly string[] | null, other: readonly string[]): readonly string[] {
  return one === null ? other : one.filter((name) => other.includes(name));
}

function names(values: readonly unknown[]): readonly string[] {
  return values.filter((one) => typeof one === 'string');
}

function isPayload(left: unknown, field: string): boolean {
  return isObject(left) && isObject(left.payload) && left.payload.field === field;
}

function addressOf(value: unknown): string | null {
  return typeof value === 'string' ? canonicalAddress(value) : null;
}

/** An element may bear a comment, a time or a counter. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  return isObject(value) && isObject(value.elem) ? value.elem.val : value;
}

function portsOf(value: unknown): readonly [number, number] | null {
  const range = isObject(value) && Array.isArray(value.range) ? value.range : [value, value];
  const [first, last] = range;
  return isPort(first) && isPort(last) && first <= last ? [first, last] : null;
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 0xffff;
}
