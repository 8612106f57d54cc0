/** What a standby had that says nothing any more: nobody's, unless somebody answers for it. */
import { messageOf } from '../../errors.ts';
import { FIRST_RETRY_MS } from '../ports/timers.ts';
import type { FailureDetector } from '../protocol/failure-detector.ts';
import type { ActiveContext } from './context.ts';
import type { Service } from './services.ts';
import type { Switching } from './switching.ts';

/** It is looked for after so long, and taken back when nobody has answered so often: no hurry justifies two holders. */
const FAILBACK_MS = 2000;
const LOOKS = 3;

export class Failback {
  readonly #parts: ActiveContext;
  readonly #switching: Switching;
  readonly #watch: FailureDetector;
  #closed = false;

  /** `watch` is kept on the standby. */
  constructor(parts: ActiveContext, switching: Switching, watch: FailureDetector) {
    this.#parts = parts;
    this.#switching = switching;
    this.#watch = watch;
  }

  /** The standby has just fallen silent. */
  expect(): void {
    const { services, timers } = this.#parts;
    const { epoch } = this.#watch;
    for (const service of services) service.unanswered = 0;
    timers.after(FAILBACK_MS, () => this.#look(epoch));
  }

  /** It is heard again. */
  over(): void {
    for (const service of this.#parts.services) void this.#lower(service);
  }

  close(): void {
    this.#closed = true;
  }

  /** `epoch` of the silence. */
  #look(epoch: number): void {
    const { timers, services, faults } = this.#parts;
    const isOver = (): boolean => this.#watch.epoch !== epoch || !this.#watch.isLost || this.#closed;
    if (isOver()) return;
    for (const service of services) {
      if (service.held || service.busy || faults.of(service.address) !== null) continue;
      service.busy = true;
      void this.#ask(service).then(async () => {
        if (service.unanswered >= LOOKS && !isOver()) {
          await this.#switching.on(service, 'the standby is dead');
        }
        service.busy = false;
        if (isOver()) await this.#lower(service);
      });
    }
    timers.after(FIRST_RETRY_MS, () => this.#look(epoch));
  }

  /** An interface that was switched on to ask by goes off again, unless an address is there, or on its way. */
  async #lower({ ifname }: Service): Promise<void> {
    const { ports, services } = this.#parts;
    const isNeeded = [...services].some((other) => other.ifname === ifname && (other.held || other.busy));
    if (!isNeeded && !this.#closed) await ports.lower(ifname).catch(() => {});
  }

  /** By the interface that had it, which is off since: by another one nobody might hear. Only silence after a question counts. */
  async #ask(service: Service): Promise<void> {
    const { ports, peer } = this.#parts;
    const { address, ifname } = service;
    try {
      await ports.raise(ifname);
      const mac = await ports.probe(address, ifname);
      service.unanswered = mac === null ? service.unanswered + 1 : 0;
      if (mac !== null) ports.unclaim(address);
    } catch (error) {
      ports.tell('debug', 'takeover.unasked', {
        address,
        adapter: ifname,
        peer: peer(),
        reason: messageOf(error),
      });
    }
  }
}
