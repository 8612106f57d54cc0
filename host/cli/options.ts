/** Options of the command line: what each is called, takes, and says about itself. */
import { DEFAULT_RECORDS, MAX_RECORDS } from '../control/record-routes.ts';

export const DEFAULT_CONFIGURATION = '/etc/ringback/ringback.yaml';
export const DEFAULT_RELAY_CONFIGURATION = '/etc/ringback/relay.yaml';
export const DEFAULT_TAKEOVER_CONFIGURATION = '/etc/ringback/takeover.yaml';

export const OPTIONS = {
  config: { type: 'string', short: 'c' },
  json: { type: 'boolean' },
  verbose: { type: 'boolean', short: 'v' },
  watch: { type: 'string', multiple: true },
  unanswered: { type: 'string' },
  last: { type: 'string' },
  all: { type: 'boolean' },
  until: { type: 'string' },
  clear: { type: 'boolean' },
  give: { type: 'boolean' },
  return: { type: 'boolean' },
  status: { type: 'boolean' },
  list: { type: 'boolean' },
  set: { type: 'string', multiple: true },
  seed: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

export type OptionName = keyof typeof OPTIONS;
export interface Given {
  readonly config?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly watch?: string[];
  readonly unanswered?: string;
  readonly last?: string;
  readonly all?: boolean;
  readonly until?: string;
  readonly clear?: boolean;
  readonly give?: boolean;
  readonly return?: boolean;
  readonly status?: boolean;
  readonly list?: boolean;
  readonly set?: string[];
  readonly seed?: string;
  readonly help?: boolean;
}

export const OPTION_HELP: Readonly<Record<OptionName, string>> = {
  config: `-c, --config FILE     the configuration (default ${DEFAULT_CONFIGURATION}, of a relay ${DEFAULT_RELAY_CONFIGURATION}, of a takeover ${DEFAULT_TAKEOVER_CONFIGURATION})`,
  json: '    --json            for machines',
  verbose: '-v, --verbose         say more',
  watch: '    --watch NETWORK   addresses that are servers (default: all); may be given again',
  unanswered: '    --unanswered 30s  how long an attempt may stay unanswered; or false',
  last: `    --last N          at most so many, from 1 to ${MAX_RECORDS} (default ${DEFAULT_RECORDS})`,
  all: '    --all             all that it can be done for',
  until: '    --until TIME      when it ends: 2h from now, at 18:30, on 2026-11-23T08:00',
  clear: '    --clear           no message any more',
  give: '    --give            an active: addresses to the standby',
  return: '    --return          addresses back to their active',
  status: '    --status          who has what',
  list: '    --list            the scenarios that are shipped',
  set: '    --set KEY=VALUE   another value in the scenario, as in population.people.known=100%; may be given again',
  seed: '    --seed N          what chance begins with (default: as the scenario says, else 1)',
  help: '-h, --help            this text',
};
