/** What was cut on its way, and what only a capture has cut. */

import { Link } from '../../../assembly/path/frame';
import { Direction } from '../../../assembly/path/packet';
import { Verdict } from '../../../assembly/path/verdict';
import { EtherType } from '../../../assembly/wire/ethernet';
import { SATO, SATO6, SERVER, SERVER6 } from '../addresses';
import {
  ACK,
  begin,
  cookedV1,
  cookedV2,
  cutTo,
  endIp,
  ethernet,
  frameLength,
  ip,
  patchIp16,
  put8,
  RST,
  SYN,
  TCP,
  tag,
  tcp,
  zeros,
} from '../frames';
import { advertisement, CLIENT_PORT, HOST, HOST_6, segment, syn, unreachable, WEB } from '../packets';
import { fresh, give, giveOf } from '../play';

/** Whether the frame at hand, cut to so many bytes, is no packet if it was so long on the wire, too, or a byte too short. */
function isCutOnTheWire(captured: u32, link: Link): bool {
  const whole = frameLength();
  cutTo(captured);
  for (let i: u32 = 0; i < 2; i++) {
    const verdict = giveOf(i == 0 ? captured : whole - 1, Direction.In, link);
    if (verdict != Verdict.Ipv4Malformed && verdict != Verdict.Ipv6Malformed) return false;
  }
  return true;
}

describe('a packet that was cut on the wire', () => {
  it('is malformed, where the same that a capture has cut is what it is', () => {
    for (let six = 0; six < 2; six++) {
      const client = six ? SATO6 : SATO;
      const server = six ? SERVER6 : SERVER;
      const headers: u32 = 14 + (six ? 40 : 20) + 20;
      fresh();
      segment(client, CLIENT_PORT, server, WEB, 7, 0, SYN, 30);
      expect<bool>(isCutOnTheWire(headers, Link.Ethernet)).toBe(true);
      expect<u32>(give()).toBe(Verdict.SynNoted);
      segment(server, WEB, client, CLIENT_PORT, 9, 8, SYN | ACK, 30);
      expect<bool>(isCutOnTheWire(headers, Link.Ethernet)).toBe(true);
      expect<u32>(give(Direction.Out)).toBe(Verdict.SynAckAnswers);
      syn(client, server, 17);
      give();
      segment(server, WEB, client, CLIENT_PORT, 9, 18, RST | ACK, 30);
      expect<bool>(isCutOnTheWire(headers, Link.Ethernet)).toBe(true);
      expect<u32>(give()).toBe(Verdict.ResetRefuses);
      syn(client, server, 27);
      give();
      unreachable(client, server, 27, six ? HOST_6 : HOST);
      expect<bool>(isCutOnTheWire(frameLength() - 8, Link.Ethernet)).toBe(true);
      expect<u32>(give()).toBe(Verdict.UnreachableLinks);
    }
    fresh();
    advertisement(SERVER6, true, 2);
    expect<bool>(isCutOnTheWire(14 + 40 + 24, Link.Ethernet)).toBe(true);
    expect<u32>(give()).toBe(Verdict.NeighbourNoNews);
  });

  it('is so behind tags and on every link', () => {
    for (let link = 0; link < 4; link++) {
      fresh();
      begin();
      if (link == 0) {
        ethernet(EtherType.Vlan);
        tag(EtherType.Vlan);
        tag(EtherType.Ipv4);
      } else if (link == 2) cookedV1(0, EtherType.Ipv4);
      else if (link == 3) cookedV2(EtherType.Ipv4, 3);
      ip(SATO, SERVER, TCP);
      tcp(CLIENT_PORT, WEB, 7, 0, SYN);
      endIp();
      const as: Link =
        link == 0 ? Link.Ethernet : link == 1 ? Link.Raw : link == 2 ? Link.CookedV1 : Link.CookedV2;
      expect<u32>(giveOf(frameLength() - 1, Direction.In, as)).toBe(Verdict.SynNoted, 'what is here came');
      put8(0);
      patchIp16(2, 42);
      expect<bool>(isCutOnTheWire(frameLength() - 1, as)).toBe(true);
    }
  });

  it('is not so where it tells no length, where nobody knows that of the frame, or where padding follows', () => {
    fresh();
    for (let six: u32 = 0; six < 2; six++) {
      syn(six ? SATO6 : SATO, six ? SERVER6 : SERVER, 1);
      patchIp16(six ? 4 : 2, 0);
      expect<u32>(giveOf(frameLength(), Direction.Unknown)).toBe(Verdict.SynNoted);
      segment(six ? SATO6 : SATO, CLIENT_PORT, six ? SERVER6 : SERVER, WEB, 2, 0, SYN, 30);
      cutTo(frameLength() - 30);
      expect<u32>(giveOf(u32.MAX_VALUE)).toBe(Verdict.SynNoted);
      syn(six ? SATO6 : SATO, six ? SERVER6 : SERVER, 3);
      zeros(20);
      expect<u32>(giveOf(frameLength())).toBe(Verdict.SynNoted);
    }
  });
});
