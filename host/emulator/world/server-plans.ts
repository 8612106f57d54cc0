/** Servers in numbers, as hosts: their names, and addresses that nobody else has. */
import { addressBytes, addressText, prefixText } from '../../net/address.ts';
import { type HostPlan, memberName, type Scenario } from '../scenario/types.ts';
import { type Block, lowOf, type Network, nextFree, writeLow } from './prefixes.ts';

const KEPT = 10;

export function plannedServers(scenario: Scenario, networks: readonly Network[]): readonly HostPlan[] {
  const taken = new Set(
    scenario.hosts.flatMap(({ addresses }) => addresses.map((address) => lowOf(addressBytes(address)))),
  );
  const nextOf = new Map<string, number>();
  const addressIn = (block: Block | null): string[] => {
    if (block === null) return [];
    const low = nextFree(block, nextOf.get(prefixText(block.prefix)) ?? block.low + KEPT, taken);
    nextOf.set(prefixText(block.prefix), low + 1);
    const bytes = block.bytes.slice();
    writeLow(bytes, low);
    return [addressText(bytes)];
  };
  return scenario.servers.flatMap((plan) =>
    Array.from({ length: plan.count }, (_, index): HostPlan => {
      const name = plan.networks[index % plan.networks.length] ?? '';
      const network = networks.find((one) => one.plan.name === name);
      return {
        name: memberName(plan.name, index + 1),
        network: name,
        addresses: [...addressIn(network?.ip4 ?? null), ...addressIn(network?.ip6 ?? null)],
        adapters: [],
        stack: 'linux',
        serves: plan.serves,
        answers: plan.answers,
        boot: plan.boot,
        isUp: true,
      };
    }),
  );
}
