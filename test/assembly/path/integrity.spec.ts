import { commandBuffer } from '../../../assembly/index';
import { Direction, FrameFlag } from '../../../assembly/path/packet';
import { Verdict } from '../../../assembly/path/verdict';
import { Command } from '../../../assembly/record/commands';
import { Event } from '../../../assembly/record/events';
import { Field } from '../../../assembly/record/layout';
import { attemptAt, Outcome } from '../../../assembly/table/attempt';
import { firstOpen } from '../../../assembly/table/open-attempts';
import { Address } from '../../../assembly/wire/address';
import { SATO, SATO6, SERVER, SERVER6, TANAKA } from '../addresses';
import {
  begin,
  cutTo,
  endIp,
  ethernet,
  etherTypeOf,
  frameBytes,
  frameLength,
  ip,
  patchIp8,
  patchIp16,
  put8,
  SYN,
  spoil8,
  TCP,
  tcp,
  zeros,
} from '../frames';
import { WAIT_US } from '../numbers';
import { aboutServer, again, configure, watch } from '../orders';
import { CLIENT_PORT, refusal, segment, syn, synAck, WEB } from '../packets';
import { countOf, fresh, give, wait } from '../play';
import { saidTimes } from '../said';

const VOUCHED: u32 = Direction.In | FrameFlag.Vouched;
const FOR_OTHERS: u32 = Direction.In | FrameFlag.ForOthers;
const IP_AT: u32 = 14;
const CHECKSUM_OF_TCP: u32 = 16;
const CHECKSUM_OF_IPV4: u32 = IP_AT + 10;
const DESTINATION_OPTIONS: u32 = 60;

const clients: Address[] = [SATO, SATO6];
const servers: Address[] = [SERVER, SERVER6];

function flip(offset: u32): void {
  spoil8(offset, load<u8>(frameBytes() + offset) ^ 0x20);
}

/** Where the segment of the frame at hand begins. */
function segmentAt(six: i32): u32 {
  return IP_AT + (six != 0 ? 40 : 20);
}

describe('a request that came in', () => {
  it('with a wrong checksum is none: it has no effect, whoever it is about', () => {
    for (let six = 0; six < 2; six++) {
      fresh();
      syn(clients[six], servers[six], 7);
      flip(segmentAt(six) + CHECKSUM_OF_TCP);
      expect<u32>(give()).toBe(Verdict.SynBadChecksum);
      expect<u32>(firstOpen()).toBe(0);
      syn(clients[six], servers[six], 7);
      flip(segmentAt(six) + 4);
      expect<u32>(give()).toBe(Verdict.SynBadChecksum, 'every byte of the segment counts');
      wait(WAIT_US);
      expect<u32>(saidTimes(Event.Outage)).toBe(0);
      expect<u64>(countOf(Verdict.SynBadChecksum)).toBe(2);
    }
  });

  it('again, with a wrong checksum this time, is not another try', () => {
    fresh();
    syn(SATO, SERVER, 7);
    expect<u32>(give()).toBe(Verdict.SynNoted);
    flip(segmentAt(0) + CHECKSUM_OF_TCP);
    expect<u32>(give()).toBe(Verdict.SynBadChecksum);
    expect<u32>(attemptAt(firstOpen()).tries).toBe(1);
  });

  it('with a wrong checksum does not wait for a server that is down', () => {
    fresh();
    syn(SATO, SERVER, 7);
    give();
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Waiting)).toBe(1);
    syn(TANAKA, SERVER, 8);
    flip(segmentAt(0) + CHECKSUM_OF_TCP);
    expect<u32>(give()).toBe(Verdict.SynBadChecksum);
    expect<u32>(saidTimes(Event.Waiting)).toBe(1);
  });

  it('is one where the kernel vouches for the checksum, which is still to be written', () => {
    for (let six = 0; six < 2; six++) {
      fresh();
      syn(clients[six], servers[six], 7);
      flip(segmentAt(six) + CHECKSUM_OF_TCP);
      expect<u32>(give(VOUCHED)).toBe(Verdict.SynNoted);
    }
  });

  it('with a wrong checksum of its IPv4 header is none, whoever vouches: the kernel says nothing about that', () => {
    fresh();
    syn(SATO, SERVER, 7);
    flip(CHECKSUM_OF_IPV4);
    expect<u32>(give()).toBe(Verdict.SynBadChecksum);
    expect<u32>(give(VOUCHED)).toBe(Verdict.SynBadChecksum);
  });

  it('is judged with its data and with options, an odd number of bytes too', () => {
    fresh();
    for (let data: u32 = 0; data < 9; data++) {
      segment(SATO, CLIENT_PORT, SERVER, WEB, data, 0, SYN, data);
      zeros(12 - data);
      spoil8(frameLength() - 1, 0xff);
      expect<u32>(give()).toBe(Verdict.SynNoted, 'padding is no part of it');
      segment(SATO, CLIENT_PORT, SERVER, WEB, 100 + data, 0, SYN, data);
      flip(frameLength() - 1);
      expect<u32>(give()).toBe(Verdict.SynBadChecksum, 'its last byte is');
    }
  });

  it('is judged behind extension headers', () => {
    fresh();
    for (let wrong = 0; wrong < 2; wrong++) {
      begin();
      ethernet(etherTypeOf(SATO6));
      ip(SATO6, SERVER6, DESTINATION_OPTIONS);
      put8(TCP);
      put8(0);
      zeros(6);
      tcp(CLIENT_PORT, WEB, 7, 0, SYN);
      endIp();
      if (wrong != 0) flip(IP_AT + 48 + CHECKSUM_OF_TCP);
      expect<u32>(give()).toBe(wrong != 0 ? Verdict.SynBadChecksum : Verdict.SynNoted);
    }
  });

  it('is not judged where not all of the segment was captured', () => {
    fresh();
    segment(SATO, CLIENT_PORT, SERVER, WEB, 7, 0, SYN, 8);
    flip(segmentAt(0) + CHECKSUM_OF_TCP);
    cutTo(frameLength() - 1);
    expect<u32>(give()).toBe(Verdict.SynNoted);
    segment(SATO6, CLIENT_PORT, SERVER6, WEB, 7, 0, SYN, 8);
    flip(segmentAt(1) + CHECKSUM_OF_TCP);
    cutTo(frameLength() - 1);
    expect<u32>(give()).toBe(Verdict.SynNoted);
  });

  it('is not judged in a fragment, or where its packet tells no length', () => {
    fresh();
    syn(SATO, SERVER, 7);
    flip(segmentAt(0) + CHECKSUM_OF_TCP);
    patchIp16(6, 0x2000);
    expect<u32>(give()).toBe(Verdict.SynNoted);
    syn(SATO, SERVER, 8);
    flip(segmentAt(0) + CHECKSUM_OF_TCP);
    patchIp16(2, 0);
    expect<u32>(give()).toBe(Verdict.SynNoted);
    syn(SATO6, SERVER6, 9);
    flip(segmentAt(1) + CHECKSUM_OF_TCP);
    patchIp16(4, 0);
    expect<u32>(give()).toBe(Verdict.SynNoted);
  });

  it('that may pass no router any more is none', () => {
    for (let six = 0; six < 2; six++) {
      fresh();
      for (let hops: u32 = 0; hops < 2; hops++) {
        syn(clients[six], servers[six], 7);
        patchIp8(six != 0 ? 7 : 8, hops);
        expect<u32>(give()).toBe(Verdict.SynExpiring);
        expect<u32>(give(VOUCHED)).toBe(Verdict.SynExpiring);
      }
      expect<u32>(firstOpen()).toBe(0);
      syn(clients[six], servers[six], 7);
      patchIp8(six != 0 ? 7 : 8, 2);
      expect<u32>(give()).toBe(Verdict.SynNoted);
    }
  });

  it('in a frame for another machine is none, but where everything is seen', () => {
    fresh();
    syn(SATO, SERVER, 7);
    expect<u32>(give(FOR_OTHERS)).toBe(Verdict.SynForOthers);
    expect<u32>(give(FOR_OTHERS | FrameFlag.Vouched)).toBe(Verdict.SynForOthers);
    expect<u32>(firstOpen()).toBe(0);
    seeEverything(2);
    expect<u32>(give(FOR_OTHERS, 1)).toBe(Verdict.SynForOthers);
    expect<u32>(give(FOR_OTHERS, 2)).toBe(Verdict.SynNoted);
    flip(segmentAt(0) + CHECKSUM_OF_TCP);
    expect<u32>(give(FOR_OTHERS, 2)).toBe(Verdict.SynBadChecksum, 'a wrong checksum is one there too');
  });

  it('to a server that is not watched is nothing of ours, however wrong', () => {
    fresh();
    syn(SERVER, SATO, 7);
    flip(segmentAt(0) + CHECKSUM_OF_TCP);
    expect<u32>(give(FOR_OTHERS)).toBe(Verdict.NotWatched);
  });
});

/** Configures again, with one interface that sees everything. */
function seeEverything(iface: u32): void {
  configure();
  store<u32>(commandBuffer(), (<u32>1) << (iface - 1), Field.Everything);
  again();
  watch(SERVER, 128);
}

describe('a request that goes out, or stands in a capture,', () => {
  it('is not judged: its checksum may be still to come, and nobody says for whom it was', () => {
    const ways: u32[] = [Direction.Out, Direction.Unknown];
    const verdicts: u32[] = [Verdict.SynOwn, Verdict.SynNoted];
    for (let i = 0; i < 2; i++) {
      fresh();
      for (let six = 0; six < 2; six++) {
        syn(clients[six], servers[six], 7);
        flip(segmentAt(six) + CHECKSUM_OF_TCP);
        patchIp8(six != 0 ? 7 : 8, 1);
        if (six == 0) flip(CHECKSUM_OF_IPV4);
        expect<u32>(give(ways[i])).toBe(verdicts[i]);
      }
    }
  });
});

describe('an answer that came in with a wrong checksum', () => {
  it('is no evidence', () => {
    for (let six = 0; six < 2; six++) {
      fresh();
      syn(clients[six], servers[six], 7);
      give();
      synAck(clients[six], servers[six], 7);
      flip(segmentAt(six) + CHECKSUM_OF_TCP);
      expect<u32>(give(Direction.In, 2)).toBe(Verdict.SynAckBadChecksum);
      expect<u32>(attemptAt(firstOpen()).outcome).toBe(Outcome.Open);
      refusal(clients[six], servers[six], 7);
      flip(segmentAt(six) + CHECKSUM_OF_TCP);
      expect<u32>(give(Direction.In, 2)).toBe(Verdict.ResetBadChecksum);
      expect<u32>(attemptAt(firstOpen()).outcome).toBe(Outcome.Open);
      wait(WAIT_US);
      expect<u32>(saidTimes(Event.Outage)).toBe(1, 'the server was silent');
    }
  });

  it('does not end an outage, and a refusal begins none', () => {
    fresh();
    aboutServer(Command.KnowService, SERVER, WEB);
    syn(SATO, SERVER, 7);
    give();
    refusal(SATO, SERVER, 7);
    flip(CHECKSUM_OF_IPV4);
    expect<u32>(give(VOUCHED, 2)).toBe(Verdict.ResetBadChecksum);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    refusal(SATO, SERVER, 7);
    expect<u32>(give(Direction.In, 2)).toBe(Verdict.ResetRefuses);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
    syn(TANAKA, SERVER, 8);
    give();
    synAck(TANAKA, SERVER, 8);
    flip(segmentAt(0) + CHECKSUM_OF_TCP);
    expect<u32>(give(Direction.In, 2)).toBe(Verdict.SynAckBadChecksum);
    expect<u32>(saidTimes(Event.Signal)).toBe(0);
  });

  it('is one where the kernel vouches for it, where it leaves, and in a capture', () => {
    const ways: u32[] = [VOUCHED, Direction.Out, Direction.Unknown];
    for (let i = 0; i < ways.length; i++) {
      fresh();
      aboutServer(Command.KnowService, SERVER, WEB);
      syn(SATO, SERVER, 7);
      give();
      synAck(SATO, SERVER, 7);
      flip(segmentAt(0) + CHECKSUM_OF_TCP);
      expect<u32>(give(ways[i])).toBe(Verdict.SynAckAnswers);
      syn(SATO, SERVER, 8);
      give();
      refusal(SATO, SERVER, 8);
      flip(segmentAt(0) + CHECKSUM_OF_TCP);
      expect<u32>(give(ways[i])).toBe(Verdict.ResetRefuses);
    }
  });
});
