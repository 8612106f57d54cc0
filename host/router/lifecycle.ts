/** An outage from its beginning to its end, and all that hangs on the two: the disk, the page, its checks and its questions. */

import type { Log } from '../log/log.ts';
import { portFields, type Target } from '../net/target.ts';
import type { Clock } from '../store/clock.ts';
import type { Changes } from './changes.ts';
import type { Lines } from './lines.ts';
import type { Outage, Outages } from './outages.ts';
import type { People } from './people.ts';
import type { Asker, Checks, Journal } from './ports.ts';
import type { Recovery } from './recovery.ts';
import type { Steered } from './steered.ts';
import type { Tellings } from './tellings.ts';
import type { ToldOutages } from './told-outages.ts';

interface LifecycleOptions {
  readonly outages: Outages;
  readonly steered: Pick<Steered, 'forget'>;
  readonly people: Pick<People, 'isAwaited'>;
  readonly toldOutages: Pick<ToldOutages, 'late'>;
  readonly tellings: Pick<Tellings, 'begin'>;
  readonly checks: Pick<Checks, 'watch' | 'stop'>;
  readonly asker: Pick<Asker, 'forget' | 'told'>;
  readonly journal: Pick<Journal, 'outage' | 'client' | 'remove'>;
  readonly changes: Pick<Changes, 'tell'>;
  readonly lines: Pick<Lines, 'about'>;
  readonly log: Pick<Log, 'debug'>;
  readonly clock: Clock;
}

interface Collaborators {
  readonly recoveries: {
    has(outage: Outage): boolean;
    onReleaseEnd(outage: Outage): void;
    forget(outage: Outage): void;
  };
  readonly suspected: { forget(outage: Outage): void };
}

/** What the history says of an outage of whose end nobody is told. */
const NOBODY = { people: 0, telling: null, untold: null } as const;

export class Lifecycle {
  readonly #options: LifecycleOptions;
  #collaborators!: Collaborators;

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  connect(collaborators: Collaborators): void {
    this.#collaborators = collaborators;
  }

  /** It is one of those that are known, and on disk. */
  keep(outage: Outage): void {
    const { outages, journal } = this.#options;
    outages.add(outage);
    journal.outage(outage, { hurry: true });
    for (const client of outage.clients.keys()) journal.client(outage, client, { hurry: true });
  }

  /** It is an outage from now on, for everybody. */
  begin(outage: Outage): void {
    outage.state = 'down';
    this.keep(outage);
    this.#options.changes.tell();
    this.#options.checks.watch(outage);
  }

  /** This client waits no more; for whoever asks, why. */
  leave(event: Target & { readonly client: string }, why?: 'answered' | 'swept'): void {
    const { toldOutages, outages, journal } = this.#options;
    const { server, port, client } = event;
    if (why !== undefined)
      this.#options.log.debug('client.passed', { server, ...portFields(port), client, reason: why });
    toldOutages.late(event)?.delete(event.client);
    const outage = outages.get(event);
    if (outage?.clients.delete(event.client)) journal.client(outage, event.client, { hurry: false });
  }

  /** The whole chain is here: its people are told, then it is freed (paragraphs 92 to 95). */
  tell(recovery: Recovery): void {
    const { outages, steered, asker, changes, tellings } = this.#options;
    for (const outage of recovery.outages) {
      outages.delete(outage);
      steered.forget(outage);
      asker.told(outage);
    }
    changes.tell();
    tellings.begin(recovery, recovery.outages);
  }

  /** An outage that nobody is told of the end of. */
  remove(target: Target): void {
    const { recoveries } = this.#collaborators;
    const { outages, journal, people, lines, clock } = this.#options;
    const outage = outages.get(target);
    if (outage === undefined) return;
    // Those with whom it was about to end are told all the same.
    if (recoveries.has(outage)) {
      recoveries.onReleaseEnd(outage);
      return;
    }
    outages.delete(target);
    this.#forget(outage);
    const isSuspected = outage.state === 'suspected';
    const { server, port, cause, fromMs, clients } = outage;
    const toMs = clock.nowMs();
    const past = { server, port, cause, fromMs, toMs, sign: null, clients: clients.size, ...NOBODY };
    // A flood of forged requests must not wash real outages out of the history.
    journal.remove(outage, people.isAwaited(outage) && !isSuspected ? past : null);
    if (isSuspected) lines.about(outage, 'suspicion.ended', { outcome: 'dropped' });
    else {
      const counts = { clients: clients.size, people: 0, queued: 0, told: 0, failed: 0 };
      lines.about(outage, 'outage.closed', { cause, sign: null, ...counts });
    }
  }

  /** What is known of it beside the tables. */
  #forget(outage: Outage): void {
    const { checks, asker, steered, changes } = this.#options;
    const { recoveries, suspected } = this.#collaborators;
    recoveries.forget(outage);
    steered.forget(outage);
    suspected.forget(outage);
    asker.forget(outage);
    checks.stop(outage);
    changes.tell();
  }
}
