/** What comes before the portions in which people are told: who they are, and all who wait are on disk. Each in parts. */
import type { Chance } from '../chance.ts';
import type { RouterConfiguration } from '../config/types.ts';
import type { Log } from '../log/log.ts';
import type { ListProgress } from '../mail/list-writer.ts';
import { mailOwner } from '../net/mail-address.ts';
import { listsOf } from './lists.ts';
import type { KnownPlaces, Notices } from './notices.ts';
import type { Waiting } from './outages.ts';
import type { People } from './people.ts';
import type { Journal } from './ports.ts';
import { leftOf, type OpenTelling, PORTION, stateOf } from './telling.ts';

/** So many are passed by at once. */
const PASSED_BY = 1000;

interface PreparationOptions {
  readonly notices: Notices;
  readonly forwards: KnownPlaces;
  readonly people: Pick<People, 'isRegistered' | 'ownerNamedAt'>;
  readonly journal: Pick<Journal, 'keep' | 'tellSome'>;
  readonly log: Pick<Log, 'debug'>;
  readonly chance: Chance;
}

export class Preparation {
  readonly #options: PreparationOptions;
  #configuration: RouterConfiguration;

  constructor(configuration: RouterConfiguration, options: PreparationOptions) {
    this.#configuration = configuration;
    this.#options = options;
  }

  reconfigure(configuration: RouterConfiguration): void {
    this.#configuration = configuration;
  }

  /** All of it. `isLost`: what was on disk is there no more. */
  *prepare(telling: OpenTelling, isLost = false): Generator<void, void> {
    const { recovery, endedMs } = telling;
    const { notices, log } = this.#options;
    const { server } = recovery;
    telling.untold = yield* notices.untold(recovery, endedMs, (client, why) =>
      log.debug('client.untold', { server, client, reason: why }),
    );
    yield* this.choose(telling, null);
    yield* this.#keep(telling, isLost);
  }

  /** Who is told, and by whom; `entered`: how far an earlier process has come with a list. */
  *choose(telling: OpenTelling, entered: ListProgress | null): Generator<void, void> {
    const { notices, people, forwards, chance } = this.#options;
    const { recovery, endedMs } = telling;
    const units = yield* notices.units(recovery, endedMs);
    const listing = {
      isOurs: (client: string) => people.isRegistered(client),
      ownerOf: (client: string) => people.ownerNamedAt(client),
      told: units.flatMap(({ awaiting }) => awaiting.map(({ person }) => mailOwner(person.mail))),
      entered,
    };
    const surroundings = { nowMs: endedMs, chance, forwards };
    const lists = yield* listsOf(this.#configuration, recovery, listing, surroundings);
    telling.units = units.reverse();
    telling.lists = lists.map((list) => ({ ...list, holdMs: 0 }));
  }

  /**
   * Whoever is not on disk goes there as somebody who waits: until it says there that people are being told, all of them are
   * asked for again. The last ones go with the first portion, which says so.
   */
  *#keep(telling: OpenTelling, isLost: boolean): Generator<void, void> {
    const { recovery, ending, missing } = telling;
    if (ending.length === 0) return;
    const isOnDisk = (client: string): boolean => ending.some(({ clients }) => clients.has(client));
    let left: [string, Waiting][] = [];
    let passed = 0;
    for (const [client, waiting] of recovery.clients) {
      if (isLost || !isOnDisk(client)) left.push([client, waiting]);
      if (left.length === PORTION) {
        this.#options.journal.keep(ending, left);
        left = [];
        passed = PASSED_BY;
      }
      if (++passed < PASSED_BY) continue;
      passed = 0;
      yield;
    }
    telling.missing = { left, gone: missing?.gone ?? [] };
  }

  /** What was on disk of the telling is there no more: that they are being told, and who is left. `before`: what comes first. */
  *rewrite(telling: OpenTelling, before: OpenTelling['preparation']): Generator<void, void> {
    if (before !== null) yield* before;
    const { journal } = this.#options;
    const left = leftOf(telling);
    for (let from = 0; from === 0 || from < left.length; from += PORTION) {
      if (from > 0) yield;
      const some = left.slice(from, from + PORTION);
      journal.tellSome(telling.ending, stateOf(telling), { left: some, gone: [] }, []);
    }
  }
}
