import { drained } from '../../../assembly/index';
import { Direction, FrameFlag } from '../../../assembly/path/packet';
import { Verdict } from '../../../assembly/path/verdict';
import { Command } from '../../../assembly/record/commands';
import { Event, Met } from '../../../assembly/record/events';
import { ServerState } from '../../../assembly/table/servers';
import { ROUTER, SATO, SERVER, TANAKA } from '../addresses';
import { toEverybody } from '../frames';
import { LAN, SECOND_US, WAIT_US, WAN } from '../numbers';
import { ASKING, aboutServer, EVERYTHING, probe } from '../orders';
import { arpAnnouncement, arpReply, arpRequest, syn, synAck, WEB } from '../packets';
import { fresh, give, pass, wait } from '../play';
import { said, saidTimes } from '../said';
import { resolve, turnAway } from '../stories';

const FOR_OTHERS: u32 = Direction.In | FrameFlag.ForOthers;
/** Beside that of the server. */
const OTHER: u32 = 3;
const OWN: u32 = 30_000;

/** Requests come in at one port, and the bridge lets them out at both others, for it does not know where the server is. */
function flooded(options: u32 = EVERYTHING): void {
  fresh(options);
  for (let sequence: u32 = 7; sequence < 9; sequence++) {
    syn(TANAKA, SERVER, sequence);
    give(FOR_OTHERS, LAN);
    give(Direction.Out, WAN);
    give(Direction.Out, OTHER);
    synAck(TANAKA, SERVER, sequence);
    assert(give(FOR_OTHERS, WAN) == Verdict.SynAckAnswers, 'where the server is');
    assert(give(Direction.Out, LAN) == Verdict.SynAckRepeated, 'where the clients are');
    pass(SECOND_US);
  }
  // Of each the last port that it was let out on is not the server’s.
  wait(WAIT_US);
  drained();
}

describe('a server on a bridge, which has let out requests to it on several ports', () => {
  it('gives a sign of life where any of them left, and none where the clients are', () => {
    flooded();
    turnAway(SATO, SERVER);
    drained();
    arpAnnouncement(SERVER);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.ArpNoNews);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.ArpSign);
    expect<u32>(saidTimes(Event.Signal)).toBe(1);
  });

  it('answers a probe where any of them left, and not where the clients are', () => {
    for (let i = 0; i < 2; i++) {
      flooded(ASKING);
      probe(SERVER, WEB, OWN);
      syn(ROUTER, SERVER, 77, WEB, OWN);
      expect<u32>(give(Direction.Out, WAN)).toBe(Verdict.SynOwn);
      synAck(ROUTER, SERVER, 77, WEB, OWN);
      give(Direction.In, i == 0 ? WAN : LAN);
      drained();
      aboutServer(Command.AskEnd, SERVER, WEB);
      expect<u32>(said(Event.Asked).code).toBe(i == 0 ? <u32>(Met.Left | Met.Answer) : <u32>Met.Left);
    }
  });

  it('is asked for in vain by this machine on any of them, and not by others, who are let out there', () => {
    for (let i = 0; i < 2; i++) {
      flooded(ASKING);
      for (let request = 0; request < 3; request++) {
        pass(SECOND_US);
        if (i == 0) {
          resolve(SERVER, WAN);
          continue;
        }
        // Others on the server's own port, whom it answers there.
        arpRequest(SATO, SERVER);
        toEverybody();
        give(Direction.In, OTHER);
        give(Direction.Out, WAN);
      }
      turnAway(SATO, SERVER);
      const state: u32 = i == 0 ? ServerState.Down : ServerState.Suspected;
      expect<u32>(said(Event.Outage).state).toBe(state);
    }
  });

  it('is none on another port than those', () => {
    flooded();
    turnAway(SATO, SERVER);
    drained();
    arpReply(SERVER, ROUTER);
    expect<u32>(give(Direction.In, OTHER + 1)).toBe(Verdict.ArpNoNews);
  });
});
