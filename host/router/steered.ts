/** Which ports of which servers are answered for in their place: as long as they are down, and not a moment longer. */
import { askOf } from '../config/router/ask.ts';
import type { RouterConfiguration, ServerConfiguration } from '../config/types.ts';
import { isOfDatagrams, numberOnWire, type Target } from '../net/target.ts';
import type { Forwards } from './forwards.ts';
import type { Outage, Outages } from './outages.ts';

/** What is known of ports that this machine forwards. */
type Forwarding = Pick<Forwards, 'isBehind' | 'isAstray' | 'outersOf' | 'realOf'>;

const NOTHING_FORWARDED: Forwarding = {
  isBehind: () => false,
  isAstray: () => false,
  outersOf: () => [],
  realOf: (target) => target,
};

export class Steered {
  readonly #outages: Outages;
  readonly #forwards: Forwarding;
  #configuration: RouterConfiguration;
  #entries: ReadonlyMap<string, ServerConfiguration> = new Map();
  /** Ports that have answered, or are closed as they ever were. */
  readonly #back = new Map<Outage, Set<number>>();
  /** Outages of an earlier process whose servers have not been asked again. */
  readonly #unasked = new Set<Outage>();

  constructor(configuration: RouterConfiguration, outages: Outages, forwards = NOTHING_FORWARDED) {
    this.#configuration = configuration;
    this.#outages = outages;
    this.#forwards = forwards;
    this.reconfigure(configuration);
  }

  reconfigure(configuration: RouterConfiguration): void {
    this.#configuration = configuration;
    this.#entries = new Map(configuration.servers.map((entry) => [entry.address, entry]));
  }

  /** Whether nothing may be asked of it. */
  isForbidden(server: string): boolean {
    return askOf(this.#configuration, this.#entries.get(server)) === 'none';
  }

  /** Whether this machine may connect to the port to find out whether an outage is one. */
  mayAsk(server: string, port: number): boolean {
    return !this.isForbidden(server) && this.#isAllowed(server, port);
  }

  /**
   * Whether it may connect to what is down: never to a port that an entry leaves out; of UDP, only to those that count. A port of
   * this machine's own that refuses it and answers others is forwarded, and nobody has said where to.
   */
  mayProbe(server: string, port: number): boolean {
    return this.#isAllowed(server, port) && !this.#forwards.isAstray({ server, port });
  }

  #isAllowed(server: string, port: number): boolean {
    if (this.#forwards.isBehind({ server, port })) return false;
    const entry = this.#entries.get(server);
    if (isOfDatagrams(port)) {
      return entry?.ask !== 'none' && this.#configuration.detect.datagrams.includes(numberOnWire(port));
    }
    if (entry === undefined) return true;
    return entry.ask !== 'none' && (entry.ports.length === 0 || entry.ports.includes(port));
  }

  /** The ports that the page answers on while this is down. Whoever may not be asked is not answered for. */
  portsOf({ server, port }: Target): number[] {
    const ports = this.#configuration.page?.ports ?? [];
    const forwards = this.#forwards;
    // By whichever port browsers ask for it.
    const outers = forwards.outersOf({ server, port }).filter((outer) => ports.includes(outer.port));
    const forwarded = outers.map((outer) => forwards.realOf(outer).port);
    return [...new Set([...ports, ...forwarded])].filter(
      (one) => (port === 0 || one === port) && this.mayProbe(server, one),
    );
  }

  targets(): Target[] {
    return this.#outages
      .down()
      .filter((outage) => !this.#unasked.has(outage))
      .flatMap((outage) => this.ofOutage(outage).map((port) => ({ server: outage.server, port })));
  }

  /** The ports of it that are answered for now. */
  ofOutage(outage: Outage): number[] {
    const back = this.#back.get(outage);
    return this.portsOf(outage).filter((port) => back === undefined || !back.has(port));
  }

  /** An earlier process knew of it: it is asked first. */
  resume(outage: Outage): void {
    this.#unasked.add(outage);
  }

  /** It was asked; returns whether that changes something. */
  asked(outage: Outage): boolean {
    return this.#unasked.delete(outage);
  }

  /** The port has answered, or is as it always was. */
  back(outage: Outage, port: number): void {
    this.#back.set(outage, (this.#back.get(outage) ?? new Set()).add(port));
  }

  /** None of them does any more. */
  gone(outage: Outage): void {
    this.#back.delete(outage);
  }

  forget(outage: Outage): void {
    this.#back.delete(outage);
    this.#unasked.delete(outage);
  }
}
