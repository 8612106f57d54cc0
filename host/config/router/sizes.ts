/** How large the data plane's tables are made. */

import type { TableSizes, Tables } from '../../fabric/sizes.ts';
import type { RouterConfiguration } from '../types.ts';

/** Room for clients whose mail address becomes known later. */
const MIN_KNOWN = 4096;
const MIN_PREFIXES = 64;

const MIB = 2 ** 20;
const MIN_KEY_MIB = 16;

/** What these tables take. */
export const mibOf = (sizes: TableSizes, tables: Tables): number => Math.ceil(tables.bytes(sizes) / MIB);

/** What a router's key allows the tables: room for twice as much, as the file may name more clients before it is entered anew. */
export function memoryMibFor(sizes: TableSizes, tables: Tables): number {
  return Math.max(MIN_KEY_MIB, 2 * mibOf(sizes, tables));
}

/** `registered`: how many clients there are at which somebody registered. */
export function tableSizes({ fabric, detect, clients }: RouterConfiguration, registered: number): TableSizes {
  const { conversations, ...capacity } = fabric.capacity;
  return {
    ...capacity,
    known: powerOfTwo(Math.max(MIN_KNOWN, (clients.length + registered) * 2)),
    prefixes: powerOfTwo(Math.max(MIN_PREFIXES, detect.watch.length)),
    ...(detect.conversations ? { conversations } : {}),
  };
}

function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(least));
}
