/** `ringback takeover`: puts one node together, and takes it apart again. */

import { takeoverWarnings } from '../config/takeover/explain.ts';
import { loadTakeoverConfiguration } from '../config/takeover/file.ts';
import type { TakeoverConfiguration } from '../config/takeover/types.ts';
import { type ControlRoutes, type Question, serveControl } from '../control/socket.ts';
import { RingbackError } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { canonicalAddress } from '../net/address.ts';
import { type Ready, type RoleDescription, type RunningRole, runRole } from '../role/role.ts';
import type { Signals } from '../role/signals.ts';
import type { Surroundings } from '../surroundings.ts';
import { ActiveNode } from './active/node.ts';
import { raisePriority } from './machine/priority.ts';
import type { TakeoverNode } from './ports/node.ts';
import { StandbyNode } from './standby/node.ts';

/** Runs until `stop` aborts. Throws a RingbackError when it cannot start. */
export function takeover(
  file: string,
  log: Log,
  signals: Signals,
  surroundings: Surroundings,
): Promise<void> {
  const description: RoleDescription<TakeoverConfiguration> = {
    load: loadTakeoverConfiguration,
    log: (configuration) => configuration.log,
    warnings: takeoverWarnings,
    create: async (configuration) => new TakeoverRole(configuration, log, surroundings),
  };
  return runRole(description, file, log, signals);
}

class TakeoverRole implements RunningRole<TakeoverConfiguration> {
  readonly #first: TakeoverConfiguration;
  readonly #log: Log;
  readonly #surroundings: Surroundings;
  readonly #startedAt: Date;
  #control: { close(): Promise<void> } | null = null;
  #node: TakeoverNode | null = null;

  constructor(configuration: TakeoverConfiguration, log: Log, surroundings: Surroundings) {
    this.#first = configuration;
    this.#log = log;
    this.#surroundings = surroundings;
    this.#startedAt = new Date(surroundings.time.wallMs());
  }

  async open(): Promise<void> {
    const { takeover: own, control } = this.#first;
    raisePriority(own.realTime, this.#log);
    // The socket shows that no other process has the same interfaces in hand.
    this.#control = await serveControl(
      control,
      routes(() => this.#node, this.#startedAt),
    );
    this.#node =
      own.role === 'active'
        ? await ActiveNode.open(this.#first, own, this.#log, this.#surroundings)
        : await StandbyNode.open(this.#first, own, this.#log, this.#surroundings);
  }

  async begin(): Promise<Ready> {
    return this.#node?.about ?? {};
  }

  async take(next: TakeoverConfiguration): Promise<void> {
    const fixed = [...(this.#node?.reconfigure(next) ?? [])];
    if (next.control !== this.#first.control) fixed.push('control');
    if (next.daemon.join(' ') !== this.#first.daemon.join(' ')) fixed.push('fabric');
    if (fixed.length > 0) this.#log.warn('configuration.restart', { needed: fixed.join(' ') });
  }

  async stop(): Promise<void> {
    await this.#node?.close();
    await this.#control?.close();
  }
}

function routes(node: () => TakeoverNode | null, startedAt: Date): ControlRoutes {
  const started = (): TakeoverNode => {
    const running = node();
    if (running === null) throw new RingbackError('unavailable', 'it has not begun yet; ask again');
    return running;
  };
  return {
    'GET /status': () => ({ since: startedAt.toISOString(), ...started().status() }),
    'POST /give': async (question) => ({ addresses: await started().give(named(question)) }),
    'POST /return': async (question) => ({ addresses: await started().giveBack(named(question)) }),
  };
}

/** What the operator named; addresses in their one spelling. */
function named({ body }: Question): string[] {
  if (!Array.isArray(body) || !body.every((one) => typeof one === 'string')) {
    throw new RingbackError('usage', 'give a list of addresses or names');
  }
  return body.map((one: string) => canonicalAddress(one) ?? one);
}
