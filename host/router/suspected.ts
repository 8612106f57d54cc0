/**
 * Outages that may be none: from the first failure until the server was asked. Only what is decided here touches anybody but
 * those who failed themselves (docs/detection.md).
 */
import type { Chance } from '../chance.ts';
import type { Log } from '../log/log.ts';
import { portFields, type Target } from '../net/target.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Lines } from './lines.ts';
import { newId, type Outage, type Outages, type Waiting } from './outages.ts';
import type { SuspicionOutcome } from './outcomes.ts';
import type { Asker, FabricPort, Journal } from './ports.ts';
import type { Recoveries } from './recoveries.ts';

interface SuspectedOptions {
  readonly chance: Chance;
  readonly outages: Outages;
  readonly recoveries: Pick<Recoveries, 'onAnswer' | 'onSign'>;
  readonly fabric: Pick<FabricPort, 'confirm' | 'acquit' | 'restore'>;
  readonly journal: Pick<Journal, 'client' | 'remove'>;
  readonly asker: Pick<Asker, 'open' | 'failed' | 'forget'>;
  readonly lines: Pick<Lines, 'about'>;
  readonly log: Pick<Log, 'debug'>;
  readonly lifecycle: Pick<Lifecycle, 'keep' | 'begin'>;
}

export class Suspected {
  readonly #options: SuspectedOptions;
  /** Suspicions that have come to nothing, with those whom that concerns, until the fabric has heard of it. */
  readonly #acquitted = new Map<Outage, ReadonlySet<string>>();

  constructor(options: SuspectedOptions) {
    this.#options = options;
  }

  /** Somebody failed there; whether it is an outage is to be found out. */
  suspect(outage: Outage): void {
    this.#options.lifecycle.keep(outage);
    this.#options.lines.about(outage, 'suspicion.opened', { cause: outage.cause });
    this.#options.asker.open(outage);
  }

  /** Its server was asked. `port`: with `service` and `narrowed`, the one that it is about. */
  onAsked(outage: Outage, outcome: SuspicionOutcome, port = 0): void {
    if (this.#options.outages.get(outage) !== outage) return;
    this.#say(outcome, outage);
    switch (outcome) {
      case 'outage':
        this.believe(outage);
        break;
      case 'short':
        outage.state = 'short';
        // It is over as soon as it has answered for the settle time; until then nobody is answered for.
        this.#options.recoveries.onAnswer(outage, 0);
        this.#options.recoveries.onSign(outage, 'connect');
        break;
      case 'service':
      case 'narrowed':
        this.#moveTo(outage, port, outcome === 'service');
        this.#acquit(outage);
        break;
      default:
        for (const client of outage.clients.keys()) this.#passed(outage, client);
        this.#acquit(outage);
        break;
    }
  }

  /** Somebody was turned away there, while its machine is about to be back by another port: that is a matter of its own. */
  turnedAway(
    { server, port }: Target,
    client: string,
    { cause }: Pick<Outage, 'cause'>,
    nowMs: number,
  ): void {
    const known = this.#options.outages.get({ server, port });
    const outage: Outage = known ?? {
      ...{ server, port, cause, triedPort: port, fromMs: nowMs },
      ...{ id: newId(this.#options.chance), state: 'suspected', clients: new Map() },
    };
    if (known === undefined) this.suspect(outage);
    this.#join(outage, new Map([[client, { firstMs: nowMs, lastMs: nowMs, tries: 1 }]]));
  }

  /** A suspicion was right. */
  believe(outage: Outage): void {
    this.#options.fabric.confirm(outage);
    this.#options.lifecycle.begin(outage);
  }

  /** The fabric is certain of itself: its kernel has found nobody, either. */
  onCertain(outage: Outage): void {
    this.#options.asker.forget(outage);
    this.#options.lifecycle.begin(outage);
    this.#say('outage', outage);
  }

  /** Whether it has come to nothing, and the fabric may not know that yet. */
  isAcquitted(outage: Outage): boolean {
    return this.#acquitted.has(outage);
  }

  /** It is gone otherwise. */
  forget(outage: Outage): void {
    this.#acquitted.delete(outage);
  }

  /** The machine lives, one of its services does not, or may not: who waited for the one waits for the other. */
  #moveTo({ server, cause, triedPort, fromMs, clients }: Outage, port: number, isDown: boolean): void {
    const known = this.#options.outages.get({ server, port });
    const others = [...clients].filter(([client]) => known?.clients.has(client) !== true);
    const moved = new Map(others.map(([client, waiting]) => [client, { ...waiting }]));
    const about = { server, port, cause, triedPort, fromMs };
    if (known === undefined && isDown) {
      const outage: Outage = { ...about, id: newId(this.#options.chance), state: 'down', clients: moved };
      this.#options.fabric.restore([outage]);
      this.#options.lifecycle.begin(outage);
      this.#options.lines.about(outage, 'outage.opened', { cause });
      return;
    }
    const outage: Outage = known ?? {
      ...about,
      id: newId(this.#options.chance),
      state: 'suspected',
      clients: new Map(),
    };
    if (known === undefined) this.suspect(outage);
    else if (isDown && known.state === 'suspected') this.#decide(known);
    this.#join(outage, moved);
  }

  /** It has been decided with another one. */
  #decide(outage: Outage): void {
    this.#options.asker.forget(outage);
    this.#say('outage', outage);
    this.believe(outage);
  }

  /** These wait for it, too. */
  #join(outage: Outage, clients: ReadonlyMap<string, Waiting>): void {
    const { asker, fabric, journal } = this.#options;
    for (const [client, waiting] of clients) {
      outage.clients.set(client, waiting);
      journal.client(outage, client, { hurry: true });
      if (outage.state === 'suspected') asker.failed(outage, client);
    }
    fabric.restore([{ ...outage, clients: new Map(clients) }]);
  }

  /** For those who ask why he is not counted. */
  #passed({ server, port }: Target, client: string): void {
    this.#options.log.debug('client.passed', { server, ...portFields(port), client, reason: 'alone' });
  }

  /** Those who are in it by now were turned away alone. */
  #acquit(outage: Outage): void {
    this.#acquitted.set(outage, new Set(outage.clients.keys()));
    this.#options.fabric.acquit(outage);
  }

  /** The fabric has freed the chain. */
  onAcquitted(target: Target): void {
    const outage = this.#options.outages.get(target);
    const concerned = outage === undefined ? undefined : this.#acquitted.get(outage);
    if (outage === undefined || concerned === undefined) return;
    this.#acquitted.delete(outage);
    for (const client of concerned) outage.clients.delete(client);
    if (outage.clients.size === 0) {
      this.#options.outages.delete(outage);
      this.#options.journal.remove(outage, null);
      return;
    }
    // They failed while that was decided.
    for (const client of concerned) this.#options.journal.client(outage, client, { hurry: false });
    this.#options.fabric.restore([outage]);
    this.#options.asker.open(outage);
  }

  #say(outcome: SuspicionOutcome, outage: Outage): void {
    const { lines } = this.#options;
    lines.about(outage, 'suspicion.ended', { outcome });
    if (outcome === 'outage') lines.about(outage, 'outage.opened', { cause: outage.cause });
  }
}
