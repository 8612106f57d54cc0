/** Lines of the log that strangers can cause: a flood of theirs leaves room for those of servers and people who are known. */
import { BurstLog, type Share } from '../log/burst.ts';
import type { FieldsOf } from '../log/events.ts';
import type { Log } from '../log/log.ts';
import { portFields, type Target } from '../net/target.ts';
import type { Clock } from '../store/clock.ts';
import type { People } from './people.ts';
import type { Services } from './services.ts';

/** What has to be said of a server beside which it is. */
type About = 'suspicion.opened' | 'suspicion.ended' | 'outage.opened' | 'outage.closed' | 'recovery.signal';

interface LinesOptions {
  readonly services: Pick<Services, 'isNamed' | 'isKnown' | 'standingOf'>;
  readonly people: Pick<People, 'knows'>;
  readonly log: Log;
  readonly clock: Pick<Clock, 'nowMs'>;
}

export class Lines {
  readonly #options: LinesOptions;
  readonly #burst: BurstLog;

  constructor(options: LinesOptions) {
    this.#options = options;
    this.#burst = new BurstLog(options.log, () => options.clock.nowMs());
  }

  about<E extends About>(
    { server, port }: Target,
    event: E,
    fields: Omit<FieldsOf<E>, 'server' | 'port' | 'protocol'>,
  ): void {
    this.#burst.info(
      event,
      { server, ...portFields(port), ...fields } as FieldsOf<E>,
      this.#shareOf({ server, port }),
    );
  }

  /** Anybody can send packets in the name of whoever is known, to servers that nobody knows, and in any name to those that are. */
  waiting({ server, port }: Target, client: string): void {
    const isKnown = this.#options.people.knows(client);
    const share = this.#shareOf({ server, port }) === 'strangers' ? 'known' : 'own';
    this.#burst.info(
      'client.waiting',
      { server, ...portFields(port), client },
      isKnown ? share : 'strangers',
    );
  }

  #shareOf(target: Target): Share {
    const { services } = this.#options;
    const { server, port } = target;
    // A port that nobody knows is one of many, wherever it is.
    const isKnown = port === 0 ? services.standingOf(server) === 'known' : services.isKnown(target);
    if (!isKnown) return 'strangers';
    return services.isNamed(server) ? 'own' : 'known';
  }
}
