/** What was said of late, of anybody: the log keeps nothing, and who asks why a client was not told wants to know what happened. */
import type { Level } from '../log/catalogue/kinds.ts';
import { type Fields, type Log, logTo, type Say } from '../log/log.ts';

/** An event that was said. */
export interface PastEvent {
  readonly at: Date;
  readonly level: Level;
  readonly event: string;
  readonly fields: Fields;
}

/** So many are kept: some hours of a quiet router, and seconds of one at which many fail. */
const KEPT = 2000;
/** Fields that say whom an event is about; others say what happened. */
const ABOUT = ['server', 'client', 'mail', 'otherClients'] as const;

export class Lately {
  readonly #now: () => Date;
  readonly #ring: (PastEvent | undefined)[] = new Array(KEPT);
  #next = 0;

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** Says everything to the log, of debugging too, and remembers what is about somebody. */
  heardBy(log: Log): Log {
    const say = log.at as Say;
    return logTo((level, event, fields) => {
      say(level, event, fields);
      if (ABOUT.some((name) => fields[name] !== undefined))
        this.#keep({ at: this.#now(), level, event, fields });
    }, log.unsaid);
  }

  /**
   * The latest of them about one of these, the oldest first; of a `client` also what happened to servers that it has failed
   * at, as far as that is not about another client.
   */
  about(names: ReadonlySet<string>, most: number, client: string | null = null): PastEvent[] {
    const servers = client === null ? new Set<string>() : this.#triedBy(client);
    const isMeant = ({ fields }: PastEvent): boolean =>
      namedIn(fields).some((name) => names.has(name)) ||
      (fields.client === undefined && servers.has(String(fields.server)));
    const found: PastEvent[] = [];
    for (const said of this.#backwards()) {
      if (found.length >= most) break;
      if (isMeant(said)) found.push(said);
    }
    return found.reverse();
  }

  #triedBy(client: string): ReadonlySet<string> {
    const servers = new Set<string>();
    for (const { fields } of this.#backwards())
      if (fields.client === client) servers.add(String(fields.server));
    return servers;
  }

  /** From the latest on. */
  *#backwards(): Iterable<PastEvent> {
    for (let back = 1; back <= KEPT; back++) {
      const said = this.#ring[(this.#next - back + KEPT) % KEPT];
      if (said === undefined) return;
      yield said;
    }
  }

  #keep(said: PastEvent): void {
    this.#ring[this.#next] = said;
    this.#next = (this.#next + 1) % KEPT;
  }
}

function namedIn(fields: Fields): string[] {
  return ABOUT.flatMap((name) => String(fields[name] ?? '').split(', '));
}
