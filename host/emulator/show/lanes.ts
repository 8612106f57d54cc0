/** What the timeline shows: which servers, and until when. */
import type { Directory } from '../truth/witness.ts';
import type { Chronicle } from './chronicle.ts';
import type { Stretch } from './downtime.ts';
import type { OutageSeen } from './outages-seen.ts';
import type { Moments } from './spoken.ts';

/** Ticks of the axis. */
export const MAX_TICKS = 10;
/** How much longer what is shown is than what happens. */
const ROOM = 1.15;

export interface TimelineFacts {
  readonly chronicle: Chronicle;
  readonly endUs: number;
  readonly moments: Moments;
  /** What a server is called, by its address. */
  readonly nameOf: (address: string) => string;
  /** Where it stands alone: how wide it is, and its style. */
  readonly alone?: { readonly width: number; readonly style: string };
}

export interface Lane {
  readonly server: string;
  readonly outages: readonly OutageSeen[];
}

/** A little after the last thing that happens. */
export function shownEndUs({ chronicle, endUs, moments }: TimelineFacts): number {
  const { outages, downtime, steps, waiting } = chronicle;
  let lastUs = steps.at(-1)?.us ?? 0;
  for (const { closedUs, lastMailUs } of outages.all)
    lastUs = Math.max(lastUs, closedUs ?? endUs, lastMailUs ?? 0);
  for (const server of downtime.servers)
    for (const { toUs } of downtime.spans(server)) lastUs = Math.max(lastUs, toUs ?? endUs);
  const pieces = waiting.values;
  const last = pieces.findLastIndex((people) => people > 0);
  lastUs = Math.max(lastUs, (last + 1) * waiting.pieceUs);
  if (lastUs === 0 || lastUs * ROOM > endUs) return endUs;
  const least = lastUs * ROOM;
  return moments.ticks(endUs, (MAX_TICKS * endUs) / least).find((us) => us >= least) ?? endUs;
}

export function lanesOf({ outages, downtime, taken }: Chronicle): Lane[] {
  const lanes = new Map<string, OutageSeen[]>();
  for (const outage of outages.all) {
    const known = lanes.get(outage.server);
    if (known === undefined) lanes.set(outage.server, [outage]);
    else known.push(outage);
  }
  for (const server of [...taken.keys(), ...downtime.servers]) if (!lanes.has(server)) lanes.set(server, []);
  const firstOf = ([server, outages]: [string, OutageSeen[]]): number =>
    Math.min(
      downtime.spans(server)[0]?.fromUs ?? Number.POSITIVE_INFINITY,
      outages[0]?.openedUs ?? Number.POSITIVE_INFINITY,
    );
  return [...lanes]
    .sort((a, b) => firstOf(a) - firstOf(b))
    .map(([server, all]) => ({ server, outages: all }));
}

export function weightOf({ outages }: Lane): number {
  return outages.reduce((sum, { counts, mails }) => sum + 1 + (counts.clients ?? 0) + mails, 0);
}

/** Those that lie on each other as one. */
export function merged(spans: readonly Stretch[]): Stretch[] {
  const found: Stretch[] = [];
  for (const span of [...spans].sort((a, b) => a.fromUs - b.fromUs)) {
    const last = found.at(-1);
    if (last === undefined || (last.toUs !== null && last.toUs < span.fromUs)) found.push({ ...span });
    else if (last.toUs !== null) last.toUs = span.toUs === null ? null : Math.max(last.toUs, span.toUs);
  }
  return found;
}

/** What a server is called, by its address. */
export function nameAt(directory: Directory, address: string): string {
  const [service] = directory.servicesAt(address);
  return service === undefined ? address : directory.service(service).name;
}
