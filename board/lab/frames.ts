/** Frames that no machine of the lab would send by itself, made byte by byte. */
import { isIPv4 } from 'node:net';

/** What a connection request claims; addresses as text, MAC addresses as `52:54:00:12:34:56`. */
interface Request {
  readonly fromCard: string;
  readonly toCard: string;
  readonly client: string;
  readonly clientPort: number;
  readonly server: string;
  readonly port: number;
  readonly sequence: number;
}

/** An Ethernet frame with a TCP SYN over IPv4 and right checksums (RFC 791, RFC 9293). */
export function connectionRequest(request: Request): Uint8Array {
  const frame = Buffer.alloc(54);
  frame.set(card(request.toCard), 0);
  frame.set(card(request.fromCard), 6);
  frame.writeUInt16BE(0x0800, 12);

  const ip = frame.subarray(14, 34);
  ip[0] = 0x45;
  ip.writeUInt16BE(40, 2);
  ip[8] = 64;
  ip[9] = 6;
  ip.set(ipv4(request.client), 12);
  ip.set(ipv4(request.server), 16);
  ip.writeUInt16BE(checksum(ip), 10);

  const tcp = frame.subarray(34);
  tcp.writeUInt16BE(request.clientPort, 0);
  tcp.writeUInt16BE(request.port, 2);
  tcp.writeUInt32BE(request.sequence, 4);
  tcp[12] = 5 << 4;
  tcp[13] = 0x02;
  tcp.writeUInt16BE(64_240, 14);
  // The pseudo header: both addresses, protocol and length.
  tcp.writeUInt16BE(checksum(Buffer.concat([ip.subarray(12, 20), Buffer.from([0, 6, 0, 20]), tcp])), 16);
  return frame;
}

function card(address: string): Uint8Array {
  return Uint8Array.from(address.split(':'), (digits) => Number.parseInt(digits, 16));
}

function ipv4(address: string): Uint8Array {
  if (!isIPv4(address)) throw new Error(`${address} is no IPv4 address`);
  return Uint8Array.from(address.split('.'), Number);
}

/** The Internet checksum of an even number of bytes, RFC 1071. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
