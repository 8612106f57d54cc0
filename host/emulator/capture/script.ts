/** What an incident was, as a script: what became of each server, and who tried it. */
import type { Attempt } from './attempts.ts';
import type { IncidentHost } from './hosts.ts';
import type { Incident, SeenService } from './incident.ts';
import type { SeenStretch } from './truth-line.ts';

interface ScriptStep {
  /** Since 1970. */
  readonly us: number;
  /** In the words of the lab. */
  readonly does: string;
  /** When the client gives up; null: as long as its kernel, or as it was answered. */
  readonly patienceUs: number | null;
}

/** From one moment to another; no end: as long as the capture goes on. */
interface Span {
  readonly fromUs: number;
  readonly toUs: number | null;
}

/** A state begins this much before its first SYN, and ends this much before the first one of the next state. */
const BEFORE_US = 1000;
/** A machine that says nothing for so long is gone, and not only its service. */
const GONE_US = 2_000_000;
/** Requests to the whole link for an address within that time that nobody answers: it is not there. */
const [SOUGHT_TIMES, SOUGHT_US] = [3, 5_000_000];
/** So soon after a request goes out the router asks the link, if it knows no MAC address. */
const COLD_US = 300_000;
/** Longer scripts are no use: then only some of those who were served are played. */
const MAX_TRIES = 5000;

export interface IncidentScript {
  readonly steps: readonly ScriptStep[];
  /** Tries of people who were served that are left out. */
  readonly leftOut: number;
  /** When machines were not there. */
  readonly absences: readonly Absence[];
}

interface Absence extends Span {
  readonly host: string;
}

export function scriptOf(incident: Incident, hosts: readonly IncidentHost[]): IncidentScript {
  const byAddress = new Map(hosts.flatMap((host) => host.addresses.map((one) => [one, host] as const)));
  const { tries, leftOut } = triesOf(incident, byAddress);
  const servers = hosts
    .filter(({ side }) => side === 'servers')
    .map((host) => new ServerScript(incident, host, byAddress));
  const steps = [...servers.flatMap((one) => one.steps), ...wordsOf(incident, byAddress), ...tries];
  return {
    steps: steps.toSorted((a, b) => a.us - b.us),
    leftOut,
    absences: servers.flatMap((one) => one.absences),
  };
}

class ServerScript {
  readonly steps: ScriptStep[] = [];
  readonly absences: Absence[] = [];
  readonly #incident: Incident;
  readonly #host: IncidentHost;
  readonly #gone: Span[] = [];
  readonly #frozen: Span[] = [];

  constructor(incident: Incident, host: IncidentHost, byAddress: ReadonlyMap<string, IncidentHost>) {
    this.#incident = incident;
    this.#host = host;
    const services = incident.services.filter(
      ({ server, port }) => port !== 0 && host.addresses.includes(server),
    );
    for (const address of host.addresses) this.#sought(address);
    for (const service of services) this.#silences(service);
    for (const service of services) {
      this.#refusals(service);
      this.#alone(service, byAddress);
    }
    for (const { fromUs, toUs } of merged(this.#gone)) {
      this.absences.push({ host: host.name, fromUs, toUs });
      this.#step(fromUs, `unplug ${host.name}`);
      if (this.#wasCold(fromUs)) this.#step(fromUs, `forget ${host.name}`);
      if (toUs !== null) this.#step(toUs, `plug ${host.name}`);
    }
    for (const { fromUs, toUs } of merged(this.#frozen)) {
      this.#step(fromUs, `freeze ${host.name}`);
      if (toUs !== null) this.#step(toUs, `thaw ${host.name}`);
    }
  }

  /** Nobody answered those who asked the link for it. */
  #sought(address: string): void {
    const { heard } = this.#incident;
    const times = heard.sought.get(address) ?? [];
    for (let at = 0; at + SOUGHT_TIMES <= times.length; ) {
      const fromUs = times[at] ?? 0;
      const lastUs = times[at + SOUGHT_TIMES - 1] ?? 0;
      const backUs = this.#heard(fromUs, Number.POSITIVE_INFINITY);
      const isGone = lastUs - fromUs <= SOUGHT_US && (backUs === null || backUs > lastUs);
      if (!isGone) {
        at++;
        continue;
      }
      this.#gone.push({ fromUs: fromUs - BEFORE_US, toUs: backUs === null ? null : backUs - BEFORE_US });
      while (at < times.length && (times[at] ?? 0) <= (backUs ?? Number.POSITIVE_INFINITY)) at++;
    }
  }

  /** When the machine was heard, by any of its addresses. */
  #heard(fromUs: number, toUs: number, what: 'ip' | 'any' = 'any'): number | null {
    const { heard } = this.#incident;
    const times = this.#host.addresses.flatMap((one) => heard.first(one, fromUs, toUs, what) ?? []);
    return times.length === 0 ? null : Math.min(...times);
  }

  /** Whether the machine was gone, took no IP packet, or only this port of it said nothing. */
  #silences({ port, truth: { line } }: SeenService): void {
    for (const [index, stretch] of line.entries()) {
      if (stretch.is !== 'silent') continue;
      const fromUs = stretch.fromUs - BEFORE_US;
      const next = line[index + 1];
      const toUs = next === undefined ? null : next.fromUs - BEFORE_US;
      const untilUs = toUs ?? Number.POSITIVE_INFINITY;
      const backUs = this.#heard(stretch.fromUs, untilUs);
      const isGone = backUs === null || backUs - stretch.fromUs >= GONE_US || backUs > stretch.toUs;
      if (isGone) this.#gone.push({ fromUs, toUs: backUs === null ? toUs : backUs - BEFORE_US });
      if (backUs === null || backUs > stretch.toUs) continue;
      const aliveUs = isGone ? backUs : fromUs;
      const speaksIp = this.#heard(aliveUs, untilUs, 'ip') !== null;
      if (!speaksIp) this.#frozen.push({ fromUs: aliveUs, toUs });
      else this.#wall('drop', { fromUs: aliveUs, toUs }, '', port);
    }
  }

  #refusals({ port, truth: { line } }: SeenService): void {
    const everAnswers = line.some(({ is }) => is === 'answers');
    for (const [index, stretch] of line.entries()) {
      if (stretch.is !== 'refuses' && stretch.is !== 'rejects') continue;
      const next = line[index + 1];
      const toUs = next === undefined ? null : next.fromUs - BEFORE_US;
      const span = { fromUs: this.#beginningOf(stretch, line[index - 1]), toUs };
      if (stretch.is === 'rejects') this.#wall('reject', span, '', port);
      else if (everAnswers) {
        this.#step(span.fromUs, `stop ${this.#host.name} ${port}`);
        if (toUs !== null) this.#step(toUs, `start ${this.#host.name} ${port}`);
      }
    }
  }

  /** What a machine that comes back does not serve yet it has not served since it was gone. */
  #beginningOf(stretch: SeenStretch, before: SeenStretch | undefined): number {
    const isAfterGone = before?.is === 'silent' && this.#gone.some(({ toUs }) => (toUs ?? 0) > before.toUs);
    return (isAfterGone ? before.fromUs : stretch.fromUs) - BEFORE_US;
  }

  #alone(
    { port, evidence, truth: { alone } }: SeenService,
    byAddress: ReadonlyMap<string, IncidentHost>,
  ): void {
    for (const { client, line } of alone) {
      const name = byAddress.get(client)?.name;
      if (name === undefined) continue;
      for (const { is, fromUs, toUs } of line) {
        const answered = evidence.find(
          (one) => one.us > toUs && one.is === 'answers' && one.client === client,
        );
        const span = {
          fromUs: fromUs - BEFORE_US,
          toUs: answered === undefined ? null : answered.us - BEFORE_US,
        };
        const verb = is === 'silent' ? 'drop' : is === 'refuses' ? 'reset' : 'reject';
        this.#wall(verb, span, `${name} `, port);
      }
    }
  }

  #wall(verb: 'drop' | 'reset' | 'reject', { fromUs, toUs }: Span, client: string, port: number): void {
    this.#step(fromUs, `${verb} ${this.#host.name} ${client}${port}`);
    if (toUs !== null) this.#step(toUs, `admit ${this.#host.name} ${client}${port}`);
  }

  /** The router knew no MAC address when the first request came: it asked the link at once. */
  #wasCold(fromUs: number): boolean {
    const { sought } = this.#incident.heard;
    const untilUs = fromUs + BEFORE_US + COLD_US;
    return this.#host.addresses.some((one) =>
      (sought.get(one) ?? []).some((us) => us >= fromUs && us <= untilUs),
    );
  }

  #step(us: number, does: string): void {
    this.steps.push({ us, does, patienceUs: null });
  }
}

/** Spans that overlap are one. */
function merged(spans: readonly Span[]): readonly Span[] {
  const all: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.fromUs - b.fromUs)) {
    const last = all.at(-1);
    const endUs = last?.toUs ?? Number.POSITIVE_INFINITY;
    if (last === undefined || span.fromUs > endUs) all.push(span);
    else {
      const toUs = Math.max(endUs, span.toUs ?? Number.POSITIVE_INFINITY);
      all[all.length - 1] = { fromUs: last.fromUs, toUs: Number.isFinite(toUs) ? toUs : null };
    }
  }
  return all;
}

function wordsOf(incident: Incident, byAddress: ReadonlyMap<string, IncidentHost>): readonly ScriptStep[] {
  return incident.words.flatMap(({ us, address, is }) => {
    const host = byAddress.get(address);
    if (host === undefined || host.side === 'clients') return [];
    return [{ us, does: `${is === 'trap' ? 'notify' : 'announce'} ${host.name}`, patienceUs: null }];
  });
}

function triesOf(
  { attempts, toUs }: Incident,
  byAddress: ReadonlyMap<string, IncidentHost>,
): { readonly tries: readonly ScriptStep[]; readonly leftOut: number } {
  const served = attempts.filter(isPlain).length;
  const others = attempts.length - served;
  // Every so many of those who were served at once; nobody else is left out.
  const every = Math.max(1, Math.ceil(served / Math.max(1, MAX_TRIES - others)));
  let seen = 0;
  const tries: ScriptStep[] = [];
  for (const attempt of attempts) {
    if (isPlain(attempt) && seen++ % every !== 0) continue;
    const client = byAddress.get(attempt.client)?.name;
    const server = byAddress.get(attempt.server)?.name;
    if (client === undefined || server === undefined || client === server) continue;
    // Port 0 is no port in a script.
    if (attempt.port === 0) continue;
    const version = attempt.server.includes(':') ? 6 : 4;
    tries.push({
      us: attempt.synsUs[0] ?? 0,
      does: `try ${client} ${server} ${version} ${attempt.port}`,
      patienceUs: patienceOf(attempt, toUs),
    });
  }
  return { tries, leftOut: attempts.length - tries.length };
}

const isPlain = ({ end, synsUs }: Attempt): boolean => end === 'answered' && synsUs.length === 1;

/** The next SYN would have come after about twice the last wait, and did not. */
function patienceOf({ end, synsUs }: Attempt, endUs: number): number | null {
  if (end !== null) return null;
  const [firstUs = 0, lastUs = firstUs] = [synsUs[0], synsUs.at(-1)];
  const gapUs = synsUs.length < 2 ? 1_000_000 : lastUs - (synsUs.at(-2) ?? firstUs);
  // It would not have been seen, or the kernel itself gave up.
  if (lastUs + 2.2 * gapUs > endUs || gapUs > 30_000_000) return null;
  return lastUs - firstUs + Math.round(0.9 * gapUs);
}
