import { Direction } from '../../../assembly/path/packet';
import { Counter, Verdict } from '../../../assembly/path/verdict';
import { Command, Status } from '../../../assembly/record/commands';
import { Event } from '../../../assembly/record/events';
import { MAX_OWN } from '../../../assembly/table/own-addresses';
import { newAddress, SATO, SATO6, SECOND, SERVER, SERVER6, someClient, TANAKA } from '../addresses';
import { LAN, SECOND_US, WAIT_US, WAN } from '../numbers';
import { aboutClient, aboutServer, bare, configure, restore } from '../orders';
import { HOST, HOST_6, syn, synAck, unreachable, unreachableDatagram } from '../packets';
import { counterOf, fresh, give, now, pass, wait } from '../play';
import { said, saidOf, saidTimes } from '../said';
import { turnAway } from '../stories';

describe("the program's own addresses", () => {
  it('are nobody who waits, whatever becomes of what they send', () => {
    fresh();
    expect<u32>(aboutClient(Command.Own, SATO)).toBe(Status.Ok);
    expect<u32>(aboutClient(Command.Own, SATO6)).toBe(Status.Ok);
    syn(SATO, SERVER, 7);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.SynOwn);
    expect<u32>(give(Direction.Out, WAN)).toBe(Verdict.SynOwn);
    syn(SATO6, SERVER6, 7);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.SynOwn);
    unreachable(SATO, SERVER, 7, HOST);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.UnreachableIgnored);
    unreachable(SATO6, SERVER6, 7, HOST_6);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.UnreachableIgnored);
    unreachableDatagram(SATO, SERVER, HOST);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.UnreachableIgnored);
    wait(WAIT_US + SECOND_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    expect<u32>(saidTimes(Event.Waiting)).toBe(0);
  });

  it('link nobody to a server that is down, while others are', () => {
    fresh();
    aboutClient(Command.Own, SATO);
    turnAway(TANAKA, SERVER);
    syn(SATO, SERVER, 8);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.SynOwn);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(false);
    expect<bool>(saidOf(Event.Waiting, TANAKA)).toBe(true);
  });

  it('are answered without a word about the server', () => {
    fresh();
    aboutClient(Command.Own, SATO);
    syn(SATO, SERVER, 7);
    give(Direction.In, LAN);
    synAck(SATO, SERVER, 7);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.SynAckUnasked);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.SynAckUnasked);
    expect<u64>(counterOf(Counter.ServersDown)).toBe(0);
  });

  it('wait no longer where they did, and are not entered for what they sent before', () => {
    fresh();
    turnAway(SATO, SERVER);
    syn(SATO, SECOND, 9);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.SynNoted);
    turnAway(TANAKA, SERVER);
    expect<u32>(aboutClient(Command.Own, SATO)).toBe(Status.Ok);
    expect<u32>(saidTimes(Event.Answered)).toBe(1);
    expect<bool>(said(Event.Answered).client.equals(SATO)).toBe(true);
    expect<bool>(said(Event.Answered).server.equals(SERVER)).toBe(true);
    wait(WAIT_US);
    bare(Command.Sync);
    aboutServer(Command.Release, SERVER);
    aboutServer(Command.Release, SECOND);
    expect<bool>(saidOf(Event.Released, TANAKA)).toBe(true);
    expect<bool>(saidOf(Event.Released, SATO)).toBe(false);
  });

  it('wait no longer either where they were handed out, and the outage goes on', () => {
    fresh();
    turnAway(SATO, SERVER);
    aboutServer(Command.Release, SERVER);
    aboutClient(Command.Own, SATO);
    aboutServer(Command.StillDown, SERVER);
    bare(Command.Sync);
    aboutServer(Command.Release, SERVER);
    expect<u32>(saidTimes(Event.Released)).toBe(1, 'the first time only');
  });

  it('are not restored', () => {
    fresh();
    aboutClient(Command.Own, SATO);
    const us = now();
    expect<u32>(restore(SERVER, 0, SATO, 2, us - SECOND_US, us, 1, 80)).toBe(Status.Ok);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(false);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
  });

  it('are clients again once they are given back, or configured anew', () => {
    fresh();
    aboutClient(Command.Own, SATO);
    aboutClient(Command.Own, TANAKA);
    expect<u32>(aboutClient(Command.Disown, SATO)).toBe(Status.Ok);
    expect<u32>(aboutClient(Command.Disown, SATO)).toBe(Status.NotFound);
    syn(SATO, SERVER, 7);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.SynNoted);
    configure();
    expect<u32>(aboutClient(Command.Disown, TANAKA)).toBe(Status.NotFound);
    pass(SECOND_US);
  });

  it('are hosts, and so many at the most', () => {
    fresh();
    expect<u32>(aboutClient(Command.Own, newAddress())).toBe(Status.BadValue);
    for (let i: u32 = 0; i < MAX_OWN; i++)
      expect<u32>(aboutClient(Command.Own, someClient(i))).toBe(Status.Ok);
    expect<u32>(aboutClient(Command.Own, someClient(MAX_OWN))).toBe(Status.Full);
  });
});
