/**
 * Private addresses that stand for "port P of the dead server S". The kernel gives a browser's connection one of
 * them as its destination, and by it the page knows what the browser asked for.
 */

import { canonicalAddress, isVersion4 } from '../../net/address.ts';
import type { Target } from '../../net/target.ts';
import { type Contents, NOTHING } from './ruleset.ts';

/** As many as the smaller network has, without its first address. */
export const MAX_ALIASES = 65_535;

function alias4(number: number): string {
  return `198.18.${number >> 8}.${number & 0xff}`;
}

function alias6(number: number): string {
  return `fd72:696e:6762:6163::${number.toString(16)}`;
}

/**
 * The aliases of one IP version. An alias that was released still tells what it stood for, because conversations
 * through it may live on; it gets a new meaning only when all others have been used since.
 */
class AliasPool {
  readonly #addressOf: (number: number) => string;
  readonly #size: number;
  /** By the target's name. */
  readonly #aliases = new Map<string, string>();
  /** By the alias. */
  readonly #targets = new Map<string, Target>();
  /** Names, the one released longest ago first. */
  readonly #released = new Set<string>();

  constructor(addressOf: (number: number) => string, size: number) {
    this.#addressOf = addressOf;
    this.#size = size;
  }

  /** The target's alias, the one that it had before if that is still known; null: none is left. */
  take(name: string, target: Target): string | null {
    const known = this.#aliases.get(name);
    if (known !== undefined) {
      this.#released.delete(name);
      return known;
    }
    const alias = this.#targets.size < this.#size ? this.#addressOf(this.#targets.size + 1) : this.#oldest();
    if (alias === null) return null;
    this.#aliases.set(name, alias);
    this.#targets.set(alias, target);
    return alias;
  }

  release(name: string): void {
    if (this.#aliases.has(name)) this.#released.add(name);
  }

  targetOf(alias: string): Target | null {
    return this.#targets.get(alias) ?? null;
  }

  /** Takes the alias away that was released longest ago. */
  #oldest(): string | null {
    const [name] = this.#released;
    if (name === undefined) return null;
    const alias = this.#aliases.get(name) ?? null;
    this.#released.delete(name);
    this.#aliases.delete(name);
    return alias;
  }
}

/** What the kernel's sets have to contain, and what a connection's local address means. */
export class Aliases {
  readonly #pagePort: number;
  readonly #version6: boolean;
  readonly #pool4: AliasPool;
  readonly #pool6: AliasPool;
  /** The latest; what stands in it has been checked. */
  #contents: Contents = NOTHING;
  #withoutAlias = 0;

  /** `version6` false: IPv6 targets and clients are left out. */
  constructor(options: { readonly pagePort: number; readonly version6: boolean; readonly size?: number }) {
    this.#pagePort = options.pagePort;
    this.#version6 = options.version6;
    this.#pool4 = new AliasPool(alias4, options.size ?? MAX_ALIASES);
    this.#pool6 = new AliasPool(alias6, options.size ?? MAX_ALIASES);
  }

  /** How many targets of the latest contents are not steered because no alias was left for them. */
  get withoutAlias(): number {
    return this.#withoutAlias;
  }

  /**
   * The sets for these targets and passing clients. Throws a RangeError, and changes nothing, when one of them is
   * not an address in canonical form or not a port: nothing else ever gets into the kernel's sets.
   */
  contents(targets: readonly Target[], pass: readonly string[]): Contents {
    const before = this.#contents;
    const targets4 = new Map<string, string>();
    const targets6 = new Map<string, string>();
    const pass4 = new Map<string, string>();
    const pass6 = new Map<string, string>();
    const others: Target[] = [];
    for (const target of targets) {
      const name = nftName(target);
      const known4 = before.targets4.get(name);
      const known6 = before.targets6.get(name);
      if (known4 !== undefined) targets4.set(name, known4);
      else if (known6 !== undefined) targets6.set(name, known6);
      else others.push(checked(target));
    }
    for (const client of pass) {
      if (!before.pass4.has(client) && !before.pass6.has(client)) checkAddress(client);
      if (isVersion4(client)) pass4.set(client, '');
      else if (this.#version6) pass6.set(client, '');
    }
    // First what goes, so that its aliases can be had if there are no others.
    for (const name of missing(before.targets4, targets4)) this.#pool4.release(name);
    for (const name of missing(before.targets6, targets6)) this.#pool6.release(name);
    const left = new Set<string>();
    for (const target of others) {
      const name = nftName(target);
      const version4 = isVersion4(target.server);
      if (!version4 && !this.#version6) continue;
      const alias = (version4 ? this.#pool4 : this.#pool6).take(name, target);
      if (alias === null) left.add(name);
      else (version4 ? targets4 : targets6).set(name, `${alias} . ${this.#pagePort}`);
    }
    this.#withoutAlias = left.size;
    this.#contents = { targets4, targets6, pass4, pass6 };
    return this.#contents;
  }

  /** What a connection with this local address (as Node tells it) was meant for; null: it was not steered. */
  targetOf(localAddress: string): Target | null {
    const address = canonicalAddress(localAddress);
    if (address === null) return null;
    return (isVersion4(address) ? this.#pool4 : this.#pool6).targetOf(address);
  }
}

/** The target as nft writes it. */
export function nftName({ server, port }: Target): string {
  return `${server} . ${port}`;
}

/** The names that are in the one and not in its part. */
function missing(whole: ReadonlyMap<string, string>, part: ReadonlyMap<string, string>): readonly string[] {
  return part.size === whole.size ? [] : [...whole.keys()].filter((name) => !part.has(name));
}

/** A copy, so that nobody changes what has been checked. */
function checked({ server, port }: Target): Target {
  checkAddress(server);
  if (!Number.isInteger(port) || port < 1 || port > 0xffff) {
    throw new RangeError(`not a port: ${JSON.stringify(port)}`);
  }
  return { server, port };
}

function checkAddress(text: string): void {
  if (typeof text !== 'string' || canonicalAddress(text) !== text) {
    throw new RangeError(`not an address in canonical form: ${JSON.stringify(text)}`);
  }
}
