/** What is done to a world by its script, or by hand. */
import type { Scenario, Verb } from '../scenario/types.ts';
import type { WorldDirectory } from './directory.ts';
import type { Hosts } from './hosts.ts';
import type { RouterKernel } from './router.ts';
import type { Strangers } from './strangers.ts';
import type { Visits } from './visits.ts';
import type { Wires } from './wires.ts';

interface VerbsOptions {
  readonly scenario: Scenario;
  readonly directory: WorldDirectory;
  readonly hosts: Hosts;
  readonly router: RouterKernel;
  readonly wires: Wires;
  readonly visits: Visits;
  readonly strangers: Strangers;
}

export class Verbs {
  readonly #options: VerbsOptions;

  constructor(options: VerbsOptions) {
    this.#options = options;
  }

  carryOut(verb: Verb): void {
    switch (verb.verb) {
      case 'try':
        this.#tries(verb);
        break;
      case 'start':
      case 'stop':
        this.#serve(verb.node, verb.port, verb.verb === 'start');
        break;
      case 'split':
      case 'heal':
        this.#split(verb.nodes, verb.verb === 'split');
        break;
      case 'drop':
      case 'reset':
      case 'reject':
      case 'admit':
        this.#bar(verb);
        break;
      case 'cut':
      case 'mend':
        this.#cut(verb.network, verb.verb === 'cut');
        break;
      case 'flood':
      case 'scan':
      case 'backscatter':
        this.#options.strangers.storm(
          verb.verb,
          this.#options.directory.hostAt(verb.node),
          verb.rate,
          verb.forged,
        );
        break;
      case 'notify':
      case 'killProgram':
      case 'startProgram':
      case 'mail':
      case 'answer':
        break;
      default:
        this.#happensTo(verb.node, verb.verb);
    }
  }

  #happensTo(
    node: string,
    verb: 'unplug' | 'plug' | 'kill' | 'revive' | 'freeze' | 'thaw' | 'forget' | 'announce',
  ): void {
    const iface = this.#options.scenario.interfaces.indexOf(node) + 1;
    if (iface > 0) {
      this.#switch(iface, verb);
      return;
    }
    const host = this.#options.directory.hostAt(node);
    if (verb === 'freeze' || verb === 'thaw') this.#options.hosts.freeze(host, verb === 'freeze');
    else if (verb === 'forget' || verb === 'announce') {
      const { resolution } = this.#options.router;
      for (const place of this.#options.directory.placesOfHost[host] ?? []) {
        if (verb === 'announce') {
          if (this.#options.hosts.isThere(place)) resolution.announces(place);
          continue;
        }
        resolution.near.forget(place);
        resolution.far.forget(place);
      }
    } else this.#options.hosts[verb](host);
  }

  /** The router's interface: its cable, or (`kill`, `revive`) whether it is switched on. */
  #switch(iface: number, verb: string): void {
    const { hasCarrier, isSwitchedOn } = this.#options.wires;
    if (verb === 'unplug' || verb === 'plug') hasCarrier[iface] = verb === 'plug' ? 1 : 0;
    if (verb === 'kill' || verb === 'revive') isSwitchedOn[iface] = verb === 'revive' ? 1 : 0;
    this.#options.hosts.networkChanged(null);
  }

  #bar({ verb, node, client, port }: Verb & { readonly verb: 'drop' | 'reset' | 'reject' | 'admit' }): void {
    const host = this.#options.directory.hostAt(node);
    const clients = this.#addresses(client);
    if (verb === 'admit') this.#options.hosts.barriers.admit(host, clients, port);
    else this.#options.hosts.barriers.bar(host, { barrier: verb, clients, port });
    this.#options.hosts.tell(host);
  }

  /** Only who cannot hear the router is cut off from anybody here; nobody named: all hear each other again. */
  #split(nodes: readonly string[], isSplit: boolean): void {
    const { directory, hosts } = this.#options;
    if (isSplit && !nodes.includes('router')) return;
    const meant = nodes.length > 0 ? nodes : directory.hosts.map(({ name }) => name);
    for (const node of meant) if (directory.hasHost(node)) hosts.split(directory.hostAt(node), isSplit);
  }

  #serve(node: string, port: number | null, isRunning: boolean): void {
    this.#options.hosts.serve(this.#options.directory.hostAt(node), port, isRunning);
  }

  #cut(name: string, isCut: boolean): void {
    const network = this.#options.directory.networks.findIndex(({ plan }) => plan.name === name);
    this.#options.wires.isCut[network] = isCut ? 1 : 0;
    this.#options.hosts.networkChanged(network);
  }

  #tries(verb: Verb & { readonly verb: 'try' }): void {
    const { directory } = this.#options;
    const place = directory.placeOf(verb.server, verb.version);
    const client = directory.clientCalled(verb.client, verb.version);
    if (place < 0 || client < 0) return;
    const service = directory.serviceAt(place, verb.port);
    const patienceUs = verb.patienceUs ?? Number.POSITIVE_INFINITY;
    this.#options.visits.tries({ ...directory.visit(client, service), patienceUs });
  }

  /** A client's by all of its addresses; null: everybody. */
  #addresses(client: string | null): readonly number[] | null {
    if (client === null) return null;
    return ([4, 6] as const)
      .map((version) => this.#options.directory.clientCalled(client, version))
      .filter((one) => one >= 0);
  }
}
