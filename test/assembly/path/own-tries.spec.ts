import { commandBuffer } from '../../../assembly/index';
import { Direction, FrameFlag } from '../../../assembly/path/packet';
import { Verdict } from '../../../assembly/path/verdict';
import { Command, Option, Status } from '../../../assembly/record/commands';
import { Event } from '../../../assembly/record/events';
import { Field } from '../../../assembly/record/layout';
import { attemptAt } from '../../../assembly/table/attempt';
import { firstOpen } from '../../../assembly/table/open-attempts';
import { Address } from '../../../assembly/wire/address';
import { SATO, SATO6, SERVER, SERVER6, TANAKA } from '../addresses';
import { frameBytes, toEverybody } from '../frames';
import { LAN, SECOND_US, WAIT_US, WAN } from '../numbers';
import { aboutClient, aboutServer, again, configure, EVERYTHING, probe, restore, watch } from '../orders';
import {
  arpRequest,
  CLIENT_PORT,
  HOST,
  HOST_6,
  PORT,
  refusal,
  solicitation,
  syn,
  synAck,
  unreachable,
  unreachableDatagram,
  WEB,
} from '../packets';
import { fresh, give, now, pass, wait } from '../play';
import { said, saidOf, saidTimes } from '../said';

/** The first of the program's local ports, and how many there are. */
const PROGRAM: u32 = 20_000;
const PORTS: u32 = 100;
const LOOPBACK: u32 = 3;
const OWN: u32 = EVERYTHING | Option.Own;

/** A client's own machine, Sato's. */
function onClient(options: u32 = OWN): void {
  fresh(options);
  configure(options);
  store<u16>(commandBuffer(), <u16>PROGRAM, Field.ProgramPort);
  store<u16>(commandBuffer(), <u16>PORTS, Field.ProgramPorts);
  again();
  watch(SERVER, 128);
  watch(SERVER6, 128);
  aboutClient(Command.Own, SATO);
  aboutClient(Command.Own, SATO6);
}

/** The kernel asks everybody for the address, and gives up a second after the third time. */
function askInVain(server: Address): void {
  for (let i = 0; i < 3; i++) {
    if (server.isIpv4) arpRequest(SATO, server);
    else solicitation(SATO6, server);
    toEverybody();
    give(Direction.Out, LAN);
    pass(SECOND_US);
  }
}

/** What it says then, from and to no MAC address. */
function saidToItself(client: Address, server: Address, code: u32, from: u32 = CLIENT_PORT): void {
  unreachable(client, server, 7, code, WEB, from);
  memory.fill(frameBytes(), 0, 12);
}

describe('what this machine itself tries', () => {
  it('is nothing while nobody wants it', () => {
    onClient(EVERYTHING);
    syn(SATO, SERVER, 7);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.SynOwn);
    unreachable(SATO, SERVER, 7, HOST);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.UnreachableIgnored);
    unreachableDatagram(SATO, SERVER, HOST);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.UnreachableIgnored);
  });

  it('fails as a client’s request does: by a message, a refusal, or silence', () => {
    for (let six = 0; six < 2; six++) {
      const from = six == 0 ? SATO : SATO6;
      const to = six == 0 ? SERVER : SERVER6;
      onClient();
      syn(from, to, 7);
      expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.SynNoted);
      unreachable(from, to, 7, six == 0 ? HOST : HOST_6);
      expect<u32>(give(Direction.In, LAN)).toBe(Verdict.UnreachableLinks);
      expect<bool>(saidOf(Event.Waiting, from)).toBe(true);
      expect<bool>(said(Event.Outage).server.equals(to)).toBe(true);

      onClient();
      syn(from, to, 7);
      give(Direction.Out, LAN);
      synAck(from, to, 7);
      expect<u32>(give(Direction.In, LAN)).toBe(Verdict.SynAckAnswers);
      pass(SECOND_US);
      syn(from, to, 8);
      give(Direction.Out, LAN);
      refusal(from, to, 8);
      expect<u32>(give(Direction.In, LAN)).toBe(Verdict.ResetRefuses);
      expect<bool>(saidOf(Event.Waiting, from)).toBe(true);
      expect<u32>(said(Event.Outage).port).toBe(WEB);

      onClient();
      syn(from, to, 7);
      give(Direction.Out, LAN);
      wait(WAIT_US + SECOND_US);
      expect<bool>(saidOf(Event.Waiting, from)).toBe(true);
    }
  });

  it('counts for every protocol', () => {
    onClient();
    unreachableDatagram(SATO, SERVER, HOST);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.UnreachableLinks);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
    unreachableDatagram(TANAKA, SERVER, HOST);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.UnreachableInbound, 'what goes on to another');
  });

  it('counts where its kernel asks the link in vain and the request never leaves: it says so on the loopback', () => {
    for (let six = 0; six < 2; six++) {
      const from = six == 0 ? SATO : SATO6;
      const to = six == 0 ? SERVER : SERVER6;
      const code = six == 0 ? HOST : HOST_6;
      onClient();
      askInVain(to);
      saidToItself(from, to, code);
      expect<u32>(give(Direction.In, LOOPBACK)).toBe(Verdict.UnreachableLinks);
      expect<bool>(saidOf(Event.Waiting, from)).toBe(true);
      expect<bool>(said(Event.Outage).server.equals(to)).toBe(true);
      expect<u32>(said(Event.Outage).triedPort).toBe(WEB);
    }
  });

  it('is none where anything is missing of that: a firewall, the program, another machine, and somebody on a wire', () => {
    onClient();
    saidToItself(SATO, SERVER, HOST);
    expect<u32>(give(Direction.In, LOOPBACK)).toBe(Verdict.UnreachableIgnored, 'the link was not asked');
    askInVain(SERVER);
    saidToItself(SATO, SERVER, PORT);
    expect<u32>(give(Direction.In, LOOPBACK)).toBe(Verdict.UnreachableIgnored, 'a firewall of its own');
    saidToItself(SATO, SERVER, HOST, PROGRAM + 1);
    expect<u32>(give(Direction.In, LOOPBACK)).toBe(Verdict.UnreachableUnasked, 'the program');
    saidToItself(TANAKA, SERVER, HOST);
    expect<u32>(give(Direction.In, LOOPBACK)).toBe(Verdict.UnreachableUnasked, 'somebody else');
    saidToItself(SATO, SERVER, HOST);
    expect<u32>(give(Direction.In | FrameFlag.ForOthers, LAN)).toBe(
      Verdict.UnreachableUnasked,
      'from a wire',
    );
    unreachable(SATO, SERVER, 7, HOST);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.UnreachableUnasked, 'from a wire, to this machine');
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
  });

  it('is one attempt with its retransmissions, each of which is a try, and with the same packet on another interface', () => {
    onClient();
    syn(SATO, SERVER, 7);
    give(Direction.Out, LAN);
    expect<u32>(give(Direction.Out, WAN)).toBe(Verdict.SynForwarded);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.SynForwarded, 'where a switch gives it back');
    pass(SECOND_US);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.SynRepeated);
    expect<u32>(attemptAt(firstOpen()).tries).toBe(2);
    synAck(SATO, SERVER, 7);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.SynAckAnswers);
  });

  it('is none where it is the program’s: a probe, or from one of its ports', () => {
    onClient();
    probe(SERVER, WEB, PROGRAM + 7);
    for (let six = 0; six < 2; six++) {
      const from = six == 0 ? SATO : SATO6;
      const to = six == 0 ? SERVER : SERVER6;
      for (let i: u32 = 0; i < 2; i++) {
        syn(from, to, 7, WEB, PROGRAM + i * (PORTS - 1));
        expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.SynOwn);
        expect<u32>(give(Direction.In, WAN)).toBe(Verdict.SynOwn, 'its copy');
      }
      syn(from, to, 7, WEB, PROGRAM + PORTS);
      expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.SynNoted);
      syn(from, to, 7, WEB, PROGRAM - 1);
      expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.SynNoted);
    }
    syn(TANAKA, SERVER, 7, WEB, PROGRAM);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.SynNoted, 'another machine’s port');
  });

  it('is none of an address that is not its own: of a guest, or translated', () => {
    onClient();
    syn(TANAKA, SERVER, 7);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.SynOwn);
  });

  it('waits on through a restart', () => {
    onClient();
    const us = now();
    expect<u32>(restore(SERVER, 0, SATO, 2, us - SECOND_US, us, 1, 80)).toBe(Status.Ok);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
    aboutClient(Command.Own, SATO);
    expect<u32>(saidTimes(Event.Answered)).toBe(0);
    aboutServer(Command.Release, SERVER);
    expect<bool>(saidOf(Event.Released, SATO)).toBe(true);
  });
});
