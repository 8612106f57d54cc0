/**
 * What a condition of a rule says of packets that open a connection, of whichever client: those to some ports meet it, those to
 * others may, by what is not known here. So nothing is taken for sure that depends on who sends it, on chance, or on what is not understood.
 */
import { canonicalAddress, isVersion4, type Prefix, prefixContains } from '../net/address.ts';
import { ALL, both, either, NONE, type PortSet, portsOfAll, without } from './ports.ts';
import { isObject } from './ruleset.ts';

/** Where packets come from, and to which address. */
export interface Way {
  readonly version: 4 | 6;
  /** By which they come in. */
  readonly interface: string;
  readonly address: string;
  /** Whether it is this machine's, and on that interface. */
  readonly isOwn: boolean;
  readonly isHere: boolean;
}

export interface Matched {
  readonly yes: PortSet;
  readonly maybe: PortSet;
}

export type Matcher = (way: Way) => Matched;

export const YES: Matched = { yes: ALL, maybe: NONE };
export const NO: Matched = { yes: NONE, maybe: NONE };
export const MAYBE: Matched = { yes: NONE, maybe: ALL };

/** Elements of a set; null: they are not known. */
type Elements = readonly unknown[] | null;

/** What rules name, by which one address or interface is another case than the next. */
export interface Named {
  readonly addresses: Set<string>;
  readonly networks: Prefix[];
  readonly interfaces: Set<string>;
  /** Where translated packets go. */
  readonly reals: Set<string>;
}

/** `elements`: what the right side stands for. */
export function matcherOf(left: unknown, op: unknown, elements: Elements, named: Named): Matcher {
  if (op === '!=') {
    if (isObject(left) && Array.isArray(left.concat)) return () => MAYBE;
    const matcher = membership(left, elements, named);
    return (way) => (isOther(left, way) ? NO : not(matcher(way)));
  }
  if (op === '==' || (op === 'in' && isState(left))) return membership(left, elements, named);
  const [bound] = elements ?? [];
  if (fieldOf(left) === 'dport' && isPort(bound)) {
    const ports = comparedTo(op, bound);
    if (ports !== null) return only(left, () => ({ yes: ports, maybe: NONE }));
  }
  return only(left, () => MAYBE);
}

/** Whether what is known of the packets decides of such a set: its elements are asked for only then. */
export function isDecisive(left: unknown): boolean {
  if (isObject(left) && Array.isArray(left.concat))
    return left.concat.length > 0 && left.concat.every(isDecisive);
  return fieldOf(left) !== null;
}

/** Whether the field is one of these elements. */
export function membership(left: unknown, elements: Elements, named: Named): Matcher {
  if (elements === null || elements.some(isFleeting)) return only(left, () => MAYBE);
  if (isObject(left) && Array.isArray(left.concat)) {
    const fields = left.concat;
    const tuples = elements.map((element) => tupleMatcher(fields, bare(element), named));
    return (way) => tuples.reduce<Matched>((sum, tuple) => or(sum, tuple(way)), NO);
  }
  return only(left, ofField(left, elements.map(bare), named));
}

function tupleMatcher(fields: readonly unknown[], element: unknown, named: Named): Matcher {
  const values = isObject(element) && Array.isArray(element.concat) ? element.concat : null;
  if (values === null || values.length !== fields.length) return () => MAYBE;
  const parts = fields.map((field, i) => membership(field, [values[i]], named));
  return (way) => {
    let answer = YES;
    for (const part of parts) {
      answer = and(answer, part(way));
      if (answer.yes.length + answer.maybe.length === 0) break;
    }
    return answer;
  };
}

type Field = 'interface' | 'version' | 'protocol' | 'daddr' | 'dport' | 'type' | 'state';

/** What is known of packets; null: that is not. */
function fieldOf(left: unknown): Field | null {
  if (!isObject(left)) return null;
  const { meta, payload, fib, ct } = left;
  if (isObject(meta)) {
    if (meta.key === 'iifname' || meta.key === 'iif') return 'interface';
    if (meta.key === 'nfproto' || meta.key === 'protocol') return 'version';
    return meta.key === 'l4proto' ? 'protocol' : null;
  }
  if (isObject(payload)) {
    if (payload.protocol === 'ip' && payload.field === 'protocol') return 'protocol';
    if (payload.protocol === 'ip' || payload.protocol === 'ip6')
      return payload.field === 'daddr' ? 'daddr' : null;
    return ['tcp', 'udp', 'th'].includes(String(payload.protocol)) && payload.field === 'dport'
      ? 'dport'
      : null;
  }
  if (isObject(fib)) {
    const flags = Array.isArray(fib.flags) ? fib.flags : [fib.flags];
    return fib.result === 'type' && flags.includes('daddr') && !flags.includes('saddr') ? 'type' : null;
  }
  return isObject(ct) && ct.key === 'state' ? 'state' : null;
}

function isState(left: unknown): boolean {
  return fieldOf(left) === 'state';
}

function ofField(left: unknown, values: readonly unknown[], named: Named): Matcher {
  switch (fieldOf(left)) {
    case 'interface':
      return ofInterface(values, named);
    case 'version':
      return oneOf(values, ({ version }) =>
        version === 4 ? ['ipv4', 'ip', 0x800] : ['ipv6', 'ip6', 0x86dd],
      );
    case 'protocol':
      return oneOf(values, () => ['tcp', 6]);
    case 'daddr':
      return ofAddress(values, named);
    case 'dport':
      return ofPort(values);
    case 'type':
      return ofType(left, values);
    case 'state':
      return oneOf(values, () => ['new']);
    case null:
      return () => MAYBE;
  }
}

/** Whether one of the names that a value has is there; a value that is neither a word nor a number is not known. */
function oneOf(values: readonly unknown[], wanted: (way: Way) => readonly unknown[]): Matcher {
  const isKnown = values.every((value) => typeof value === 'string' || typeof value === 'number');
  return (way) => (wanted(way).some((one) => values.includes(one)) ? YES : isKnown ? NO : MAYBE);
}

function ofInterface(values: readonly unknown[], { interfaces }: Named): Matcher {
  if (!values.every((value) => typeof value === 'string')) return () => MAYBE;
  for (const name of values) interfaces.add(name);
  return (way) => (values.some((name) => isNamed(way.interface, name)) ? YES : NO);
}

/** A name may end with `*`. */
export function isNamed(name: string, wanted: string): boolean {
  return wanted.endsWith('*') ? name.startsWith(wanted.slice(0, -1)) : name === wanted;
}

function ofAddress(values: readonly unknown[], { addresses, networks }: Named): Matcher {
  const single = new Set<string>();
  const prefixes: Prefix[] = [];
  let isKnown = true;
  for (const value of values) {
    const address = typeof value === 'string' ? canonicalAddress(value) : null;
    const prefix = isObject(value) ? prefixOf(value.prefix) : null;
    if (address !== null) single.add(address);
    else if (prefix !== null) prefixes.push(prefix);
    else isKnown = false;
  }
  for (const address of single) addresses.add(address);
  networks.push(...prefixes);
  return ({ address }) => {
    if (single.has(address) || prefixes.some((prefix) => prefixContains(prefix, address))) return YES;
    return isKnown ? NO : MAYBE;
  };
}

function prefixOf(value: unknown): Prefix | null {
  if (!isObject(value) || typeof value.addr !== 'string' || typeof value.len !== 'number') return null;
  const address = canonicalAddress(value.addr);
  const longest = address !== null && isVersion4(address) ? 32 : 128;
  return address === null || value.len < 0 || value.len > longest ? null : { address, length: value.len };
}

function ofPort(values: readonly unknown[]): Matcher {
  const stretches = values.map(stretchOf);
  const yes = portsOfAll(stretches.filter((one) => one !== null));
  const maybe = stretches.includes(null) ? without(ALL, yes) : NONE;
  return () => ({ yes, maybe });
}

/** A port or a range of them. */
export function stretchOf(value: unknown): readonly [number, number] | null {
  const [first, last] = isObject(value) && Array.isArray(value.range) ? value.range : [value, value];
  return isPort(first) && isPort(last) && first <= last ? [first, last] : null;
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff;
}

function comparedTo(op: unknown, port: number): PortSet | null {
  if (op === '<') return port === 0 ? NONE : [0, port - 1];
  if (op === '<=') return [0, port];
  if (op === '>') return port === 0xffff ? NONE : [port + 1, 0xffff];
  return op === '>=' ? [port, 0xffff] : null;
}

/** Of an address of another machine it is not known how the kernel routes it. */
function ofType(left: unknown, values: readonly unknown[]): Matcher {
  const fib = isObject(left) && isObject(left.fib) ? left.fib : {};
  const byInterface = Array.isArray(fib.flags) && fib.flags.length > 1;
  const isLocal = oneOf(values, () => ['local']);
  return (way) => (way.isOwn && (way.isHere || !byInterface) ? isLocal(way) : MAYBE);
}

/** An element that ends by itself, or stands for all the others, is as good as unknown. */
function isFleeting(value: unknown): boolean {
  if (value === '*') return true;
  if (Array.isArray(value)) return value.some(isFleeting);
  if (!isObject(value) || !isObject(value.elem)) return false;
  return value.elem.timeout !== undefined || value.elem.expires !== undefined || isFleeting(value.elem.val);
}

/** An element may bear a comment or a counter. */
export function bare(value: unknown): unknown {
  return isObject(value) && isObject(value.elem) ? value.elem.val : value;
}

/** Who asks for a field of a header asks for that header first. */
function only(left: unknown, matcher: Matcher): Matcher {
  return (way) => (isOther(left, way) ? NO : matcher(way));
}

function isOther(left: unknown, { version }: Way): boolean {
  const payload = isObject(left) && isObject(left.payload) ? left.payload : null;
  switch (payload?.protocol) {
    case 'ip':
    case 'icmp':
    case 'igmp':
      return version !== 4 || payload.protocol !== 'ip';
    case 'ip6':
    case 'icmpv6':
      return version !== 6 || payload.protocol !== 'ip6';
    case 'tcp':
    case 'udp':
      return payload.protocol !== 'tcp';
    default:
      return false;
  }
}

function and(one: Matched, other: Matched): Matched {
  const yes = both(one.yes, other.yes);
  const any = both(either(one.yes, one.maybe), either(other.yes, other.maybe));
  return { yes, maybe: without(any, yes) };
}

function or(one: Matched, other: Matched): Matched {
  const yes = either(one.yes, other.yes);
  return { yes, maybe: without(either(one.maybe, other.maybe), yes) };
}

function not({ yes, maybe }: Matched): Matched {
  return { yes: without(without(ALL, yes), maybe), maybe };
}
