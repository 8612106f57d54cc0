/** Who the numbers of a pair's world are: machines as clients, each address with each port as a service. */
import { canonicalAddress, isVersion4 } from '../../net/address.ts';
import type { HostPlan, Scenario } from '../scenario/types.ts';
import type { Directory } from '../truth/witness.ts';

interface Service {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

interface Client {
  readonly name: string;
  readonly address: string;
  readonly mail: null;
}

const bare = (address: string): string => canonicalAddress(address.split('/')[0] ?? '') ?? address;

/** Addresses that move come first: they are what people mean by a machine's name. */
function addressesOf({ addresses, adapters }: HostPlan): readonly string[] {
  const own = addresses.map(bare);
  const moving = adapters.flatMap((adapter) => adapter.addresses.map(bare));
  return [...moving.filter((address) => !own.includes(address)), ...own];
}

export class PairDirectory implements Directory {
  readonly all: readonly Service[];
  readonly #clients: readonly Client[];

  constructor({ hosts }: Scenario) {
    this.all = hosts.flatMap((host) =>
      addressesOf(host).flatMap((address) => host.serves.map((port) => ({ name: host.name, address, port }))),
    );
    this.#clients = hosts.flatMap(({ name, addresses }) =>
      addresses.map((address) => ({ name, address: bare(address), mail: null })),
    );
  }

  get clients(): number {
    return this.#clients.length;
  }

  get services(): number {
    return this.all.length;
  }

  clientAt(address: string): number | null {
    return found(this.#clients.findIndex((client) => client.address === address));
  }

  servicesAt(address: string): readonly number[] {
    return this.all.flatMap((service, number) => (service.address === address ? [number] : []));
  }

  client(client: number): Client {
    return known(this.#clients[client]);
  }

  service(service: number): Service {
    return known(this.all[service]);
  }

  clientOf(name: string, version: 4 | 6): number | null {
    return found(this.#clients.findIndex((one) => one.name === name && isOf(one.address, version)));
  }

  /** `server`: an address, or a machine, whose first address that moves is meant. */
  serviceOf(server: string, version: 4 | 6, port: number): number | null {
    const address = canonicalAddress(server);
    const isMeant = (one: Service): boolean =>
      address === null ? one.name === server && isOf(one.address, version) : one.address === address;
    return found(this.all.findIndex((one) => one.port === port && isMeant(one)));
  }
}

function isOf(address: string, version: 4 | 6): boolean {
  return isVersion4(address) === (version === 4);
}

function found(index: number): number | null {
  return index < 0 ? null : index;
}

function known<T>(one: T | undefined): T {
  if (one === undefined) throw new RangeError('nobody has that number');
  return one;
}
