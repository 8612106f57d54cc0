/** SNMP messages byte by byte, to send what no agent would. */

function element(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const head = length < 128 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

function integer(value: number, tag = 0x02): Buffer {
  return element(tag, Buffer.from(value < 128 ? [value] : [0, value >> 24, value >> 16, value >> 8, value]));
}

function octets(value: string | Buffer): Buffer {
  return element(0x04, Buffer.from(value));
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = rest.flatMap((part) => {
    const digits = [part & 0x7f];
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128)) {
      digits.unshift((left & 0x7f) | 0x80);
    }
    return digits;
  });
  return element(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

function varbind(name: string, value: Buffer): Buffer {
  return element(0x30, oid(name), value);
}

export const UP_TIME = varbind('1.3.6.1.2.1.1.3.0', integer(4711, 0x43));

export function trapOidVarbind(kind: string): Buffer {
  return varbind('1.3.6.1.6.3.1.1.4.1.0', oid(kind));
}

/** The PDU of SNMPv2-Trap (0xa7), InformRequest (0xa6) or anything else with that layout. */
export function pdu(tag: number, varbinds: readonly Buffer[]): Buffer {
  return element(tag, integer(1), integer(0), integer(0), element(0x30, ...varbinds));
}

/** The Trap-PDU of SNMPv1 (RFC 1157 section 4.1.6). */
export function trapVersion1(
  generic: number,
  agent: readonly number[] = [127, 0, 0, 1],
  varbinds: readonly Buffer[] = [],
): Buffer {
  const address = element(0x40, Buffer.from(agent));
  const fields = [oid('1.3.6.1.4.1.8072'), address, integer(generic), integer(7), integer(1, 0x43)];
  return element(0xa4, ...fields, element(0x30, ...varbinds));
}

export function communityMessage(version: number, content: Buffer, community = 'public'): Buffer {
  return element(0x30, integer(version), octets(community), content);
}

/** An SNMPv3 message in clear; `flags`: 1 authenticated, 2 encrypted, 4 an answer is wanted. */
export function userMessage(user: string, engine: Buffer, flags: number, content: Buffer): Buffer {
  const header = element(0x30, integer(1), integer(65507), octets(Buffer.from([flags])), integer(3));
  const digest = octets(Buffer.alloc(flags & 1 ? 24 : 0));
  const privacy = octets(Buffer.alloc(flags & 2 ? 8 : 0));
  const security = element(0x30, octets(engine), integer(0), integer(0), octets(user), digest, privacy);
  const scoped = element(0x30, octets(engine), octets(''), content);
  return element(0x30, integer(3), header, octets(security), flags & 2 ? octets(scoped) : scoped);
}
