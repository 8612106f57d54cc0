/** How large the data plane's tables are made. */
import type { RouterConfiguration } from '../types.ts';

/** Records that each has room for. */
export interface TableSizes {
  readonly servers: number;
  readonly clients: number;
  readonly attempts: number;
  readonly known: number;
  readonly prefixes: number;
}

/** What is known of the tables where they are made. */
export interface Tables {
  /** Of memory that tables of these sizes take. */
  bytes(sizes: TableSizes): number;
  /** Of so many places for clients, those that are for who has a known mail address. */
  clientsKept(clients: number): number;
}

/** Room for clients whose mail address becomes known later. */
const LEAST_KNOWN = 4096;
const LEAST_PREFIXES = 64;

/** `registered`: how many clients there are at which somebody registered. */
export function tableSizes({ fabric, detect, clients }: RouterConfiguration, registered: number): TableSizes {
  return {
    ...fabric.capacity,
    known: powerOfTwo(Math.max(LEAST_KNOWN, (clients.length + registered) * 2)),
    prefixes: powerOfTwo(Math.max(LEAST_PREFIXES, detect.watch.length)),
  };
}

function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(least));
}
