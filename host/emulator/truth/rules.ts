/**
 * How fast the program is by its own rules (docs/detection.md, docs/outage.md), and whom it need not tell: what promises are
 * measured with. In microseconds.
 */

import { viaOf } from '../../config/router/via.ts';
import type { RouterConfiguration, ServerConfiguration } from '../../config/types.ts';
import { prefixContains } from '../../net/address.ts';
import { SECOND_US } from '../scenario/values.ts';

const MS = 1000;

/** A probe is decided after this, and the kernel's own asking for a neighbour after twice that. */
const DECIDED_US = 3_500_000;
/** A try now and then, where the page stands in and elsewhere, spread by a quarter; and what one may take. */
const STEERED_US = 10 * SECOND_US;
const SELDOM_US = 75 * SECOND_US;
const CONNECT_US = 5 * SECOND_US;
/** With more outages at once each waits for its turn. */
const MANY = 100;
/** Steps of settling. */
const MAX_STEPS = 10;
const STEP_US = SECOND_US;
/** From what a kernel believes to what is so: a neighbour that is asked for again, a request that is repeated. */
const REPEATED_US = 3 * SECOND_US;
/** Two servers that come back together make one mail. */
const GATHER_US = 3 * SECOND_US;
/** Who was refused is asked about within this time, and what is so then counts. */
export const AT_ONCE_US = 2 * SECOND_US;
/** A known service that leaves somebody waiting has been found silent by then: 1 s, at most one look in 5 s, and what it takes. */
export const LOOKED_US = 8 * SECOND_US;
/** Whoever was turned away alone is not asked about for so long at the most, and is remembered as such. */
export const HELD_US = 300 * SECOND_US;
export const REMEMBERED_US = 1200 * SECOND_US;
/** A kill may cost what was noted so long before. */
export const UNWRITTEN_US = 1_100_000;
/** What is seen answering first is asked whether it admits the router. */
export const ADMITTED_US = 4 * SECOND_US;

interface RulesOptions {
  readonly configuration: RouterConfiguration;
  /** Whether any link of the world loses packets by chance. */
  readonly isLossy: boolean;
  /** How often relays look into their mailboxes; 0: there are none. */
  readonly mailboxUs: number;
}

export class Rules {
  readonly unansweredUs: number;
  readonly freshUs: number;
  readonly settleUs: number;
  /** How long before the program's word its evidence may lie. */
  readonly evidenceUs = DECIDED_US;
  readonly #options: RulesOptions;
  readonly #servers: ReadonlyMap<string, ServerConfiguration>;

  constructor(options: RulesOptions) {
    this.#options = options;
    const { detect, notify, recover, servers } = options.configuration;
    this.unansweredUs = (detect.unansweredMs ?? 0) * MS;
    this.freshUs = notify.freshMs * MS;
    this.settleUs = recover.settleMs * MS;
    this.#servers = new Map(servers.map((server) => [server.address, server]));
  }

  get detect(): RouterConfiguration['detect'] {
    return this.#options.configuration.detect;
  }

  get isConfirmed(): boolean {
    return this.#options.configuration.recover.confirm === 'connect';
  }

  isWatched(server: string): boolean {
    return this.detect.watch.some((prefix) => prefixContains(prefix, server));
  }

  /** Whether the router connects to it before it believes that it is down. */
  isAsked(server: string): boolean {
    return this.#mayAsk(server) && this.detect.ask === 'connect';
  }

  /** Whether the configuration names the service, so that it is known from the start. */
  isNamed(server: string, port: number): boolean {
    return this.#servers.get(server)?.ports.includes(port) ?? false;
  }

  isHostNamed(server: string): boolean {
    return this.#servers.has(server);
  }

  /** Whether it is a port that is never asked, because the server's entry names others. */
  isLeftOut(server: string, port: number): boolean {
    const { ports = [] } = this.#servers.get(server) ?? {};
    return ports.length > 0 && !ports.includes(port);
  }

  isDirect(server: string): boolean {
    return viaOf(this.#options.configuration, this.#servers.get(server)) === 'direct';
  }

  /** Whether the page stands in for it when it is down; port 0: for any port. */
  isSteered(server: string, port: number): boolean {
    const { page } = this.#options.configuration;
    if (page === null || !this.#mayAsk(server)) return false;
    const { ports = [] } = this.#servers.get(server) ?? {};
    const asked = page.ports.filter((one) => ports.length === 0 || ports.includes(one));
    return port === 0 ? asked.length > 0 : asked.includes(port);
  }

  /** Whether the program itself finds out that it is back, though nobody tries it. */
  isProbed(server: string, port: number, isAwaited: boolean): boolean {
    if (this.isSteered(server, port)) return true;
    return isAwaited && this.isConfirmed && this.#mayAsk(server) && !this.isLeftOut(server, port);
  }

  /** From the truth, or from the first who was served, to the program's word that it is over. `outages`: so many at once. */
  endsUs(server: string, port: number, outages: number): number {
    const seldomUs = this.isSteered(server, port) ? STEERED_US : SELDOM_US;
    const seldom = (seldomUs + CONNECT_US) * Math.max(1, outages / MANY);
    // A settling that chance has broken off begins again.
    const times = this.#options.isLossy ? 3 : 1;
    return seldom + REPEATED_US + times * (this.settleUs + this.#stepUs + CONNECT_US);
  }

  /** And to the mail. `people`: so many at once. */
  toldUs(server: string, port: number, outages: number, people: number): number {
    const { mailboxUs } = this.#options;
    const relayed = this.isDirect(server) ? 0 : 2 * mailboxUs + 60 * SECOND_US;
    const crowd = people * 2 * MS;
    return this.endsUs(server, port, outages) + this.settleUs + GATHER_US + relayed + crowd;
  }

  /** How long the page may stay where it stands in for a service that is back. */
  pageUs(outages: number): number {
    return (STEERED_US + CONNECT_US) * Math.max(1, outages / MANY) + REPEATED_US;
  }

  #mayAsk(server: string): boolean {
    return this.#servers.get(server)?.ask !== 'none';
  }

  get #stepUs(): number {
    return Math.max(STEP_US, this.settleUs / MAX_STEPS);
  }
}
