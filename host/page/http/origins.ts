/**
 * Who counts as one where people have limits, and together with whom: a machine on a link of the router's with all that link,
 * others by their address, or the /64 of it, behind which may be a household, with all the site.
 */

import { networkInterfaces } from 'node:os';
import { addressBytes, isVersion4, mappedLength } from '../../net/address.ts';
import type { Neighbour, Neighbours } from './neighbours.ts';

/** Two names of one thing are never the same text. */
export interface Origin {
  readonly kind: 'machine' | 'household';
  readonly one: string;
  /** All that one person could pretend to be. */
  readonly network: string;
}

export interface OriginSource {
  /** At once: a newcomer may be taken for his household. */
  of(client: string): Origin;
  /** When it is known. */
  found(client: string): Promise<Origin>;
}

/** How much each may have. */
export interface Shares {
  readonly machine: number;
  readonly household: number;
  readonly network: number;
  readonly all: number;
}

/** In which a machine chooses its addresses itself (RFC 4291 section 2.5.1, RFC 8981). */
const HOUSEHOLD_BYTES = 8;
/** What a provider gives to one customer at most (RFC 6177). */
const SITE_BYTES = 6;
/** Of the same link on every interface. */
const LINK_LOCAL = 'fe80::';
/** The router's own addresses change seldom. */
const OLD_MS = 10_000;

interface Link {
  readonly interface: string;
  /** An address on it, and how many of its leading bits all the others have. */
  readonly bytes: Uint8Array;
  readonly bits: number;
}

interface OriginsOptions {
  readonly neighbours: Pick<Neighbours, 'find' | 'found'>;
  readonly nowMs: () => number;
  readonly interfaces?: typeof networkInterfaces;
}

export class Origins implements OriginSource {
  readonly #options: OriginsOptions;
  #links: readonly Link[] = [];
  #linksMs = Number.NEGATIVE_INFINITY;

  constructor(options: OriginsOptions) {
    this.#options = options;
  }

  of(client: string): Origin {
    return this.#originOf(client, this.#options.neighbours.find(client) ?? null);
  }

  async found(client: string): Promise<Origin> {
    return this.#originOf(client, await this.#options.neighbours.found(client));
  }

  #originOf(client: string, neighbour: Neighbour | null): Origin {
    if (neighbour !== null) {
      const network = linkName(neighbour.interface);
      return { kind: 'machine', one: neighbour.mac + network, network };
    }
    // A table that somebody has filled with his addresses does not have everybody; links without MAC addresses have none.
    const bytes = addressBytes(client);
    const link = this.#ownLinks().find((own) => isOn(own, bytes));
    const [one, site] = isVersion4(client)
      ? [client, client.slice(0, client.lastIndexOf('.') + 1)]
      : [leading(bytes, HOUSEHOLD_BYTES), leading(bytes, SITE_BYTES)];
    return { kind: 'household', one, network: link === undefined ? site : linkName(link.interface) };
  }

  #ownLinks(): readonly Link[] {
    const nowMs = this.#options.nowMs();
    if (nowMs - this.#linksMs >= OLD_MS) {
      this.#linksMs = nowMs;
      this.#links = linksOf((this.#options.interfaces ?? networkInterfaces)());
    }
    return this.#links;
  }
}

function linkName(card: string): string {
  return `%${card}`;
}

function leading(bytes: Uint8Array, count: number): string {
  return Buffer.from(bytes.buffer, 0, count).toString('hex');
}

function isOn({ bytes, bits }: Link, address: Uint8Array): boolean {
  for (let at = 0; at * 8 < bits; at += 1) {
    const differing = (bytes[at] ?? 0) ^ (address[at] ?? 0);
    if (differing >> Math.max(0, 8 - (bits - at * 8)) !== 0) return false;
  }
  return true;
}

function linksOf(interfaces: ReturnType<typeof networkInterfaces>): Link[] {
  return Object.entries(interfaces).flatMap(([card, addresses = []]) =>
    addresses.flatMap(({ address, cidr, internal }) => {
      const length = Number(cidr?.split('/')[1]);
      if (internal || Number.isNaN(length) || address.startsWith(LINK_LOCAL)) return [];
      return [{ interface: card, bytes: addressBytes(address), bits: mappedLength({ address, length }) }];
    }),
  );
}
