/** Where the fields of a record are: the module's `Field`, and for the carrier's own records its `CarrierField` as well. */
import { RingbackError } from '../errors.ts';
import type { Codes } from './module.ts';

export class RecordLayout {
  readonly codes: Codes;
  readonly recordBytes: number;
  /** The bit of a kind that says that its port is one of UDP. */
  readonly ofDatagrams: number;
  readonly #offsets: ReadonlyMap<string, number>;
  /** By enum and number, as they are asked for. */
  readonly #names = new Map<string, Map<number, EventName>>();
  /** And numbers, by enum and name. */
  readonly #numbers = new Map<string, Map<string, number>>();
  /** Sets of bits, likewise. */
  readonly #bits = new Map<string, Map<number, ReadonlySet<string>>>();

  /** `groups`: enums of the module's; of two fields with one name the later one counts. */
  constructor(codes: Codes, ...groups: readonly string[]) {
    this.codes = codes;
    this.recordBytes = codes.number('RECORD_BYTES');
    this.ofDatagrams = codes.number('OF_DATAGRAMS');
    this.#offsets = new Map(groups.flatMap((group) => codes.entries(group)));
  }

  /** An unknown field is a mistake in this program. */
  at(field: string): number {
    const offset = this.#offsets.get(field);
    if (offset === undefined) throw new Error(`no field ${field}`);
    return offset;
  }

  /** What a number is called in an enum of the module's. Throws RingbackError('fabric') when it does not exist. */
  name(group: string, code: number): EventName {
    return this.#names.get(group)?.get(code) ?? this.#readName(group, code);
  }

  /** The number of what this program calls so in an enum of the module's. */
  number(group: string, name: string): number {
    return this.#numbers.get(group)?.get(name) ?? this.#readNumber(group, name);
  }

  #readNumber(group: string, name: string): number {
    const number = this.codes.number(`${group}.${pascal(name)}`);
    const known = this.#numbers.get(group) ?? new Map<string, number>();
    this.#numbers.set(group, known.set(name, number));
    return number;
  }

  /** What the bits of a number are called in an enum of the module's. Throws RingbackError('fabric') when there is no such bit. */
  bits(group: string, code: number): ReadonlySet<string> {
    return this.#bits.get(group)?.get(code) ?? this.#readBits(group, code);
  }

  #readBits(group: string, code: number): ReadonlySet<string> {
    const set = this.codes.entries(group).filter(([, bit]) => (code & bit) !== 0);
    if (set.reduce((rest, [, bit]) => rest & ~bit, code) !== 0) throw strange(group, code);
    const names = new Set(set.map(([name]) => camel(name)));
    const known = this.#bits.get(group) ?? new Map<number, ReadonlySet<string>>();
    this.#bits.set(group, known.set(code, names));
    return names;
  }

  #readName(group: string, code: number): EventName {
    const plain = this.codes.name(group, code);
    if (plain === String(code)) throw strange(group, code);
    const name = { plain, camel: camel(plain), dashed: dashed(plain) };
    const known = this.#names.get(group) ?? new Map<number, EventName>();
    this.#names.set(group, known.set(code, name));
    return name;
  }
}

/** A name of the module's in all spellings. */
interface EventName {
  readonly plain: string;
  readonly camel: string;
  readonly dashed: string;
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
function dashed(name: string): string {
  return name.replace(/(?<=.)[A-Z]/g, '-$&').toLowerCase();
}

export function pascal(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
