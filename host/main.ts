#!/usr/bin/env node
/** The command line. */
import { parseArgs } from 'node:util';
import { explain, notYet, warnings } from './config/explain.ts';
import { loadRouterConfiguration } from './config/load.ts';
import { nearest } from './config/nearest.ts';
import { messageOf, RingbackError, systemCodeOf } from './errors.ts';
import { createLog } from './log.ts';
import { replayCommand } from './replay/command.ts';
import { messageCommand } from './router/message-command.ts';
import { DEFAULT_RECORDS, MOST_RECORDS } from './router/record-routes.ts';
import { historyCommand, outboxCommand } from './router/records-command.ts';
import { run } from './router/run.ts';
import { askStatus, statusText } from './router/status.ts';

declare const RINGBACK_VERSION: string | undefined;
const VERSION = typeof RINGBACK_VERSION === 'string' ? RINGBACK_VERSION : 'from sources';
const DEFAULT_CONFIGURATION = '/etc/ringback/ringback.yaml';

const OPTIONS = {
  config: { type: 'string', short: 'c' },
  json: { type: 'boolean' },
  verbose: { type: 'boolean', short: 'v' },
  watch: { type: 'string', multiple: true },
  unanswered: { type: 'string' },
  last: { type: 'string' },
  all: { type: 'boolean' },
  until: { type: 'string' },
  clear: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type OptionName = keyof typeof OPTIONS;
interface Given {
  readonly config?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly watch?: string[];
  readonly unanswered?: string;
  readonly last?: string;
  readonly all?: boolean;
  readonly until?: string;
  readonly clear?: boolean;
  readonly help?: boolean;
}

const OPTION_HELP: Readonly<Record<OptionName, string>> = {
  config: `-c, --config FILE     the configuration (default ${DEFAULT_CONFIGURATION})`,
  json: '    --json            for machines',
  verbose: '-v, --verbose         say more',
  watch: '    --watch NETWORK   addresses that are servers (default: all); may be given again',
  unanswered: '    --unanswered 30s  how long an attempt may stay unanswered; or false',
  last: `    --last N          at most so many, from 1 to ${MOST_RECORDS} (default ${DEFAULT_RECORDS})`,
  all: '    --all             all that it can be done for',
  until: '    --until TIME      when it ends: 2h from now, at 18:30, on 2026-11-23T08:00',
  clear: '    --clear           no message any more',
  help: '-h, --help            this text',
};

interface CommandDescription {
  readonly synopsis: string;
  readonly summary: string;
  readonly help: string;
  readonly options: readonly OptionName[];
  /** Whether something else than options may follow. */
  readonly takesMore?: true;
  readonly action: (given: Given, more: readonly string[]) => void | Promise<void>;
}

/** Roles that the manual describes and this version lacks. */
const LATER: readonly string[] = ['relay', 'takeover', 'emulate'];

const RECORDS_HELP = `Asks the process behind the control socket; if none runs, looks into the database in \`state\` itself.
Times are ISO 8601, or null where the router's clock was wrong; seconds are right in any case.`;

const HISTORY_HELP = `The latest come first.
${RECORDS_HELP}

--json prints {"outages": [{"server", "port", "cause", "from", "to", "seconds", "sign", "clients", "told"}]}.
Port 0 is the host as a whole; clients are those who waited; sign is null when nobody waited any more.`;

const OUTBOX_HELP = `list   undelivered ones first, oldest first; then sent and given up ones, latest first
retry  tries those that wait now, and those that were given up as if they were new
drop   gives up those that wait

MESSAGE-ID is the beginning of one, long enough to tell it from all others. When it can't be done for one
of several, it is done for none; --all leaves out what is being sent at this moment.
${RECORDS_HELP}

--json prints {"queued": 1, "notices": [{"id", "messageId", "mail", "servers", "clients", "state", "beingSent",
"tries", "reason", "entered", "next", "nextInSeconds", "finished"}]}; queued counts those that are not listed, too.
After retry and drop it is {"notices": 1, "beingSent": 0}: for how many it was done, and how many were left out.`;

const COMMANDS: Readonly<Record<string, CommandDescription>> = {
  run: {
    synopsis: 'run [-c FILE]',
    summary: 'the router: detect, wait, notify',
    help: 'Stays in the foreground and logs one JSON object a line, or readable lines on a terminal.\nSIGTERM and SIGINT end it, SIGHUP makes it reread the configuration.',
    options: ['config', 'verbose'],
    action: runAction,
  },
  check: {
    synopsis: 'check [-c FILE]',
    summary: 'validate the configuration, and say what it will do',
    help: 'Exit status 2 when the configuration is wrong; every mistake is named with its place.',
    options: ['config', 'json'],
    action: checkAction,
  },
  status: {
    synopsis: 'status [-c FILE] [--json]',
    summary: 'outages, who waits, notices and counters of a running `run`',
    help: 'Asks the process behind the control socket that the configuration names.',
    options: ['config', 'json'],
    action: async ({ config, json }) => {
      const status = await askStatus(loadRouterConfiguration(config ?? DEFAULT_CONFIGURATION).control);
      console.log(json ? JSON.stringify(status) : statusText(status));
    },
  },
  history: {
    synopsis: 'history [-c FILE] [--json] [--last N]',
    summary: 'outages that are over, and how many people were told',
    help: HISTORY_HELP,
    options: ['config', 'json', 'last'],
    action: async ({ config = DEFAULT_CONFIGURATION, json = false, last }) =>
      console.log(await historyCommand({ config, json, last })),
  },
  outbox: {
    synopsis: 'outbox [list [--last N] | retry MESSAGE-ID… | drop MESSAGE-ID…] [--all] [-c FILE] [--json]',
    summary: 'notices on their way and what became of others; try them now, or drop them',
    help: OUTBOX_HELP,
    options: ['config', 'json', 'last', 'all'],
    takesMore: true,
    action: async ({ config = DEFAULT_CONFIGURATION, json = false, last, all = false }, more) =>
      console.log(await outboxCommand({ config, json, last, all }, more)),
  },
  message: {
    synopsis: 'message [TEXT [--until TIME] | --clear] [-c FILE] [--json]',
    summary: 'what people read on the page in a dead server’s place',
    help: `Without a TEXT it says what the message is. It is shown until its end, and people read when that is expected.

--json prints {"text", "until"}; null where there is none.`,
    options: ['config', 'json', 'until', 'clear'],
    takesMore: true,
    action: async ({ config = DEFAULT_CONFIGURATION, json = false, until, clear = false }, more) =>
      console.log(await messageCommand({ config, json, until, clear }, more)),
  },
  replay: {
    synopsis: 'replay [--json] [--watch NETWORK]… [--unanswered TIME] FILE…',
    summary: 'what would have been noticed in a capture',
    help: 'Reads pcap and pcapng through the module that runs on the router, with the capture’s own clock.',
    options: ['config', 'json', 'watch', 'unanswered'],
    takesMore: true,
    action: ({ config, json, watch, unanswered }, files) => {
      const whole = replayCommand(
        { files, config, watch: watch ?? [], unanswered, json: json ?? false },
        (line) => console.log(line),
        (line) => console.error(`ringback: ${line}`),
      );
      if (!whole) process.exitCode = 1;
    },
  },
};

function helpText(): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(8)}  ${summary}`);
  return [
    'ringback: tells exactly the people a dead server turned away when it is back',
    '',
    'usage: ringback COMMAND [options]',
    '',
    ...rows,
    '',
    'ringback COMMAND --help says more. Exit status: 0 done, 1 failed, 2 wrong usage or configuration.',
  ].join('\n');
}

function commandHelp({ synopsis, summary, help, options }: CommandDescription): string {
  const rows = [...options, 'help' as const].map((name) => `  ${OPTION_HELP[name]}`);
  return [`usage: ringback ${synopsis}`, '', summary, '', help, '', ...rows].join('\n');
}

async function runAction({ config, verbose }: Given): Promise<void> {
  // A log without a reader is no reason to leave people untold; the reader may come back, too.
  process.stdout.off('error', endWithReader).on('error', () => {});
  const log = createLog({
    write: (line) => process.stdout.write(line),
    terminal: process.stdout.isTTY === true,
    now: () => new Date(),
    verbose: verbose ?? false,
  });
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // A second one does not wait for mails under way.
      if (stop.signal.aborted) process.exit(1);
      stop.abort();
    });
  }
  await run(config ?? DEFAULT_CONFIGURATION, log, {
    stop: stop.signal,
    onReload: (reload) => process.on('SIGHUP', reload),
  });
  log.info('stopped');
}

function checkAction({ config, json }: Given): void {
  const file = config ?? DEFAULT_CONFIGURATION;
  const configuration = loadRouterConfiguration(file);
  const [does, warns] = [explain(configuration), [...warnings(configuration), ...notYet(configuration)]];
  if (json) {
    console.log(JSON.stringify({ file, does, warnings: warns }));
    return;
  }
  console.log([`${file} is right.`, ...does, ...warns.map((text) => `Warning: ${text}`)].join('\n'));
}

/** Options of a command, and what is left; throws RingbackError('usage'). */
function parse(
  name: string,
  command: CommandDescription,
  argv: readonly string[],
): { given: Given; more: string[] } {
  const names: OptionName[] = [...command.options, 'help'];
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: Object.fromEntries(names.map((option) => [option, OPTIONS[option]])),
      allowPositionals: true,
    });
    return { given: values as Given, more: positionals };
  } catch (error) {
    const help = `ringback ${name} --help`;
    const unknown = /^Unknown option '(-[^'=]*)/.exec(messageOf(error))?.[1];
    if (unknown === undefined) throw new RingbackError('usage', `${name}: ${messageOf(error)}; ${help}`);
    const meant = unknown.startsWith('--') ? nearest(unknown.slice(2), names) : null;
    const advice = meant === null ? help : `do you mean --${meant}? ${help}`;
    throw new RingbackError('usage', `${name}: no option ${unknown}; ${advice}`);
  }
}

async function main(argv: readonly string[]): Promise<void> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(helpText());
    if (name === undefined) process.exitCode = 2;
    return;
  }
  if (name === '--version') {
    console.log(`ringback ${VERSION}`);
    return;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const known = Object.keys(COMMANDS);
    const there = `there are ${known.join(', ')}`;
    if (LATER.includes(name)) throw new RingbackError('usage', `${name} is not in this version; ${there}`);
    const meant = nearest(name, known);
    const advice = meant === null ? there : `do you mean ${meant}? ${there}`;
    throw new RingbackError('usage', `no command ${JSON.stringify(name)}; ${advice}`);
  }
  const { given, more } = parse(name, command, rest);
  if (given.help) {
    console.log(commandHelp(command));
    return;
  }
  if (more.length > 0 && !command.takesMore) {
    throw new RingbackError('usage', `${name}: ${more[0]} is too much; ringback ${name} --help`);
  }
  await command.action(given, more);
}

/** Whoever reads the output may stop reading: `ringback status | head` is no failure. */
function endWithReader(error: Error): void {
  process.exit(systemCodeOf(error) === 'EPIPE' ? 0 : 1);
}
process.stdout.on('error', endWithReader);

main(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof RingbackError) {
    for (const line of error.message.split('\n')) console.error(`ringback: ${line}`);
    process.exitCode = error.exitStatus;
    return;
  }
  console.error(error);
  process.exitCode = 1;
});
