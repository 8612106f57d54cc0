/** At which ports a server that is down is tried, and what their answers say of it. */
import { isOfDatagrams } from '../net/target.ts';
import type { Dialled } from '../recovery/dial.ts';
import type { Outage } from './outages.ts';
import type { Services } from './services.ts';
import type { Steered } from './steered.ts';

export class CheckedPorts {
  readonly #services: Services;
  readonly #steered: Pick<Steered, 'mayProbe' | 'portsOf'>;

  constructor(services: Services, steered: Pick<Steered, 'mayProbe' | 'portsOf'>) {
    this.#services = services;
    this.#steered = steered;
  }

  /** What people tried; the fabric sees to it that a stray try does not hide a known service. */
  tried({ server, port, triedPort }: Outage): readonly number[] {
    const tried = port || triedPort;
    const ports = tried === 0 ? this.#services.portsOf(server) : [tried];
    return ports.filter((one) => this.#steered.mayProbe(server, one));
  }

  /** And what is answered for. */
  all(outage: Outage): readonly number[] {
    return [...new Set([...this.tried(outage), ...this.#steered.portsOf(outage)])];
  }

  /** Whether none of its services answers this machine, though they answer others. */
  isShut({ server }: Outage, ports: readonly number[]): boolean {
    const services = this.#services;
    const targets = ports.map((port) => ({ server, port }));
    return (
      targets.some((target) => services.isShut(target)) &&
      !targets.some((target) => services.isAdmitted(target))
    );
  }

  /** A port at which nobody ever knew a service, and that refuses, is as it always was; if it is all that was tried. */
  isBack(outage: Outage, dialled: Dialled, port: number): boolean {
    if (dialled === 'answered' || this.isQuiet(outage, dialled, port)) return true;
    return (
      dialled === 'refused' && outage.port === 0 && this.isAsEver(outage, port) && this.isAllAsEver(outage)
    );
  }

  /** A service of UDP answers nobody who has nothing to say; but where its machine was gone, or refused, somebody is there again. */
  isQuiet(outage: Outage, dialled: Dialled, port: number): boolean {
    return dialled === 'quiet' && isOfDatagrams(port) && (outage.port === 0 || outage.cause !== 'unanswered');
  }

  isAsEver({ server }: Outage, port: number): boolean {
    return !this.#services.isKnown({ server, port });
  }

  isAllAsEver(outage: Outage): boolean {
    return this.all(outage).every((port) => this.isAsEver(outage, port));
  }
}
