import { Direction } from '../../../assembly/path/packet';
import { Verdict } from '../../../assembly/path/verdict';
import { Command } from '../../../assembly/record/commands';
import { Event, Met } from '../../../assembly/record/events';
import { ROUTER, ROUTER6, SATO, SATO6, SERVER, SERVER6 } from '../addresses';
import { LAN, SECOND_US, WAIT_US, WAN } from '../numbers';
import { ASKING, aboutClient, aboutServer, EVERYTHING, probe } from '../orders';
import { HOST, HOST_6, syn, synAck, unreachable, unreachableDatagram, WEB } from '../packets';
import { fresh, give, wait } from '../play';
import { said, saidOf, saidTimes } from '../said';

/** The first of the local ports of this machine's connections. */
const OWN: u32 = 30_000;
/** The first interface hears copies, the second is this machine's own way to the servers. */
const COPIES: u32 = 1;

function mirrored(options: u32 = EVERYTHING): void {
  fresh(options, 16, 64, 64, WAIT_US, COPIES);
}

describe('a message that an interface without sides hears', () => {
  it('counts for every protocol: it is a copy of what goes on to its client', () => {
    mirrored();
    unreachableDatagram(SATO, SERVER, HOST);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.UnreachableInbound, 'where there are sides it goes on');
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.UnreachableLinks);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
    unreachableDatagram(SATO6, SERVER6, HOST_6);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.UnreachableLinks);
    expect<bool>(saidOf(Event.Waiting, SATO6)).toBe(true);
  });

  it('is one try of one client, however many ports it is copied to', () => {
    mirrored();
    for (let i = 0; i < 3; i++) {
      unreachableDatagram(SATO, SERVER, HOST);
      give(Direction.In, LAN);
    }
    expect<u32>(saidTimes(Event.Waiting)).toBe(1);
  });
});

describe('what the program itself sends, where it hears copies', () => {
  it('is nobody who waits, and is its probe where it leaves', () => {
    mirrored(ASKING);
    aboutClient(Command.Own, ROUTER);
    aboutClient(Command.Own, ROUTER6);
    for (let six = 0; six < 2; six++) {
      const from = six == 0 ? ROUTER : ROUTER6;
      const to = six == 0 ? SERVER : SERVER6;
      probe(to, WEB, OWN);
      syn(from, to, 77, WEB, OWN);
      expect<u32>(give(Direction.Out, WAN)).toBe(Verdict.SynOwn);
      expect<u32>(give(Direction.In, LAN)).toBe(Verdict.SynOwn, 'its copy');
      synAck(from, to, 77, WEB, OWN);
      expect<u32>(give(Direction.In, LAN)).toBe(Verdict.ProbeMet);
      aboutServer(Command.AskEnd, to, WEB);
      expect<u32>(said(Event.Asked, six).code).toBe(Met.Left | Met.Answer);
    }
    wait(WAIT_US + SECOND_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
  });

  it('hears what a router says of its probe', () => {
    mirrored(ASKING);
    aboutClient(Command.Own, ROUTER);
    probe(SERVER, WEB, OWN);
    syn(ROUTER, SERVER, 77, WEB, OWN);
    give(Direction.Out, WAN);
    unreachable(ROUTER, SERVER, 77, HOST, WEB, OWN);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.ProbeMet);
    unreachable(ROUTER, SERVER, 78, HOST, WEB, OWN + 100);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.UnreachableIgnored, 'of none');
    aboutServer(Command.AskEnd, SERVER, WEB);
    expect<u32>(said(Event.Asked).code).toBe(Met.Left | Met.Unreachable);
    probe(SERVER, 0, OWN);
    unreachableDatagram(ROUTER, SERVER, HOST);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.ProbeMet);
    aboutServer(Command.AskEnd, SERVER, 0);
    expect<u32>(said(Event.Asked, 1).code).toBe(Met.Unreachable);
    unreachableDatagram(ROUTER, SERVER, HOST);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.UnreachableIgnored);
  });
});
