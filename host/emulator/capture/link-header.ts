/** What stands before the packet in a frame: Ethernet with VLAN tags, what Linux writes in its place, or nothing. */
import { ETHERNET_BYTES } from '../wire/envelope.ts';

/** As the fabric calls them. */
export type LinkLayer = 'ethernet' | 'raw' | 'cookedV1' | 'cookedV2';

const [COOKED_V1_BYTES, COOKED_V2_BYTES] = [16, 20];
export const ETHER = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;
const TAGS = new Set([0x8100, 0x88a8, 0x9100]);

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function macText(bytes: Uint8Array, at: number): string {
  return Array.from(bytes.subarray(at, at + 6), (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** What of a link's header is known. `etherAt`: where the type of what follows stands. */
interface LinkHeader {
  readonly type: number;
  readonly at: number;
  readonly sourceMac: string | null;
  readonly destinationMac: string | null;
}

/** null: nothing that is read. */
export function linkHeader(link: LinkLayer, bytes: Uint8Array): LinkHeader | null {
  const none = { sourceMac: null, destinationMac: null };
  if (link === 'raw') {
    const version = (bytes[0] ?? 0) >> 4;
    if (version !== 4 && version !== 6) return null;
    return { type: version === 4 ? ETHER.ipv4 : ETHER.ipv6, at: 0, ...none };
  }
  const length = { ethernet: ETHERNET_BYTES, cookedV1: COOKED_V1_BYTES, cookedV2: COOKED_V2_BYTES }[link];
  if (bytes.length < length) return null;
  const view = viewOf(bytes);
  let type = view.getUint16(link === 'cookedV2' ? 0 : length - 2);
  let at = length;
  while (TAGS.has(type) && at + 4 <= bytes.length) {
    type = view.getUint16(at + 2);
    at += 4;
  }
  if (link === 'ethernet')
    return { type, at, sourceMac: macText(bytes, 6), destinationMac: macText(bytes, 0) };
  const macAt = link === 'cookedV1' ? 6 : 12;
  const isMac = link === 'cookedV1' ? view.getUint16(4) === 6 : bytes[11] === 6;
  return { type, at, sourceMac: isMac ? macText(bytes, macAt) : null, destinationMac: null };
}
