/**
 * The outside of an SNMP message: whether it is whole, its version, and for SNMPv3 who sent it.
 *
 * Needed before the SNMP library sees the datagram: it reads truncated messages as if the missing part were
 * not there, takes any version that is not 3 for a community one, and derives a key (a megabyte to hash)
 * for each engine that a known user's name is claimed with. RFC 3416 section 3, RFC 3412 section 6,
 * RFC 3414 section 2.4; BER as in ISO 8825-1, definite lengths only (RFC 3417 section 8).
 */

export interface Envelope {
  readonly version: 'v1' | 'v2c' | 'v3';
  /** SNMPv3: the authoritative engine as hexadecimal digits, and the user; empty in the other versions. */
  readonly engine: string;
  readonly user: string;
}

const INTEGER = 0x02;
const OCTET_STRING = 0x04;
const SEQUENCE = 0x30;
const VERSIONS: Readonly<Record<number, Envelope['version']>> = { 0: 'v1', 1: 'v2c', 3: 'v3' };
/** RFC 3411 section 5: SnmpEngineID has at most 32 octets (and none at all in a discovery). */
const MAX_ENGINE_BYTES = 32;

/** Takes elements one behind the other; the first that is not there ends it for good. */
class Elements {
  #rest: Buffer;

  constructor(bytes: Buffer) {
    this.#rest = bytes;
  }

  /** The content of the next element if it has this tag and is whole, or null. */
  take(tag: number): Buffer | null {
    const rest = this.#rest;
    const [actual, first] = rest;
    if (actual !== tag || first === undefined) return null;
    const lengthBytes = first & 0x80 ? first & 0x7f : 0;
    // 0x80 alone is the indefinite form, and no UDP datagram needs more than three bytes of length.
    if (first === 0x80 || lengthBytes > 4 || rest.length < 2 + lengthBytes) return null;
    const at = 2 + lengthBytes;
    const length = lengthBytes === 0 ? first : rest.readUIntBE(2, lengthBytes);
    if (rest.length - at < length) return null;
    this.#rest = rest.subarray(at + length);
    return rest.subarray(at, at + length);
  }
}

/** The envelope of a datagram, or null if it is not one whole SNMP message of a known version. */
export function readEnvelope(datagram: Buffer): Envelope | null {
  const message = new Elements(datagram).take(SEQUENCE);
  if (message === null) return null;
  const fields = new Elements(message);
  const number = fields.take(INTEGER);
  const version = number?.length === 1 ? VERSIONS[number[0] ?? -1] : undefined;
  if (version === undefined) return null;
  if (version !== 'v3') return { version, engine: '', user: '' };
  // HeaderData, which the library reads; then UsmSecurityParameters, wrapped in an octet string.
  if (fields.take(SEQUENCE) === null) return null;
  const wrapped = fields.take(OCTET_STRING);
  const parameters = wrapped === null ? null : new Elements(wrapped).take(SEQUENCE);
  if (parameters === null) return null;
  const security = new Elements(parameters);
  const engine = security.take(OCTET_STRING);
  const [boots, time] = [security.take(INTEGER), security.take(INTEGER)];
  const user = security.take(OCTET_STRING);
  if (engine === null || boots === null || time === null || user === null) return null;
  if (engine.length > MAX_ENGINE_BYTES) return null;
  return { version, engine: engine.toString('hex'), user: user.toString('utf8') };
}
