/** What the parts of a standby's decisions share. */
import type { StandbyConfiguration } from '../../config/takeover/types.ts';
import type { StandbyPorts } from '../ports/ports.ts';
import type { Timers } from '../ports/timers.ts';
import type { Holdings } from './holdings.ts';

export interface StandbyContext {
  readonly ports: StandbyPorts;
  readonly timers: Timers;
  readonly holdings: Holdings;
  readonly terms: () => StandbyConfiguration;
  /** An address no longer changes hands: what happened to the interfaces meanwhile counts for it now. */
  readonly onSettled: () => void;
}
