/** What the program does to everybody: outages, and pages in their services' place. */
import type { Ledger } from './ledger.ts';
import type { Tallies, Tally } from './promise.ts';
import { sinceBeginning } from './recent.ts';
import type { Rules } from './rules.ts';
import type { TryEnd } from './witness.ts';
import type { Story } from './word.ts';

/** Where fewer packets of a probe were lost by chance, one would have been answered; of three requests for a neighbour, too. */
const ALL_LOST = 3;

export class OutagePromises {
  readonly #ledger: Ledger;
  readonly #rules: Rules;
  readonly #tallies: Tallies;

  constructor(ledger: Ledger, rules: Rules, tallies: Tallies) {
    this.#ledger = ledger;
    this.#rules = rules;
    this.#tallies = tallies;
    ledger.listen({
      outageOpened: (server, port, cause) => this.#opened(server, port, cause),
      steered: (service, isSteered) => isSteered && this.#steered(service),
      ended: (client, service, end, sinceUs) => end === 'shown' && this.#shown(client, service, end, sinceUs),
    });
  }

  /** All is over. */
  finish(endUs: number): void {
    for (const story of this.#ledger.word.stories) this.#ends(story, endUs);
  }

  #opened(server: string, port: number, cause: string): void {
    const { living } = this.#tallies;
    living.checked++;
    const { spells, nowUs } = this.#ledger;
    const fromUs = nowUs - this.#rules.evidenceUs;
    const service = this.#servicesOf(server, port).find((one) => spells.wasUp(one, fromUs, nowUs));
    if (service === undefined) return;
    const what = (): string =>
      `${this.#nameOf(service)} answered at ${sinceBeginning(nowUs)}, when an outage of ${server}:${port} was opened (${cause})`;
    this.#judge(living, service, what);
  }

  #steered(service: number): void {
    const { living } = this.#tallies;
    living.checked++;
    const { spells, nowUs } = this.#ledger;
    if (!spells.wasUp(service, nowUs - this.#rules.evidenceUs, nowUs)) return;
    const what = (): string =>
      `${this.#nameOf(service)} answered at ${sinceBeginning(nowUs)}, when the page began to stand in for it`;
    this.#judge(living, service, what);
  }

  #shown(client: number, service: number, _end: TryEnd, sinceUs: number): void {
    const { living } = this.#tallies;
    living.checked++;
    const { spells, word, directory } = this.#ledger;
    const outages = [...word.openStories].length;
    const run = word.runs.at(-1);
    const graceUs = this.#rules.pageUs(outages);
    if (run !== undefined && sinceUs - run.fromUs < graceUs) return;
    if (!spells.wasUp(service, sinceUs - graceUs, sinceUs)) return;
    const { name } = directory.client(client);
    const since = sinceBeginning(spells.sinceUs(service));
    const what = (): string =>
      `${name} was shown the page at ${sinceBeginning(sinceUs)} in the place of ${this.#nameOf(service)}, which had answered since ${since}`;
    this.#judge(living, service, what, [client]);
  }

  #judge(tally: Tally, service: number, what: () => string, clients: readonly number[] = []): void {
    const { nowUs, directory } = this.#ledger;
    const { address } = directory.service(service);
    if (!this.#rules.isAsked(address)) {
      tally.excuse('the router may not ask it (ask: none)', what);
      return;
    }
    const fromUs = nowUs - 2 * this.#rules.evidenceUs;
    const lost = (this.#ledger.lostUs.get(service) ?? []).filter((us) => us >= fromUs).length;
    if (lost >= ALL_LOST) {
      tally.excuse('chance has lost all packets of a probe', what);
      return;
    }
    tally.breach(() => ({
      ...{ sentence: `${what()}.`, services: [service], clients, fromUs: nowUs - 60e6, toUs: nowUs + 1e6 },
      events: this.#ledger.recent([service], clients),
    }));
  }

  /** Closed within the settle time, a step, and what it takes until it is tried. */
  #ends(story: Story, endUs: number): void {
    const { server, port, openedUs, awaitedUs } = story;
    const services = this.#servicesOf(server, port).filter((service) => this.#hasLived(service));
    if (services.length === 0) return;
    const { closed } = this.#tallies;
    closed.checked++;
    const outages = this.#atOnce(story);
    const mostUs = this.#rules.endsUs(server, port, outages);
    const isProbed = this.#rules.isProbed(server, port, awaitedUs !== null);
    const isSteered = this.#rules.isSteered(server, port);
    const toUs = Math.min(story.closedUs ?? endUs, story.confirmedUs ?? endUs);
    for (const [fromUs, untilUs] of this.#upTimes(services, openedUs, toUs)) {
      const { servedUs } = story;
      const probedUs = isSteered ? fromUs : Math.max(fromUs, awaitedUs ?? fromUs);
      const signUs = isProbed ? probedUs : servedUs !== null && servedUs >= fromUs ? servedUs : null;
      if (signUs === null) continue;
      const lateUs = this.#late(signUs, untilUs, mostUs);
      if (lateUs === null) continue;
      const what = `the outage of ${server}:${port} went on ${Math.round(lateUs / 1e5) / 10} s after it had answered again at ${sinceBeginning(fromUs)}; ${Math.round(mostUs / 1e5) / 10} s are its bound`;
      if (this.#isUncertain(story)) {
        closed.excuse('the program was killed in the moments of its beginning or its end', () => what);
        return;
      }
      closed.breach(() => ({
        ...{
          sentence: `${what[0]?.toUpperCase()}${what.slice(1)}.`,
          services,
          clients: [],
          fromUs,
          toUs: fromUs + mostUs,
        },
        events: this.#ledger.recent(services, []),
      }));
      return;
    }
  }

  /** How long it was open in that time while the program ran without an end; null: not too long. */
  #late(fromUs: number, untilUs: number, mostUs: number): number | null {
    for (const run of this.#ledger.word.runs) {
      const beganUs = Math.max(
        fromUs,
        run.fromUs,
        ...this.#ledger.word.killsUs.filter((us) => us >= fromUs && us < untilUs),
      );
      const endedUs = Math.min(untilUs, run.toUs ?? untilUs);
      if (endedUs - beganUs > mostUs) return endedUs - beganUs;
    }
    return null;
  }

  /** Whether its beginning may never have come to the disk, or its end was and never to the log. */
  #isUncertain({ openedUs, confirmedUs, closedUs }: Story): boolean {
    return this.#ledger.word.killsUs.some(
      (us) =>
        (us >= openedUs && us - openedUs < 3e6) ||
        (closedUs === null && confirmedUs !== null && us >= confirmedUs && us - confirmedUs < 5e6),
    );
  }

  /** Times within these in which all of them answered. */
  #upTimes(services: readonly number[], fromUs: number, toUs: number): (readonly [number, number])[] {
    const spells = services
      .flatMap((service) => [...this.#ledger.spells.of(service)])
      .sort((a, b) => a.fromUs - b.fromUs);
    const times: (readonly [number, number])[] = [];
    let at = fromUs;
    for (const spell of spells) {
      if (spell.fromUs > at) times.push([at, Math.min(spell.fromUs, toUs)]);
      at = Math.max(at, spell.toUs ?? Number.POSITIVE_INFINITY);
    }
    if (at < toUs) times.push([at, toUs]);
    return times.filter(([from, to]) => to > from);
  }

  #atOnce({ openedUs, closedUs }: Story): number {
    const { stories } = this.#ledger.word;
    if (stories.length < 50) return stories.length;
    const toUs = closedUs ?? Number.POSITIVE_INFINITY;
    let count = 0;
    for (const other of stories)
      if (other.openedUs <= toUs && (other.closedUs ?? Number.POSITIVE_INFINITY) >= openedUs) count++;
    return count;
  }

  /** A port at which nothing has ever answered is no service. */
  #hasLived(service: number): boolean {
    const [first] = this.#ledger.spells.of(service);
    return first === undefined || first.fromUs > 0 || first.toUs !== null;
  }

  #servicesOf(server: string, port: number): number[] {
    const { directory } = this.#ledger;
    const all = directory.servicesAt(server);
    return port === 0 ? [...all] : all.filter((one) => directory.service(one).port === port);
  }

  #nameOf(service: number): string {
    const { name, port } = this.#ledger.directory.service(service);
    return `${name}:${port}`;
  }
}
