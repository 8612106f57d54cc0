/** Which frames a capture gets: those of some hosts, in a window of time, up to a size. A day of half a million people has 3 GiB. */

import { RingbackError } from '../../errors.ts';
import { addressBytes, isVersion4, mappedLength, type Prefix, readPrefix } from '../../net/address.ts';
import { parseDuration } from '../../net/duration.ts';
import type { Scenario } from '../scenario/types.ts';

/** As the command line has it; undefined: not given. */
interface WantedFrames {
  /** Names of hosts or networks, addresses, prefixes, with commas between. */
  readonly hosts?: string | undefined;
  /** `5s..40s` since the beginning. */
  readonly window?: string | undefined;
  /** `100M`. */
  readonly size?: string | undefined;
}

export interface FrameSelection {
  /** null: everybody's. */
  readonly hosts: readonly Prefix[] | null;
  readonly fromUs: number;
  readonly toUs: number;
  readonly maxBytes: number;
}

const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;
const UNITS: Readonly<Record<string, number>> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 };
const MIN_BYTES = 64 * 1024;

/** `addressesOf`: of names that are none of the scenario's hosts and networks, `server-7` say; null: nobody is called so. */
export function readSelection(
  wanted: WantedFrames,
  scenario: Scenario,
  addressesOf: (name: string) => readonly string[] | null = () => null,
): FrameSelection {
  const window = wanted.window === undefined ? [0, scenario.endUs] : readWindow(wanted.window);
  return {
    hosts: wanted.hosts === undefined ? null : readHosts(wanted.hosts, scenario, addressesOf),
    fromUs: window[0] as number,
    toUs: window[1] as number,
    maxBytes: wanted.size === undefined ? DEFAULT_MAX_BYTES : readSize(wanted.size),
  };
}

function readHosts(
  text: string,
  { hosts, networks }: Scenario,
  addressesOf: (name: string) => readonly string[] | null,
): Prefix[] {
  const names = text.split(',').map((name) => name.trim());
  return names.flatMap((name) => {
    const own = hosts.find((host) => host.name === name)?.addresses ??
      networks.find((network) => network.name === name)?.prefixes ??
      addressesOf(name) ?? [name];
    return own.map((one) => {
      const reading = readPrefix(one);
      if ('prefix' in reading) return reading.prefix;
      const some = hosts.slice(0, 5).map((host) => host.name);
      throw new RingbackError(
        'usage',
        `--pcap-hosts: ${name} is no host, network or address of this scenario; say ${some.join(', ')}, or an address`,
      );
    });
  });
}

function readWindow(text: string): [number, number] {
  const [from = '', to = '', ...more] = text.split('..');
  const [fromMs, toMs] = [parseDuration(from), parseDuration(to)];
  if (fromMs === null || toMs === null || toMs <= fromMs || more.length > 0) {
    throw new RingbackError(
      'usage',
      `--pcap-window: ${text} is no window; say 5s..40s, counted from the beginning`,
    );
  }
  return [fromMs * 1000, toMs * 1000];
}

function readSize(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,9})([KMG])$/.exec(text) ?? [];
  const bytes = Number(digits) * (UNITS[unit] ?? 0);
  if (bytes >= MIN_BYTES) return bytes;
  throw new RingbackError('usage', `--pcap-size: ${text} is no size; say 100M: 64K is the least`);
}

const ETHERTYPE_AT = 12;
const [IPV4, ARP, IPV6] = [0x0800, 0x0806, 0x86dd];
const [ICMP, ICMPV6] = [1, 58];
/** ICMP: destination unreachable; ICMPv6: solicitation and advertisement of neighbours. */
const [UNREACHABLE4, UNREACHABLE6, SOLICITATION, ADVERTISEMENT] = [3, 1, 135, 136];

interface Words {
  readonly address: readonly number[];
  readonly mask: readonly number[];
}

/** Whether a frame is of, to or about one of these networks. */
export class Touching {
  readonly #four: Words[] = [];
  readonly #six: Words[] = [];

  constructor(prefixes: readonly Prefix[]) {
    for (const prefix of prefixes) {
      const view = new DataView(addressBytes(prefix.address).buffer);
      const length = mappedLength(prefix);
      const words = [0, 1, 2, 3].map((word) => {
        const bits = Math.min(32, Math.max(0, length - word * 32));
        const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
        return { address: view.getUint32(word * 4), mask };
      });
      const isFour = isVersion4(prefix.address);
      const own = isFour ? words.slice(3) : words;
      const one = { address: own.map(({ address }) => address), mask: own.map(({ mask }) => mask) };
      (isFour ? this.#four : this.#six).push(one);
    }
  }

  has(bytes: Uint8Array): boolean {
    switch (half(bytes, ETHERTYPE_AT)) {
      case IPV4:
        if (this.#four.length === 0) return false;
        if (this.#is(this.#four, bytes, 26) || this.#is(this.#four, bytes, 30)) return true;
        return bytes[23] === ICMP && bytes[34] === UNREACHABLE4 && this.#is(this.#four, bytes, 58);
      case ARP:
        return this.#is(this.#four, bytes, 28) || this.#is(this.#four, bytes, 38);
      case IPV6: {
        if (this.#six.length === 0) return false;
        if (this.#is(this.#six, bytes, 22) || this.#is(this.#six, bytes, 38)) return true;
        if (bytes[20] !== ICMPV6) return false;
        const type = bytes[54];
        if (type === SOLICITATION || type === ADVERTISEMENT) return this.#is(this.#six, bytes, 62);
        return type === UNREACHABLE6 && this.#is(this.#six, bytes, 86);
      }
      default:
        return false;
    }
  }

  #is(networks: readonly Words[], bytes: Uint8Array, at: number): boolean {
    return networks.some(({ address, mask }) =>
      mask.every((bits, word) => (word32(bytes, at + word * 4) & bits) >>> 0 === address[word]),
    );
  }
}

const half = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
const word32 = (bytes: Uint8Array, at: number): number =>
  (half(bytes, at) * 65_536 + half(bytes, at + 2)) >>> 0;
