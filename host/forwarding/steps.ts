/** Rules as steps: what of them decides where a packet goes. Statements that are not understood may be anything. */
import { canonicalAddress, isVersion4 } from '../net/address.ts';
import {
  bare,
  isDecisive,
  MAYBE,
  type Matcher,
  matcherOf,
  membership,
  type Named,
  NO,
  stretchOf,
  type Way,
  YES,
} from './match.ts';
import { isObject, type JsonObject, type NamedSet, objectKey, type Ruleset } from './ruleset.ts';

/** Where a translated packet goes. */
export interface Real {
  readonly server: string;
  /** The ports that it may get; null: it keeps its own. */
  readonly ports: readonly [number, number] | null;
  /** Whether it gets one of them by chance. */
  readonly byChance: boolean;
}

export type RuleVerdict =
  | { readonly kind: 'call'; readonly chain: string; readonly isGoto: boolean }
  /** `end`: it goes no further; `redirect`: but to this machine itself; `anything`: nobody knows. */
  | { readonly kind: 'accept' | 'return' | 'continue' | 'end' | 'redirect' | 'anything' };

export type RuleStep =
  | { readonly kind: 'match'; readonly match: Matcher }
  | { readonly kind: 'verdicts'; readonly entries: readonly (readonly [Matcher, RuleVerdict])[] }
  /** `statement`: what says so. A real address that is null is not understood. */
  | {
      readonly kind: 'translate';
      readonly statement: object;
      readonly entries: readonly (readonly [Matcher, Real | null])[];
    }
  /** From here on no chain of destination NAT translates it, or it is another packet. */
  | { readonly kind: 'untracked' }
  /** Nobody knows what it does. */
  | { readonly kind: 'anything' };

/** `addresses`: without one of them it says nothing; null: of any. */
export interface Rule {
  readonly addresses: ReadonlySet<string> | null;
  readonly steps: readonly RuleStep[];
}

const ALWAYS: Matcher = () => YES;
const PERHAPS: RuleStep = { kind: 'match', match: () => MAYBE };

/** What does nothing to a packet's way. */
const HARMLESS = [
  'counter',
  'log',
  'ct helper',
  'ct timeout',
  'ct expectation',
  'secmark',
  'last',
  'flow',
  'dup',
];
/** What may end the rule. */
const CONDITIONS = ['limit', 'quota', 'ct count', 'set', 'map', 'meter'];
/** What an answer of this machine is, or none. */
const ENDS = ['drop', 'reject', 'queue', 'synproxy', 'fwd', 'masquerade', 'snat'];
/** Targets and matches of iptables, which are understood by their names alone, that leave a packet's way as it is. */
const HARMLESS_TARGETS = ['LOG', 'NFLOG', 'MARK', 'CONNMARK', 'TCPMSS', 'CLASSIFY', 'DSCP', 'TOS', 'SECMARK'];

export interface Compiled {
  readonly rules: ReadonlyMap<string, readonly Rule[]>;
  readonly named: Named;
  /** Sets and maps that decide, by `FAMILY TABLE NAME`, whose elements are not known. */
  readonly wanted: ReadonlyMap<string, NamedSet['kind']>;
}

/** All chains that a packet may come to. `elements`: of named sets and maps. */
export function compile(
  ruleset: Ruleset,
  elements: ReadonlyMap<string, readonly unknown[] | null>,
): Compiled {
  const compiler = new Compiler(ruleset, elements);
  for (const { chain } of ruleset.bases) compiler.chain(chain);
  return compiler;
}

class Compiler implements Compiled {
  readonly rules = new Map<string, readonly Rule[]>();
  readonly named: Named = { addresses: new Set(), networks: [], interfaces: new Set(), reals: new Set() };
  readonly wanted = new Map<string, NamedSet['kind']>();
  readonly #ruleset: Ruleset;
  readonly #elements: ReadonlyMap<string, readonly unknown[] | null>;
  readonly #left: string[] = [];

  constructor(ruleset: Ruleset, elements: ReadonlyMap<string, readonly unknown[] | null>) {
    this.#ruleset = ruleset;
    this.#elements = elements;
  }

  chain(key: string): void {
    this.#left.push(key);
    for (let next = this.#left.pop(); next !== undefined; next = this.#left.pop()) {
      if (this.rules.has(next)) continue;
      const rules = this.#ruleset.chains.get(next) ?? [];
      this.rules.set(
        next,
        rules.map((rule) => this.#rule(rule)),
      );
    }
  }

  #rule(rule: JsonObject): Rule {
    const statements = Array.isArray(rule.expr) ? rule.expr : [null];
    const steps = statements.flatMap((statement) => this.#step(rule, statement) ?? []);
    return { addresses: addressesOf(statements[0]), steps };
  }

  /** null: it is nothing that decides. */
  #step(rule: JsonObject, statement: unknown): RuleStep | null {
    if (!isObject(statement)) return { kind: 'anything' };
    const [[kind = '', value] = []] = Object.entries(statement);
    if (HARMLESS.includes(kind)) return null;
    if (CONDITIONS.includes(kind)) return PERHAPS;
    if (kind === 'match' && isObject(value)) {
      const { left, op, right } = value;
      return {
        kind: 'match',
        match: matcherOf(left, op, this.#elementsOf(rule, right, isDecisive(left)), this.named),
      };
    }
    if (kind === 'vmap' && isObject(value)) return this.#verdictMap(rule, value);
    if (kind === 'dnat') return this.#translation(rule, isObject(value) ? value : {});
    if (kind === 'mangle' && isObject(value)) {
      const { key } = value;
      return isObject(key) && (isObject(key.meta) || isObject(key.ct)) ? null : { kind: 'untracked' };
    }
    if (kind === 'notrack' || kind === 'tproxy') return { kind: 'untracked' };
    if (kind === 'xt' && isObject(value)) {
      if (value.type === 'match') return PERHAPS;
      if (HARMLESS_TARGETS.includes(String(value.name))) return null;
    }
    const verdict = this.#verdict(rule, statement);
    return verdict.kind === 'anything'
      ? { kind: 'anything' }
      : { kind: 'verdicts', entries: [[ALWAYS, verdict]] };
  }

  #verdict(rule: JsonObject, verdict: unknown): RuleVerdict {
    if (!isObject(verdict)) return { kind: 'anything' };
    const [[kind = '', value] = []] = Object.entries(verdict);
    if (kind === 'accept' || kind === 'return' || kind === 'continue' || kind === 'redirect') return { kind };
    if (ENDS.includes(kind)) return { kind: 'end' };
    if ((kind !== 'jump' && kind !== 'goto') || !isObject(value)) return { kind: 'anything' };
    const chain = objectKey(rule, value.target);
    this.#left.push(chain);
    return { kind: 'call', chain, isGoto: kind === 'goto' };
  }

  #verdictMap(rule: JsonObject, { key, data }: JsonObject): RuleStep {
    // The verdicts of a map are what is looked for, by whatever it is that they are chosen.
    const elements = this.#elementsOf(rule, data, true);
    if (elements === null) return { kind: 'anything' };
    const entries = elements.map((entry): readonly [Matcher, RuleVerdict] =>
      Array.isArray(entry)
        ? [membership(key, [entry[0]], this.named), this.#verdict(rule, entry[1])]
        : [() => MAYBE, { kind: 'anything' }],
    );
    return { kind: 'verdicts', entries };
  }

  #translation(rule: JsonObject, statement: JsonObject): RuleStep {
    const { family, addr, port, flags } = statement;
    const byChance = [flags].flat().some((flag) => String(flag).includes('random'));
    const translate = (entries: readonly (readonly [Matcher, Real | null])[]): RuleStep => {
      const ofVersion = ([match, real]: readonly [Matcher, Real | null]): readonly [Matcher, Real | null] => [
        (way) => (isOfFamily(family, way) && isOfFamily(familyOf(real), way) ? match(way) : NO),
        real,
      ];
      for (const [, real] of entries) if (real !== null) this.named.reals.add(real.server);
      return { kind: 'translate', statement, entries: entries.map(ofVersion) };
    };
    const map = isObject(addr) && isObject(addr.map) ? addr.map : null;
    if (map === null) return translate([[ALWAYS, realOf(addr, port, byChance)]]);
    const elements = this.#elementsOf(rule, map.data, true);
    if (elements === null) return translate([[() => MAYBE, null]]);
    return translate(
      elements.map((entry) => {
        if (!Array.isArray(entry)) return [() => MAYBE, null];
        const value = bare(entry[1]);
        const parts = isObject(value) && Array.isArray(value.concat) ? value.concat : [value, port];
        return [membership(map.key, [entry[0]], this.named), realOf(parts[0], parts[1], byChance)];
      }),
    );
  }

  /** What a value stands for: itself, or the elements of a set or a map; null: nobody knows. */
  #elementsOf(rule: JsonObject, value: unknown, isNeeded: boolean): readonly unknown[] | null {
    if (typeof value === 'string' && value.startsWith('@')) {
      const key = objectKey(rule, value.slice(1));
      const set = this.#ruleset.sets.get(key);
      if (set === undefined || set.isFleeting || !isNeeded) return null;
      const elements = this.#elements.get(key);
      if (elements === undefined) this.wanted.set(key, set.kind);
      return elements ?? null;
    }
    if (!isNeeded) return null;
    if (isObject(value) && Array.isArray(value.set)) return value.set;
    return Array.isArray(value) ? value : [value];
  }
}

/** Those that a condition names. */
function addressesOf(statement: unknown): ReadonlySet<string> | null {
  const match = isObject(statement) && isObject(statement.match) ? statement.match : {};
  const payload = isObject(match.left) && isObject(match.left.payload) ? match.left.payload : {};
  const address = typeof match.right === 'string' ? canonicalAddress(match.right) : null;
  return match.op === '==' && payload.field === 'daddr' && address !== null ? new Set([address]) : null;
}

function isOfFamily(family: unknown, { version }: Way): boolean {
  return family === undefined || family === (version === 4 ? 'ip' : 'ip6');
}

function familyOf(real: Real | null): 'ip' | 'ip6' | undefined {
  return real === null ? undefined : isVersion4(real.server) ? 'ip' : 'ip6';
}

function realOf(addr: unknown, port: unknown, byChance: boolean): Real | null {
  const server = typeof addr === 'string' ? canonicalAddress(addr) : null;
  const ports = port === undefined || port === null ? null : stretchOf(port);
  if (server === null || (ports === null && port != null) || ports?.[0] === 0) return null;
  return { server, ports, byChance };
}
