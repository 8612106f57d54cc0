/**
 * A ruleset of nftables, as `nft --json` writes it (libnftables-json(5)): chains that a packet goes through before it is routed, and
 * what is known of sets and maps. Whatever the text is, nothing is thrown.
 */

/** Flags of tables that are awake. */
const AWAKE = ['owner', 'persist'];

export type JsonObject = Readonly<Record<string, unknown>>;

/** Where a packet enters a table. */
export interface Base {
  readonly chain: string;
  readonly family: string;
  readonly priority: number;
  /** Whether it is one that translates. */
  readonly isNat: boolean;
  /** Whether what comes to its end goes on. */
  readonly accepts: boolean;
  /** Whether it is known that its table is awake. */
  readonly isAwake: boolean;
}

export interface NamedSet {
  readonly kind: 'set' | 'map';
  /** What is in it comes and goes by itself. */
  readonly isFleeting: boolean;
}

export interface Ruleset {
  /** Rules by `FAMILY TABLE CHAIN`. */
  readonly chains: ReadonlyMap<string, readonly JsonObject[]>;
  /** The one that comes first is first; the kernel's order of those with the same priority is not known. */
  readonly bases: readonly Base[];
  /** By `FAMILY TABLE NAME`. */
  readonly sets: ReadonlyMap<string, NamedSet>;
}

/** A table that is left out, as it is this program's own. */
export interface OwnTable {
  readonly family: string;
  readonly name: string;
  /** Of its chain that translates. */
  readonly priority: number;
}

export function rulesetOf(answer: unknown, own: OwnTable): Ruleset {
  const chains = new Map<string, JsonObject[]>();
  const sets = new Map<string, NamedSet>();
  const bases: Base[] = [];
  /** By `FAMILY TABLE`; null: whether they are asleep is not known. */
  const asleep = new Map<string, true | null>();
  for (const object of objectsOf(answer)) {
    const { table, chain, rule, set, map } = object;
    if (isObject(table) && table.flags !== undefined) {
      const flags = flagsOf(table);
      // nft 1.0.6 says something else here, whichever flag it is.
      const isKnown = flags.every((flag) => AWAKE.includes(String(flag)));
      if (!isKnown) asleep.set(`${table.family} ${table.name}`, flags.includes('dormant') ? true : null);
    }
    if (isObject(chain) && !(chain.family === own.family && chain.table === own.name)) {
      const key = objectKey(chain, chain.name);
      if (!chains.has(key)) chains.set(key, []);
      const isAsleep = asleep.get(`${chain.family} ${chain.table}`);
      if (chain.hook === 'prerouting' && isAsleep !== true)
        bases.push(baseOf(chain, key, isAsleep === undefined));
    }
    if (isObject(rule)) chains.get(objectKey(rule, rule.chain))?.push(rule);
    if (isObject(set)) sets.set(objectKey(set, set.name), namedOf('set', set));
    if (isObject(map)) sets.set(objectKey(map, map.name), namedOf('map', map));
  }
  return { chains, sets, bases: bases.sort((one, other) => one.priority - other.priority) };
}

/** What was said of the elements of one set or map; null: nothing that can be read. */
export function elementsOf(answer: unknown): readonly unknown[] | null {
  for (const { set, map } of objectsOf(answer)) {
    const one = set ?? map;
    if (isObject(one)) return one.elem === undefined ? [] : Array.isArray(one.elem) ? one.elem : null;
  }
  return null;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function objectKey({ family, table }: JsonObject, name: unknown): string {
  return `${family} ${table} ${name}`;
}

/** `text` in JSON, or null. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function objectsOf(answer: unknown): readonly JsonObject[] {
  return isObject(answer) && Array.isArray(answer.nftables) ? answer.nftables.filter(isObject) : [];
}

function baseOf(chain: JsonObject, key: string, isAwake: boolean): Base {
  return {
    chain: key,
    family: String(chain.family),
    priority: typeof chain.prio === 'number' ? chain.prio : 0,
    isNat: chain.type === 'nat',
    accepts: chain.policy === undefined || chain.policy === 'accept',
    isAwake,
  };
}

function namedOf(kind: 'set' | 'map', set: JsonObject): NamedSet {
  const flags = flagsOf(set);
  return { kind, isFleeting: flags.includes('dynamic') || flags.includes('timeout') };
}

function flagsOf({ flags }: JsonObject): readonly unknown[] {
  return Array.isArray(flags) ? flags : [flags];
}
