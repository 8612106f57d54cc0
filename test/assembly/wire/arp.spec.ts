import { ARP_LENGTH, Arp, ArpOperation, putArp } from '../../../assembly/wire/arp';
import { ROUTER, SERVER } from '../addresses';
import { survive } from '../corpus';
import { arpMessage, begin, frameBytes, frameLength } from '../frames';
import { edge } from '../room';

function reply(): void {
  begin();
  arpMessage(ArpOperation.Reply, 0x0607, SERVER, ROUTER);
}

/** Whether the message is accepted with another byte at `offset`. */
function acceptedWith(offset: u32, value: u32): bool {
  reply();
  store<u8>(frameBytes() + offset, <u8>value);
  return Arp.checked(frameBytes(), frameLength()) != null;
}

function touch(at: usize, captured: u32): bool {
  const message = Arp.checked(at, captured);
  if (message == null) return false;
  const sum = <u64>message.operation + message.senderHardware + <u64>load<u32>(message.sender);
  return message.isGratuitous || sum != 0;
}

describe('an ARP message', () => {
  it('reads its fields', () => {
    reply();
    expect<u32>(frameLength()).toBe(ARP_LENGTH);
    const message = Arp.checked(frameBytes(), ARP_LENGTH);
    expect<bool>(message != null).toBe(true);
    if (message == null) return;
    expect<u32>(message.operation).toBe(ArpOperation.Reply);
    expect<u64>(message.senderHardware).toBe(0x070600000002);
    expect<usize>(message.sender).toBe(frameBytes() + 14);
    expect<bool>(message.isGratuitous).toBe(false);
    begin();
    arpMessage(ArpOperation.Request, 2, SERVER, SERVER);
    expect<bool>(message.isGratuitous).toBe(true);
    expect<u32>(message.operation).toBe(ArpOperation.Request);
  });

  it('is written as it is read', () => {
    const at = edge(ARP_LENGTH);
    memory.fill(at, 0xee, ARP_LENGTH);
    putArp(at, ArpOperation.Reply, 0x070600000002, SERVER, 0x090800000002, ROUTER);
    const message = Arp.checked(at, ARP_LENGTH);
    expect<bool>(message != null).toBe(true);
    if (message == null) return;
    expect<u32>(message.operation).toBe(ArpOperation.Reply);
    expect<u64>(message.senderHardware).toBe(0x070600000002);
    expect<u32>(load<u32>(message.sender)).toBe(SERVER.ipv4);
    expect<u64>(message.targetHardware).toBe(0x090800000002);
    expect<u32>(load<u32>(message.target)).toBe(ROUTER.ipv4);
    expect<u32>(load<u32>(message.target)).toBe(0x01b31bac, 'in network order');
  });

  it('is written without a sender by who has no address yet', () => {
    const at = edge(ARP_LENGTH);
    memory.fill(at, 0xee, ARP_LENGTH);
    putArp(at, ArpOperation.Request, 0x070600000002, null, 0, SERVER);
    const message = Arp.checked(at, ARP_LENGTH);
    expect<bool>(message != null).toBe(true);
    if (message == null) return;
    expect<u32>(load<u32>(message.sender)).toBe(0);
    expect<u64>(message.targetHardware).toBe(0);
    expect<u32>(load<u32>(message.target)).toBe(SERVER.ipv4);
  });

  it('refuses every truncation', () => {
    reply();
    for (let captured: u32 = 0; captured < ARP_LENGTH; captured++) {
      const at = edge(captured);
      memory.copy(at, frameBytes(), captured);
      assert(Arp.checked(at, captured) == null, 'a truncated message is refused');
    }
    const at = edge(ARP_LENGTH);
    memory.copy(at, frameBytes(), ARP_LENGTH);
    expect<bool>(touch(at, ARP_LENGTH)).toBe(true);
  });

  it('refuses impossible lengths of its addresses', () => {
    for (let length: u32 = 0; length < 256; length++) {
      assert(acceptedWith(4, length) == (length == 6), 'a MAC address has 6 bytes');
      assert(acceptedWith(5, length) == (length == 4), 'an IPv4 address has 4 bytes');
    }
  });

  it('refuses other hardware, another protocol, and a group as the sender', () => {
    expect<bool>(acceptedWith(1, 1)).toBe(true);
    expect<bool>(acceptedWith(1, 6)).toBe(false);
    expect<bool>(acceptedWith(0, 1)).toBe(false);
    expect<bool>(acceptedWith(2, 0x86)).toBe(false);
    expect<bool>(acceptedWith(3, 1)).toBe(false);
    expect<bool>(acceptedWith(8, 0x03)).toBe(false);
  });

  it('survives the corpus', () => {
    expect<u32>(survive(touch)).toBeGreaterThan(0);
  });
});
