/** Whether the promise was kept: everybody who waited was told, nobody twice, nobody else. */
import { mentions } from './journal.ts';
import { pairOf } from './traffic.ts';
import type { Report, World } from './world.ts';

/**
 * Who was reported so shortly before the host was killed may be lost: the group commit was to come, a second after the one
 * before. On a loaded machine timers are late, and disks slow.
 */
const COMMIT_MS = 2500;
/** So many broken promises are told in full. */
const MAX_STORIES = 3;

interface Verdict {
  /** Broken promises, in sentences; empty when all were kept. */
  readonly problems: readonly string[];
  readonly waited: number;
  readonly told: number;
  readonly mails: number;
  /** Mails that came again with the Message-ID that they had. */
  readonly repeats: number;
  /** Not told, and reported within the last second before a kill only. */
  readonly lost: number;
}

/** A report that the state outlives: the host was not killed, or not so soon. */
function isKept({ atMs, life }: Report): boolean {
  return life.killedMs === null || life.killedMs - atMs > COMMIT_MS;
}

/**
 * Whether the daemon that a report came from was asked again by the next host, which should have reported it again:
 * only what neither program has any more may be lost.
 */
function wasAsked({ contacts }: World, report: Report | undefined): boolean {
  if (report === undefined) return false;
  const before = contacts.findLast(({ host, atMs }) => host === report.life && atMs <= report.atMs);
  const next = contacts.find(({ host }) => host.number > report.life.number);
  return before !== undefined && before.daemon !== null && before.daemon === next?.daemon;
}

/** Message-IDs by pair, and what is wrong with the mails themselves. */
function readMails(world: World): { told: Map<string, Set<string>>; problems: string[] } {
  const told = new Map<string, Set<string>>();
  const problems: string[] = [];
  const mailOf = new Map(world.traffic.people.map(({ address, mail }) => [address, mail]));
  for (const { messageId, to, servers, clients } of world.office.taken) {
    for (const client of clients) {
      if (to.length !== 1 || to[0] !== mailOf.get(client)) {
        problems.push(`${messageId} for ${client} went to ${to.join(', ')}`);
      }
      for (const server of servers) {
        const pair = pairOf(server, client);
        told.set(pair, (told.get(pair) ?? new Set()).add(messageId));
      }
    }
  }
  return { told, problems };
}

export function judge(world: World): Verdict {
  const { told, problems: wrongMails } = readMails(world);
  const problems = [...world.problems, ...wrongMails];
  const broken: { pair: string; what: string }[] = [];
  const waited = new Map<string, Report[]>();
  for (const report of world.reports) {
    const pair = pairOf(report.server, report.client);
    const reports = waited.get(pair);
    if (reports === undefined) waited.set(pair, [report]);
    else reports.push(report);
  }
  let lost = 0;
  for (const [pair, reports] of waited) {
    if (told.has(pair)) continue;
    if (reports.some(isKept)) broken.push({ pair, what: 'was reported waiting and never told' });
    else if (wasAsked(world, reports.at(-1)))
      broken.push({ pair, what: 'was known to a daemon that lived on' });
    else lost += 1;
  }
  for (const [pair, messageIds] of told) {
    if (!world.traffic.tried.has(pair)) broken.push({ pair, what: 'was told without having tried' });
    if (messageIds.size > 1) broken.push({ pair, what: `was told as ${[...messageIds].join(' and ')}` });
  }
  for (const [i, { pair, what }] of broken.entries()) {
    problems.push(`${pair} ${what}${i < MAX_STORIES ? `:\n${storyOf(world, pair)}` : ''}`);
  }
  const mails = world.office.taken.length;
  const repeats = mails - new Set(world.office.taken.map(({ messageId }) => messageId)).size;
  return { problems, waited: waited.size, told: told.size, mails, repeats, lost };
}

/** What happened to the two, and to the programs meanwhile. */
function storyOf(world: World, pair: string): string {
  const [server = '', client = ''] = pair.split(' ');
  const ofServer = new RegExp(`${mentions(server).source}(?=.*(announces|"outage\\.|"recovery\\.))`);
  return world.journal.story(
    mentions(server, client),
    ofServer,
    /: (started|SIGKILL|ended)$/,
    /"event":"(ready|fabric\.|state\.)/,
  );
}
