import { hardwareAt } from '../../../assembly/wire/bytes';
import {
  BROADCAST,
  ETHERNET_LENGTH,
  Ethernet,
  EtherType,
  isAdapter,
  isTag,
  putEthernet,
  TAG_LENGTH,
} from '../../../assembly/wire/ethernet';
import { survive } from '../corpus';
import { begin, ethernet, frameBytes } from '../frames';
import { edge } from '../room';

function touch(at: usize, captured: u32): bool {
  const header = Ethernet.checked(at, captured);
  if (header == null) return false;
  return isTag(header.type) || load<u8>(header.source) + load<u8>(header.source, 5) != 0;
}

describe('an Ethernet header', () => {
  it('reads its fields', () => {
    begin();
    ethernet(EtherType.Ipv6);
    const header = Ethernet.checked(frameBytes(), ETHERNET_LENGTH);
    expect<bool>(header != null).toBe(true);
    if (header == null) return;
    expect<u32>(header.type).toBe(0x86dd);
    expect<usize>(header.source).toBe(frameBytes() + 6);
  });

  it('is written as it is read', () => {
    const at = edge(ETHERNET_LENGTH);
    memory.fill(at, 0xee, ETHERNET_LENGTH);
    putEthernet(at, BROADCAST, 0x070600000002, EtherType.Arp);
    const header = Ethernet.checked(at, ETHERNET_LENGTH);
    expect<bool>(header != null).toBe(true);
    if (header == null) return;
    expect<u64>(hardwareAt(header.destination)).toBe(0xffffffffffff);
    expect<u64>(hardwareAt(header.source)).toBe(0x070600000002);
    expect<u32>(header.type).toBe(0x0806);
  });

  it('tells an adapter from a group and from none', () => {
    expect<bool>(isAdapter(0x070600000002)).toBe(true);
    expect<bool>(isAdapter(0)).toBe(false);
    expect<bool>(isAdapter(BROADCAST)).toBe(false);
    expect<bool>(isAdapter(0x010000005e0001)).toBe(false);
  });

  it('knows the types of VLAN tags', () => {
    expect<bool>(isTag(0x8100)).toBe(true);
    expect<bool>(isTag(0x88a8)).toBe(true);
    expect<bool>(isTag(0x9100)).toBe(true);
    expect<bool>(isTag(0x0800)).toBe(false);
    expect<bool>(isTag(0x0081)).toBe(false);
    expect<u32>(TAG_LENGTH).toBe(4);
  });

  it('refuses every truncation', () => {
    begin();
    ethernet(EtherType.Ipv4);
    for (let captured: u32 = 0; captured < ETHERNET_LENGTH; captured++) {
      const at = edge(captured);
      memory.copy(at, frameBytes(), captured);
      assert(Ethernet.checked(at, captured) == null, 'a truncated header is refused');
    }
    const at = edge(ETHERNET_LENGTH);
    memory.copy(at, frameBytes(), ETHERNET_LENGTH);
    expect<bool>(Ethernet.checked(at, ETHERNET_LENGTH) != null).toBe(true);
  });

  it('has no length of its own that could be impossible: one of IEEE 802.3 is a type that nobody knows', () => {
    begin();
    ethernet(1500);
    const header = Ethernet.checked(frameBytes(), ETHERNET_LENGTH);
    expect<bool>(header != null).toBe(true);
    if (header != null) expect<u32>(header.type).toBe(1500);
    expect<bool>(isTag(1500)).toBe(false);
  });

  it('survives the corpus', () => {
    expect<u32>(survive(touch)).toBeGreaterThan(0);
  });
});
