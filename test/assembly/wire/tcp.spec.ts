import { Ipv4 } from '../../../assembly/wire/ipv4';
import { QuotedTcp, Tcp, TcpFlag } from '../../../assembly/wire/tcp';
import { SATO, SERVER } from '../addresses';
import { survive } from '../corpus';
import { ACK, begin, CWR, ECE, FIN, frameBytes, PSH, RST, SYN, tcp, zeros } from '../frames';
import { segment } from '../packets';
import { edge } from '../room';

const MIN_LENGTH: u32 = 20;
const QUOTE_LENGTH: u32 = 8;

/** A header with `options` bytes of options. */
function header(options: u32, flags: u32): void {
  begin();
  tcp(40_001, 443, 0x01020304, 0xa1a2a3a4, flags);
  zeros(options);
  store<u8>(frameBytes(), <u8>((MIN_LENGTH + options) << 2), 12);
}

function checked(captured: u32): Tcp | null {
  return Tcp.checked(frameBytes(), captured, captured, false);
}

function touch(at: usize, captured: u32): bool {
  const header = Tcp.checked(at, captured, captured, true);
  if (header == null) return false;
  const sum = header.sourcePort + header.destinationPort + header.sequence + header.acknowledgement;
  return sum + header.headerLength + header.handshake != 0;
}

function touchQuote(at: usize, captured: u32): bool {
  const quoted = QuotedTcp.checked(at, captured);
  if (quoted == null) return false;
  return quoted.sourcePort + quoted.destinationPort + quoted.sequence + quoted.handshake(captured) != 0;
}

describe('a TCP header', () => {
  it('reads its fields', () => {
    header(8, SYN | ACK);
    const found = checked(28);
    expect<bool>(found != null).toBe(true);
    if (found == null) return;
    expect<u32>(found.sourcePort).toBe(40_001);
    expect<u32>(found.destinationPort).toBe(443);
    expect<u32>(found.sequence).toBe(0x01020304);
    expect<u32>(found.acknowledgement).toBe(0xa1a2a3a4);
    expect<u32>(found.headerLength).toBe(28);
    expect<u32>(found.handshake).toBe(TcpFlag.Syn | TcpFlag.Ack);
  });

  it('is intact with the right checksum over the whole segment, and with no single bit of it wrong', () => {
    for (let data: u32 = 0; data < 7; data++) {
      segment(SATO, 40_001, SERVER, 443, 0x01020304, 0, SYN, data);
      const ip = changetype<Ipv4>(frameBytes() + 14);
      const at = frameBytes() + 34;
      const length = MIN_LENGTH + data;
      const found = changetype<Tcp>(at);
      expect<bool>(found.isIntact(ip.pseudoHeader(length), length)).toBe(true);
      expect<bool>(found.isIntact(ip.pseudoHeader(length + 1), length)).toBe(false, 'the length counts');
      for (let bit: u32 = 0; bit < length * 8; bit++) {
        const byte = at + (bit >> 3);
        store<u8>(byte, load<u8>(byte) ^ ((<u8>1) << (<u8>(bit & 7))));
        assert(!found.isIntact(ip.pseudoHeader(length), length), 'one bit is found');
        store<u8>(byte, load<u8>(byte) ^ ((<u8>1) << (<u8>(bit & 7))));
      }
    }
  });

  it('sees of the flags only those of the handshake', () => {
    header(0, SYN | FIN | PSH | ECE | CWR);
    const found = checked(MIN_LENGTH);
    expect<bool>(found != null).toBe(true);
    if (found == null) return;
    expect<u32>(found.handshake).toBe(TcpFlag.Syn);
    store<u8>(frameBytes(), <u8>(RST | ACK | ECE), 13);
    expect<u32>(found.handshake).toBe(TcpFlag.Rst | TcpFlag.Ack);
    store<u8>(frameBytes(), <u8>(FIN | ACK), 13);
    expect<u32>(found.handshake).toBe(TcpFlag.Ack);
  });

  it('refuses every truncation of its first 20 bytes, and needs no option that the capture has cut off', () => {
    for (let options: u32 = 0; options <= 40; options += 4) {
      header(options, SYN);
      for (let captured: u32 = 0; captured < MIN_LENGTH + options; captured++) {
        const at = edge(captured);
        memory.copy(at, frameBytes(), captured);
        const isCut = captured < MIN_LENGTH;
        assert((Tcp.checked(at, captured, MIN_LENGTH + options, false) == null) == isCut, 'of a segment');
        assert((Tcp.checked(at, captured, MIN_LENGTH + options, true) == null) == isCut, 'of a fragment');
      }
      assert(checked(MIN_LENGTH + options) != null, 'a whole one');
    }
  });

  it('may go on in the next fragment with its options, but not before them', () => {
    header(20, SYN);
    expect<bool>(Tcp.checked(frameBytes(), 24, 24, true) != null).toBe(true);
    expect<bool>(Tcp.checked(frameBytes(), 24, 24, false) == null).toBe(true);
    expect<bool>(Tcp.checked(frameBytes(), 16, 16, true) == null).toBe(true);
  });

  it('refuses impossible lengths', () => {
    for (let words: u32 = 0; words < 5; words++) {
      header(40, SYN);
      store<u8>(frameBytes(), <u8>(words << 4), 12);
      assert(checked(60) == null, 'a header has 20 bytes at the least');
    }
    header(0, SYN);
    for (let words: u32 = 6; words < 16; words++) {
      store<u8>(frameBytes(), <u8>(words << 4), 12);
      assert(checked(MIN_LENGTH) == null, 'and no more than the segment');
    }
  });

  it('survives the corpus', () => {
    expect<u32>(survive(touch)).toBeGreaterThan(0);
  });
});

describe('a TCP header in an ICMP error', () => {
  it('reads its fields', () => {
    header(0, SYN | ECE);
    const quoted = QuotedTcp.checked(frameBytes(), MIN_LENGTH);
    expect<bool>(quoted != null).toBe(true);
    if (quoted == null) return;
    expect<u32>(quoted.sourcePort).toBe(40_001);
    expect<u32>(quoted.destinationPort).toBe(443);
    expect<u32>(quoted.sequence).toBe(0x01020304);
    expect<u32>(quoted.handshake(MIN_LENGTH)).toBe(TcpFlag.Syn);
  });

  it('refuses every truncation of the 8 bytes that are certain, and knows no flags before they are there', () => {
    header(0, SYN);
    for (let captured: u32 = 0; captured < MIN_LENGTH; captured++) {
      const at = edge(captured);
      memory.copy(at, frameBytes(), captured);
      const quoted = QuotedTcp.checked(at, captured);
      assert((quoted == null) == captured < QUOTE_LENGTH, 'a truncated quote is refused');
      if (quoted == null) continue;
      assert(
        quoted.handshake(captured) == (captured > 13 ? <u32>TcpFlag.Syn : 0),
        'flags that were not quoted',
      );
    }
  });

  it('has no length that could be impossible: where its options end is not asked', () => {
    header(0, SYN);
    store<u8>(frameBytes(), 0, 12);
    expect<bool>(QuotedTcp.checked(frameBytes(), QUOTE_LENGTH) != null).toBe(true);
  });

  it('survives the corpus', () => {
    expect<u32>(survive(touchQuote)).toBeGreaterThan(0);
  });
});
