import { Direction, FrameFlag } from '../../../assembly/path/packet';
import { Verdict } from '../../../assembly/path/verdict';
import { Event } from '../../../assembly/record/events';
import { attemptAt } from '../../../assembly/table/attempt';
import { firstOpen } from '../../../assembly/table/open-attempts';
import { SATO, SATO6, SERVER, SERVER6 } from '../addresses';
import { LAN, SECOND_US, WAIT_US, WAN } from '../numbers';
import { refusal, syn, synAck } from '../packets';
import { fresh, give, pass, wait } from '../play';
import { saidOf, saidTimes } from '../said';

const FOR_OTHERS: u32 = Direction.In | FrameFlag.ForOthers;

describe('a request that crosses a bridge', () => {
  it('is one client’s, whichever half is heard of first, as soon as there has been one', () => {
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

  it('is one try with its retransmissions', () => {
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
