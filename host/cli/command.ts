/** What a command is. */
import { machineChance } from '../chance.ts';
import { machineTime } from '../time.ts';
import type { Given, OptionName } from './options.ts';

/** Nobody else takes the machine's own. */
export const MACHINE = { time: machineTime, chance: machineChance };

export interface CommandDescription {
  readonly synopsis: string;
  readonly summary: string;
  readonly help: string;
  readonly options: readonly OptionName[];
  /** Whether something else than options may follow. */
  readonly takesMore?: true;
  /** Words of which one may come first, and whether files may follow: what shells complete. */
  readonly words?: readonly string[];
  readonly takesFiles?: true;
  readonly action: (given: Given, more: readonly string[]) => void | Promise<void>;
}
