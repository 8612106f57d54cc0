/** An active's addresses off its interfaces, and on again. */

import { messageOf } from '../../errors.ts';
import { AGAIN_AFTER_ANOTHER } from '../ports/ports.ts';
import { FIRST_RETRY_MS, longer } from '../ports/timers.ts';
import { NO_MAC } from '../protocol/messages.ts';
import type { ActiveContext } from './context.ts';
import type { Service } from './services.ts';

export class Switching {
  readonly #parts: ActiveContext;

  constructor(parts: ActiveContext) {
    this.#parts = parts;
  }

  /** Settles in any case; what went wrong is told, and tried again. */
  async off(service: Service): Promise<void> {
    if (!service.held) return;
    const { ports } = this.#parts;
    ports.unclaim(service.address);
    try {
      const { kept } = await ports.deactivate(service.ifname, service);
      this.#released(service, kept);
    } catch (error) {
      const first = service.stuck === null;
      service.stuck = messageOf(error);
      if (first) {
        const { address, ifname, stuck } = service;
        ports.tell('error', 'takeover.released', {
          address,
          adapter: ifname,
          peer: this.#parts.peer(),
          error: stuck,
          reason: stuck,
        });
      }
      this.#offAgain(service, FIRST_RETRY_MS);
    }
  }

  /** It is back, and everybody is told. False, and told, when it can't be switched on; throws nothing. */
  async on(service: Service, reason: string): Promise<boolean> {
    const { ports, peer } = this.#parts;
    const { address, ifname } = service;
    try {
      await ports.activate(ifname, service);
    } catch (error) {
      const level = service.retryMs > FIRST_RETRY_MS ? 'debug' : 'error';
      ports.tell(level, 'takeover.failed', {
        address,
        adapter: ifname,
        peer: peer(),
        reason: messageOf(error),
      });
      return false;
    }
    service.held = true;
    service.stuck = null;
    service.cause = null;
    service.mac = ports.macOf(ifname) ?? NO_MAC;
    ports.claim(ifname, address);
    await this.#announce(service, FIRST_RETRY_MS);
    ports.tell('info', 'takeover.returned', { address, adapter: ifname, peer: peer(), reason });
    return true;
  }

  /** What can't be announced is announced later: until then its neighbours talk to the standby. Told once. */
  async #announce(service: Service, retryMs: number): Promise<void> {
    const { ports, timers, services, peer } = this.#parts;
    const { address, ifname } = service;
    await ports.announce(ifname, service, AGAIN_AFTER_ANOTHER).catch((error) => {
      const level = retryMs > FIRST_RETRY_MS ? 'debug' : 'error';
      const reason = messageOf(error);
      ports.tell(level, 'takeover.unannounced', { address, adapter: ifname, peer: peer(), reason });
      timers.after(retryMs, () => {
        if (service.held && services.has(service)) void this.#announce(service, longer(retryMs));
      });
    });
  }

  #released(service: Service, kept: string | null): void {
    service.held = false;
    service.stuck = null;
    const { address, ifname } = service;
    const fields = { address, adapter: ifname, peer: this.#parts.peer(), kept: kept ?? undefined };
    this.#parts.ports.tell('info', 'takeover.released', fields);
  }

  #offAgain(service: Service, waitMs: number): void {
    const { ports, timers, services } = this.#parts;
    timers.after(waitMs, () => {
      if (service.stuck === null || service.cause === null || !services.has(service)) return;
      ports.deactivate(service.ifname, service).then(
        () => this.#released(service, null),
        (error) => {
          service.stuck = messageOf(error);
          this.#offAgain(service, longer(waitMs));
        },
      );
    });
  }
}
