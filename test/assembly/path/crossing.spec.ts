import { areBridged } from '../../../assembly/path/crossing';
import { Direction, FrameFlag } from '../../../assembly/path/packet';
import { Verdict } from '../../../assembly/path/verdict';
import { Event } from '../../../assembly/record/events';
import { attemptAt } from '../../../assembly/table/attempt';
import { firstOpen } from '../../../assembly/table/open-attempts';
import { SATO, SATO6, SERVER, SERVER6 } from '../addresses';
import { patchIp8, spoil8 } from '../frames';
import { HOUR_US, LAN, SECOND_US, WAIT_US, WAN } from '../numbers';
import { watchDatagrams } from '../orders';
import { NAMES, question, refusal, reply, syn, synAck } from '../packets';
import { fresh, give, giveAt, now, pass, wait } from '../play';
import { saidOf, saidTimes } from '../said';

const FOR_OTHERS: u32 = Direction.In | FrameFlag.ForOthers;

/** Where the last byte of the MAC address lies to which a frame is sent. */
const ADDRESSEE: u32 = 5;
/** And that of the one from which it was sent. */
const SENDER: u32 = 11;

/** A client's SYN to the server's MAC address, and the same one that a router lets out: `isOutFirst`: that is heard of first. */
function giveHalf(isOutFirst: bool, isFirst: bool): u32 {
  return isOutFirst == isFirst ? give(Direction.Out, WAN) : give(FOR_OTHERS, LAN);
}

function cross(sequence: u32, from: u32, to: u32): void {
  syn(SATO, SERVER, sequence);
  give(FOR_OTHERS, from);
  assert(give(Direction.Out, to) == Verdict.SynNoted, 'it crosses');
}

describe('a request that crosses a bridge', () => {
  it('is one client’s, whichever half is heard of first', () => {
    for (let six = 0; six < 2; six++) {
      const from = six == 0 ? SATO : SATO6;
      const to = six == 0 ? SERVER : SERVER6;
      fresh();
      syn(from, to, 7);
      expect<u32>(give(FOR_OTHERS, LAN)).toBe(Verdict.SynForOthers);
      expect<u32>(give(Direction.Out, WAN)).toBe(Verdict.SynNoted);
      expect<u32>(attemptAt(firstOpen()).interface).toBe(LAN);
      expect<u32>(attemptAt(firstOpen()).left).toBe(WAN);
      synAck(from, to, 7);
      expect<u32>(give(FOR_OTHERS, WAN)).toBe(Verdict.SynAckAnswers);
      expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.SynAckRepeated);
      pass(SECOND_US);
      syn(from, to, 8);
      expect<u32>(give(Direction.Out, WAN)).toBe(Verdict.SynOwn);
      expect<u32>(give(FOR_OTHERS, LAN)).toBe(Verdict.SynNoted);
      expect<u32>(attemptAt(firstOpen()).interface).toBe(LAN);
      expect<u32>(attemptAt(firstOpen()).left).toBe(WAN);
      refusal(from, to, 8);
      expect<u32>(give(FOR_OTHERS, LAN)).toBe(Verdict.WrongSide, 'where the clients are');
      pass(SECOND_US);
      syn(from, to, 9);
      give(FOR_OTHERS, LAN);
      give(Direction.Out, WAN);
      refusal(from, to, 9);
      expect<u32>(give(FOR_OTHERS, WAN)).toBe(Verdict.ResetRefuses);
      expect<bool>(saidOf(Event.Waiting, from)).toBe(true);
    }
  });

  it('is one attempt with its retransmissions, each of which is a try', () => {
    fresh();
    syn(SATO, SERVER, 7);
    for (let i: u32 = 0; i < 3; i++) {
      const verdict: u32 = i == 0 ? Verdict.SynForOthers : Verdict.SynRepeated;
      expect<u32>(give(FOR_OTHERS, LAN)).toBe(verdict);
      expect<u32>(give(Direction.Out, WAN)).toBe(i == 0 ? <u32>Verdict.SynNoted : <u32>Verdict.SynForwarded);
      pass(SECOND_US);
    }
    expect<u32>(attemptAt(firstOpen()).tries).toBe(3);
  });

  it('is one also where it goes no further any more: the server’s port is down', () => {
    fresh();
    syn(SATO, SERVER, 7);
    give(FOR_OTHERS, LAN);
    give(Direction.Out, WAN);
    synAck(SATO, SERVER, 7);
    give(FOR_OTHERS, WAN);
    pass(SECOND_US);
    syn(SATO, SERVER, 8);
    expect<u32>(give(FOR_OTHERS, WAN)).toBe(Verdict.SynForOthers, 'to where it comes from');
    expect<u32>(give(FOR_OTHERS, LAN)).toBe(Verdict.SynNoted);
    syn(SATO, SERVER, 9);
    expect<u32>(give(FOR_OTHERS, LAN + 2)).toBe(Verdict.SynForOthers, 'of no bridge');
    wait(WAIT_US + SECOND_US);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
  });

  it('counts from the first one on, which may be heard of first where it leaves', () => {
    fresh();
    syn(SATO, SERVER, 7);
    expect<u32>(give(Direction.Out, WAN)).toBe(Verdict.SynOwn);
    expect<u32>(give(FOR_OTHERS, LAN)).toBe(Verdict.SynNoted);
    expect<u32>(attemptAt(firstOpen()).interface).toBe(LAN);
    expect<u32>(attemptAt(firstOpen()).left).toBe(WAN);
  });

  it('is the same frame on both sides: what leaves to another MAC address a router has passed on', () => {
    for (let i = 0; i < 2; i++) {
      fresh();
      syn(SATO, SERVER, 7);
      expect<u32>(give(i == 0 ? FOR_OTHERS : <u32>Direction.Out, i == 0 ? LAN : WAN)).toBe(
        i == 0 ? <u32>Verdict.SynForOthers : <u32>Verdict.SynOwn,
      );
      spoil8(ADDRESSEE, 99);
      expect<u32>(give(i == 0 ? <u32>Direction.Out : FOR_OTHERS, i == 0 ? WAN : LAN)).toBe(
        i == 0 ? <u32>Verdict.SynOwn : <u32>Verdict.SynForOthers,
      );
      expect<u32>(firstOpen()).toBe(0);
      expect<bool>(areBridged(LAN, WAN)).toBe(false);
    }
  });

  it('is the same frame on both sides: what a router passes on has one hop less, and comes from its own MAC address', () => {
    for (let i = 0; i < 8; i++) {
      const six = (i & 1) != 0;
      const isOutFirst = (i & 2) != 0;
      const from = six ? SATO6 : SATO;
      const to = six ? SERVER6 : SERVER;
      fresh();
      syn(from, to, 7);
      const first: u32 = isOutFirst ? Verdict.SynOwn : Verdict.SynForOthers;
      expect<u32>(giveHalf(isOutFirst, true)).toBe(first);
      if (i < 4) patchIp8(six ? 7 : 8, isOutFirst ? 65 : 63);
      else spoil8(SENDER, 99);
      const second: u32 = isOutFirst ? Verdict.SynForOthers : Verdict.SynOwn;
      expect<u32>(giveHalf(isOutFirst, false)).toBe(second);
      expect<u32>(firstOpen()).toBe(0);
      expect<bool>(areBridged(LAN, WAN)).toBe(false);
    }
  });

  it('takes no longer than a second, by the times of its frames', () => {
    const apart: StaticArray<i64> = [SECOND_US + 1, 60 * SECOND_US, HOUR_US];
    for (let i = 0; i < 6; i++) {
      const isOutFirst = (i & 1) != 0;
      fresh();
      syn(SATO, SERVER, 7);
      giveHalf(isOutFirst, true);
      pass(apart[i >> 1]);
      const second: u32 = isOutFirst ? Verdict.SynForOthers : Verdict.SynOwn;
      expect<u32>(giveHalf(isOutFirst, false)).toBe(second);
      expect<bool>(areBridged(LAN, WAN)).toBe(false);
      // That one is remembered instead, and this machine has read it late.
      const us = now() - SECOND_US;
      pass(60 * SECOND_US);
      expect<u32>(isOutFirst ? giveAt(us, Direction.Out, WAN) : giveAt(us, FOR_OTHERS, LAN)).toBe(
        Verdict.SynNoted,
      );
      expect<bool>(areBridged(LAN, WAN)).toBe(true);
    }
  });

  it('makes no bridge of two: only what has crossed from one to the other is one', () => {
    fresh();
    cross(7, LAN, WAN);
    cross(8, LAN + 4, WAN + 4);
    expect<bool>(areBridged(LAN, WAN)).toBe(true);
    expect<bool>(areBridged(LAN + 4, WAN + 4)).toBe(true);
    expect<bool>(areBridged(LAN, WAN + 4)).toBe(false);
    cross(9, LAN, WAN);
    syn(SATO, SERVER, 10);
    expect<u32>(give(FOR_OTHERS, LAN + 4)).toBe(
      Verdict.SynForOthers,
      'the server is behind the other bridge',
    );
    cross(11, WAN, WAN + 4);
    expect<bool>(areBridged(LAN, LAN + 4)).toBe(true);
    expect<bool>(areBridged(LAN, LAN + 8)).toBe(false);
    fresh();
    expect<bool>(areBridged(LAN, WAN)).toBe(false, 'with other tables all of it is forgotten');
  });

  it('is none if it goes no further, or goes back where it came from, or was this machine’s own', () => {
    fresh();
    syn(SATO, SERVER, 7);
    for (let i = 0; i < 2; i++) expect<u32>(give(FOR_OTHERS, LAN)).toBe(Verdict.SynForOthers);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.SynOwn);
    syn(SATO, SERVER, 8);
    for (let i = 0; i < 2; i++) expect<u32>(give(Direction.Out, WAN)).toBe(Verdict.SynOwn);
    wait(WAIT_US + SECOND_US);
    expect<u32>(saidTimes(Event.Waiting)).toBe(0);
  });
});

describe('datagrams that cross a bridge', () => {
  it('are one client’s, whichever half is heard of first, and one attempt with those that follow', () => {
    for (let i = 0; i < 4; i++) {
      const isOutFirst = (i & 1) != 0;
      const from = i < 2 ? SATO : SATO6;
      const to = i < 2 ? SERVER : SERVER6;
      fresh();
      watchDatagrams(NAMES, true);
      question(from, to);
      expect<u32>(give(isOutFirst ? <u32>Direction.Out : FOR_OTHERS, isOutFirst ? WAN : LAN)).toBe(
        isOutFirst ? <u32>Verdict.DatagramOwn : <u32>Verdict.SynForOthers,
      );
      expect<u32>(give(isOutFirst ? FOR_OTHERS : <u32>Direction.Out, isOutFirst ? LAN : WAN)).toBe(
        Verdict.DatagramNoted,
      );
      expect<u32>(attemptAt(firstOpen()).interface).toBe(LAN);
      expect<u32>(attemptAt(firstOpen()).left).toBe(WAN);
      pass(2 * SECOND_US);
      question(from, to);
      expect<u32>(give(FOR_OTHERS, LAN)).toBe(Verdict.DatagramRepeated);
      expect<u32>(give(Direction.Out, WAN)).toBe(Verdict.DatagramForwarded);
      expect<u32>(attemptAt(firstOpen()).tries).toBe(2);
      reply(from, to);
      expect<u32>(give(FOR_OTHERS, LAN)).toBe(Verdict.WrongSide, 'where the clients are');
      expect<u32>(give(FOR_OTHERS, WAN)).toBe(Verdict.DatagramAnswers);
      expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.DatagramAnswers);
    }
  });

  it('that nobody answers are an outage, also where they go no further any more', () => {
    fresh();
    watchDatagrams(NAMES, true);
    question(SATO, SERVER);
    give(FOR_OTHERS, LAN);
    give(Direction.Out, WAN);
    reply(SATO, SERVER);
    give(FOR_OTHERS, WAN);
    wait(2 * WAIT_US);
    question(SATO, SERVER);
    expect<u32>(give(FOR_OTHERS, LAN)).toBe(Verdict.DatagramNoted);
    pass(5 * SECOND_US);
    question(SATO, SERVER);
    expect<u32>(give(FOR_OTHERS, LAN)).toBe(Verdict.DatagramRepeated);
    wait(WAIT_US + SECOND_US);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
  });

  it('are none if they go no further, go back where they came from, or to another MAC address', () => {
    fresh();
    watchDatagrams(NAMES, true);
    question(SATO, SERVER);
    for (let i = 0; i < 2; i++) expect<u32>(give(FOR_OTHERS, LAN)).toBe(Verdict.SynForOthers);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.DatagramOwn);
    give(FOR_OTHERS, LAN);
    spoil8(ADDRESSEE, 99);
    expect<u32>(give(Direction.Out, WAN)).toBe(Verdict.DatagramOwn);
    expect<u32>(firstOpen()).toBe(0);
  });
});
