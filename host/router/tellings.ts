/**
 * Recoveries whose people are being told: in portions, each in one transaction with the end of its people's waiting, and
 * none larger than the outbox has room for. The fabric keeps the chain until the last one, or until there is no room
 * (paragraphs 92 to 95).
 */
import type { Chance } from '../chance.ts';
import type { RouterConfiguration } from '../config/types.ts';
import type { Log } from '../log/log.ts';
import { nameOf, portFields, type Target } from '../net/target.ts';
import type { Clock } from '../store/clock.ts';
import type { Untold } from '../store/history.ts';
import type { TellingState } from '../store/outages.ts';
import type { Time, Timer } from '../time.ts';
import type { Changes } from './changes.ts';
import { type Coming, type HeldNotice, type KnownPlaces, type Notices, tellingOf } from './notices.ts';
import type { Outage, Waiting } from './outages.ts';
import type { People } from './people.ts';
import type { AnySign, FabricPort, Journal } from './ports.ts';
import { Preparation } from './preparation.ts';
import type { Recovery } from './recovery.ts';
import { type OpenTelling, PORTION, stateOf } from './telling.ts';
import type { ToldOutages } from './told-outages.ts';
import type { Unit } from './units.ts';

/** How soon the outbox is looked at again that had no room. */
const ROOM_MS = 1000;

interface TellingsOptions {
  readonly notices: Notices;
  readonly forwards: KnownPlaces;
  readonly people: Pick<People, 'isRegistered' | 'ownerNamedAt'>;
  readonly toldOutages: ToldOutages;
  readonly journal: Journal;
  readonly fabric: Pick<FabricPort, 'forget'>;
  readonly changes: Pick<Changes, 'tell'>;
  readonly log: Log;
  readonly clock: Clock;
  readonly time: Time;
  readonly chance: Chance;
}

interface Collaborators {
  /** Knows what may be over in a moment. */
  readonly recoveries: { coming(): readonly Coming[] };
}

/** Some who are told together, or a part of a list. */
interface Portion {
  readonly clients: readonly string[];
  readonly mails: readonly HeldNotice[];
  readonly people: number;
}

export class Tellings {
  readonly #options: TellingsOptions;
  readonly #preparation: Preparation;
  #collaborators!: Collaborators;
  readonly #tellings: OpenTelling[] = [];
  #timer: Timer | null = null;

  constructor(configuration: RouterConfiguration, options: TellingsOptions) {
    this.#preparation = new Preparation(configuration, options);
    this.#options = options;
  }

  connect(collaborators: Collaborators): void {
    this.#collaborators = collaborators;
  }

  reconfigure(configuration: RouterConfiguration): void {
    this.#preparation.reconfigure(configuration);
  }

  /** Whether people of this outage are still to be told. */
  has(target: Target): boolean {
    return this.#tellings.some(({ ending }) => ending.some((outage) => nameOf(outage) === nameOf(target)));
  }

  /** All who waited are here. `ending`: its outages, unless the fabric has forgotten them before. */
  begin(recovery: Recovery, ending: readonly Outage[]): void {
    const { toldOutages, clock } = this.#options;
    const { clients, handed } = recovery;
    const late = new Set<string>();
    for (const outage of ending) {
      const after = new Map<string, Waiting>();
      for (const [client, waiting] of outage.clients) if (!handed.has(waiting)) after.set(client, waiting);
      toldOutages.add(outage, after);
      for (const client of after.keys()) if (!clients.has(client)) late.add(client);
    }
    const missing = { left: [], gone: [...late] };
    const begun = { recovery, ending, endedMs: clock.nowMs(), clients: clients.size, people: 0, missing };
    this.#add(begun, (telling) => this.#preparation.prepare(telling));
    this.#continue();
  }

  /** An earlier process had begun to tell those who waited for these outages, and these are left. */
  resume(outages: readonly (Outage & { readonly telling: TellingState })[]): void {
    const recoveries = new Map<string, (typeof outages)[number][]>();
    for (const outage of outages) {
      const name = `${outage.server} ${outage.telling.recoveredMs}`;
      recoveries.set(name, [...(recoveries.get(name) ?? []), outage]);
    }
    for (const ending of recoveries.values()) {
      const [first] = ending;
      if (first === undefined) continue;
      const { recoveredMs, sign, clients, people, untold, list } = first.telling;
      const left = new Map<string, Waiting>();
      for (const outage of ending) for (const [client, waiting] of outage.clients) left.set(client, waiting);
      const recovery = {
        ...{ server: first.server, recoveredMs, sign: sign as AnySign, outages: ending },
        ...{ clients: left, handed: new Set<Waiting>() },
      };
      for (const outage of ending) this.#options.toldOutages.resume(outage, { isHeld: true });
      const begun = { recovery, ending, endedMs: recoveredMs, clients, people, missing: null };
      this.#add(begun, (telling) => this.#preparation.choose(telling, list ?? null), untold);
    }
    if (this.#tellings.length > 0) this.#later(0);
  }

  /** What was on disk is lost. */
  rewrite(): void {
    for (const telling of this.#tellings) {
      const { preparation } = telling;
      const isNoted = telling.missing === null;
      telling.preparation = isNoted
        ? this.#preparation.rewrite(telling, preparation)
        : this.#preparation.prepare(telling, true);
      this.#advance(telling);
    }
    if (this.#tellings.length > 0) this.#later(0);
  }

  close(): void {
    this.#timer?.cancel();
  }

  #add(
    begun: Omit<OpenTelling, 'untold' | 'preparation' | 'units' | 'lists' | 'isFreed'>,
    preparing: (telling: OpenTelling) => Generator<void, void>,
    untold: Untold | null = null,
  ): void {
    const nobody = { preparation: null, units: [], lists: [] };
    const telling: OpenTelling = { ...begun, ...nobody, untold, isFreed: false };
    telling.preparation = preparing(telling);
    this.#tellings.push(telling);
  }

  get #unready(): OpenTelling | undefined {
    return this.#tellings.find(({ preparation }) => preparation !== null);
  }

  /** Goes on with what comes before its portions. */
  #advance(telling: OpenTelling): void {
    if (telling.preparation?.next().done !== false) telling.preparation = null;
  }

  /** Others have things to do, too. */
  #later(waitMs: number): void {
    this.#timer ??= this.#options.time.after(waitMs, () => {
      this.#timer = null;
      this.#continue();
    });
  }

  /** One portion; the others later. */
  #continue(): void {
    if (this.#timer !== null) return;
    const unready = this.#unready;
    if (unready !== undefined) this.#advance(unready);
    // Nothing is said of any before it is known who they are.
    if (this.#unready !== undefined || this.#options.journal.isBehind) {
      this.#later(0);
      return;
    }
    const [telling, ...others] = this.#tellings;
    if (telling === undefined) return;
    const unnoted = others.find(({ missing }) => missing !== null);
    if (unnoted !== undefined) {
      // Its turn may be far away, and its server may fail again, or this program end, before.
      this.#settle(unnoted, { clients: [], mails: [], people: 0 });
      this.#free(unnoted);
      this.#later(0);
      return;
    }
    const portion = this.#portion(telling);
    if (portion === null) {
      if (telling.missing !== null) this.#settle(telling, { clients: [], mails: [], people: 0 });
      for (const one of this.#tellings) this.#free(one);
      this.#later(ROOM_MS);
      return;
    }
    telling.people += portion.people;
    if (telling.units.length + telling.lists.length > 0) this.#settle(telling, portion);
    else this.#finish(telling, portion);
    if (this.#tellings.length > 0) this.#later(0);
  }

  /** As many as there is room for; null: there is none. */
  #portion(telling: OpenTelling): Portion | null {
    const { journal, notices } = this.#options;
    const { recovery, units, lists } = telling;
    const { room } = journal;
    const taken: Unit[] = [];
    let size = 0;
    // One unit alone may be larger than a portion.
    for (let unit = units.at(-1); unit !== undefined; unit = units.at(-1)) {
      const more = size + unit.awaiting.length;
      if (more > room || (more > PORTION && taken.length > 0)) break;
      taken.push(unit);
      units.pop();
      size = more;
    }
    let people = size;
    const mails = notices.of(
      recovery,
      taken.flatMap((unit) => unit.awaiting),
      this.#collaborators.recoveries.coming(),
    );
    const clients = taken.flatMap((unit) => unit.clients);
    while (units.length === 0 && lists.length > 0 && mails.length < room) {
      const [list] = lists;
      const { listed = [] } = list ?? {};
      if (list === undefined || (size + listed.length > PORTION && size > 0)) break;
      lists.shift();
      mails.push(list);
      for (const { client } of listed) clients.push(client);
      size += listed.length;
      people += list.list?.people ?? 0;
    }
    const isOver = units.length + lists.length === 0;
    return size > 0 || isOver ? { clients, mails, people } : null;
  }

  /** It may take long, and all who are left are on disk: the fabric notices what comes next meanwhile. */
  #free(telling: OpenTelling): void {
    if (telling.isFreed) return;
    telling.isFreed = true;
    const { toldOutages, fabric } = this.#options;
    for (const outage of telling.ending) if (toldOutages.get(outage) === outage) fabric.forget(outage);
  }

  /** A portion that others follow. */
  #settle(telling: OpenTelling, { clients, mails }: Portion): void {
    const { left, gone } = telling.missing ?? { left: [], gone: [] };
    telling.missing = null;
    const rest = { left, gone: [...gone, ...clients] };
    this.#options.journal.tellSome(telling.ending, stateOf(telling), rest, mails);
  }

  #finish(telling: OpenTelling, { mails }: Portion): void {
    const { journal, toldOutages, fabric, log, changes } = this.#options;
    const { recovery, ending, endedMs, clients, people, untold } = telling;
    const { server, sign } = recovery;
    const ended = ending.map((outage) => {
      const { port, cause, fromMs } = outage;
      const named = { telling: tellingOf(recovery.outages), untold };
      return {
        outage,
        past: { server, port, cause, sign, fromMs, toMs: endedMs, clients, people, ...named },
      };
    });
    const { sent, failed } = journal.tell(ended, mails);
    const counts = { clients, people, queued: people - sent - failed, told: sent, failed, ...untold };
    this.#tellings.shift();
    for (const outage of ending) {
      const { port, cause } = outage;
      log.info('outage.closed', { server, ...portFields(port), cause, sign, ...counts });
      if (toldOutages.release(outage) && !telling.isFreed) fabric.forget(outage);
    }
    changes.tell();
  }
}
