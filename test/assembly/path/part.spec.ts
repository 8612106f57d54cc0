import {
  FRAME_BYTES,
  FRAME_PART_BYTES,
  frame,
  frameBuffer,
  IN_PART,
  WANTS_ALL,
} from '../../../assembly/index';
import { Link } from '../../../assembly/path/frame';
import { Direction } from '../../../assembly/path/packet';
import { Verdict } from '../../../assembly/path/verdict';
import { Address } from '../../../assembly/wire/address';
import { SATO, SATO6, SERVER, SERVER6 } from '../addresses';
import {
  ACK,
  begin,
  endIp,
  ethernet,
  etherTypeOf,
  frameBytes,
  frameLength,
  ip,
  put8,
  RST,
  SYN,
  spoil8,
  TCP,
  tcp,
  zeros,
} from '../frames';
import { beginError, CLIENT_PORT, datagram, endError, HOST_6, segment, syn, WEB } from '../packets';
import { framesCounted, fresh, give, now } from '../play';

const DATA: u32 = 300;
const DESTINATION_OPTIONS: u32 = 60;

const clients: Address[] = [SATO, SATO6];
const servers: Address[] = [SERVER, SERVER6];

/** What the module says to the part of the frame at hand, with nothing of the rest in the buffer. */
function showPart(): u32 {
  memory.fill(frameBuffer(), 0xff, FRAME_BYTES);
  memory.copy(frameBuffer(), frameBytes(), FRAME_PART_BYTES);
  const us = now();
  return (
    frame(
      Link.Ethernet,
      1,
      Direction.In,
      frameLength() | IN_PART,
      frameLength(),
      <u32>us,
      <u32>(<u64>us >> 32),
    ) & 0xff
  );
}

/** A header of 88 bytes that says nothing, before one of TCP. */
function options(): void {
  put8(TCP);
  put8(10);
  zeros(86);
}

// play.ts shows the first part of every longer frame, and all of it where that is wanted.
describe('of a long frame', () => {
  it('of a connection everything counts, to its last byte', () => {
    for (let six = 0; six < 2; six++) {
      for (let wrong: u32 = 0; wrong < 2; wrong++) {
        fresh();
        segment(clients[six], CLIENT_PORT, servers[six], WEB, 7, 0, SYN, DATA);
        spoil8(frameLength() - 1, wrong);
        expect<u32>(give()).toBe(wrong != 0 ? Verdict.SynBadChecksum : Verdict.SynNoted);
        syn(clients[six], servers[six], 8);
        give();
        segment(servers[six], WEB, clients[six], CLIENT_PORT, 0, 9, RST | ACK, DATA);
        spoil8(frameLength() - 1, wrong);
        expect<u32>(give(Direction.In, 2)).toBe(wrong != 0 ? Verdict.ResetBadChecksum : Verdict.ResetRefuses);
        syn(clients[six], servers[six], 10);
        give();
        segment(servers[six], WEB, clients[six], CLIENT_PORT, 77, 11, SYN | ACK, DATA);
        spoil8(frameLength() - 1, wrong);
        expect<u32>(give(Direction.In, 2)).toBe(
          wrong != 0 ? Verdict.SynAckBadChecksum : Verdict.SynAckAnswers,
        );
      }
    }
  });

  it('a header behind extensions is found, and one that an error quotes', () => {
    fresh();
    begin();
    ethernet(etherTypeOf(SATO6));
    ip(SATO6, SERVER6, DESTINATION_OPTIONS);
    options();
    tcp(CLIENT_PORT, WEB, 7, 0, SYN);
    endIp();
    expect<u32>(frameLength()).toBeGreaterThan(FRAME_PART_BYTES);
    expect<u32>(give()).toBe(Verdict.SynNoted);
    beginError(SATO6, HOST_6);
    ip(SATO6, SERVER6, DESTINATION_OPTIONS);
    options();
    tcp(CLIENT_PORT, WEB, 7, 0, SYN);
    endIp();
    endError();
    expect<u32>(give(Direction.Out)).toBe(Verdict.UnreachableLinks);
  });

  it('that is nothing of ours the first part is enough, and it is counted once', () => {
    for (let six = 0; six < 2; six++) {
      fresh();
      segment(clients[six], CLIENT_PORT, servers[six], WEB, 7, 8, ACK, DATA);
      expect<u32>(showPart()).toBe(Verdict.OtherTcp);
      datagram(clients[six], CLIENT_PORT, servers[six], WEB, DATA);
      expect<u32>(showPart()).toBe(Verdict.OtherTransport);
      expect<u64>(framesCounted()).toBe(2);
    }
  });

  it('that is wanted nothing is done or counted until all of it is there', () => {
    fresh();
    segment(SATO, CLIENT_PORT, SERVER, WEB, 7, 0, SYN, DATA);
    expect<u32>(showPart()).toBe(WANTS_ALL);
    expect<u64>(framesCounted()).toBe(0);
    expect<u32>(give()).toBe(Verdict.SynNoted);
    expect<u64>(framesCounted()).toBe(1);
  });
});
