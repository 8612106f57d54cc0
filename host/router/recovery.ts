/** Outages that end together: a server as a whole and the service that was tried on it. */
import type { Outage, Waiting } from './outages.ts';
import type { AnySign } from './ports.ts';

export interface Recovery {
  readonly server: string;
  readonly recoveredMs: number;
  readonly sign: AnySign;
  readonly outages: readonly Outage[];
  readonly clients: ReadonlyMap<string, Waiting>;
  /** What was known of those who were handed out: whoever is heard of again after that waits for the next recovery. */
  readonly handed: ReadonlySet<Waiting>;
}
