/** Where the fields of a record are: the module's `Field`, and for the carrier's own records its `CarrierField` as well. */
import { RingbackError } from '../errors.ts';
import type { Codes } from './module.ts';

export class RecordLayout {
  readonly codes: Codes;
  readonly recordBytes: number;
  readonly #offsets: ReadonlyMap<string, number>;

  /** `groups`: enums of the module's; of two fields with one name the later one counts. */
  constructor(codes: Codes, ...groups: readonly string[]) {
    this.codes = codes;
    this.recordBytes = codes.number('RECORD_BYTES');
    this.#offsets = new Map(groups.flatMap((group) => codes.entries(group)));
  }

  /** An unknown field is a mistake in this program. */
  at(field: string): number {
    const offset = this.#offsets.get(field);
    if (offset === undefined) throw new Error(`no field ${field}`);
    return offset;
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

export function pascal(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
