import { Address } from '../../../assembly/wire/address';
import {
  ADVERTISEMENT_LENGTH,
  NEIGHBOUR_HOP_LIMIT,
  Neighbour,
  putAdvertisement,
  putSolicitation,
  SOLICITATION_LENGTH,
} from '../../../assembly/wire/neighbour';
import { SERVER6 } from '../addresses';
import { survive } from '../corpus';
import { begin, frameBytes, frameLength, neighbourMessage, put8, zeros } from '../frames';
import { edge } from '../room';

const ADVERTISEMENT: u32 = 136;
const SOLICITED: u32 = 0x40;
const MESSAGE_LENGTH: u32 = 24;
const TARGET_LINK_LAYER: u32 = 2;
/** 02:00:00:00:06:07 in memory order. */
const HARDWARE: u64 = 0x070600000002;

function advertisement(option: u32): void {
  begin();
  neighbourMessage(ADVERTISEMENT, SOLICITED, SERVER6, option, 0x0607);
}

/** The link-layer address found in the message that was built last. */
function linkLayer(): u64 {
  const at = edge(frameLength());
  memory.copy(at, frameBytes(), frameLength());
  const message = Neighbour.checked(at, frameLength());
  assert(message != null, 'it is a neighbour message');
  return message == null ? 0 : message.linkLayer(frameLength());
}

function touch(at: usize, captured: u32): bool {
  const message = Neighbour.checked(at, captured);
  if (message == null) return false;
  const hardware = message.linkLayer(captured);
  assert(hardware >> 48 == 0, 'a MAC address has 48 bits');
  return message.isSolicited || hardware + load<u64>(message.target) + load<u64>(message.target, 8) != 0;
}

describe('a neighbour message', () => {
  it('reads its fields', () => {
    advertisement(TARGET_LINK_LAYER);
    const message = Neighbour.checked(frameBytes(), frameLength());
    expect<bool>(message != null).toBe(true);
    if (message == null) return;
    expect<bool>(message.isSolicited).toBe(true);
    expect<usize>(message.target).toBe(frameBytes() + 8);
    expect<u64>(message.linkLayer(frameLength())).toBe(HARDWARE);
    store<u8>(frameBytes(), 0xbf, 4);
    expect<bool>(message.isSolicited).toBe(false);
    expect<u32>(NEIGHBOUR_HOP_LIMIT).toBe(255);
  });

  it('is written as it is read: an advertisement that nobody asked for', () => {
    for (let router: u32 = 0; router < 2; router++) {
      const at = edge(ADVERTISEMENT_LENGTH);
      memory.fill(at, 0xee, ADVERTISEMENT_LENGTH);
      putAdvertisement(at, SERVER6, HARDWARE, router != 0);
      const message = Neighbour.checked(at, ADVERTISEMENT_LENGTH);
      expect<bool>(message != null).toBe(true);
      if (message == null) return;
      expect<u32>(load<u8>(at)).toBe(ADVERTISEMENT);
      expect<bool>(message.isRouter).toBe(router != 0);
      expect<bool>(message.isSolicited).toBe(false);
      expect<bool>(message.isOverride).toBe(true);
      expect<u32>(load<u32>(at, 4) & 0xffffff1f).toBe(0, 'what is reserved is zero');
      expect<bool>(changetype<Address>(message.target).equals(SERVER6)).toBe(true);
      expect<u64>(message.linkLayer(ADVERTISEMENT_LENGTH)).toBe(HARDWARE);
      expect<u32>(load<u8>(at, MESSAGE_LENGTH)).toBe(TARGET_LINK_LAYER);
      expect<u32>(load<u16>(at, 2)).toBe(0, 'the checksum is left for later');
    }
  });

  it('is written as it is read: a solicitation without a link-layer address', () => {
    const at = edge(SOLICITATION_LENGTH);
    memory.fill(at, 0xee, SOLICITATION_LENGTH);
    putSolicitation(at, SERVER6);
    const message = Neighbour.checked(at, SOLICITATION_LENGTH);
    expect<bool>(message != null).toBe(true);
    if (message == null) return;
    expect<u32>(load<u8>(at)).toBe(135);
    expect<u32>(load<u32>(at, 4)).toBe(0);
    expect<bool>(changetype<Address>(message.target).equals(SERVER6)).toBe(true);
    expect<u64>(message.linkLayer(SOLICITATION_LENGTH)).toBe(0);
  });

  it('finds the link-layer address behind other options, of source or target', () => {
    advertisement(0);
    put8(14);
    put8(2);
    zeros(14);
    put8(1);
    put8(1);
    put8(2);
    zeros(3);
    put8(6);
    put8(7);
    expect<u64>(linkLayer()).toBe(HARDWARE);
  });

  it('has no link-layer address when no option gives one', () => {
    advertisement(0);
    expect<u64>(linkLayer()).toBe(0);
    put8(5);
    put8(1);
    zeros(6);
    expect<u64>(linkLayer()).toBe(0);
  });

  it('refuses every truncation', () => {
    advertisement(TARGET_LINK_LAYER);
    for (let captured: u32 = 0; captured < MESSAGE_LENGTH; captured++) {
      const at = edge(captured);
      memory.copy(at, frameBytes(), captured);
      assert(Neighbour.checked(at, captured) == null, 'a truncated message is refused');
    }
    for (let captured = MESSAGE_LENGTH; captured < MESSAGE_LENGTH + 8; captured++) {
      const at = edge(captured);
      memory.copy(at, frameBytes(), captured);
      const message = Neighbour.checked(at, captured);
      assert(message != null && message.linkLayer(captured) == 0, 'a truncated option is none');
    }
  });

  it('refuses impossible lengths: an option of none ends the walk, one beyond the message too', () => {
    advertisement(0);
    put8(5);
    put8(0);
    zeros(6);
    put8(TARGET_LINK_LAYER);
    put8(1);
    put8(2);
    zeros(5);
    expect<u64>(linkLayer()).toBe(0);
    store<u8>(frameBytes(), 255, MESSAGE_LENGTH + 1);
    expect<u64>(linkLayer()).toBe(0);
    store<u8>(frameBytes(), 1, MESSAGE_LENGTH + 1);
    expect<u64>(linkLayer()).toBe(2);
  });

  it('believes no link-layer address in an option that claims to have no length', () => {
    advertisement(TARGET_LINK_LAYER);
    store<u8>(frameBytes(), 0, MESSAGE_LENGTH + 1);
    expect<u64>(linkLayer()).toBe(0);
  });

  it('refuses a code, and a group as the target', () => {
    advertisement(0);
    store<u8>(frameBytes(), 1, 1);
    expect<bool>(Neighbour.checked(frameBytes(), MESSAGE_LENGTH) == null).toBe(true);
    advertisement(0);
    store<u8>(frameBytes(), 0xff, 8);
    expect<bool>(Neighbour.checked(frameBytes(), MESSAGE_LENGTH) == null).toBe(true);
  });

  it('survives the corpus', () => {
    expect<u32>(survive(touch)).toBeGreaterThan(0);
  });
});
