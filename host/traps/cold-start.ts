/**
 * The SNMP messages of a machine that has just started: coldStart by all three versions (RFC 1157, RFC 3416, RFC 3414), byte by
 * byte, and without clock and chance: what an agent draws is given.
 */
import { createCipheriv, createHash, createHmac } from 'node:crypto';
import type { TrapUser } from '../config/types.ts';

/** What a message says beside who sends it. */
interface TrapFacts {
  /** IPv4, of the agent; that of an SNMPv1 trap. */
  readonly agent: string;
  /** Hundredths of a second since it started. */
  readonly upTime: number;
  /** A number of its own for each message. */
  readonly id: number;
}

const Tag = {
  integer: 0x02,
  octets: 0x04,
  oid: 0x06,
  sequence: 0x30,
  address: 0x40,
  ticks: 0x43,
  trapVersion1: 0xa4,
  trapVersion2: 0xa7,
} as const;

const UP_TIME = '1.3.6.1.2.1.1.3.0';
const TRAP_OID = '1.3.6.1.6.3.1.1.4.1.0';
const COLD_START = '1.3.6.1.6.3.1.1.5.1';
/** Net-SNMP's on Linux. */
const ENTERPRISE = '1.3.6.1.4.1.8072.3.2.10';

function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

/** From 0 on. */
function integer(value: number, tag: number = Tag.integer): Buffer {
  const bytes = [value & 0xff];
  for (let left = Math.floor(value / 0x100); left > 0; left = Math.floor(left / 0x100))
    bytes.unshift(left & 0xff);
  if ((bytes[0] ?? 0) >= 0x80) bytes.unshift(0);
  return element(tag, Buffer.from(bytes));
}

function octets(value: string | Uint8Array): Buffer {
  return element(Tag.octets, Buffer.from(value));
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = rest.flatMap((part) => {
    const digits = [part & 0x7f];
    for (let left = part >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
    return digits;
  });
  return element(Tag.oid, Buffer.from([first * 40 + second, ...bytes]));
}

function trapVersion2({ upTime, id }: TrapFacts): Buffer {
  const varbinds = element(
    Tag.sequence,
    element(Tag.sequence, oid(UP_TIME), integer(upTime, Tag.ticks)),
    element(Tag.sequence, oid(TRAP_OID), oid(COLD_START)),
  );
  return element(Tag.trapVersion2, integer(id), integer(0), integer(0), varbinds);
}

function communityMessage(version: 0 | 1, community: string, pdu: Buffer): Buffer {
  return element(Tag.sequence, integer(version), octets(community), pdu);
}

/** RFC 1157 section 4.1.6. */
export function coldStartVersion1(community: string, facts: TrapFacts): Buffer {
  const agent = facts.agent.includes(':') ? [0, 0, 0, 0] : facts.agent.split('.').map(Number);
  const pdu = element(
    Tag.trapVersion1,
    oid(ENTERPRISE),
    element(Tag.address, Buffer.from(agent)),
    integer(0),
    integer(0),
    integer(facts.upTime, Tag.ticks),
    element(Tag.sequence),
  );
  return communityMessage(0, community, pdu);
}

/** RFC 3416 section 4.2.6. */
export function coldStartVersion2(community: string, facts: TrapFacts): Buffer {
  return communityMessage(1, community, trapVersion2(facts));
}

const HASHES: Readonly<Record<string, { readonly name: string; readonly digestBytes: number }>> = {
  md5: { name: 'md5', digestBytes: 12 },
  sha: { name: 'sha1', digestBytes: 12 },
  sha224: { name: 'sha224', digestBytes: 16 },
  sha256: { name: 'sha256', digestBytes: 24 },
  sha384: { name: 'sha384', digestBytes: 32 },
  sha512: { name: 'sha512', digestBytes: 48 },
};
const PASSWORD_BYTES = 1 << 20;

/** RFC 3414 section 2.6: the password, repeated to a megabyte, and then the engine's own. */
function localised(hash: string, password: string, engine: Buffer): Buffer {
  const times = Math.ceil(PASSWORD_BYTES / Buffer.byteLength(password));
  const long = Buffer.from(password.repeat(times)).subarray(0, PASSWORD_BYTES);
  const key = createHash(hash).update(long).digest();
  return createHash(hash).update(key).update(engine).update(key).digest();
}

/** Of the one who sends it: each engine has keys of its own. */
interface SnmpEngine {
  readonly id: Buffer;
  readonly boots: number;
  /** Seconds since then. */
  readonly time: number;
}

interface Sealed {
  readonly content: Buffer;
  /** What the other side must know to open it. */
  readonly salt: Buffer;
}

function sealed(
  scoped: Buffer,
  { priv, auth }: TrapUser,
  { engine, facts }: { engine: SnmpEngine; facts: TrapFacts },
): Sealed {
  if (priv === null || auth === null) return { content: scoped, salt: Buffer.alloc(0) };
  const { name: hash } = HASHES[auth.protocol] ?? { name: 'sha1' };
  let key = localised(hash, priv.key, engine.id);
  const clock = Buffer.alloc(8);
  clock.writeUInt32BE(engine.boots, 0);
  clock.writeUInt32BE(engine.time, 4);
  const salt = Buffer.alloc(8);
  salt.writeUInt32BE(facts.id, 4);
  if (priv.protocol === 'des') {
    salt.writeUInt32BE(engine.boots, 0);
    // DES by itself is in no OpenSSL any more; thrice with one key it is the same.
    const single = key.subarray(0, 8);
    const iv = Buffer.from(salt.map((byte, at) => byte ^ (key[8 + at] ?? 0)));
    const cipher = createCipheriv('des-ede-cbc', Buffer.concat([single, single]), iv).setAutoPadding(false);
    const padded = Buffer.concat([scoped, Buffer.alloc((8 - (scoped.length % 8)) % 8)]);
    return { content: octets(Buffer.concat([cipher.update(padded), cipher.final()])), salt };
  }
  const bytes = priv.protocol === 'aes256' ? 32 : 16;
  // Blumenthal's way to a longer key.
  while (key.length < bytes) key = Buffer.concat([key, createHash(hash).update(key).digest()]);
  const iv = Buffer.concat([clock, salt]);
  const cipher = createCipheriv(`aes-${bytes * 8}-cfb`, key.subarray(0, bytes), iv);
  return { content: octets(Buffer.concat([cipher.update(scoped), cipher.final()])), salt };
}

/** RFC 3412 section 6, RFC 3414 sections 2.4, 3.1, 6 and 7. */
export function coldStartVersion3(user: TrapUser, engine: SnmpEngine, facts: TrapFacts): Buffer {
  const { auth, priv } = user;
  const { name: hash, digestBytes } = HASHES[auth?.protocol ?? ''] ?? { name: 'sha1', digestBytes: 0 };
  const scoped = element(Tag.sequence, octets(engine.id), octets(''), trapVersion2(facts));
  const { content, salt } = sealed(scoped, user, { engine, facts });
  const flags = (auth === null ? 0 : 1) | (priv === null || auth === null ? 0 : 2);
  const message = (digest: Buffer): Buffer =>
    element(
      Tag.sequence,
      integer(3),
      element(Tag.sequence, integer(facts.id), integer(65_507), octets(Buffer.from([flags])), integer(3)),
      octets(
        element(
          Tag.sequence,
          ...[octets(engine.id), integer(engine.boots), integer(engine.time)],
          ...[octets(user.name), octets(digest), octets(salt)],
        ),
      ),
      content,
    );
  if (auth === null) return message(Buffer.alloc(0));
  const key = localised(hash, auth.key, engine.id);
  const digest = createHmac(hash, key)
    .update(message(Buffer.alloc(digestBytes)))
    .digest();
  return message(digest.subarray(0, digestBytes));
}
