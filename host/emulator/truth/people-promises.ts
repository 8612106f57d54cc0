/** Who is told, and who is not: judged when all is over, person by person. */
import { SECOND_US } from '../scenario/values.ts';
import type { Ledger, PersonStory } from './ledger.ts';
import { excuseOf, type Missed } from './people-excuses.ts';
import type { PromiseName, Tallies } from './promise.ts';
import { sinceBeginning } from './recent.ts';
import { AT_ONCE_US, HELD_US, REMEMBERED_US, type Rules } from './rules.ts';
import type { Telling } from './tellings.ts';
import type { VainTry } from './waits.ts';

/** A wait that ends in silence is over a moment after its time. */
const AFTER_US = 3 * SECOND_US;
/** An outage of the program may begin so long after the try that it is about. */
const BEFORE_US = 40 * SECOND_US;

/** A service's spell that one of somebody's tries has met. */
interface Met {
  readonly service: number;
  readonly spell: number;
  readonly fromUs: number;
  readonly toUs: number;
  isTold: boolean;
  /** Whether he was told before it was over. */
  isEarly: boolean;
}

/** What had no room left. */
interface Rooms {
  /** The table of clients. */
  readonly isTableFull: boolean;
  /** That part of it which is for servers that answered nobody yet, by so many known ones that it may be. */
  readonly isShareFull: boolean;
}

export class PeoplePromises {
  readonly #ledger: Ledger;
  readonly #rules: Rules;
  readonly #tallies: Tallies;
  /** When the last flood, scan or backscatter began. */
  readonly #floodsUs: readonly number[];
  readonly #rooms: Rooms;

  constructor(ledger: Ledger, rules: Rules, tallies: Tallies, rooms: Rooms) {
    this.#ledger = ledger;
    this.#rules = rules;
    this.#tallies = tallies;
    this.#rooms = rooms;
    this.#floodsUs = ledger.steps
      .filter(([, text]) => /\b(?:flood|scan|backscatter)\b/.test(text))
      .map(([us]) => us);
  }

  finish(endUs: number): void {
    for (const mail of this.#ledger.people) {
      const person = this.#ledger.person(mail);
      for (const wait of person.waits) if (wait.spell >= 0) this.#isTold(person, wait, endUs);
      this.#isEntitled(person);
    }
  }

  /** Somebody who was turned away. */
  #isTold(person: PersonStory, wait: VainTry, endUs: number): void {
    const { spells, directory, word } = this.#ledger;
    const { address, port } = directory.service(wait.service);
    const spell = spells.of(wait.service)[wait.spell];
    if (spell?.toUs === undefined || spell.toUs === null || !this.#rules.isWatched(address)) return;
    const outages = word.stories.length;
    const mostUs = this.#rules.toldUs(address, port, outages, this.#ledger.waits);
    const backUs = this.#backFor(wait, mostUs, endUs);
    if (backUs === null) return;
    const promise = this.#promiseOf(wait, spell.toUs, backUs + mostUs);
    const tally = this.#tallies[promise];
    tally.checked++;
    const downUs = spell.toUs;
    if (person.tellings.some(({ server, us }) => server === address && us >= downUs)) return;
    const { isTableFull, isShareFull } = this.#rooms;
    const about = { person, wait, spell, backUs, mostUs, isShareFull };
    const missed: Missed = { ledger: this.#ledger, rules: this.#rules, ...about };
    const what = (): string => this.#missedText(person, wait, downUs, endUs);
    const why = isTableFull ? 'the table of clients was full' : excuseOf(missed, promise);
    if (why !== null) {
      tally.excuse(why, what);
      return;
    }
    tally.breach(() => ({
      ...{ sentence: `${what()}.`, services: [wait.service], clients: [wait.client] },
      ...{ fromUs: wait.firstUs - SECOND_US, toUs: Math.min(endUs, backUs + mostUs) },
      events: this.#ledger.recent([wait.service], [wait.client]),
    }));
  }

  /** From when on it answered so long, with the program there, that all must be told; null: it never did. */
  #backFor({ service, spell }: VainTry, mostUs: number, endUs: number): number | null {
    const { spells, word } = this.#ledger;
    const all = spells.of(service);
    for (let at = spell; at < all.length; at++) {
      const fromUs = all[at]?.toUs ?? null;
      if (fromUs === null) return null;
      const untilUs = all[at + 1]?.fromUs ?? endUs;
      for (const run of word.runs) {
        const kills = word.killsUs.filter((us) => us >= fromUs && us < untilUs);
        const beganUs = Math.max(fromUs, run.fromUs, ...kills);
        if (Math.min(untilUs, run.toUs ?? untilUs) - beganUs >= mostUs) return beganUs;
      }
    }
    return null;
  }

  /** Under which name it is promised that he is told. */
  #promiseOf({ service, spell, firstUs, lastUs }: VainTry, downUs: number, dueUs: number): PromiseName {
    const { word, spells } = this.#ledger;
    if (word.killsUs.some((us) => us >= firstUs && us <= dueUs)) return 'kills';
    if (this.#floodsUs.some((us) => us <= downUs && us >= lastUs - 600 * SECOND_US)) return 'floods';
    const all = spells.of(service);
    const before = all[spell - 2];
    if (before !== undefined && (all[spell]?.fromUs ?? 0) - before.fromUs < 300 * SECOND_US)
      return 'lastRecovery';
    return 'told';
  }

  #missedText(
    { mail }: PersonStory,
    { client, service, lastUs, end }: VainTry,
    downUs: number,
    endUs: number,
  ): string {
    const { directory, word } = this.#ledger;
    const { name, port, address } = directory.service(service);
    const noted = word.notedAt(client).findLast((one) => one.server === address);
    const how =
      noted === undefined ? 'the program never noted him' : `it noted him at ${sinceBeginning(noted.us)}`;
    return `${mail} (${directory.client(client).name}) tried ${name}:${port} in vain at ${sinceBeginning(lastUs)} (${end}), it was back at ${sinceBeginning(downUs)}, and he was not told by ${sinceBeginning(endUs)}; ${how}`;
  }

  /** Whoever is told was turned away, and is told once. */
  #isEntitled(person: PersonStory): void {
    const { nobodyElse, once } = this.#tallies;
    const met = this.#metBy(person);
    const seen = new Map<string, Telling>();
    // A mail server that was busy may get them in another order than the one in which they were entered.
    const tellings = person.tellings.toSorted((a, b) => a.ofUs - b.ofUs);
    for (const telling of tellings) {
      nobodyElse.checked++;
      once.checked++;
      const name = `${telling.messageId} ${telling.server}`;
      const before = seen.get(name);
      // One mail may tell of two outages of a server, and is one.
      if (before !== undefined && before.us === telling.us) this.#take(met, telling);
      else if (before !== undefined) this.#repeated(person, before, telling);
      else this.#entitled({ ...person, tellings }, met, telling);
      seen.set(name, telling);
    }
  }

  /** The same mail once more. */
  #repeated(person: PersonStory, before: Telling, telling: Telling): void {
    const { word } = this.#ledger;
    const { once } = this.#tallies;
    const what = (): string =>
      `${person.mail} got the same mail about ${telling.server} at ${sinceBeginning(before.us)} and at ${sinceBeginning(telling.us)}`;
    const isKilled = word.killsUs.some((us) => us >= before.us && us <= telling.us);
    if (isKilled) once.excuse('the program was killed between the mail server’s word and its own mark', what);
    else this.#wrong('once', person, telling, what);
  }

  #entitled(person: PersonStory, met: readonly Met[], telling: Telling): void {
    const { server, us: toldUs, ofUs: us } = telling;
    const { directory } = this.#ledger;
    if (this.#take(met, telling)) return;
    const before = person.tellings.slice(0, person.tellings.indexOf(telling));
    const earlier = before.findLast((one) => one.server === server);
    if (this.#isLinked(person, telling, earlier?.ofUs ?? Number.NEGATIVE_INFINITY)) return;
    const tried = person.waits.filter(({ service }) => directory.service(service).address === server);
    const last = tried.at(-1);
    const what = (): string =>
      earlier === undefined
        ? `${person.mail} was told of ${server} at ${sinceBeginning(toldUs)}, and ${last === undefined ? 'had tried nothing there in vain' : `it had answered when he tried it at ${sinceBeginning(last.lastUs)} (${last.end})`}`
        : `${person.mail} was told of ${server} at ${sinceBeginning(earlier.us)}, and of the same outage again at ${sinceBeginning(toldUs)}`;
    const { word } = this.#ledger;
    const { killsUs } = word;
    const isCrash = tried.some(
      ({ lastUs, end }) => end !== 'served' && killsUs.some((kill) => kill >= lastUs && kill <= us),
    );
    const isTwofold = earlier !== undefined && us - earlier.ofUs < AT_ONCE_US && word.of(server).length > 1;
    if (isTwofold && this.#rules.settleUs === 0)
      this.#tallies.once.excuse(
        'with a settle time of nothing, a machine and its service are told apart',
        what,
      );
    else if (isCrash && earlier === undefined)
      this.#tallies.nobodyElse.excuse('he was turned away alone in the moments of a kill', what);
    else this.#wrong(earlier === undefined ? 'nobodyElse' : 'once', person, telling, what);
  }

  /** One spell that he has met, and of which he was not told yet, is what this is about; false: there is none. */
  #take(met: readonly Met[], { server, ofUs: us }: Telling): boolean {
    const { directory, word } = this.#ledger;
    const here = met.filter(
      (one) => !one.isTold && one.fromUs < us && directory.service(one.service).address === server,
    );
    const ended = here.filter(({ toUs }) => toUs <= us);
    const [first] = ended;
    if (first === undefined) {
      // His machine is back, or a sign was believed, and his service is not: he is told of that, too, when it is.
      const early = here.find((one) => !one.isEarly);
      if (early !== undefined) early.isEarly = true;
      return early !== undefined;
    }
    const stories = word.of(server).filter(({ openedUs }) => openedUs < us);
    const isWhole = stories.some(({ port, closedUs }) => port === 0 && (closedUs ?? us) >= first.fromUs);
    // What the program still has as an outage of its own, he is told of when that ends.
    const isOwn = ({ service }: Met): boolean =>
      stories.some(
        ({ port, closedUs }) =>
          port === directory.service(service).port && (closedUs === null || closedUs > us),
      );
    for (const one of ended)
      one.isTold ||= one === first || one.service === first.service || (isWhole && !isOwn(one));
    return true;
  }

  /** Whether he tried it while the program held it to be down: he was linked. Whether it should have is another promise. */
  #isLinked({ waits }: PersonStory, { server, ofUs: us }: Telling, sinceUs: number): boolean {
    const { word, directory } = this.#ledger;
    const stories = word.of(server);
    return waits.some(({ service, firstUs, lastUs, endUs }) => {
      const { address, port } = directory.service(service);
      if (address !== server || firstUs > us || lastUs <= sinceUs) return false;
      return stories.some(
        (story) =>
          (story.port === 0 || story.port === port) &&
          story.openedUs - BEFORE_US <= Math.max(lastUs, endUs) &&
          firstUs <= (story.closedUs ?? us) &&
          (story.closedUs ?? us) > sinceUs,
      );
    });
  }

  /** All spells that his tries may have met, as the program sees them. */
  #metBy({ waits }: PersonStory): Met[] {
    const { spells } = this.#ledger;
    const found = new Map<string, Met>();
    for (const wait of waits) {
      const all = spells.of(wait.service);
      const untilUs = this.#metUntilUs(wait);
      for (let at = spells.first(wait.service, wait.firstUs, untilUs); at >= 0 && at < all.length; at++) {
        const { fromUs, toUs } = all[at] ?? { fromUs: Number.POSITIVE_INFINITY, toUs: null };
        if (fromUs > untilUs) break;
        const name = `${wait.service} ${at}`;
        const one = { service: wait.service, spell: at, fromUs, toUs: toUs ?? Number.POSITIVE_INFINITY };
        if (!found.has(name)) found.set(name, { ...one, isTold: false, isEarly: false });
      }
    }
    return [...found.values()].sort((a, b) => a.toUs - b.toUs);
  }

  /** Until when what becomes of the service is what became of the try. */
  #metUntilUs({ client, service, lastUs, endUs, end }: VainTry): number {
    const { word, directory } = this.#ledger;
    if (end === 'served') return endUs;
    const { address } = directory.service(service);
    const aloneUs = word.aloneUs(address, client);
    const heldUs = Math.abs(aloneUs - endUs) < REMEMBERED_US ? HELD_US : 0;
    const silentUs = end === 'gaveUp' || end === 'cut' ? lastUs + this.#rules.unansweredUs + AFTER_US : endUs;
    return Math.max(endUs, silentUs) + Math.max(AT_ONCE_US + AFTER_US, heldUs);
  }

  #wrong(
    promise: 'nobodyElse' | 'once',
    person: PersonStory,
    { server, us }: Telling,
    what: () => string,
  ): void {
    const services = this.#ledger.directory.servicesAt(server);
    const clients = [...new Set(person.waits.map(({ client }) => client))];
    this.#tallies[promise].breach(() => ({
      ...{ sentence: `${what()}.`, services, clients, fromUs: us - 120 * SECOND_US, toUs: us + SECOND_US },
      events: this.#ledger.recent(services, clients),
    }));
  }
}
