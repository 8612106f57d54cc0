/** Addresses on their way to the standby: one after the other, each switched off once the standby has accepted it. */
import type { Handover } from '../ports/handover.ts';
import { DONE_MS, FIRST_RETRY_MS, longer } from '../ports/timers.ts';
import type { MoveCause, Result } from '../protocol/messages.ts';
import { Retransmission } from '../protocol/retransmit.ts';
import type { ActiveContext } from './context.ts';
import { entryOf, type Service } from './services.ts';
import type { Switching } from './switching.ts';

/** An interface that hangs must not keep the next address from being given. */
const DEACTIVATION_MS = 250;
const NO_ANSWER = 'the standby does not answer';

/** An address on its way to the standby. */
interface Giving {
  readonly service: Service;
  readonly cause: MoveCause;
  /** Of the instruction. */
  readonly id: number;
  readonly resolve: (handover: Handover) => void;
  /** The instruction, until it is answered. */
  repeat: Retransmission | null;
  /** The end of switching off, once the standby has accepted. */
  off: Promise<void> | null;
  expire: (() => void) | null;
}

interface GivingHandlers {
  /** Whether the standby has said that it has the address. */
  readonly standbyHas: (address: string) => boolean;
  /** What could not be given may be given now. */
  readonly onRetry: () => void;
}

export class GivingQueue {
  readonly #parts: ActiveContext;
  readonly #switching: Switching;
  readonly #handlers: GivingHandlers;
  readonly #queue: Giving[] = [];
  readonly #givings = new Map<number, Giving>();
  #current: Giving | null = null;
  #nextId = 1;
  #retry: (() => void) | null = null;
  #closed = false;

  constructor(parts: ActiveContext, switching: Switching, handlers: GivingHandlers) {
    this.#parts = parts;
    this.#switching = switching;
    this.#handlers = handlers;
  }

  /** Whether what failed is to be tried again in a while. */
  get waits(): boolean {
    return this.#retry !== null;
  }

  /** Settles when it is done, or has failed. */
  give(service: Service, cause: MoveCause): Promise<Handover> {
    service.busy = true;
    return new Promise((resolve) => {
      const id = this.#nextId++;
      this.#queue.push({ service, cause, id, resolve, repeat: null, off: null, expire: null });
      this.#next();
    });
  }

  /** What the standby says of an instruction. */
  onTaken(result: Result): void {
    const giving = this.#givings.get(result.id);
    if (giving === undefined || giving.service.address !== result.address) return;
    if (giving.off !== null) {
      if (result.outcome !== 'accepted') this.#conclude(giving, giving.off, result);
      return;
    }
    giving.repeat?.stop();
    const { service, cause } = giving;
    if (result.outcome === 'refused' || result.outcome === 'failed') {
      this.#failed(service, result.reason);
      this.#finish(giving, false, result.reason);
      this.#retryLater(service);
      this.#turn();
      return;
    }
    service.cause = cause;
    service.retryMs = FIRST_RETRY_MS;
    const off = this.#switching.off(service);
    giving.off = off;
    const { timers } = this.#parts;
    void Promise.race([off, timers.passed(DEACTIVATION_MS)]).then(() => this.#turn());
    if (result.outcome === 'done') {
      this.#conclude(giving, off, result);
      return;
    }
    giving.expire = timers.after(DONE_MS, () =>
      this.#conclude(giving, off, { ...result, outcome: 'failed', reason: NO_ANSWER }),
    );
  }

  /** Waits for nothing any more: what failed is tried now. */
  stopWaiting(): void {
    this.#retry?.();
    this.#retry = null;
  }

  close(): void {
    this.#closed = true;
    this.#current?.repeat?.stop();
  }

  /** ST16-ST17: the next address, once the one before has been switched off. */
  #next(): void {
    if (this.#current !== null || this.#closed) return;
    const giving = this.#queue.shift();
    if (giving === undefined) return;
    this.#current = giving;
    this.#givings.set(giving.id, giving);
    const { ports, peer } = this.#parts;
    const { service, cause, id } = giving;
    const { address } = service;
    ports.tell('warn', 'takeover.asked', { address, peer: peer(), cause });
    giving.repeat = new Retransmission(
      ports.time,
      () => void ports.send({ kind: 'take', id, cause, entry: entryOf(service) }),
      () => this.onTaken({ id, address, outcome: 'refused', reason: NO_ANSWER }),
    );
  }

  /** The standby has it, or could not take what it accepted: then it is better here than nowhere. */
  #conclude(giving: Giving, off: Promise<void>, { outcome, reason }: Result): void {
    this.#givings.delete(giving.id);
    giving.expire?.();
    const { service } = giving;
    void off.then(async () => {
      if (outcome === 'done' || this.#handlers.standbyHas(service.address)) {
        this.#finish(giving, true, service.stuck);
        return;
      }
      this.#failed(service, reason);
      await this.#switching.on(service, 'the standby could not take it');
      this.#finish(giving, false, reason);
      this.#retryLater(service);
    });
  }

  #failed({ address }: Service, reason: string): void {
    const { ports, peer } = this.#parts;
    ports.tell('error', 'takeover.failed', { address, peer: peer(), reason });
  }

  #finish(giving: Giving, done: boolean, reason: string | null): void {
    const { service } = giving;
    this.#givings.delete(giving.id);
    service.busy = false;
    service.mark = this.#parts.ports.sent();
    giving.resolve({ address: service.address, done, reason });
  }

  #turn(): void {
    this.#current = null;
    this.#next();
  }

  #retryLater(service: Service): void {
    const waitMs = service.retryMs;
    service.retryMs = longer(waitMs);
    this.#retry ??= this.#parts.timers.after(waitMs, () => {
      this.#retry = null;
      this.#handlers.onRetry();
    });
  }
}
