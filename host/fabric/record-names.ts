/** What numbers in records are called: enums of the module's, spelt as this program spells them. */
import { RingbackError } from '../errors.ts';
import type { Codes } from './module.ts';

/** Numbers of a byte. */
const CODES = 0x100;

export class CodeNames<Name extends string> {
  readonly #codes: Codes;
  readonly #group: string;
  readonly #spell: (name: string) => string;
  readonly #names: (Name | undefined)[];
  readonly #numbers = new Map<string, number>();
  /** Sets of bits, as they are asked for. */
  readonly #bits: (ReadonlySet<Name> | undefined)[];

  constructor(codes: Codes, group: string, spell: (name: string) => string) {
    this.#codes = codes;
    this.#group = group;
    this.#spell = spell;
    this.#names = new Array<Name | undefined>(CODES).fill(undefined);
    this.#bits = new Array<ReadonlySet<Name> | undefined>(CODES).fill(undefined);
    for (const [plain, number] of codes.entries(group)) {
      const name = spell(plain) as Name;
      this.#names[number] = name;
      this.#numbers.set(name, number);
    }
  }

  /** What a byte is called. Throws RingbackError('fabric') when the module has no such number. */
  name(code: number): Name {
    const name = this.#names[code];
    if (name === undefined) throw strange(this.#group, code);
    return name;
  }

  /** The number of a name. One that the module has not is a mistake in this program. */
  number(name: Name): number {
    const number = this.#numbers.get(name);
    if (number === undefined) throw new Error(`the fabric module has no ${this.#group} ${name}`);
    return number;
  }

  /** What the bits of a byte are called; the same set for the same bits. Throws RingbackError('fabric') when there is no such bit. */
  bits(code: number): ReadonlySet<Name> {
    return this.#bits[code] ?? this.#readBits(code);
  }

  #readBits(code: number): ReadonlySet<Name> {
    const set = this.#codes.entries(this.#group).filter(([, bit]) => (code & bit) !== 0);
    if (set.reduce((rest, [, bit]) => rest & ~bit, code) !== 0) throw strange(this.#group, code);
    const names = new Set(set.map(([name]) => this.#spell(name) as Name));
    this.#bits[code] = names;
    return names;
  }
}

/** A number that no module of this version says. */
export function strange(group: string, code: number): RingbackError {
  return new RingbackError('fabric', `says ${group} ${code}, which does not exist`);
}

/** `ReleaseEnd` is `releaseEnd` in this program. */
export function camel(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** `SynAck` is `syn-ack` in the log. */
export function dashed(name: string): string {
  return name.replace(/(?<=.)[A-Z]/g, '-$&').toLowerCase();
}

export function pascal(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
