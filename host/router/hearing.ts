/** What the fabric says, and whose business it is. */
import type { Chance } from '../chance.ts';
import type { FabricEvent, WaitingClient } from '../fabric/records.ts';
import type { Target } from '../net/target.ts';
import type { Clock } from '../store/clock.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Lines } from './lines.ts';
import { newId, type Outage, type Outages, type Waiting } from './outages.ts';
import type { Asker, FabricListener, FabricPort, Journal } from './ports.ts';
import type { Reconcile } from './reconcile.ts';
import type { Recoveries } from './recoveries.ts';
import type { Services } from './services.ts';
import type { Suspected } from './suspected.ts';
import type { Tellings } from './tellings.ts';
import type { ToldOutages } from './told-outages.ts';

interface HearingOptions {
  readonly outages: Outages;
  readonly services: Pick<Services, 'heard'>;
  readonly recoveries: Pick<Recoveries, 'has' | 'onSign' | 'onReleased' | 'onReleaseEnd'>;
  readonly suspected: Pick<Suspected, 'suspect' | 'onCertain' | 'onAcquitted'>;
  readonly toldOutages: ToldOutages;
  readonly tellings: Pick<Tellings, 'begin'>;
  readonly lifecycle: Pick<Lifecycle, 'begin' | 'leave' | 'remove'>;
  readonly reconcile: Pick<Reconcile, 'isUnderWay' | 'isOfBefore' | 'mention' | 'doubt' | 'onSyncEnd'>;
  readonly fabric: Pick<FabricPort, 'confirm' | 'acquit'>;
  readonly asker: Pick<Asker, 'failed' | 'look' | 'admit'>;
  readonly journal: Pick<Journal, 'outage' | 'client'>;
  /** Addresses of this machine: about itself it can't ask. */
  readonly isOwn: (address: string) => boolean;
  readonly lines: Pick<Lines, 'about' | 'waiting'>;
  readonly chance: Chance;
  readonly clock: Clock;
}

/** By so much the same moment may differ when it is told twice: events are under way for some time. */
const UNDER_WAY_MS = 60_000;

export class Hearing implements FabricListener {
  readonly #options: HearingOptions;

  constructor(options: HearingOptions) {
    this.#options = options;
  }

  onEvent(event: FabricEvent): void {
    const { outages, recoveries, suspected, lifecycle, reconcile, asker } = this.#options;
    switch (event.kind) {
      case 'outage':
        this.#onOutage(event);
        break;
      case 'waiting':
        this.#onWaiting(event);
        break;
      case 'answered':
        lifecycle.leave(event, 'answered');
        break;
      case 'swept':
        lifecycle.leave(event, 'swept');
        break;
      case 'signal': {
        const outage = outages.get(event);
        if (outage === undefined) break;
        outage.triedPort = event.triedPort;
        recoveries.onSign(outage, event.sign, event.answeredPort);
        break;
      }
      case 'released': {
        const outage = outages.get(event);
        if (outage !== undefined && !reconcile.isOfBefore(outage))
          recoveries.onReleased(outage, event.client, this.#waiting(event));
        break;
      }
      case 'releaseEnd': {
        const outage = outages.get(event);
        if (outage !== undefined && !reconcile.isOfBefore(outage)) recoveries.onReleaseEnd(outage);
        break;
      }
      case 'forgotten':
        this.#onForgotten(event, event.goesOn);
        break;
      case 'acquitted':
        suspected.onAcquitted(event);
        break;
      case 'answers':
        this.#onAnswers(event);
        break;
      case 'look':
        asker.look(
          { server: event.server, port: event.port },
          event.waitUs === null ? null : event.waitUs / 1000,
        );
        break;
      case 'dropped':
        lifecycle.remove(event);
        break;
      case 'syncEnd':
        reconcile.onSyncEnd();
        break;
      default:
        break;
    }
  }

  #onOutage(event: Extract<FabricEvent, { kind: 'outage' }>): void {
    const { toldOutages, reconcile, outages } = this.#options;
    const ending = toldOutages.get(event);
    if (ending !== undefined && event.state === 'released') {
      // An answer that the fabric gave before it was told to forget, or it was never told.
      reconcile.mention(ending);
      return;
    }
    // It has forgotten; another one has begun.
    toldOutages.delete(event);
    const known = outages.get(event);
    if (known === undefined) this.#takeOver(event);
    else this.#compare(known, event);
  }

  /** The same outage, perhaps as it was before something was said of it, or as nobody has heard of yet. */
  #compare(known: Outage, { state, cause, triedPort }: Extract<FabricEvent, { kind: 'outage' }>): void {
    const { journal, reconcile, fabric, suspected, recoveries } = this.#options;
    if (known.triedPort !== triedPort) {
      known.triedPort = triedPort;
      journal.outage(known, { hurry: false });
    }
    reconcile.mention(known);
    if (state === 'suspected') {
      // What was decided has not reached it, or was said while this was under way.
      if (known.state === 'down') fabric.confirm(known);
    } else if (state === 'down' && known.state !== 'down') {
      known.cause = cause;
      suspected.onCertain(known);
    } else if (state !== 'down' && !recoveries.has(known)) {
      // The sign itself may have been lost.
      reconcile.doubt(known);
    }
  }

  /** Nobody here knew of it. */
  #takeOver(event: Extract<FabricEvent, { kind: 'outage' }>): void {
    const { isOwn, fabric, toldOutages, reconcile, suspected, lifecycle, lines, chance } = this.#options;
    const { server, port, cause, triedPort, state } = event;
    if (isOwn(server)) {
      fabric.acquit({ server, port });
      return;
    }
    const outage: Outage = {
      id: newId(chance),
      server,
      port,
      state: state === 'suspected' ? 'suspected' : 'down',
      cause,
      triedPort,
      fromMs: this.#ms(event.nowUs, event.firstUs),
      clients: toldOutages.takeLate(event) ?? new Map(),
    };
    reconcile.mention(outage);
    if (state === 'suspected') {
      suspected.suspect(outage);
      return;
    }
    lifecycle.begin(outage);
    if (state !== 'down') reconcile.doubt(outage);
    lines.about(outage, 'outage.opened', { cause });
  }

  #onWaiting(event: WaitingClient & { readonly nowUs: number }): void {
    const { outages, toldOutages, reconcile, lines, asker, journal } = this.#options;
    const outage = outages.get(event);
    const isEnding = outage === undefined && toldOutages.get(event) !== undefined;
    // The same old answer: whoever it speaks of was handed out, or will be mentioned again.
    if (isEnding && reconcile.isUnderWay) return;
    const clients = isEnding ? toldOutages.late(event) : outage?.clients;
    if (clients === undefined) return;
    const waiting = this.#waiting(event);
    const known = clients.get(event.client);
    const isNew = known === undefined;
    if (isNew) lines.waiting(event, event.client);
    clients.set(event.client, waiting);
    // What is said again was not so just now: the server may have come back since.
    const atMs = reconcile.isUnderWay ? waiting.lastMs : undefined;
    if (outage?.state === 'suspected') asker.failed(outage, event.client, atMs);
    reconcile.mention(waiting);
    // The answer to a sync repeats what is on disk already.
    if (outage !== undefined && isNews(known, waiting)) {
      journal.client(outage, event.client, { hurry: isNew });
    }
  }

  #onForgotten(target: Target, goesOn: boolean): void {
    const { toldOutages, tellings, clock } = this.#options;
    const outage = toldOutages.get(target);
    toldOutages.delete(target);
    if (goesOn) return;
    const late = toldOutages.takeLate(target);
    if (outage === undefined || late === undefined || late.size === 0) return;
    // Nobody waits there any more: they were handed out, too, and the record of that was lost on the way.
    const recovery = { server: outage.server, recoveredMs: clock.nowMs(), sign: 'connect' } as const;
    tellings.begin({ ...recovery, outages: [outage], clients: late, handed: new Set() }, []);
  }

  /** A service answered somebody: whether it answers this machine, too, is found out while it lives. */
  #onAnswers({ server, port }: Target): void {
    const { services, asker } = this.#options;
    if (services.heard({ server, port })) asker.admit({ server, port });
  }

  #waiting(event: { nowUs: number; firstUs: number; lastUs: number; tries: number }): Waiting {
    return {
      firstMs: this.#ms(event.nowUs, event.firstUs),
      lastMs: this.#ms(event.nowUs, event.lastUs),
      tries: event.tries,
    };
  }

  /** A time of the engine's clock on ours. */
  #ms(nowUs: number, us: number): number {
    return this.#options.clock.nowMs() - (nowUs - us) / 1000;
  }
}

function isNews(known: Waiting | undefined, { tries, lastMs }: Waiting): boolean {
  return known === undefined || tries !== known.tries || lastMs - known.lastMs > UNDER_WAY_MS;
}
