/**
 * The fabric module in this process. This room is the only one that knows of WebAssembly, and no number of the
 * module's is written here again: addresses, sizes and codes are its exports.
 */
import { readFileSync } from 'node:fs';
import { instantiateSync } from '@assemblyscript/loader';
import { besideProgram } from '../beside-program.ts';
import { messageOf, RingbackError } from '../errors.ts';
import type { Limits, Tables } from './sizes.ts';

/** The functions of the module; see assembly/index.ts. */
interface FabricFunctions {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  frameBuffer(): number;
  tablesBytes(servers: number, clients: number, attempts: number, known: number, prefixes: number): number;
  heldAttempts(): number;
  heldServers(): number;
  commandBuffer(): number;
  eventBuffer(): number;
  outgoingBuffer(): number;
  outgoing(): number;
  frame(
    link: number,
    iface: number,
    direction: number,
    captured: number,
    length: number,
    low: number,
    high: number,
  ): number;
  frames(list: number, most: number): number;
  tick(low: number, high: number): number;
  command(): number;
  drained(): void;
  resume(): number;
  busy(): number;
}

/** Its numbers: enums by name, and sizes. */
export class Codes {
  readonly #values: ReadonlyMap<string, number>;
  readonly #groups = new Map<string, [string, number][]>();

  constructor(values: ReadonlyMap<string, number>) {
    this.#values = values;
    for (const [path, value] of values) {
      const [group, name] = path.split('.');
      if (group === undefined || name === undefined) continue;
      const entries = this.#groups.get(group) ?? [];
      entries.push([name, value]);
      this.#groups.set(group, entries);
    }
  }

  /** The number of `Verdict.SynNoted`, `FRAME_BYTES`, … An unknown name is a mistake in this program. */
  number(path: string): number {
    const value = this.#values.get(path);
    if (value === undefined) throw new Error(`the fabric module exports no ${path}`);
    return value;
  }

  /** The name of a number in an enum, or the number itself as text. */
  name(group: string, value: number): string {
    return this.entries(group).find(([, other]) => other === value)?.[0] ?? String(value);
  }

  /** All names of an enum with their numbers. */
  entries(group: string): readonly (readonly [string, number])[] {
    return this.#groups.get(group) ?? [];
  }
}

export interface FabricModule {
  readonly functions: FabricFunctions;
  readonly codes: Codes;
}

/** A fresh instance of the module. Throws RingbackError('fabric') when its file is missing or broken. */
export function loadModule(): FabricModule {
  const file = besideProgram('fabric.wasm');
  try {
    const { instance } = instantiateSync(readFileSync(file), {});
    const values = new Map<string, number>();
    for (const [name, value] of Object.entries(instance.exports)) {
      // The module's constants are globals.
      if (typeof value === 'object' && value !== null && 'value' in value)
        values.set(name, Number(value.value));
    }
    return { functions: instance.exports as unknown as FabricFunctions, codes: new Codes(values) };
  } catch (error) {
    throw new RingbackError('fabric', `${file}: ${messageOf(error)}; \`make\` builds it`, { cause: error });
  }
}

let limits: Limits | null = null;

/** What the module says of its tables. Throws as `loadModule` does. */
export const tables: Tables = {
  get limits() {
    limits ??= limitsOf(loadModule().codes);
    return limits;
  },
  bytes({ servers, clients, attempts, known, prefixes }) {
    return loadModule().functions.tablesBytes(servers, clients, attempts, known, prefixes);
  },
  clientsKept(clients) {
    return Math.floor(clients / loadModule().codes.number('KEPT_PART'));
  },
};

function limitsOf(codes: Codes): Limits {
  return {
    servers: codes.number('MAX_SERVERS'),
    records: codes.number('MAX_RECORDS'),
    interfaces: codes.number('MAX_INTERFACES'),
    sideless: codes.number('MAX_SIDELESS'),
    forwards: codes.number('MAX_FORWARDS'),
  };
}
