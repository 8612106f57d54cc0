import { drained } from '../../../assembly/index';
import { Direction } from '../../../assembly/path/packet';
import { Verdict } from '../../../assembly/path/verdict';
import { Command, Option, Status } from '../../../assembly/record/commands';
import { Cause, Event, Met, Sign } from '../../../assembly/record/events';
import { heldAttempts } from '../../../assembly/table/attempt';
import { Address } from '../../../assembly/wire/address';
import { DATAGRAMS } from '../../../assembly/wire/udp';
import { ipv4, NAKAMURA, ROUTER, SATO, SATO6, SERVER, SERVER6, TANAKA, THIRD } from '../addresses';
import { frameBytes, patchIp8, spoil8 } from '../frames';
import { LAN, SECOND_US, WAIT_US, WAN } from '../numbers';
import { ASKING, aboutServer, aboutTime, EVERYTHING, probe, restore, watchDatagrams } from '../orders';
import {
  datagram,
  HOST,
  HOST_6,
  NAMES,
  PORT,
  PORT_6,
  portUnreachable,
  question,
  reply,
  SECURE,
  syn,
  synAck,
  unreachableDatagram,
} from '../packets';
import { fresh, give, now, pass, wait } from '../play';
import { hearAll, said, saidOf, saidTimes } from '../said';
import { forward } from '../stories';
import { checkTables } from '../tables';

const SERVICE: u32 = NAMES | DATAGRAMS;
const OWN: u32 = 30_000;

const clients: Address[] = [SATO, SATO6];
const servers: Address[] = [SERVER, SERVER6];

function begin(options: u32 = EVERYTHING, attempts: u32 = 64): void {
  fresh(options, 16, 64, attempts);
  assert(watchDatagrams(NAMES) == Status.Ok, 'datagrams count');
}

/** The question comes in and leaves. */
function ask(client: Address, server: Address, from: u32 = 40_001): void {
  question(client, server, NAMES, from);
  assert(give(Direction.In, LAN) == Verdict.DatagramNoted, 'it is noted');
  assert(give(Direction.Out, WAN) == Verdict.DatagramForwarded, 'and leaves');
}

/** The service has answered that client long ago. */
function lived(client: Address, server: Address, options: u32 = EVERYTHING, attempts: u32 = 64): void {
  begin(options, attempts);
  ask(client, server);
  reply(client, server);
  assert(give(Direction.In, WAN) == Verdict.DatagramAnswers, 'it answers');
  wait(WAIT_US);
  wait(WAIT_US);
  drained();
}

/** The client asks twice, and nobody answers for the whole wait. */
function silent(client: Address, server: Address): void {
  ask(client, server);
  pass(5 * SECOND_US);
  question(client, server);
  assert(give(Direction.In, LAN) == Verdict.DatagramRepeated, 'it asks again');
  wait(WAIT_US);
}

describe('datagrams', () => {
  it('are nothing of ours where none count, and none do after a configuration', () => {
    fresh();
    question(SATO, SERVER);
    expect<u32>(give()).toBe(Verdict.OtherTransport);
    begin();
    question(SATO, SERVER, SECURE);
    expect<u32>(give()).toBe(Verdict.NotWatched, 'another port');
    question(SERVER, SATO);
    expect<u32>(give()).toBe(Verdict.NotWatched, 'another address');
    question(SATO, SERVER);
    expect<u32>(give()).toBe(Verdict.DatagramNoted);
    watchDatagrams(NAMES, false);
    question(SATO, SERVER);
    expect<u32>(give()).toBe(Verdict.OtherTransport);
    fresh();
    question(SATO, SERVER);
    expect<u32>(give()).toBe(Verdict.OtherTransport);
  });

  it('that are answered are no failure, and make the service known', () => {
    for (let i = 0; i < 2; i++) {
      begin();
      ask(clients[i], servers[i]);
      reply(clients[i], servers[i]);
      expect<u32>(give(Direction.In, WAN)).toBe(Verdict.DatagramAnswers);
      expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.DatagramAnswers);
      expect<u32>(said(Event.Answers).port).toBe(SERVICE);
      wait(3 * WAIT_US);
      expect<u32>(saidTimes(Event.Outage)).toBe(0);
      checkTables(16, 64, 64);
    }
  });

  it('that nobody answers are a failure of the host, with the port that was tried', () => {
    for (let i = 0; i < 2; i++) {
      lived(clients[i], servers[i]);
      const start = now();
      silent(clients[i], servers[i]);
      const outage = said(Event.Outage);
      expect<u32>(outage.port).toBe(0);
      expect<u32>(outage.triedPort).toBe(SERVICE);
      expect<u32>(outage.code).toBe(Cause.Unanswered);
      const waiting = said(Event.Waiting);
      expect<bool>(waiting.client.equals(clients[i])).toBe(true);
      expect<u32>(waiting.tries).toBe(2);
      expect<i64>(waiting.firstUs).toBe(start);
      expect<i64>(waiting.lastUs).toBe(start + 5 * SECOND_US);
      checkTables(16, 64, 64);
    }
  });

  it('are a failure of the service if its host answers others', () => {
    lived(SATO, SERVER);
    ask(SATO, SERVER);
    pass(5 * SECOND_US);
    question(SATO, SERVER);
    give(Direction.In, LAN);
    forward(TANAKA, SERVER, 5);
    synAck(TANAKA, SERVER, 5);
    give(Direction.In, WAN);
    wait(WAIT_US);
    expect<u32>(said(Event.Outage).port).toBe(SERVICE);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
    syn(TANAKA, SERVER, 6, NAMES);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.SynNoted, 'the same port of TCP is another service');
  });

  it('have no meaning if the service has answered anybody after the last of them', () => {
    lived(SATO, SERVER);
    ask(SATO, SERVER);
    pass(2 * SECOND_US);
    question(SATO, SERVER);
    give(Direction.In, LAN);
    pass(2 * SECOND_US);
    ask(TANAKA, SERVER);
    reply(TANAKA, SERVER);
    give(Direction.In, WAN);
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
  });

  it('are one try as long as less than a second lies between them, from whichever ports', () => {
    lived(SATO, SERVER);
    ask(SATO, SERVER, 1111);
    for (let port: u32 = 1112; port < 1120; port++) {
      pass(100_000);
      question(SATO, SERVER, NAMES, port);
      expect<u32>(give(Direction.In, LAN)).toBe(Verdict.DatagramRepeated);
    }
    pass(SECOND_US);
    question(SATO, SERVER, NAMES, 1120);
    give(Direction.In, LAN);
    wait(WAIT_US);
    expect<u32>(said(Event.Waiting).tries).toBe(2);
  });

  it('that say a last word are no outage by themselves; where the server is asked, they are asked about', () => {
    lived(SATO, SERVER);
    ask(SATO, SERVER);
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    lived(SATO, SERVER, ASKING);
    ask(SATO, SERVER);
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
    expect<u32>(saidTimes(Event.Look)).toBe(0, 'nothing is looked at');
  });

  it('whose port is unreachable are a failure of a service that is known, and of no other', () => {
    for (let i = 0; i < 2; i++) {
      lived(clients[i], servers[i]);
      ask(clients[i], servers[i]);
      unreachableDatagram(clients[i], servers[i], i == 0 ? PORT : PORT_6);
      expect<u32>(give(Direction.In, WAN)).toBe(Verdict.UnreachableLinks);
      const outage = said(Event.Outage);
      expect<u32>(outage.port).toBe(SERVICE);
      expect<u32>(outage.code).toBe(Cause.Unreachable);
      expect<bool>(saidOf(Event.Waiting, clients[i])).toBe(true);
      begin();
      ask(clients[i], servers[i]);
      unreachableDatagram(clients[i], servers[i], i == 0 ? PORT : PORT_6);
      expect<u32>(give(Direction.In, WAN)).toBe(Verdict.UnreachableUnknown);
    }
  });

  it('of a conversation that went well are a new try when they meet that', () => {
    lived(SATO, SERVER);
    ask(SATO, SERVER);
    reply(SATO, SERVER);
    give(Direction.In, WAN);
    pass(5 * SECOND_US);
    question(SATO, SERVER);
    give(Direction.In, LAN);
    unreachableDatagram(SATO, SERVER, PORT);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.UnreachableLinks);
    const waiting = said(Event.Waiting);
    expect<i64>(waiting.firstUs).toBe(now());
    expect<u32>(waiting.tries).toBe(1);
    checkTables(16, 64, 64);
  });

  it('to a host that cannot be reached are a failure of the host', () => {
    for (let i = 0; i < 2; i++) {
      lived(clients[i], servers[i]);
      ask(clients[i], servers[i]);
      unreachableDatagram(clients[i], servers[i], i == 0 ? HOST : HOST_6);
      expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.UnreachableLinks);
      expect<u32>(said(Event.Outage).port).toBe(0);
      expect<u32>(said(Event.Outage).triedPort).toBe(SERVICE);
      expect<u32>(saidTimes(Event.Waiting)).toBe(1);
      wait(WAIT_US);
      expect<u32>(saidTimes(Event.Waiting)).toBe(1, 'once');
    }
  });

  it('to a service that is down link their client at once, and an answer is a sign of life', () => {
    lived(SATO, SERVER);
    silent(SATO, SERVER);
    drained();
    question(TANAKA, SERVER);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.DatagramLinked);
    expect<bool>(saidOf(Event.Waiting, TANAKA)).toBe(true);
    give(Direction.Out, WAN);
    pass(3 * SECOND_US);
    reply(TANAKA, SERVER);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.DatagramAnswers);
    expect<u32>(said(Event.Signal).code).toBe(Sign.SynAck);
    expect<u32>(said(Event.Signal).answeredPort).toBe(SERVICE);
    aboutServer(Command.Release, SERVER);
    expect<u32>(hearAll(Event.Released)).toBe(2, 'both are told');
    checkTables(16, 64, 64);
  });

  it('of a long conversation show once a second that its service lives', () => {
    lived(SATO, SERVER);
    ask(SATO, SERVER);
    reply(SATO, SERVER);
    give(Direction.In, WAN);
    pass(20 * SECOND_US);
    reply(SATO, SERVER);
    give(Direction.In, WAN);
    reply(TANAKA, SERVER);
    expect<u32>(give(Direction.In, WAN)).toBe(Verdict.DatagramUnasked);
    aboutServer(Command.AskMet, SERVER, SERVICE);
    expect<i64>(said(Event.Asked).firstUs).toBe(now());
  });
});

/** Many clients, all of IPv4. */
function many(number: u32): Address {
  return ipv4(10, 0, number >> 8, number & 255);
}

describe('datagrams that somebody forges', () => {
  it('are no answer from where the clients are, as they come in and as they leave', () => {
    lived(SATO, SERVER);
    ask(SATO, SERVER);
    reply(SATO, SERVER);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.WrongSide);
    expect<u32>(give(Direction.Out, LAN)).toBe(Verdict.WrongSide);
    pass(5 * SECOND_US);
    question(SATO, SERVER);
    give(Direction.In, LAN);
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
  });

  it('are no unreachable port from there, either', () => {
    lived(SATO, SERVER);
    ask(SATO, SERVER);
    unreachableDatagram(SATO, SERVER, PORT);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.WrongSide);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
  });

  it('are no question with a wrong checksum or no hop left', () => {
    for (let i = 0; i < 2; i++) {
      begin();
      question(clients[i], servers[i]);
      const at: u32 = i == 0 ? 14 + 20 : 14 + 40;
      spoil8(at + 7, load<u8>(frameBytes() + at + 7) ^ 1);
      expect<u32>(give(Direction.In, LAN)).toBe(Verdict.SynBadChecksum);
    }
    question(SATO, SERVER);
    patchIp8(8, 1);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.SynExpiring);
    question(SATO, SERVER);
    spoil8(14 + 20 + 6, 0);
    spoil8(14 + 20 + 7, 0);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.DatagramNoted, 'IPv4 needs none');
    question(SATO, SERVER);
    spoil8(14 + 20 + 5, 7);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.OtherTransport, 'shorter than its header');
  });

  it('take no place of a connection request, however many there are', () => {
    begin(EVERYTHING, 64);
    for (let i: u32 = 0; i < 56; i++) {
      syn(many(i), SERVER, 100 + i);
      expect<u32>(give(Direction.In, LAN)).toBe(Verdict.SynNoted);
    }
    for (let i: u32 = 0; i < 500; i++) {
      question(many(i), SERVER);
      expect<u32>(give(Direction.In, LAN)).toBe(Verdict.DatagramNoted);
    }
    checkTables(16, 64, 64);
    for (let i: u32 = 0; i < 56; i++) {
      syn(many(i), SERVER, 100 + i);
      expect<u32>(give(Direction.In, LAN)).toBe(Verdict.SynRepeated, 'it is still there');
    }
    for (let i: u32 = 60; i < 68; i++) {
      syn(many(i), SERVER, 100 + i);
      expect<u32>(give(Direction.In, LAN)).toBe(Verdict.SynNoted);
    }
    checkTables(16, 64, 64);
  });

  it('take an eighth of the table, and no more', () => {
    begin(EVERYTHING, 64);
    for (let i: u32 = 0; i < 500; i++) {
      question(many(i), SERVER);
      give(Direction.In, LAN);
    }
    expect<u32>(heldAttempts()).toBe(8);
    checkTables(16, 64, 64);
  });

  it('find no room where connection requests have all of it', () => {
    begin(EVERYTHING, 8);
    for (let i: u32 = 0; i < 8; i++) {
      syn(many(i), SERVER, 100 + i);
      give(Direction.In, LAN);
    }
    question(SATO, SERVER);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.DatagramRefused);
    syn(many(3), SERVER, 103);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.SynRepeated);
  });

  it('to servers that nobody knows go before those to servers that answered', () => {
    lived(SATO, SERVER);
    ask(SATO, SERVER);
    for (let i: u32 = 0; i < 50; i++) {
      datagram(many(i), 5000, THIRD, NAMES);
      expect<u32>(give(Direction.In, LAN)).toBe(Verdict.DatagramNoted);
    }
    question(SATO, SERVER);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.DatagramRepeated, 'it has kept its place');
  });
});

describe('a probe by datagrams', () => {
  it('meets what comes in for its own ports: an answer, a port that is unreachable, a host that is', () => {
    for (let i = 0; i < 4; i++) {
      lived(SATO, SERVER, ASKING);
      expect<u32>(probe(SERVER, SERVICE, OWN)).toBe(Status.Ok);
      expect<u32>(said(Event.Asking).port).toBe(SERVICE);
      datagram(ROUTER, OWN + 1, SERVER, NAMES, 0);
      expect<u32>(give(Direction.Out, WAN)).toBe(Verdict.DatagramOwn);
      if (i == 0) datagram(SERVER, NAMES, ROUTER, OWN + 1);
      else if (i == 1) portUnreachable(ROUTER, SERVER, NAMES, OWN + 1);
      else unreachableDatagram(ROUTER, SERVER, i == 2 ? HOST : PORT, NAMES, OWN + 1);
      expect<u32>(give(Direction.In, WAN)).toBe(Verdict.ProbeMet);
      drained();
      aboutServer(Command.AskEnd, SERVER, SERVICE);
      // What a firewall on the way says of a port is not the server's word.
      const met: u32 = i == 0 ? Met.Answer : i == 1 ? Met.Reset : i == 2 ? Met.Unreachable : 0;
      expect<u32>(said(Event.Asked).code).toBe(Met.Left | met);
      expect<u32>(said(Event.Asked).port).toBe(SERVICE);
    }
  });

  it('does not meet what comes in where the server is not', () => {
    lived(SATO, SERVER, ASKING);
    probe(SERVER, SERVICE, OWN);
    datagram(ROUTER, OWN, SERVER, NAMES, 0);
    give(Direction.Out, WAN);
    datagram(SERVER, NAMES, ROUTER, OWN);
    give(Direction.In, LAN);
    drained();
    aboutServer(Command.AskEnd, SERVER, SERVICE);
    expect<u32>(said(Event.Asked).code).toBe(Met.Left);
  });
});

describe('a service of datagrams', () => {
  it('is known again after a restart, with who waited for it', () => {
    begin(EVERYTHING | Option.Ask);
    expect<u32>(aboutTime(Command.RestoreService, SERVER, SERVICE, now() - 60 * SECOND_US)).toBe(Status.Ok);
    expect<u32>(restore(SERVER, SERVICE, NAKAMURA, Cause.Unanswered, now(), now(), 2, SERVICE)).toBe(
      Status.Ok,
    );
    expect<u32>(said(Event.Outage).port).toBe(SERVICE);
    expect<u32>(said(Event.Outage).triedPort).toBe(SERVICE);
    expect<u32>(said(Event.Waiting).port).toBe(SERVICE);
    question(SATO, SERVER);
    expect<u32>(give(Direction.In, LAN)).toBe(Verdict.DatagramLinked);
  });
});
