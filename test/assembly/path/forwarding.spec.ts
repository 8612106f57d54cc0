import { Direction } from '../../../assembly/path/packet';
import { Verdict } from '../../../assembly/path/verdict';
import { Command, Status } from '../../../assembly/record/commands';
import { Event } from '../../../assembly/record/events';
import { MAX_FORWARDS } from '../../../assembly/table/forwards';
import { Address } from '../../../assembly/wire/address';
import {
  ELSEWHERE,
  ELSEWHERE6,
  newAddress,
  SATO,
  SATO6,
  SECOND,
  SERVER,
  SERVER6,
  TANAKA,
} from '../addresses';
import { frameBytes, spoil8 } from '../frames';
import { LAN, SECOND_US, WAIT_US, WAN } from '../numbers';
import { aboutServer, answerFor, configure, forward, watch } from '../orders';
import { HOST, HOST_6, PORT, refusal, syn, synAck, unreachable, unreachableDatagram } from '../packets';
import { fresh, give, wait } from '../play';
import { said, saidOf, saidTimes } from '../said';

const OUTER_PORT: u32 = 8080;
const CHECKSUM_OF_TCP: u32 = 14 + 20 + 16;

const clients: Address[] = [SATO, SATO6];
const outers: Address[] = [ELSEWHERE, ELSEWHERE6];
const reals: Address[] = [SERVER, SERVER6];

/** Port 8080 of the outer address is port 80 of the server, over both IP versions. */
function begin(): void {
  fresh();
  for (let six = 0; six < 2; six++)
    expect<u32>(forward(outers[six], OUTER_PORT, reals[six], 80)).toBe(Status.Ok);
}

describe('a forwarded port', () => {
  it('is the service itself: the request, where it leaves, its answer, and where that leaves', () => {
    for (let six = 0; six < 2; six++) {
      begin();
      syn(clients[six], outers[six], 7, OUTER_PORT);
      expect<u32>(give(Direction.In, LAN)).toBe(Verdict.SynNoted);
      syn(clients[six], reals[six], 7);
      expect<u32>(give(Direction.Out, WAN)).toBe(Verdict.SynForwarded);
      synAck(clients[six], reals[six], 7);
      expect<u32>(give(Direction.In, WAN)).toBe(Verdict.SynAckAnswers);
      synAck(clients[six], outers[six], 7, OUTER_PORT);
      expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.SynAckRepeated);
      expect<u32>(said(Event.Answers).port).toBe(80);
      expect<bool>(said(Event.Answers).server.equals(reals[six])).toBe(true);
    }
  });

  it('that is refused, is the service that refuses', () => {
    begin();
    aboutServer(Command.KnowService, SERVER, 80);
    syn(SATO, ELSEWHERE, 7, OUTER_PORT);
    give(Direction.In, LAN);
    syn(SATO, SERVER, 7);
    give(Direction.Out, WAN);
    refusal(SATO, SERVER, 7);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.ResetRefuses);
    refusal(SATO, ELSEWHERE, 7, OUTER_PORT);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.ResetRepeated);
    expect<bool>(said(Event.Outage).server.equals(SERVER)).toBe(true);
    expect<u32>(said(Event.Outage).port).toBe(80);
  });

  it('whose server is gone, is about that server, and not about the address that clients know', () => {
    for (let six = 0; six < 2; six++) {
      begin();
      watch(outers[six], 128);
      syn(clients[six], outers[six], 7, OUTER_PORT);
      give(Direction.In, LAN);
      unreachable(clients[six], outers[six], 7, six != 0 ? HOST_6 : HOST, OUTER_PORT);
      expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.UnreachableLinks);
      expect<u32>(saidTimes(Event.Outage)).toBe(1);
      expect<bool>(said(Event.Outage).server.equals(reals[six])).toBe(true);
      expect<bool>(saidOf(Event.Waiting, clients[six])).toBe(true);
    }
  });

  it('is silent as its service is', () => {
    begin();
    syn(SATO, ELSEWHERE, 7, OUTER_PORT);
    give(Direction.In, LAN);
    wait(WAIT_US + SECOND_US);
    expect<bool>(said(Event.Outage).server.equals(SERVER)).toBe(true);
  });

  it('keeps wrong checksums wrong, and right ones right', () => {
    begin();
    for (let at: u32 = 14 + 10; at <= CHECKSUM_OF_TCP; at += CHECKSUM_OF_TCP - 24) {
      syn(SATO, ELSEWHERE, 7, OUTER_PORT);
      spoil8(at, load<u8>(frameBytes() + at) ^ 1);
      expect<u32>(give(Direction.In, LAN)).toBe(Verdict.SynBadChecksum);
    }
    for (let sequence: u32 = 1; sequence < 5000; sequence += 7) {
      syn(SATO, ELSEWHERE, sequence, OUTER_PORT, 1024 + sequence);
      expect<u32>(give(Direction.In, LAN)).not.toBe(Verdict.SynBadChecksum);
    }
  });

  it('answers from where clients are is forged', () => {
    begin();
    syn(SATO, ELSEWHERE, 7, OUTER_PORT);
    give(Direction.In, LAN);
    syn(SATO, SERVER, 7);
    give(Direction.Out, WAN);
    synAck(SATO, ELSEWHERE, 7, OUTER_PORT);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.WrongSide);
  });

  it('leaves other ports of its address alone, and other addresses', () => {
    begin();
    syn(SATO, ELSEWHERE, 7, 22);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.NotWatched);
    syn(SATO, SECOND, 7, OUTER_PORT);
    give(Direction.In, LAN);
    wait(WAIT_US + SECOND_US);
    expect<bool>(said(Event.Outage).server.equals(SECOND)).toBe(true);
  });

  it('is none any more when it is taken back, and after configure', () => {
    begin();
    expect<u32>(aboutServer(Command.Unforward, ELSEWHERE, OUTER_PORT)).toBe(Status.Ok);
    expect<u32>(aboutServer(Command.Unforward, ELSEWHERE, OUTER_PORT)).toBe(Status.NotFound);
    syn(SATO, ELSEWHERE, 7, OUTER_PORT);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.NotWatched);
    configure();
    watch(SERVER6, 128);
    syn(SATO6, ELSEWHERE6, 7, OUTER_PORT);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.NotWatched);
  });

  it('may lead elsewhere from now on', () => {
    begin();
    forward(ELSEWHERE, OUTER_PORT, SECOND, 81);
    syn(SATO, ELSEWHERE, 7, OUTER_PORT);
    give(Direction.In, LAN);
    wait(WAIT_US + SECOND_US);
    expect<bool>(said(Event.Outage).server.equals(SECOND)).toBe(true);
  });

  it('needs addresses of hosts, of one version of IP, and a port behind', () => {
    fresh();
    expect<u32>(forward(ELSEWHERE, OUTER_PORT, SERVER6, 80)).toBe(Status.BadFamily);
    expect<u32>(forward(ELSEWHERE, OUTER_PORT, newAddress(), 80)).toBe(Status.BadValue);
    expect<u32>(forward(newAddress(), OUTER_PORT, SERVER, 80)).toBe(Status.BadValue);
    expect<u32>(forward(ELSEWHERE, OUTER_PORT, SERVER, 0)).toBe(Status.BadValue);
  });

  it('has room for so many others', () => {
    fresh();
    for (let port: u32 = 1; port <= MAX_FORWARDS; port++)
      expect<u32>(forward(ELSEWHERE, port, SERVER, port)).toBe(Status.Ok);
    expect<u32>(forward(ELSEWHERE, MAX_FORWARDS + 1, SERVER, 80)).toBe(Status.Full);
    expect<u32>(aboutServer(Command.Unforward, ELSEWHERE, 5)).toBe(Status.Ok);
    expect<u32>(forward(ELSEWHERE, MAX_FORWARDS + 1, SERVER, 80)).toBe(Status.Ok);
  });
});

describe('an address with several machines behind it', () => {
  it('is never said to be gone as a whole, only a service that is known there', () => {
    fresh();
    watch(ELSEWHERE, 128);
    aboutServer(Command.KnowService, ELSEWHERE, OUTER_PORT);
    expect<u32>(forward(ELSEWHERE, 0, newAddress(), 0)).toBe(Status.Ok);
    syn(SATO, ELSEWHERE, 7, OUTER_PORT);
    give(Direction.In, LAN);
    unreachable(SATO, ELSEWHERE, 7, HOST, OUTER_PORT);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.UnreachableLinks);
    expect<u32>(said(Event.Outage).port).toBe(OUTER_PORT);
    syn(TANAKA, ELSEWHERE, 8, 22);
    give(Direction.In, LAN);
    unreachable(TANAKA, ELSEWHERE, 8, HOST, 22);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.UnreachableUnknown);
    unreachableDatagram(TANAKA, ELSEWHERE, HOST);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.UnreachableIgnored);
    wait(WAIT_US + SECOND_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
  });

  it('answers, by a port that leads nobody knows where, though the page answers on such ports', () => {
    fresh();
    watch(ELSEWHERE, 128);
    answerFor(OUTER_PORT, true);
    aboutServer(Command.KnowService, ELSEWHERE, OUTER_PORT);
    for (let known = 0; known < 2; known++) {
      if (known != 0) forward(ELSEWHERE, OUTER_PORT, ELSEWHERE, OUTER_PORT);
      syn(SATO, ELSEWHERE, 7 + known, OUTER_PORT);
      give(Direction.In, LAN);
      unreachable(SATO, ELSEWHERE, 7 + known, PORT, OUTER_PORT);
      give(Direction.Out, LAN);
      syn(SATO, ELSEWHERE, 17 + known, OUTER_PORT);
      give(Direction.In, LAN);
      synAck(SATO, ELSEWHERE, 17 + known, OUTER_PORT);
      expect<u32>(give(Direction.Out, LAN)).toBe(known == 0 ? Verdict.SynAckOwn : Verdict.SynAckAnswers);
    }
  });
});
