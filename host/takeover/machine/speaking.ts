/**
 * Which interfaces speak for an address that they have not: Linux answers a question that any of them hears for any address of the
 * machine (ARP flux), so that one with a dead cable lives on by its neighbours, with their MAC addresses.
 */
import { isVersion4, networkOf, type Prefix, prefixContains } from '../../net/address.ts';
import type { Interface } from './kernel.ts';

/**
 * All that speak ARP: what hears the same questions has not to have an address of the same network. But where an interface's network
 * is another one, and holds an address of this machine that is on no such interface (of lo, or a dummy), nobody else answers
 * for that: it goes on as it did.
 */
export function speakingFor(addresses: readonly Prefix[], interfaces: readonly Interface[]): string[] {
  const speaking = interfaces.filter(({ mac, flags }) => mac !== null && !flags.includes('NOARP'));
  const voiceless = interfaces
    .filter((iface) => !speaking.includes(iface))
    .flatMap((iface) => iface.addresses)
    .filter(({ address }) => isVersion4(address));
  const isQuietened = (iface: Interface): boolean => {
    const networks = iface.addresses.map(networkOf);
    const has = (all: readonly Prefix[]): boolean =>
      all.some(({ address }) => networks.some((network) => prefixContains(network, address)));
    return has(addresses) || !has(voiceless);
  };
  return speaking.filter(isQuietened).map(({ name }) => name);
}
