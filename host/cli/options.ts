/** Options of the command line: what each is called, takes, and says about itself. */
import { DEFAULT_RECORDS, MAX_RECORDS } from '../control/record-routes.ts';
import { UCI_CONFIGURATION } from './usual-file.ts';

export const DEFAULT_CONFIGURATION = '/etc/ringback/ringback.yaml';
export const DEFAULT_RELAY_CONFIGURATION = '/etc/ringback/relay.yaml';
export const DEFAULT_TAKEOVER_CONFIGURATION = '/etc/ringback/takeover.yaml';

/** Where packages put the daemon. */
export const DAEMON_PATH = '/usr/sbin/ringback-fabricd';

export const OPTIONS = {
  config: { type: 'string', short: 'c' },
  role: { type: 'string' },
  here: { type: 'boolean' },
  as: { type: 'string' },
  json: { type: 'boolean' },
  verbose: { type: 'boolean', short: 'v' },
  watch: { type: 'string', multiple: true },
  unanswered: { type: 'string' },
  last: { type: 'string' },
  all: { type: 'boolean' },
  until: { type: 'string' },
  to: { type: 'string', multiple: true },
  key: { type: 'string' },
  server: { type: 'string', multiple: true },
  clear: { type: 'boolean' },
  give: { type: 'boolean' },
  return: { type: 'boolean' },
  status: { type: 'boolean' },
  list: { type: 'boolean' },
  set: { type: 'string', multiple: true },
  seed: { type: 'string' },
  seeds: { type: 'string' },
  shrink: { type: 'boolean' },
  report: { type: 'string' },
  pcap: { type: 'string' },
  'pcap-hosts': { type: 'string' },
  'pcap-window': { type: 'string' },
  'pcap-size': { type: 'string' },
  mails: { type: 'string' },
  realtime: { type: 'boolean' },
  speed: { type: 'string' },
  from: { type: 'string', multiple: true },
  frames: { type: 'boolean' },
  anonymise: { type: 'boolean' },
  compare: { type: 'string' },
  'as-daemon': { type: 'string' },
  on: { type: 'string' },
  mail: { type: 'string' },
  'router-status': { type: 'string' },
  fabric: { type: 'string' },
  syslog: { type: 'boolean' },
  print: { type: 'boolean' },
  daemon: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

export type OptionName = keyof typeof OPTIONS;
export interface Given {
  readonly config?: string;
  readonly role?: string;
  readonly here?: boolean;
  readonly as?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly watch?: string[];
  readonly unanswered?: string;
  readonly last?: string;
  readonly all?: boolean;
  readonly until?: string;
  readonly to?: string[];
  readonly key?: string;
  readonly server?: string[];
  readonly clear?: boolean;
  readonly give?: boolean;
  readonly return?: boolean;
  readonly status?: boolean;
  readonly list?: boolean;
  readonly set?: string[];
  readonly seed?: string;
  readonly seeds?: string;
  readonly shrink?: boolean;
  readonly report?: string;
  readonly pcap?: string;
  readonly 'pcap-hosts'?: string;
  readonly 'pcap-window'?: string;
  readonly 'pcap-size'?: string;
  readonly mails?: string;
  readonly realtime?: boolean;
  readonly speed?: string;
  readonly from?: string[];
  readonly frames?: boolean;
  readonly anonymise?: boolean;
  readonly compare?: string;
  readonly 'as-daemon'?: string;
  readonly on?: string;
  readonly mail?: string;
  readonly 'router-status'?: string;
  readonly fabric?: string;
  readonly syslog?: boolean;
  readonly print?: boolean;
  readonly daemon?: string;
  readonly help?: boolean;
}

export const OPTION_HELP: Readonly<Record<OptionName, string>> = {
  config: `-c, --config FILE     the configuration (default ${DEFAULT_CONFIGURATION}, of a relay ${DEFAULT_RELAY_CONFIGURATION}, of a takeover ${DEFAULT_TAKEOVER_CONFIGURATION}; without that ${UCI_CONFIGURATION}, if there is one)`,
  role: '    --role ROLE       of a file of several: router, relay or takeover (default: the first that is enabled)',
  here: '    --here            whether what it needs is there, on this machine and around it',
  as: '    --as yaml|uci     the configuration itself, in that form',
  json: '    --json            for machines',
  verbose: '-v, --verbose         say more',
  watch: '    --watch NETWORK   addresses that are servers (default: all); may be given again',
  unanswered: '    --unanswered 30s  how long an attempt may stay unanswered; auto, or false',
  last: `    --last N          at most so many, from 1 to ${MAX_RECORDS} (default ${DEFAULT_RECORDS})`,
  all: '    --all             all that it can be done for',
  until: '    --until TIME      when it ends: 2h from now, at 18:30, on 2026-11-23T08:00',
  to: '    --to HOST         who is told; may be given again',
  key: '    --key FILE        has the list key (default: the list_key of a relay’s configuration)',
  server:
    '    --server ADDRESS  the server that is back (default: the addresses of this machine); may be given again',
  clear: '    --clear           no message any more',
  give: '    --give            an active: addresses to the standby',
  return: '    --return          addresses back to their active',
  status: '    --status          who has what',
  list: '    --list            the scenarios that are shipped',
  set: '    --set KEY=VALUE   another value in the scenario, as in population.people.known=100%; may be given again',
  seed: '    --seed N          what chance begins with (default: as the scenario says, else 1)',
  report: '    --report FILE     a page that shows how it went, for a browser',
  pcap: '    --pcap FILE       the frames of the router, as pcapng; with --from the capture without names and data',
  'pcap-hosts':
    '    --pcap-hosts LIST  of them those of these hosts, networks or addresses, with commas between',
  'pcap-window': '    --pcap-window 5s..40s  of them those in this time, from the beginning',
  'pcap-size': '    --pcap-size 100M  no more than that (default 256M)',
  mails: '    --mails DIR       the mails, as files that mail programs open',
  realtime: '    --realtime        as fast as a clock',
  speed: '    --speed N         N times as fast as a clock',
  seeds: '    --seeds A..B      small worlds by chance, one for each of these numbers',
  shrink:
    '    --shrink          what goes wrong, in one of them or in SCENARIO, is made as small as can be, and written to found/',
  compare:
    '    --compare FILE    the same world with that configuration too: who would have been told, when, and why not',
  from: '    --from FILE       a scenario out of that capture, on standard output; given again: of several that are one',
  frames: '    --frames          which has the very frames of it, and no tries of its own',
  anonymise: '    --anonymise       with other addresses, of the same networks, and without data',
  'as-daemon':
    '    --as-daemon SOCKET  the world is a daemon at that socket, for an unmodified `ringback run` with fabric.socket',
  on: '    --on lan0,wan0    a real router between emulated clients and servers, by these interfaces of this machine',
  mail: '    --mail ADDR:PORT  where the bench takes the mails of that router (default 0.0.0.0:2525)',
  'router-status':
    '    --router-status COMMAND  with --on: by which the router is asked at the end, as in "ssh root@router ringback status --json"',
  fabric:
    '    --fabric SOCKET   of a daemon that was started for it; none is started, whatever the configuration says',
  print: '    --print           only what is to be installed there, for doing it by hand',
  daemon: `    --daemon PATH     where the daemon is on the router (default ${DAEMON_PATH})`,
  syslog:
    '    --syslog          warnings and errors go to standard error, for a log that gives them a priority by that',
  help: '-h, --help            this text',
};
