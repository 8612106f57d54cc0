/** The commands: what each is called, says about itself, takes and does. */
import { askControl } from '../control/socket.ts';
import { leaveRoot } from '../privileges/leave-root.ts';
import { relay } from '../relay/run.ts';
import { foreground } from '../role/signals.ts';
import { run } from '../router/run.ts';
import { takeover } from '../takeover/run.ts';
import { announceCommand } from './announce.ts';
import { askedOf } from './asked.ts';
import { besideCommand } from './beside.ts';
import { checkCommand, checkHereCommand } from './check.ts';
import { type CommandDescription, MACHINE } from './command.ts';
import { completed } from './completed.ts';
import { completionCommand, SHELLS } from './completion.ts';
import { emulateCommand } from './emulator.ts';
import { explainCommand } from './explain.ts';
import { BESIDE_HELP, EMULATE_HELP, EXPLAIN_HELP, FOREGROUND_HELP, TAKEOVER_HELP } from './help-texts.ts';
import { messageCommand } from './message.ts';
import {
  DEFAULT_CONFIGURATION,
  DEFAULT_RELAY_CONFIGURATION,
  DEFAULT_TAKEOVER_CONFIGURATION,
} from './options.ts';
import { readAgain } from './reading.ts';
import { historyCommand, OUTBOX_ACTIONS, outboxCommand } from './records.ts';
import { HISTORY_HELP, OUTBOX_HELP } from './records-help.ts';
import { replayCommand } from './replay.ts';
import { roleNamed } from './role-of.ts';
import { isOrder, takeoverCommand } from './takeover.ts';
import { TEST_MAIL_COMMANDS } from './test-mail-commands.ts';
import { usualFile } from './usual-file.ts';

function warn(text: string): void {
  for (const line of text.split('\n')) console.error(`ringback: ${line}`);
}

export const COMMANDS: Readonly<Record<string, CommandDescription>> = {
  run: {
    synopsis: 'run [-c FILE] [--fabric SOCKET]',
    summary: 'the router: detect, wait, notify',
    help: FOREGROUND_HELP,
    options: ['config', 'verbose', 'syslog', 'fabric'],
    action: ({ config = usualFile(DEFAULT_CONFIGURATION), verbose = false, syslog = false, fabric }) =>
      foreground(
        (file, log, signals, machine) =>
          run(file, log, signals, {
            ...{ ...machine, fabric },
            readAgain: (again) => readAgain('run', again, fabric),
          }),
        config,
        {
          ...{ ...MACHINE, verbose, syslog },
          before: (file, log) => leaveRoot(file, log, fabric),
        },
      ),
  },
  relay: {
    synopsis: 'relay [-c FILE]',
    summary: 'on a server or a management station: fetch list mails, and mail the people on them',
    help: FOREGROUND_HELP,
    options: ['config', 'verbose', 'syslog'],
    action: ({ config = usualFile(DEFAULT_RELAY_CONFIGURATION), verbose = false, syslog = false }) =>
      foreground(
        (file, log, signals, machine) =>
          relay(file, log, signals, { ...machine, readAgain: (again) => readAgain('relay', again) }),
        config,
        { ...MACHINE, verbose, syslog },
      ),
  },
  takeover: {
    synopsis: 'takeover [--give [ADDRESS…] | --return [NAME|ADDRESS…] | --status] [-c FILE] [--json]',
    summary: 'one node of a duplex pair: addresses go to the standby, and come back',
    help: TAKEOVER_HELP,
    options: ['config', 'verbose', 'syslog', 'json', 'give', 'return', 'status'],
    takesMore: true,
    action: async (
      {
        config = usualFile(DEFAULT_TAKEOVER_CONFIGURATION),
        verbose = false,
        syslog = false,
        json = false,
        ...given
      },
      words,
    ) => {
      const { give = false, return: back = false, status = false } = given;
      const order = { config, json, give, return: back, status, warn };
      if (!isOrder(order, words)) {
        await foreground(takeover, config, { ...MACHINE, verbose, syslog });
        return;
      }
      const { text, done } = await takeoverCommand(order, words);
      console.log(text);
      if (!done) process.exitCode = 1;
    },
  },
  check: {
    synopsis: 'check [SCENARIO | -c FILE] [--role ROLE] [--here] [--json | --as yaml|uci]',
    summary: 'validate the configuration, or a scenario of `emulate`, and say what it will do',
    help: `A SCENARIO is a file, or the name of one that is shipped (\`ringback emulate --list\`).
Exit status 2 when the configuration is wrong; every mistake is named with its place, a line each on standard error, with
--json as well: it prints {"file", "does", "warnings", "once"} of one that is right; "once" is a sum of what a router or relay reads at its
start alone, null where it keeps who waits in memory. A FILE is YAML, or UCI (docs/uci.md), in which several roles may have their
sections; --as prints one that is right in the other form, without its comments.

--here looks at this machine, too: interfaces, privileges, programs, ports, state, clock, names, the mail server (connects and logs in, and sends nothing), and on
which sides clients and servers are. Status 1 when something is wrong; --json has "here": [{"what", "verdict": "right", "doubtful", "wrong" or "unknown", "says"}].`,
    options: ['config', 'role', 'here', 'json', 'as'],
    takesMore: true,
    takesFiles: true,
    action: async ({ config, role, json = false, as, here = false }, more) => {
      const wanted = { usual: usualFile(DEFAULT_CONFIGURATION), config, role, json, as };
      if (!here) {
        console.log(checkCommand(wanted, more));
        return;
      }
      const { text, isRight } = await checkHereCommand(wanted, more, MACHINE.time);
      console.log(text);
      if (!isRight) process.exitCode = 1;
    },
  },
  status: {
    synopsis: 'status [-c FILE] [--role ROLE] [--json]',
    summary:
      'outages, what is being asked, who waits, notices and counters of a running `run`; mailbox, lists and notices of a `relay`',
    help: `Asks the process behind the control socket that the configuration names. A file that has got a mistake since is a warning.

--json prints what \`GET /status\` answers there: docs/control.md has each field, of every role.`,
    options: ['config', 'role', 'json'],
    action: async ({ config = usualFile(DEFAULT_CONFIGURATION), role, json }) => {
      const of = { file: config, role: roleNamed(role), warn };
      console.log(
        await askedOf(of, async ({ control, command, statusText }) => {
          const status = await askControl(control, '/status', undefined, command);
          return json ? JSON.stringify(status) : statusText(status);
        }),
      );
    },
  },
  explain: {
    synopsis: 'explain CLIENT|SERVER|MAIL [-c FILE] [--role ROLE] [--json]',
    summary: 'why somebody is told or not, what is believed of a server, and what comes next',
    help: EXPLAIN_HELP,
    options: ['config', 'role', 'json'],
    takesMore: true,
    action: async ({ config = usualFile(DEFAULT_CONFIGURATION), role, json = false }, more) => {
      const of = { file: config, role: roleNamed(role), ofRecords: true, warn };
      console.log(await explainCommand({ of, json }, more));
    },
  },
  history: {
    synopsis: 'history [-c FILE] [--role ROLE] [--json] [--last N]',
    summary: 'outages that are over, and how many people were told; of a relay the lists that it has had',
    help: HISTORY_HELP,
    options: ['config', 'role', 'json', 'last'],
    action: async ({ config = usualFile(DEFAULT_CONFIGURATION), role, json = false, last }) => {
      const of = { file: config, role: roleNamed(role), ofRecords: true, warn };
      console.log(await historyCommand({ of, json, last, time: MACHINE.time }));
    },
  },
  outbox: {
    synopsis:
      'outbox [list [--last N] | retry MESSAGE-ID… | drop MESSAGE-ID…] [--all] [-c FILE] [--role ROLE] [--json]',
    summary: 'notices on their way and what became of others; try them now, or drop them',
    help: OUTBOX_HELP,
    options: ['config', 'role', 'json', 'last', 'all'],
    takesMore: true,
    words: OUTBOX_ACTIONS,
    action: async (
      { config = usualFile(DEFAULT_CONFIGURATION), role, json = false, last, all = false },
      more,
    ) => {
      const of = { file: config, role: roleNamed(role), ofRecords: true, warn };
      console.log(await outboxCommand({ of, json, last, all, time: MACHINE.time }, more));
    },
  },
  message: {
    synopsis: 'message [TEXT [--until TIME] | --clear] [-c FILE] [--json]',
    summary: 'what people read on the page in a dead server’s place',
    help: `Without a TEXT it says what the message is. It is shown until its end, and people read when that is expected.

--json prints {"text", "until"}; null where there is none.`,
    options: ['config', 'json', 'until', 'clear'],
    takesMore: true,
    action: async ({ config = usualFile(DEFAULT_CONFIGURATION), json = false, until, clear = false }, more) =>
      console.log(await messageCommand({ config, json, until, clear, time: MACHINE.time }, more)),
  },
  ...TEST_MAIL_COMMANDS,
  announce: {
    synopsis: 'announce [--to HOST]… [--key FILE | -c FILE] [--server ADDRESS]…',
    summary: 'a server without SNMP says that it is back: a check of it begins',
    help: `Sends a UDP datagram, signed with the list key, to where the router (or a station) listens for traps. It does what a trap does
and no more: whoever hears it connects to that server. For a script at the end of a machine’s start.
Without --key it reads the configuration of a relay, which has a list_key, and \`relay.announce\`.`,
    options: ['config', 'to', 'key', 'server'],
    action: async ({ config = usualFile(DEFAULT_RELAY_CONFIGURATION), to = [], key, server = [] }) =>
      console.log(await announceCommand({ config, to, key, server, ...MACHINE })),
  },
  replay: {
    synopsis: 'replay [-c FILE] [--json] [--watch NETWORK]… [--unanswered TIME] FILE…',
    summary: 'what would have been noticed in a capture',
    help: `Reads pcap and pcapng through the module that runs on the router, with the capture’s own clock: Ethernet, Linux cooked,
raw IP, BSD loopback and PPP; compressed with gzip, or with zstd where Node can; - is standard input.
It reads every file there is, and ends with 1 where one could not be read, or not to its end, or holds nothing but link
types that are not read. With -c it watches, waits and knows what that configuration says; without it none is read.

--json prints an object for each file; "unread", where there is any, is [{"linkType", "name", "packets"}].`,
    options: ['config', 'json', 'watch', 'unanswered'],
    takesMore: true,
    takesFiles: true,
    action: async ({ config, json, watch, unanswered }, files) => {
      const whole = await replayCommand(
        { files, config, watch: watch ?? [], unanswered, json: json ?? false, chance: MACHINE.chance },
        (line) => console.log(line),
        (line) => console.error(`ringback: ${line}`),
      );
      if (!whole) process.exitCode = 1;
    },
  },
  beside: {
    synopsis: 'beside [-c FILE] [--daemon PATH] [--print]',
    summary:
      'have a router that has the daemon alone take this program: a key that may carry records, and nothing else',
    help: BESIDE_HELP,
    options: ['config', 'daemon', 'print'],
    action: async ({ config = usualFile(DEFAULT_CONFIGURATION), daemon, print = false }) => {
      for await (const line of besideCommand({ config, daemon, print }, MACHINE.time)) console.log(line);
    },
  },
  emulate: {
    synopsis: `emulate SCENARIO [--seed N] [--set KEY=VALUE]… [-c FILE] [--json] [--report FILE] [--pcap FILE] [--realtime | --speed N]
       ringback emulate SCENARIO --compare FILE | SCENARIO --shrink | SCENARIO --as-daemon SOCKET | SCENARIO --on IF,IF [--mail ADDRESS:PORT] [--router-status COMMAND] | --list | --seeds A..B [--shrink] | --from FILE… [--frames] [--anonymise]`,
    summary: 'a whole world with the program in it, on a clock of its own: what people would see',
    help: EMULATE_HELP,
    options: [
      ...([
        'config',
        'json',
        'list',
        'set',
        'seed',
        'report',
        'pcap',
        'pcap-hosts',
        'pcap-window',
        'pcap-size',
        'mails',
      ] as const),
      ...([
        'realtime',
        'speed',
        'seeds',
        'shrink',
        'compare',
        'from',
        'frames',
        'anonymise',
        'as-daemon',
        'on',
        'mail',
        'router-status',
      ] as const),
    ],
    takesMore: true,
    takesFiles: true,
    action: async (given, words) => {
      const print = (line: string): void => console.log(line);
      const kept = await emulateCommand(given, words, { ...MACHINE, print, warn });
      if (!kept) process.exitCode = 1;
    },
  },
  completion: {
    synopsis: `completion ${SHELLS.join('|')}`,
    summary: 'what a shell completes behind `ringback`',
    help: 'Prints a script for the shell: `source <(ringback completion bash)`. `make install` puts them where shells look.',
    options: [],
    takesMore: true,
    words: SHELLS,
    action: (_given, words) => console.log(completionCommand(completed(COMMANDS), words)),
  },
};
