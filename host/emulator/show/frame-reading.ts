/** What a frame is, in the words of a ladder diagram. */
import { addressText } from '../../net/address.ts';
import { IP6_BYTES } from '../wire/envelope.ts';

export interface FrameRead {
  readonly from: string;
  readonly to: string;
  /** Whom it is about where that is neither: what an ARP request asks for, what an ICMP error quotes. */
  readonly about: string | null;
  readonly says: string;
  /** A message of ICMP that something could not be delivered. */
  readonly isError: boolean;
  /** Whoever gets it answers it. */
  readonly asks: boolean;
  /** A failure, or the end of one. */
  readonly tone: 'plain' | 'bad' | 'good';
}

const [IPV4, ARP, IPV6] = [0x0800, 0x0806, 0x86dd];
const [ICMP, TCP, UDP, ICMPV6] = [1, 6, 17, 58];
const [SYN, RST, ACK] = [2, 4, 16];
const IP_AT = 14;
const TRAPS = 162;

const REASONS_4: Readonly<Record<number, string>> = {
  0: 'network unreachable',
  1: 'host unreachable',
  3: 'port unreachable',
  10: 'host prohibited',
  13: 'prohibited',
};
const REASONS_6: Readonly<Record<number, string>> = {
  0: 'no route',
  1: 'prohibited',
  3: 'address unreachable',
  4: 'port unreachable',
};

const half = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

function four(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

function six(bytes: Uint8Array, at: number): string {
  return addressText(bytes.subarray(at, at + 16));
}

/** null: nothing that a story tells of. */
export function readFrame(bytes: Uint8Array): FrameRead | null {
  switch (half(bytes, 12)) {
    case ARP:
      return bytes.length < 42 ? null : readArp(bytes);
    case IPV4: {
      if (bytes.length < 34) return null;
      const at = IP_AT + ((bytes[IP_AT] ?? 0) & 15) * 4;
      const ends = { from: four(bytes, 26), to: four(bytes, 30), about: null, isError: false, asks: false };
      const protocol = bytes[23];
      if (protocol === TCP || protocol === UDP) return readPorts(ends, bytes, at, protocol);
      if (protocol !== ICMP || bytes[at] !== 3) return null;
      const says = `ICMP ${REASONS_4[bytes[at + 1] ?? 0] ?? 'unreachable'}`;
      return { ...ends, about: four(bytes, at + 24), isError: true, says, tone: 'bad' };
    }
    case IPV6:
      return bytes.length < IP_AT + IP6_BYTES ? null : readSix(bytes);
    default:
      return null;
  }
}

function readArp(bytes: Uint8Array): FrameRead {
  const [from, to] = [four(bytes, 28), four(bytes, 38)];
  const isRequest = half(bytes, 20) === 1;
  const of = { from, to, about: from, isError: false, asks: false };
  if (!isRequest) return { ...of, says: 'ARP here I am', tone: 'good' };
  return from === to
    ? { ...of, says: 'ARP announcement', tone: 'good' }
    : { ...of, about: to, asks: true, says: `ARP who has ${to}?`, tone: 'plain' };
}

function readSix(bytes: Uint8Array): FrameRead | null {
  const ends = { from: six(bytes, 22), to: six(bytes, 38), about: null, isError: false, asks: false };
  const [protocol, at] = [bytes[20], IP_AT + IP6_BYTES];
  if (protocol === TCP || protocol === UDP) return readPorts(ends, bytes, at, protocol);
  if (protocol !== ICMPV6) return null;
  const type = bytes[at];
  if (type === 1) {
    const says = `ICMPv6 ${REASONS_6[bytes[at + 1] ?? 0] ?? 'unreachable'}`;
    return { ...ends, about: six(bytes, at + 32), isError: true, says, tone: 'bad' };
  }
  if (type !== 135 && type !== 136) return null;
  const about = six(bytes, at + 8);
  return type === 135
    ? { ...ends, about, asks: true, says: `who has ${about}?`, tone: 'plain' }
    : { ...ends, about, says: 'neighbour: here I am', tone: 'good' };
}

type Ends = Pick<FrameRead, 'from' | 'to' | 'about' | 'isError' | 'asks'>;

/** What opens connections, and what refuses them; how they go on is no story. */
function readPorts(ends: Ends, bytes: Uint8Array, at: number, protocol: number): FrameRead | null {
  const to = half(bytes, at + 2);
  if (protocol === UDP) return to === TRAPS ? { ...ends, says: 'SNMP trap', tone: 'good' } : null;
  const flags = bytes[at + 13] ?? 0;
  if ((flags & RST) !== 0) return { ...ends, says: 'RST', tone: 'bad' };
  if ((flags & SYN) === 0) return null;
  const isAnswer = (flags & ACK) !== 0;
  return isAnswer
    ? { ...ends, says: 'SYN-ACK', tone: 'good' }
    : { ...ends, asks: true, says: `SYN to port ${to}`, tone: 'plain' };
}
