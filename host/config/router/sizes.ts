/** How large the data plane's tables are made. */

import type { TableSizes } from '../../fabric/sizes.ts';
import type { RouterConfiguration } from '../types.ts';

/** Room for clients whose mail address becomes known later. */
const MIN_KNOWN = 4096;
const MIN_PREFIXES = 64;

/** `registered`: how many clients there are at which somebody registered. */
export function tableSizes({ fabric, detect, clients }: RouterConfiguration, registered: number): TableSizes {
  return {
    ...fabric.capacity,
    known: powerOfTwo(Math.max(MIN_KNOWN, (clients.length + registered) * 2)),
    prefixes: powerOfTwo(Math.max(MIN_PREFIXES, detect.watch.length)),
  };
}

function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(least));
}
