/** What `ringback takeover` runs: one of two nodes. */
import type { TakeoverConfiguration } from '../../config/takeover/types.ts';
import type { Ready } from '../../role/role.ts';
import type { Handover } from './handover.ts';

export interface TakeoverNode {
  /** What to say when it is ready. */
  readonly about: Ready;
  status(): object;
  /** No addresses: all. Throws RingbackError('usage') for what is none of it. */
  give(addresses: readonly string[]): Promise<readonly Handover[]>;
  /** Names of actives or addresses; none: all. Throws RingbackError('usage') for what is none of it. */
  giveBack(what: readonly string[]): Promise<readonly Handover[]>;
  /** Takes what can be taken without a restart; what can't is returned by name. */
  reconfigure(configuration: TakeoverConfiguration): readonly string[];
  close(): Promise<void>;
}
