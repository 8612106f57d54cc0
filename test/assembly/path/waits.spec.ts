import { drained, resume } from '../../../assembly/index';
import { Direction } from '../../../assembly/path/packet';
import { Counter, Verdict } from '../../../assembly/path/verdict';
import { Command, Option, Status } from '../../../assembly/record/commands';
import { Event } from '../../../assembly/record/events';
import { MIN_TIMED } from '../../../assembly/table/times';
import { Address } from '../../../assembly/wire/address';
import { ipv4, ipv6, NAKAMURA, SATO, SATO6, SERVER, SERVER6, TANAKA } from '../addresses';
import { LAN, MILLISECOND_US, SECOND_US, WAIT_US, WAN } from '../numbers';
import { ASKING, aboutServer, bare, configure, EVERYTHING } from '../orders';
import { HOST, SECURE, syn, synAck, unreachable, WEB } from '../packets';
import { counterOf, fresh, give, pass, wait } from '../play';
import { said, saidTimes } from '../said';
import { accept } from '../stories';

const LEARNING: u32 = ASKING | Option.LearnWait;

let sequence: u32 = 0x05000000;

function visitor(number: u32): Address {
  return ipv4(10, 0, number >> 8, number & 255);
}

/** The client is answered so long after its first request. */
function served(client: Address, server: Address, afterUs: i64, port: u32 = WEB): void {
  sequence += 10;
  syn(client, server, sequence, port);
  give();
  wait(afterUs);
  synAck(client, server, sequence, port);
  assert(give() == Verdict.SynAckAnswers, 'it is answered');
  drained();
}

/** So many clients, one after the other. */
function crowd(server: Address, afterUs: i64, count: u32 = MIN_TIMED, port: u32 = WEB): void {
  accept(server.isIpv4 ? NAKAMURA : ipv6(0x179, 0xfff), server, port);
  for (let i: u32 = 0; i < count; i++) {
    served(server.isIpv4 ? visitor(i) : ipv6(0x179, 0x1000 + i), server, afterUs, port);
    wait(2 * SECOND_US);
    drained();
  }
}

function learnt(server: Address, port: u32 = WEB): i64 {
  drained();
  bare(Command.Learnt);
  let waitUs: i64 = 0;
  for (let i: u32 = 0; i < saidTimes(Event.Learnt); i++) {
    const event = said(Event.Learnt, i);
    if (event.server.equals(server) && event.port == port) waitUs = event.lastUs;
  }
  expect<u32>(saidTimes(Event.LearntEnd)).toBe(1);
  drained();
  return waitUs;
}

/** How long it takes until a client that is not answered is turned away. */
function turnedAwayAfter(client: Address, server: Address, port: u32 = WEB): i64 {
  sequence += 10;
  syn(client, server, sequence, port);
  give();
  drained();
  for (let halves: i64 = 1; halves <= 80; halves++) {
    wait(SECOND_US / 2 - 1);
    assert(saidTimes(Event.Waiting) == 0 || halves == 0, 'not before');
    wait(1);
    if (saidTimes(Event.Waiting) != 0) return (halves * SECOND_US) / 2;
  }
  return 0;
}

describe('how long a client waits', () => {
  it('is what the program says where nothing is learnt', () => {
    fresh(ASKING);
    crowd(SERVER, 5 * MILLISECOND_US);
    expect<i64>(learnt(SERVER)).toBe(0);
    expect<i64>(turnedAwayAfter(SATO, SERVER)).toBe(WAIT_US);
  });

  it('is the longest until enough answers were seen, and where nobody is known', () => {
    fresh(LEARNING);
    expect<i64>(turnedAwayAfter(SATO, ipv4(172, 27, 178, 99))).toBe(WAIT_US);
    crowd(SERVER, 5 * MILLISECOND_US, MIN_TIMED - 1);
    expect<i64>(learnt(SERVER)).toBe(0);
    expect<i64>(turnedAwayAfter(SATO, SERVER)).toBe(WAIT_US);
  });

  it('is a tenth of that for a service that answers in milliseconds, and by another port of it the longest', () => {
    fresh(LEARNING);
    crowd(SERVER, 5 * MILLISECOND_US);
    expect<i64>(learnt(SERVER)).toBe(3 * SECOND_US);
    accept(TANAKA, SERVER, SECURE);
    expect<i64>(turnedAwayAfter(SATO, SERVER)).toBe(3 * SECOND_US);
    expect<i64>(turnedAwayAfter(SATO, SERVER, SECURE)).toBe(WAIT_US);
  });

  it('is three times as long as its answers take, in steps, over IPv6 as well', () => {
    const seconds: i64[] = [1, 2, 4, 5, 10, 11, 25];
    const waits: i64[] = [3, 6, 12, 15, 30, 30, 30];
    for (let i = 0; i < seconds.length; i++) {
      const server = i % 2 == 0 ? SERVER : SERVER6;
      fresh(LEARNING);
      crowd(server, seconds[i] * SECOND_US);
      expect<i64>(learnt(server)).toBe(waits[i] * SECOND_US);
      expect<i64>(turnedAwayAfter(server.isIpv4 ? SATO : SATO6, server)).toBe(waits[i] * SECOND_US);
    }
  });

  it('counts from the first request: those that were lost and sent again are in the time', () => {
    fresh(LEARNING);
    accept(NAKAMURA, SERVER);
    for (let i: u32 = 0; i < MIN_TIMED; i++) {
      sequence += 10;
      const client = visitor(i);
      syn(client, SERVER, sequence);
      give();
      wait(SECOND_US + 20 * MILLISECOND_US);
      syn(client, SERVER, sequence);
      give();
      synAck(client, SERVER, sequence);
      give();
      drained();
    }
    expect<i64>(learnt(SERVER)).toBe(6 * SECOND_US);
  });

  it('says of how many answers it is known, and within which time they came', () => {
    fresh(LEARNING);
    crowd(SERVER, 5 * MILLISECOND_US);
    crowd(SERVER, 4 * SECOND_US, MIN_TIMED, SECURE);
    bare(Command.Learnt);
    expect<u32>(saidTimes(Event.Learnt)).toBe(2);
    const web = said(Event.Learnt, 0);
    expect<u32>(web.code).toBe(MIN_TIMED);
    expect<i64>(web.firstUs).toBe(SECOND_US / 64);
    const secure = said(Event.Learnt, 1);
    expect<u32>(secure.port).toBe(SECURE);
    expect<i64>(secure.firstUs).toBe(4 * SECOND_US);
    expect<i64>(secure.lastUs).toBe(12 * SECOND_US);
  });

  it('is said with a look', () => {
    fresh(LEARNING);
    crowd(SERVER, 5 * MILLISECOND_US);
    sequence += 10;
    syn(SATO, SERVER, sequence);
    give();
    wait(SECOND_US);
    expect<i64>(said(Event.Look).firstUs).toBe(3 * SECOND_US);
  });
});

describe('a service that takes four seconds', () => {
  it('is never taken for silent, whoever tries', () => {
    fresh(LEARNING);
    crowd(SERVER, 4 * SECOND_US, 100);
    expect<u64>(counterOf(Counter.SuspicionsOpened)).toBe(0);
    expect<u64>(counterOf(Counter.OutagesOpened)).toBe(0);
  });

  it('is suspected once if it was fast before, for its late answer is heard, and proof enough', () => {
    fresh(LEARNING);
    crowd(SERVER, 5 * MILLISECOND_US, 150);
    expect<i64>(learnt(SERVER)).toBe(3 * SECOND_US);
    served(SATO, SERVER, 4 * SECOND_US);
    expect<u64>(counterOf(Counter.SuspicionsOpened)).toBe(1);
    expect<i64>(learnt(SERVER)).toBe(12 * SECOND_US);
    aboutServer(Command.Acquit, SERVER, 0);
    aboutServer(Command.Acquit, SERVER, WEB);
    for (let i: u32 = 0; i < 20; i++) served(visitor(i), SERVER, 4 * SECOND_US);
    expect<u64>(counterOf(Counter.SuspicionsOpened)).toBe(1);
  });

  it('has not turned away those who came meanwhile', () => {
    fresh(LEARNING);
    crowd(SERVER, 5 * MILLISECOND_US, 150);
    syn(SATO, SERVER, 1);
    give();
    wait(2 * SECOND_US);
    syn(TANAKA, SERVER, 2);
    give();
    wait(2 * SECOND_US);
    expect<u32>(saidTimes(Event.Waiting)).toBe(1);
    synAck(SATO, SERVER, 1);
    give();
    drained();
    wait(SECOND_US);
    expect<u32>(saidTimes(Event.Waiting)).toBe(0);
  });
});

describe('who was turned away after a short wait', () => {
  it('is the same when he goes on trying, and is counted no second time', () => {
    fresh(LEARNING);
    crowd(SERVER, 5 * MILLISECOND_US);
    syn(SATO, SERVER, 1);
    give();
    wait(3 * SECOND_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
    expect<u32>(said(Event.Waiting).tries).toBe(1);
    drained();
    wait(2 * SECOND_US);
    syn(SATO, SERVER, 1);
    expect<u32>(give()).toBe(Verdict.SynRepeated);
    expect<u32>(saidTimes(Event.Waiting)).toBe(0);
    // A whole wait later it counts, as it would have if nothing were learnt.
    wait(28 * SECOND_US);
    expect<u32>(saidTimes(Event.Look)).toBe(0);
    wait(WAIT_US);
    expect<u64>(counterOf(Counter.ClientsEntered)).toBe(1);
    expect<u64>(counterOf(Counter.Unanswered)).toBe(1, 'and ends once');
  });

  it('is handed out with an outage that begins later, if he tried in it', () => {
    fresh(LEARNING);
    crowd(SERVER, 5 * MILLISECOND_US);
    syn(SATO, SERVER, 1);
    give();
    wait(3 * SECOND_US);
    aboutServer(Command.Acquit, SERVER, 0);
    drained();
    wait(SECOND_US);
    accept(NAKAMURA, SERVER);
    wait(SECOND_US);
    syn(SATO, SERVER, 1);
    give();
    syn(TANAKA, SERVER, 2);
    give();
    wait(3 * SECOND_US);
    aboutServer(Command.Confirm, SERVER, 0);
    wait(SECOND_US);
    aboutServer(Command.Lives, SERVER, WEB);
    aboutServer(Command.Lives, SERVER, 0);
    drained();
    aboutServer(Command.Release, SERVER, 0);
    expect<u32>(saidTimes(Event.Released)).toBe(2, 'both');
  });

  it('is not turned away if the service answers others meanwhile', () => {
    fresh(LEARNING);
    crowd(SERVER, 5 * MILLISECOND_US);
    syn(SATO, SERVER, 1);
    give();
    wait(SECOND_US);
    accept(NAKAMURA, SERVER);
    drained();
    wait(3 * SECOND_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    expect<u64>(counterOf(Counter.Unjudged)).toBe(1);
  });
});

describe('what is learnt', () => {
  it('is nothing from answers that had to wait for the end of an outage', () => {
    fresh(EVERYTHING | Option.LearnWait);
    crowd(SERVER, 5 * MILLISECOND_US);
    for (let i: u32 = 0; i < 5; i++) {
      sequence += 10;
      syn(visitor(i), SERVER, sequence);
      give();
    }
    syn(SATO, SERVER, 1);
    give();
    unreachable(SATO, SERVER, 1, HOST);
    give(Direction.Out);
    wait(8 * SECOND_US);
    // Five answers at once: it is back.
    for (let i: u32 = 0; i < 5; i++) {
      synAck(visitor(i), SERVER, sequence - 10 * (4 - i));
      give();
    }
    aboutServer(Command.Release, SERVER, 0);
    aboutServer(Command.Forget, SERVER, 0);
    expect<i64>(learnt(SERVER)).toBe(3 * SECOND_US);
    served(SATO, SERVER, 5 * MILLISECOND_US);
    expect<i64>(learnt(SERVER)).toBe(3 * SECOND_US);
  });

  it('is one time in a second of one client, whatever it is told in a row', () => {
    fresh(LEARNING);
    accept(NAKAMURA, SERVER);
    for (let i: u32 = 0; i < 3 * MIN_TIMED; i++) served(SATO, SERVER, MILLISECOND_US);
    expect<i64>(learnt(SERVER)).toBe(0);
  });

  it('is nothing from answers that come from where the clients are', () => {
    fresh(LEARNING);
    crowd(SERVER, 5 * MILLISECOND_US);
    for (let i: u32 = 0; i < 30; i++) {
      sequence += 10;
      syn(visitor(i), SERVER, sequence);
      give(Direction.In, LAN);
      give(Direction.Out, WAN);
      wait(2900 * MILLISECOND_US);
      synAck(visitor(i), SERVER, sequence);
      give(Direction.In, LAN);
      drained();
    }
    expect<i64>(learnt(SERVER)).toBe(3 * SECOND_US);
  });

  it('stays with another configuration, but not with another longest wait, nor with other tables', () => {
    fresh(LEARNING);
    crowd(SERVER, 5 * MILLISECOND_US);
    wait(WAIT_US);
    expect<u32>(configure(LEARNING)).toBe(Status.Ok);
    expect<i64>(learnt(SERVER)).toBe(3 * SECOND_US);
    configure(ASKING);
    expect<i64>(learnt(SERVER)).toBe(0);
    configure(LEARNING);
    expect<i64>(learnt(SERVER)).toBe(3 * SECOND_US);
    configure(LEARNING, 16, 64, 64, 60 * SECOND_US);
    expect<i64>(learnt(SERVER)).toBe(0);
  });

  it('is said of more services than there is room for events', () => {
    fresh(LEARNING, 700);
    for (let i: u32 = 0; i < 300; i++) {
      accept(NAKAMURA, SERVER, 1000 + i);
      for (let j: u32 = 0; j < MIN_TIMED; j++) {
        accept(visitor(j), SERVER, 1000 + i);
        drained();
      }
    }
    bare(Command.Learnt);
    let services = saidTimes(Event.Learnt);
    while (saidTimes(Event.LearntEnd) == 0) {
      drained();
      expect<u32>(bare(Command.Counters)).toBe(Status.Busy);
      resume();
      services += saidTimes(Event.Learnt);
    }
    expect<u32>(services).toBe(300);
    drained();
  });

  it('does not fail with the shortest wait there is', () => {
    fresh(LEARNING, 16, 64, 64, 1);
    accept(NAKAMURA, SERVER);
    for (let i: u32 = 0; i < 30; i++) {
      syn(visitor(i), SERVER, 100 + i);
      give();
      synAck(visitor(i), SERVER, 100 + i);
      give();
      pass(SECOND_US);
    }
    expect<i64>(learnt(SERVER)).toBe(1);
  });
});
