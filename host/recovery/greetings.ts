/**
 * What is said to a service of UDP so that it answers, whoever asks: there is no handshake as in TCP. Others are sent nothing: they may
 * well be silent, and only say by their machine's kernel that they are not there.
 */
import type { Chance } from '../chance.ts';
import { numberOnWire } from '../net/target.ts';

const DNS = 53;
const NTP = 123;
const QUIC = 443;

/** Where are the root's name servers? Whoever does not want to say refuses, which is an answer (RFC 1035 section 4.1). */
function question(chance: Chance): Buffer {
  return Buffer.concat([
    chance.bytes(2),
    Buffer.from('0000000100000000000000 0002 0001'.replaceAll(' ', ''), 'hex'),
  ]);
}

/** A client's packet of version 4 (RFC 5905 section 7.3). */
const NTP_BYTES = 48;
const NTP_CLIENT = 0x23;

/**
 * The beginning of a conversation in a version that there is not: every server says which ones it knows (RFC 9000 sections 6.1
 * and 17.2.1), and keeps nothing of it. A shorter datagram it would drop (section 14.1).
 */
const QUIC_BYTES = 1200;
const LONG_HEADER = 0xc0;
/** Of those that are reserved for this (section 15). */
const NO_VERSION = 0x1a2a3a4a;
const CONNECTION_BYTES = 8;

function strangeVersion(chance: Chance): Buffer {
  const datagram = Buffer.alloc(QUIC_BYTES);
  datagram.writeUInt8(LONG_HEADER, 0);
  datagram.writeUInt32BE(NO_VERSION, 1);
  const ids = [chance.bytes(CONNECTION_BYTES), chance.bytes(CONNECTION_BYTES)];
  Buffer.concat(ids.flatMap((id) => [Buffer.from([id.length]), id])).copy(datagram, 5);
  return datagram;
}

function clientPacket(): Buffer {
  const datagram = Buffer.alloc(NTP_BYTES);
  datagram.writeUInt8(NTP_CLIENT, 0);
  return datagram;
}

/** What is sent to that service. */
export function greetingFor(port: number, chance: Chance): Uint8Array {
  switch (numberOnWire(port)) {
    case DNS:
      return question(chance);
    case NTP:
      return clientPacket();
    case QUIC:
      return strangeVersion(chance);
    default:
      return new Uint8Array(0);
  }
}
