/** The local routes by which the aliases lead to this machine, and nowhere else. */

import { messageOf } from '../../errors.ts';
import type { Log } from '../../log/log.ts';
import { type AliasRoute, failure, type KernelTools } from './kernel-tools.ts';
import type { Protocol } from './ruleset.ts';
import { ALIASES_4, ALIASES_6 } from './ruleset.ts';

const ROUTE_4: AliasRoute = ['-4', ALIASES_4];
const ROUTE_6: AliasRoute = ['-6', ALIASES_6];

export class AliasRoutes {
  readonly #tools: KernelTools;
  readonly #log: Log;
  readonly #routes: readonly AliasRoute[];
  /** Those whose addresses lead elsewhere, and can't be helped. */
  #astray = new Set<AliasRoute>();

  private constructor(tools: KernelTools, log: Log, routes: readonly AliasRoute[]) {
    this.#tools = tools;
    this.#log = log;
    this.#routes = routes;
  }

  /**
   * Makes both. Where IPv6 is switched off, there is only one, and the log says so (`page.steering`). Throws a
   * ToolError, or a RingbackError `unavailable` where somebody else uses the addresses.
   */
  static async open(tools: KernelTools, log: Log): Promise<AliasRoutes> {
    await tools.refuseForeignRoutes();
    await tools.changeRoute('replace', ROUTE_4);
    try {
      await tools.changeRoute('replace', ROUTE_6);
    } catch (error) {
      log.warn('page.steering', failure(`only IPv4 is steered: ${messageOf(error)}`));
      return new AliasRoutes(tools, log, [ROUTE_4]);
    }
    return new AliasRoutes(tools, log, [ROUTE_4, ROUTE_6]);
  }

  get version6(): boolean {
    return this.#routes.includes(ROUTE_6);
  }

  /** The IP versions whose aliases lead here: packets of no other may be given such a destination. */
  get leading(): readonly Protocol[] {
    return this.#routes
      .filter((route) => !this.#astray.has(route))
      .map((route) => (route === ROUTE_4 ? 'ipv4' : 'ipv6'));
  }

  /** Puts back what somebody took away. */
  async mend(): Promise<void> {
    await Promise.all(this.#routes.map((route) => this.#mend(route)));
  }

  async #mend(route: AliasRoute): Promise<void> {
    const [, network] = route;
    try {
      if (!(await this.#tools.leadsHere(route))) {
        await this.#tools.changeRoute('replace', route);
        if (!(await this.#tools.leadsHere(route)))
          throw new Error(`rules of this machine lead ${network} elsewhere`);
        this.#log.warn('page.steering', failure(`put back: the route to ${network}`));
      }
      this.#astray.delete(route);
    } catch (error) {
      // Said once, and tried again at every look.
      if (this.#astray.has(route)) return;
      this.#astray.add(route);
      this.#log.error('page.steering', failure(messageOf(error)));
    }
  }

  async remove(): Promise<void> {
    for (const route of this.#routes) {
      await this.#tools
        .changeRoute('del', route)
        .catch((error: unknown) => this.#log.warn('page.steering', failure(messageOf(error))));
    }
  }
}
