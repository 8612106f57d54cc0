/** Many clients alike, as columns: half a million people are one array. */
import { addressBytes, addressText, isVersion4 } from '../../net/address.ts';
import type { Stream, Streams } from '../kernel/streams.ts';
import { memberName, type PeoplePlan, type StackName } from '../scenario/types.ts';
import { type Block, lowOf, type Network, nextFree, writeLow } from './prefixes.ts';

/** The first addresses of a network are not people's, where it has enough. */
const KEPT = 256;
const MIN_KEPT = 10;
/** What is known of somebody: bits, the number of his stack, and that of his group. */
const STACK_AT = 8;
const GROUP_AT = 16;
const BYTE = 0xff;
const Bit = { ip6: 1, known: 2, japanese: 4 } as const;

interface Acquaintance {
  readonly client: number;
  readonly address: string;
  readonly mail: string;
  readonly language: 'en' | 'ja';
}

interface Group {
  readonly plan: PeoplePlan;
  readonly network: number;
  readonly first: number;
  readonly ip4: Block | null;
  readonly ip6: Block | null;
}

export class Population {
  readonly count: number;
  readonly groups: readonly Group[];
  /** Of each the last 32 bits of his address, and all else that is known of him: side by side, as they are looked at. */
  readonly #columns: Uint32Array;
  /** By group. */
  readonly #networks: Uint16Array;

  constructor(
    plans: readonly PeoplePlan[],
    networks: readonly Network[],
    taken: ReadonlySet<string>,
    streams: Streams,
    stacks: readonly StackName[],
  ) {
    this.count = plans.reduce((sum, { count }) => sum + count, 0);
    this.#columns = new Uint32Array(2 * this.count);
    const takenLow = new Set([...taken].map((address) => lowOf(addressBytes(address))));
    let first = 0;
    this.groups = plans.map((plan, group) => {
      const network = networks.findIndex((one) => one.plan.name === plan.network);
      const { ip4 = null, ip6 = null } = networks[network] ?? {};
      const one: Group = { plan, network, first, ip4, ip6 };
      this.#settle(one, group, takenLow, streams.of(`people ${plan.name}`), stacks);
      first += plan.count;
      return one;
    });
    this.#networks = Uint16Array.from(this.groups, ({ network }) => network);
  }

  /** -1: nobody's address. */
  at(address: string): number {
    const bytes = addressBytes(address);
    const low = lowOf(bytes);
    for (const { first, plan } of this.groups) {
      let [from, to] = [first, first + plan.count];
      while (from < to) {
        const middle = (from + to) >> 1;
        if (this.#lowOf(middle) < low) from = middle + 1;
        else to = middle;
      }
      if (from < first + plan.count && this.#lowOf(from) === low && this.#has(from, address, bytes))
        return from;
    }
    return -1;
  }

  /** By a name as scripts have it; -1: nobody's. */
  called(name: string): number {
    for (const { plan, first } of this.groups) {
      const number = Number(name.slice(name.lastIndexOf('-') + 1));
      if (number >= 1 && number <= plan.count && memberName(plan.name, number) === name)
        return first + number - 1;
    }
    return -1;
  }

  person(person: number): Somebody {
    return new Somebody(this, person);
  }

  nameOf(person: number): string {
    const { plan, first } = this.groupOf(person);
    return memberName(plan.name, person - first + 1);
  }

  /** null: it is not known. */
  mailOf(person: number): string | null {
    if ((this.#factsOf(person) & Bit.known) === 0) return null;
    const { plan, first } = this.groupOf(person);
    return plan.mail.replaceAll('{n}', String(person - first + 1));
  }

  /** Those who are known; `from`: the number that the first of all people has as a client. */
  *known(from: number): Generator<Acquaintance> {
    for (let person = 0; person < this.count; person++) {
      const mail = this.mailOf(person);
      if (mail === null) continue;
      const address = this.addressOf(person);
      const language = this.#factsOf(person) & Bit.japanese ? 'ja' : 'en';
      yield { client: from + person, address, mail, language };
    }
  }

  groupOf(person: number): Group {
    return this.groups[this.groupNumber(person)] as Group;
  }

  groupNumber(person: number): number {
    return (this.#factsOf(person) >>> GROUP_AT) & BYTE;
  }

  networkOf(person: number): number {
    return this.#networks[this.groupNumber(person)] as number;
  }

  isIp6(person: number): boolean {
    return (this.#factsOf(person) & Bit.ip6) !== 0;
  }

  stackOf(person: number): number {
    return (this.#factsOf(person) >>> STACK_AT) & BYTE;
  }

  /** Of IPv4, the last four bytes only. */
  write(person: number, into: Uint8Array): void {
    writeLow(into, this.#lowOf(person));
    if (!this.isIp6(person)) return;
    const { bytes } = this.groupOf(person).ip6 as Block;
    for (let at = 0; at < 12; at++) into[at] = bytes[at] as number;
  }

  #lowOf(person: number): number {
    return this.#columns[2 * person] as number;
  }

  #factsOf(person: number): number {
    return this.#columns[2 * person + 1] as number;
  }

  addressOf(person: number): string {
    const bytes = new Uint8Array(16);
    // As an IPv4 address is mapped into IPv6.
    if (!this.isIp6(person)) bytes.fill(0xff, 10, 12);
    this.write(person, bytes);
    return addressText(bytes);
  }

  /** Whether the address, whose last bits are his, is his. */
  #has(person: number, address: string, bytes: Uint8Array): boolean {
    const isIp6 = this.isIp6(person);
    if (isIp6 === isVersion4(address)) return false;
    if (!isIp6) return true;
    const { bytes: first } = this.groupOf(person).ip6 as Block;
    for (let at = 0; at < 12; at++) if (first[at] !== bytes[at]) return false;
    return true;
  }

  #settle(
    { plan, first, ip4, ip6 }: Group,
    group: number,
    taken: ReadonlySet<number>,
    stream: Stream,
    stacks: readonly StackName[],
  ): void {
    const languages = shares(plan.languages, (name) => (name === 'ja' ? Bit.japanese : 0));
    const kinds = shares(plan.stacks, (name) => stacks.indexOf(name));
    // Everybody has the same last bits in both, so that they can be found.
    const all = ip4 ?? ip6;
    if (all === null) throw new RangeError(`${plan.name}: the network ${plan.network} has no addresses`);
    const offset = all.size > plan.count + 2 * KEPT ? KEPT : MIN_KEPT;
    const [base4, base6] = [ip4?.low ?? 0, ip6?.low ?? 0];
    let low = (ip4 === null ? base6 : base4) + offset;
    for (let person = first; person < first + plan.count; person++, low++) {
      low = nextFree(all, low, taken);
      const isIp6 = ip6 !== null && (ip4 === null || stream.fraction() < plan.ip6);
      const isKnown = stream.fraction() < plan.known;
      const stack = drawn(kinds, stream);
      const bits = (isIp6 ? Bit.ip6 : 0) | (isKnown ? Bit.known : 0) | drawn(languages, stream);
      this.#columns[2 * person] = low;
      this.#columns[2 * person + 1] = bits | (stack << STACK_AT) | (group << GROUP_AT);
    }
  }
}

/** One of many: what is not asked for is not put into words. */
class Somebody {
  readonly #people: Population;
  readonly #person: number;

  constructor(people: Population, person: number) {
    this.#people = people;
    this.#person = person;
  }

  get name(): string {
    return this.#people.nameOf(this.#person);
  }

  get address(): string {
    return this.#people.addressOf(this.#person);
  }

  get mail(): string | null {
    return this.#people.mailOf(this.#person);
  }
}

type Shares = readonly (readonly [upTo: number, value: number])[];

/** Parts of one, whatever they come to together. */
function shares<K>(of: ReadonlyMap<K, number>, numberOf: (key: K) => number): Shares {
  const total = [...of.values()].reduce((sum, part) => sum + part, 0);
  let upTo = 0;
  return [...of].map(([key, part]) => {
    upTo += part / total;
    return [upTo, numberOf(key)] as const;
  });
}

function drawn(of: Shares, stream: Stream): number {
  const at = stream.fraction();
  return (of.find(([upTo]) => at < upTo) ?? of.at(-1))?.[1] ?? 0;
}
