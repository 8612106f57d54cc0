/** What the parts of an active's decisions share. */
import type { ActivePorts } from '../ports/ports.ts';
import type { Timers } from '../ports/timers.ts';
import type { Faults } from './faults.ts';
import type { ServiceAddresses } from './services.ts';

export interface ActiveContext {
  readonly ports: ActivePorts;
  readonly timers: Timers;
  readonly services: ServiceAddresses;
  readonly faults: Faults;
  /** What the standby is called. */
  readonly peer: () => string;
}
