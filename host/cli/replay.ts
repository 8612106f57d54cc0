/** `ringback replay FILE…`. */
import type { Chance } from '../chance.ts';
import { loadRouterConfiguration } from '../config/router/file.ts';
import { DEFAULT_UNANSWERED_MS, MAX_LEARNT_MS } from '../config/unanswered.ts';
import { RingbackError } from '../errors.ts';
import { tables } from '../fabric/module.ts';
import { mappedLength, type Prefix, readPrefix } from '../net/address.ts';
import { parseDuration } from '../net/duration.ts';
import { type Replayed, type ReplayOptions, replay, type Unread } from '../replay/replay.ts';
import { withSource } from '../replay/source.ts';

interface Arguments {
  readonly files: readonly string[];
  readonly config: string | undefined;
  readonly watch: readonly string[];
  readonly unanswered: string | undefined;
  readonly json: boolean;
  readonly chance: Chance;
}

const EVERYTHING = [
  { address: '0.0.0.0', bits: 96 },
  { address: '::', bits: 0 },
];
const SHOWN = 20;
const READ = 'Ethernet, Linux cooked, raw IP, BSD loopback and PPP';

/**
 * Replays every file and prints what is in it; `print` gets whole lines, `warn` what is wrong with a file.
 * Returns whether every file could be read, and to its end.
 */
export async function replayCommand(
  given: Arguments,
  print: (line: string) => void,
  warn: (line: string) => void,
): Promise<boolean> {
  if (given.files.length === 0) {
    throw new RingbackError('usage', 'replay: no file given; ringback replay FILE… reads pcap and pcapng');
  }
  const options = optionsOf(given);
  let whole = true;
  for (const file of given.files) {
    try {
      const result = await withSource(file, (source) => replay(source, options));
      print(given.json ? JSON.stringify(result) : textOf(result));
      for (const problem of problemsOf(result)) {
        whole = false;
        warn(`${file}: ${problem}`);
      }
    } catch (error) {
      // The next file may be one.
      if (!(error instanceof RingbackError && error.code === 'input')) throw error;
      whole = false;
      warn(error.message);
    }
  }
  return whole;
}

function problemsOf({ packets, damage, unread = [] }: Replayed): string[] {
  const problems: string[] = [];
  if (damage !== undefined) {
    const { offset, reason } = damage;
    problems.push(`damaged at byte ${offset}: ${reason}; what stands before it was read`);
  }
  const sum = unread.reduce((all, one) => all + one.packets, 0);
  if (sum > 0 && sum === packets) {
    const names = unread.map(linkOf).join(', ');
    problems.push(`nothing of it was read: link type ${names}; ${READ} are`);
  }
  return problems;
}

function optionsOf(given: Arguments): ReplayOptions {
  const configuration =
    given.config === undefined ? null : loadRouterConfiguration(given.config, tables.limits);
  const { detect, recover, servers = [], clients = [] } = configuration ?? {};
  const usual = detect ?? { unansweredMs: DEFAULT_UNANSWERED_MS, learnsWait: false };
  const { unansweredMs, learnsWait } =
    given.unanswered === undefined ? usual : unansweredOf(given.unanswered);
  const watched = given.watch.length > 0 ? given.watch.map(prefixOf) : detect?.watch;
  return {
    chance: given.chance,
    watch: watched?.map((prefix) => ({ address: prefix.address, bits: mappedLength(prefix) })) ?? EVERYTHING,
    unreachable: detect?.unreachable ?? true,
    unansweredMs,
    learnsWait,
    refused: detect?.refused ?? true,
    arp: recover?.arp ?? true,
    synAck: recover?.synAck ?? true,
    knownClientsOnly: detect?.knownClientsOnly ?? false,
    conversations: detect?.conversations ?? false,
    services: servers.flatMap(({ address, ports }) => ports.map((port) => ({ server: address, port }))),
    clients: clients.map(({ address }) => address),
  };
}

function prefixOf(text: string): Prefix {
  const reading = readPrefix(text);
  if ('prefix' in reading) return reading.prefix;
  throw new RingbackError(
    'usage',
    `--watch ${text} ${reading.problem}; 172.27.178.0/24 or 2001:db8:178::/64 is right`,
  );
}

function unansweredOf(text: string): Pick<ReplayOptions, 'unansweredMs' | 'learnsWait'> {
  if (text === 'false') return { unansweredMs: null, learnsWait: false };
  if (text === 'auto') return { unansweredMs: MAX_LEARNT_MS, learnsWait: true };
  const unansweredMs = parseDuration(text);
  if (unansweredMs === null)
    throw new RingbackError(
      'usage',
      `--unanswered ${text}: not a duration; 500ms, 30s, 10m, 12h, 30d are, and auto`,
    );
  return { unansweredMs, learnsWait: false };
}

/** A capture may claim times that no calendar has. */
function clock(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString().replace('T', ' ').slice(0, 23);
}
const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const linkOf = ({ linkType, name }: Unread): string =>
  name === null ? `${linkType}` : `${linkType} (${name})`;

function textOf({ file, packets, malformed, attempts, failed, outages, unread = [] }: Replayed): string {
  const counts = Object.entries(attempts).map(([outcome, count]) => `${count} ${outcome}`);
  const lines = [
    `${file}: ${plural(packets, 'packet')}, ${malformed} malformed`,
    `  connection attempts: ${counts.join(', ')}`,
  ];
  for (const one of unread)
    lines.push(`  not read: ${plural(one.packets, 'packet')} of link type ${linkOf(one)}`);
  for (const { server, port, cause, from, to, sign, clients } of outages) {
    const what = port === 0 ? server : `${server} port ${port}`;
    const end = to === null ? 'still down at the end' : `back ${clock(to)} (${sign})`;
    lines.push(
      `  outage of ${what}: ${cause} since ${clock(from)}, ${end}; ${plural(clients.length, 'client')} waiting`,
    );
    for (const { address, last, tries } of clients.slice(0, SHOWN)) {
      lines.push(`    ${address}: ${tries === 1 ? '1 try' : `${tries} tries`}, the last ${clock(last)}`);
    }
    if (clients.length > SHOWN) lines.push(`    and ${clients.length - SHOWN} more`);
  }
  if (failed.length > 0) lines.push('  failed attempts:');
  for (const { client, clientPort, server, serverPort, outcome, first, tries } of failed.slice(0, SHOWN)) {
    const [from, to] = [`${client} ${clientPort}`, `${server} ${serverPort}`];
    lines.push(
      `    ${clock(first)}  ${from} → ${to}  ${outcome}, ${tries === 1 ? '1 try' : `${tries} tries`}`,
    );
  }
  if (failed.length > SHOWN) lines.push(`    and ${failed.length - SHOWN} more; --json has them all`);
  return lines.join('\n');
}
