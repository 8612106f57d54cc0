/** What a scenario expects beside the promises: its tries' own ends, lines of the log, who is told, how fast. */
import type { Fields } from '../../log/log.ts';
import { mailOwner } from '../../net/mail-address.ts';
import type { Expectation, Scenario, ScriptStep } from '../scenario/types.ts';
import type { Ledger } from './ledger.ts';
import type { PromiseResult } from './promise.ts';
import type { Measures } from './promises.ts';
import { sinceBeginning } from './recent.ts';
import type { Telling } from './tellings.ts';
import type { TryEnd } from './witness.ts';

/** One of them, in a sentence. */
export interface ExpectationResult {
  readonly holds: boolean;
  readonly sentence: string;
}

type Window = readonly [fromUs: number, toUs: number];
type Of<Kind extends Expectation['kind']> = Extract<Expectation, { readonly kind: Kind }>;

/** How those ends are called in a scenario. */
const ENDS: Readonly<Record<TryEnd, string>> = {
  served: 'served',
  shown: 'shown',
  refused: 'turned away',
  unreachable: 'turned away',
  gaveUp: 'turned away',
  cut: 'still waiting at the end',
};

/** A try of the script that has its own expectation. */
interface Expected {
  readonly step: ScriptStep;
  readonly client: string;
  readonly server: string;
  readonly port: number;
  /** How many tries alike are left. */
  end: TryEnd | null;
  tookUs: number;
}

interface Counted {
  readonly expectation: Of<'event'>;
  times: number;
  /** When there was one outside of its window. */
  elsewhereUs: number | null;
}

export class Expectations {
  readonly #ledger: Ledger;
  readonly #expect: readonly Expectation[];
  readonly #events = new Map<string, Counted[]>();
  readonly #tries = new Map<number, Expected[]>();

  constructor(ledger: Ledger, { expect, script }: Pick<Scenario, 'expect' | 'script'>) {
    this.#ledger = ledger;
    this.#expect = expect;
    for (const expectation of expect) {
      if (expectation.kind !== 'event') continue;
      const alike = this.#events.get(expectation.event) ?? [];
      alike.push({ expectation, times: 0, elsewhereUs: null });
      this.#events.set(expectation.event, alike);
    }
    for (const step of script) this.#expectOf(step);
    ledger.listen({
      line: (_by, event, fields) => this.#line(event, fields),
      ended: (client, service, end, sinceUs) => this.#ended(client, service, end, sinceUs),
    });
  }

  finish(promises: readonly PromiseResult[], measures: Measures): ExpectationResult[] {
    const tries = [...this.#tries.values()].flat().map((one) => this.#ofTry(one));
    const others = this.#expect.map((one) => this.#of(one, promises, measures));
    return [...tries, ...others];
  }

  #expectOf(step: ScriptStep): void {
    if (step.expect === null) return;
    for (const verb of step.verbs) {
      if (verb.verb !== 'try') continue;
      const alike = this.#tries.get(step.atUs) ?? [];
      const { client, server, port } = verb;
      alike.push({ step, client, server, port, end: null, tookUs: 0 });
      this.#tries.set(step.atUs, alike);
    }
  }

  #line(event: string, fields: Fields): void {
    for (const counted of this.#events.get(event) ?? []) {
      const { expectation } = counted;
      const isMeant = Object.entries(expectation.fields).every(
        ([name, value]) => String(fields[name]) === String(value),
      );
      if (!isMeant) continue;
      const { nowUs } = this.#ledger;
      if (isWithin(nowUs, expectation.withinUs)) counted.times++;
      else counted.elsewhereUs ??= nowUs;
    }
  }

  #ended(client: number, service: number, end: TryEnd, sinceUs: number): void {
    const alike = this.#tries.get(sinceUs);
    if (alike === undefined) return;
    const { directory, nowUs } = this.#ledger;
    const [{ name }, { name: server, address, port }] = [
      directory.client(client),
      directory.service(service),
    ];
    const expected = alike.find(
      (one) =>
        one.end === null &&
        one.client === name &&
        [server, address].includes(one.server) &&
        one.port === port,
    );
    if (expected === undefined) return;
    expected.end = end;
    expected.tookUs = nowUs - sinceUs;
  }

  #ofTry({ step, client, server, port, end, tookUs }: Expected): ExpectationResult {
    const { expect, atUs } = step;
    const wanted = expect?.end ?? '';
    const within = expect?.withinUs ?? null;
    const became = end === null ? 'never tried it' : `was ${ENDS[end]} after ${secondsText(tookUs)}`;
    const isRight = end !== null && ENDS[end] === wanted && isWithin(tookUs, within);
    const should = isRight ? '' : `, and should be ${wanted}${windowText(within, secondsText)}`;
    return {
      holds: isRight,
      sentence: `${client} tried ${server}:${port} at ${sinceBeginning(atUs)} and ${became}${should}.`,
    };
  }

  #of(expectation: Expectation, promises: readonly PromiseResult[], measures: Measures): ExpectationResult {
    switch (expectation.kind) {
      case 'event':
        return this.#ofEvent(expectation);
      case 'told':
        return this.#ofTold(expectation, promises);
      case 'latency':
        return this.#ofLatency(expectation);
      case 'clients':
        return ofClients(expectation, measures);
    }
  }

  #ofEvent(expectation: Of<'event'>): ExpectationResult {
    const counted = this.#events.get(expectation.event)?.find((one) => one.expectation === expectation);
    const { times = 0, elsewhereUs = null } = counted ?? {};
    const {
      event,
      fields,
      withinUs,
      times: [least, most],
    } = expectation;
    const what = [event, ...Object.entries(fields).map(([name, value]) => `${name} ${value}`)].join(', ');
    const holds = times >= least && times <= most;
    const wanted = least === most ? `${least}` : `${least} to ${Number.isFinite(most) ? most : 'any number'}`;
    const else_ = elsewhereUs === null ? '' : `; one came at ${sinceBeginning(elsewhereUs)}`;
    const came = times === 1 ? 'came once' : times === 0 ? 'never came' : `came ${times} times`;
    return {
      holds,
      sentence: `${what} ${came}${windowText(withinUs, sinceBeginning)}${holds ? '' : `, and ${wanted} were expected${else_}`}.`,
    };
  }

  #ofTold({ mails, once, withinUs }: Of<'told'>, promises: readonly PromiseResult[]): ExpectationResult {
    if (mails === 'nobody else') return this.#nobodyElse();
    if (mails === 'everybody who waited') return this.#everybody(promises, once);
    const wrong = mails.flatMap((mail) => {
      const { tellings } = this.#ledger.person(mail);
      const inside = tellings.filter(({ us }) => isWithin(us, withinUs));
      if (inside.length === 0)
        return [`${mail} was ${tellings.length === 0 ? 'never told' : `told at ${timesText(tellings)}`}`];
      return once && mailsOf(tellings) > 1 ? [`${mail} was told at ${timesText(tellings)}`] : [];
    });
    const names = mails.join(', ');
    const how = `${once ? ' once' : ''}${windowText(withinUs, sinceBeginning)}`;
    return wrong.length === 0
      ? { holds: true, sentence: `Told${how}: ${names}.` }
      : { holds: false, sentence: `Expected to be told${how}: ${names}; but ${wrong.join(', and ')}.` };
  }

  /** Whoever the other expectations do not name. */
  #nobodyElse(): ExpectationResult {
    const named = new Set<string>();
    for (const one of this.#expect) {
      if (one.kind !== 'told' || one.mails === 'nobody else') continue;
      if (one.mails === 'everybody who waited') for (const mail of this.#waited()) named.add(mail);
      else for (const mail of one.mails) named.add(mailOwner(mail));
    }
    const others = this.#told().filter((mail) => !named.has(mail));
    return others.length === 0
      ? { holds: true, sentence: 'Nobody else is told.' }
      : { holds: false, sentence: `Nobody else was to be told, but ${listText(others)}.` };
  }

  #everybody(promises: readonly PromiseResult[], once: boolean): ExpectationResult {
    const waited = this.#waited();
    const told = waited.filter((mail) => this.#ledger.person(mail).tellings.length > 0).length;
    const broken = promises
      .filter(({ promise }) => WHO_IS_TOLD.has(promise) || (once && promise === 'once'))
      .reduce((sum, result) => sum + result.broken, 0);
    return {
      holds: broken === 0,
      sentence: `Of ${waited.length} people known who were turned away, ${told} were told${once ? ' once' : ''}${broken === 0 ? '' : `, and it went wrong for ${broken}`}.`,
    };
  }

  #ofLatency({ p50Us, p99Us }: Of<'latency'>): ExpectationResult {
    const all = [...this.#ledger.people]
      .flatMap((mail) => this.#ledger.person(mail).tellings)
      .flatMap(({ server, us }) => this.#backUs(server, us))
      .sort((a, b) => a - b);
    const at = (part: number): number => all[Math.min(all.length - 1, Math.floor(all.length * part))] ?? 0;
    const [half, most] = [at(0.5), at(0.99)];
    const holds = all.length > 0 && half <= (p50Us ?? half) && most <= (p99Us ?? most);
    const wanted = [p50Us, p99Us].map((us) => (us === null ? 'any time' : secondsText(us))).join(' and ');
    return {
      holds,
      sentence: `From back to told: half within ${secondsText(half)}, 99 of 100 within ${secondsText(most)} (${wanted} expected), of ${all.length}.`,
    };
  }

  /** How long it had been back. */
  #backUs(server: string, us: number): number[] {
    const { spells, directory } = this.#ledger;
    const ends = directory
      .servicesAt(server)
      .flatMap((service) => spells.of(service).map(({ toUs }) => toUs))
      .filter((toUs): toUs is number => toUs !== null && toUs <= us);
    return ends.length === 0 ? [] : [us - Math.max(...ends)];
  }

  #waited(): string[] {
    return [...this.#ledger.people].filter((mail) =>
      this.#ledger.person(mail).waits.some(({ spell }) => spell >= 0),
    );
  }

  #told(): string[] {
    return [...this.#ledger.people].filter((mail) => this.#ledger.person(mail).tellings.length > 0);
  }
}

const WHO_IS_TOLD: ReadonlySet<string> = new Set(['told', 'lastRecovery', 'floods', 'kills']);
/** Of a list in a sentence. */
const MAX_MAILS_NAMED = 5;

function ofClients({ most }: Of<'clients'>, { clients }: Measures): ExpectationResult {
  const [used, size] = clients ?? [0, 0];
  return {
    holds: used <= most,
    sentence: `At the most ${used} of ${size} places of the clients’ table were taken (${most} expected at the most).`,
  };
}

function isWithin(us: number, window: Window | null): boolean {
  return window === null || (us >= window[0] && us <= window[1]);
}

function windowText(window: Window | null, text: (us: number) => string): string {
  return window === null ? '' : ` between ${text(window[0])} and ${text(window[1])}`;
}

function secondsText(us: number): string {
  return `${Math.round(us / 1000) / 1000} s`;
}

function timesText(tellings: readonly Telling[]): string {
  return tellings.map(({ us }) => sinceBeginning(us)).join(' and ');
}

function mailsOf(tellings: readonly Telling[]): number {
  return new Set(tellings.map(({ us, messageId }) => `${us} ${messageId}`)).size;
}

function listText(all: readonly string[]): string {
  const more = all.length - MAX_MAILS_NAMED;
  return `${all.slice(0, MAX_MAILS_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''} ${all.length === 1 ? 'was' : 'were'}`;
}
