import { drained } from '../../../assembly/index';
import { Direction } from '../../../assembly/path/packet';
import { Counter, Verdict } from '../../../assembly/path/verdict';
import { Command, Option, Status } from '../../../assembly/record/commands';
import { Cause, Event, Sign } from '../../../assembly/record/events';
import { COUNTERS_IN_RECORD, Field, OF_DATAGRAMS } from '../../../assembly/record/layout';
import { freeClients } from '../../../assembly/table/clients';
import { ipv4, ipv6, ROUTER, SATO, SECOND, SERVER, SERVER6, someClient, TANAKA, THIRD } from '../addresses';
import { SECOND_US, WAIT_US } from '../numbers';
import {
  aboutClient,
  aboutPrefix,
  aboutServer,
  answerFor,
  bare,
  configure,
  EVERYTHING,
  restore,
} from '../orders';
import { arpReply, HOST, refusal, syn, synAck, unreachable, WEB } from '../packets';
import { counterOf, fresh, give, now, wait } from '../play';
import { eventAt, said, saidOf, saidTimes } from '../said';
import { turnAway } from '../stories';
import { checkTables } from '../tables';

describe('the configuration', () => {
  it('is refused with a size of zero, or beyond what the tables can hold', () => {
    fresh();
    expect<u32>(configure(EVERYTHING, 0)).toBe(Status.BadSize);
    expect<u32>(configure(EVERYTHING, 16, 0)).toBe(Status.BadSize);
    expect<u32>(configure(EVERYTHING, 16, 64, 0)).toBe(Status.BadSize);
    expect<u32>(configure(EVERYTHING, 65_536)).toBe(Status.BadSize);
    expect<u32>(configure(EVERYTHING, 16, (1 << 24) + 1)).toBe(Status.BadSize);
    expect<u32>(configure(EVERYTHING, 16, 64, (1 << 24) + 1)).toBe(Status.BadSize);
    expect<u32>(configure(EVERYTHING, 16, u32.MAX_VALUE)).toBe(Status.BadSize);
    expect<u32>(configure()).toBe(Status.Ok, 'and the one before still holds');
  });

  it('is refused when the machine has not got the memory; the one before still holds, with its tables', () => {
    fresh();
    turnAway(SATO, SERVER);
    drained();
    expect<u32>(configure(EVERYTHING, 16, 1 << 24, 1 << 24)).toBe(Status.OutOfMemory);
    expect<u32>(bare(Command.Sync)).toBe(Status.Ok);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
    expect<u32>(saidTimes(Event.SyncEnd)).toBe(1);
    syn(TANAKA, SERVER, 8);
    expect<u32>(give()).toBe(Verdict.SynLinked, 'its prefixes are watched');
    drained();
    expect<u32>(configure()).toBe(Status.Ok);
    bare(Command.Sync);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true, 'its sizes are those of the tables');
    checkTables(16, 64, 64);
  });

  it('with the same sizes keeps the outages, and what the operator feeds starts afresh', () => {
    fresh();
    turnAway(SATO, SERVER);
    aboutClient(Command.KnowClient, TANAKA);
    answerFor(WEB, true);
    drained();
    expect<u32>(configure(EVERYTHING | Option.KnownOnly)).toBe(Status.Ok);
    syn(TANAKA, SERVER, 8);
    expect<u32>(give()).toBe(Verdict.NotWatched);
    aboutPrefix(Command.Watch, SERVER, 128);
    expect<u32>(give()).toBe(Verdict.SynLinked);
    expect<u32>(saidTimes(Event.Waiting)).toBe(0, 'Tanaka is not known any more');
    synAck(TANAKA, SERVER, 8);
    expect<u32>(give(Direction.Out)).toBe(Verdict.SynAckAnswers, 'no port is answered for');
    expect<u64>(counterOf(Counter.ServersDown)).toBe(1);
    aboutServer(Command.Release, SERVER);
    expect<bool>(saidOf(Event.Released, SATO)).toBe(true);
  });

  it('with the same sizes forgets which services the one before named', () => {
    fresh();
    aboutServer(Command.KnowService, SERVER, WEB);
    configure();
    aboutPrefix(Command.Watch, SERVER, 128);
    syn(SATO, SERVER, 1);
    give();
    refusal(SATO, SERVER, 1);
    give();
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
  });

  it('with other sizes starts with empty tables and counters', () => {
    fresh();
    turnAway(SATO, SERVER);
    fresh();
    expect<u64>(counterOf(Counter.ServersDown)).toBe(0);
    expect<u64>(counterOf(Counter.OutagesOpened)).toBe(0);
    expect<u32>(aboutServer(Command.Release, SERVER)).toBe(Status.NotFound);
    expect<u32>(freeClients()).toBe(64);
    checkTables(16, 64, 64);
  });
});

describe('a command', () => {
  it('that nobody knows is refused', () => {
    fresh();
    expect<u32>(bare(0)).toBe(Status.UnknownCommand);
    for (let kind = <u32>Command.Unforward + 1; kind < OF_DATAGRAMS; kind++) {
      assert(bare(kind) == Status.UnknownCommand, 'it is refused');
    }
  });

  it('that is about no service is none with the bit of datagrams', () => {
    fresh();
    let refused: u32 = 0;
    for (let kind: u32 = 0; kind < OF_DATAGRAMS; kind++) {
      if (bare(kind | OF_DATAGRAMS) == Status.UnknownCommand) refused++;
    }
    expect<u32>(OF_DATAGRAMS - refused).toBe(14, 'of so many services may be of UDP');
    expect<u32>(bare(Command.Configure | OF_DATAGRAMS)).toBe(Status.UnknownCommand);
    expect<u32>(bare(Command.Announce | OF_DATAGRAMS)).toBe(Status.UnknownCommand);
    syn(SATO, SERVER, 7);
    expect<u32>(give()).toBe(Verdict.SynNoted, 'what is watched goes on');
  });

  it('to watch takes a prefix of up to 128 bits, and unwatches only what is watched', () => {
    fresh();
    expect<u32>(aboutPrefix(Command.Watch, SERVER, 129)).toBe(Status.BadValue);
    expect<u32>(aboutPrefix(Command.Unwatch, SERVER, 129)).toBe(Status.BadValue);
    expect<u32>(aboutPrefix(Command.Unwatch, SERVER, 128)).toBe(Status.NotFound);
    expect<u32>(aboutPrefix(Command.Unwatch, SERVER, 120)).toBe(Status.Ok);
    syn(SATO, SERVER, 7);
    expect<u32>(give()).toBe(Verdict.NotWatched);
    for (let i: u32 = 0; i < 15; i++) expect<u32>(aboutPrefix(Command.Watch, ipv6(i, 0), 48)).toBe(Status.Ok);
    expect<u32>(aboutPrefix(Command.Watch, ipv6(99, 0), 48)).toBe(Status.Full);
  });

  it('that names a service needs a place for host and service', () => {
    fresh(EVERYTHING, 3);
    expect<u32>(aboutServer(Command.KnowService, SERVER, WEB)).toBe(Status.Ok);
    expect<u32>(aboutServer(Command.KnowService, SERVER, WEB)).toBe(Status.Ok);
    expect<u32>(aboutServer(Command.KnowService, SERVER, 443)).toBe(Status.Ok);
    expect<u32>(aboutServer(Command.KnowService, SECOND, WEB)).toBe(Status.Full);
    expect<u32>(aboutServer(Command.UnknowService, SECOND, WEB)).toBe(Status.NotFound);
    expect<u32>(aboutServer(Command.UnknowService, SERVER, 443)).toBe(Status.Ok);
  });

  it('that names a host needs a place for it, which it keeps until nothing of it is named', () => {
    for (let i: u32 = 0; i < 4; i++) {
      fresh(EVERYTHING, 2);
      expect<u32>(aboutServer(Command.KnowService, SERVER, 0)).toBe(Status.Ok);
      expect<u32>(aboutServer(Command.KnowService, SERVER, 0)).toBe(Status.Ok);
      expect<u32>(aboutServer(Command.KnowService, SERVER, WEB)).toBe(Status.Ok);
      expect<u32>(aboutServer(Command.KnowService, SECOND, 0)).toBe(Status.Full);
      expect<u32>(aboutServer(Command.UnknowService, SECOND, 0)).toBe(Status.NotFound);
      const first = i & 1 ? 0 : WEB;
      aboutServer(Command.UnknowService, SERVER, first);
      if (i & 2) aboutServer(Command.UnknowService, SERVER, first);
      checkTables(2, 64, 64);
      expect<u32>(aboutServer(Command.KnowService, SECOND, WEB)).toBe(Status.Full);
      aboutServer(Command.UnknowService, SERVER, WEB - first);
      checkTables(2, 64, 64);
      expect<u32>(aboutServer(Command.KnowService, SECOND, WEB)).toBe(Status.Ok);
    }
  });

  it('that configures anew unnames hosts, with services and without', () => {
    fresh(EVERYTHING, 4);
    aboutServer(Command.KnowService, SERVER, 0);
    aboutServer(Command.KnowService, SERVER, WEB);
    aboutServer(Command.KnowService, SECOND, 0);
    expect<u32>(configure(EVERYTHING, 4)).toBe(Status.Ok);
    checkTables(4, 64, 64);
    for (let port: u32 = 1; port <= 3; port++)
      expect<u32>(aboutServer(Command.KnowService, THIRD, port)).toBe(Status.Ok);
    checkTables(4, 64, 64);
  });

  it('that unnames a service makes its silence meaningless, when it never answered', () => {
    fresh();
    aboutServer(Command.KnowService, SERVER, WEB);
    expect<u32>(aboutServer(Command.UnknowService, SERVER, WEB)).toBe(Status.Ok);
    syn(SATO, SERVER, 1);
    give();
    refusal(SATO, SERVER, 1);
    give();
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
  });

  it('that unnames the only service of a host makes its silence that of a host without services', () => {
    fresh();
    aboutServer(Command.KnowService, SERVER, WEB);
    aboutServer(Command.UnknowService, SERVER, WEB);
    syn(SATO, SERVER, 1, 22);
    give();
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
    expect<u32>(said(Event.Outage).port).toBe(0);
  });

  it('that unnames the last service of a host gives both places back', () => {
    fresh(EVERYTHING, 2);
    aboutServer(Command.KnowService, SERVER, WEB);
    aboutServer(Command.UnknowService, SERVER, WEB);
    expect<u32>(aboutServer(Command.KnowService, SECOND, WEB)).toBe(Status.Ok);
  });

  it('that finds no place for a service keeps none for its host', () => {
    fresh(EVERYTHING, 1);
    expect<u32>(aboutServer(Command.KnowService, SERVER, WEB)).toBe(Status.Full);
    syn(SATO, SECOND, 7);
    give();
    unreachable(SATO, SECOND, 7, HOST);
    give(Direction.Out);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
  });

  it('about a known client says whether there is room, and whether it was known', () => {
    fresh();
    expect<u32>(aboutClient(Command.UnknowClient, SATO)).toBe(Status.NotFound);
    for (let i: u32 = 0; i < 64; i++)
      expect<u32>(aboutClient(Command.KnowClient, someClient(i))).toBe(Status.Ok);
    aboutClient(Command.KnowClient, someClient(64));
    expect<u32>(aboutClient(Command.KnowClient, someClient(65))).toBe(Status.Full);
    expect<u32>(aboutClient(Command.UnknowClient, someClient(0))).toBe(Status.Ok);
    expect<u32>(aboutClient(Command.KnowClient, someClient(65))).toBe(Status.Ok);
  });

  it('about an outage that is not there is refused', () => {
    fresh();
    expect<u32>(aboutServer(Command.Release, SERVER)).toBe(Status.NotFound);
    expect<u32>(aboutServer(Command.Forget, SERVER)).toBe(Status.NotFound);
    expect<u32>(aboutServer(Command.StillDown, SERVER)).toBe(Status.NotFound);
    turnAway(SATO, SERVER);
    expect<u32>(aboutServer(Command.Release, SERVER, WEB)).toBe(Status.NotFound);
    expect<u32>(aboutServer(Command.Forget, SERVER)).toBe(Status.NotFound, 'it was not handed out');
    expect<u32>(aboutServer(Command.StillDown, SERVER)).toBe(Status.NotFound, 'there was no sign of life');
  });

  it('for the counters says all of them, six in a record', () => {
    fresh();
    turnAway(SATO, SERVER);
    drained();
    expect<u32>(bare(Command.Counters)).toBe(Status.Ok);
    const records = (<u32>Counter.COUNT + COUNTERS_IN_RECORD - 1) / COUNTERS_IN_RECORD;
    expect<u32>(saidTimes(Event.Counters)).toBe(records);
    for (let number: u32 = 0; number < <u32>Counter.COUNT; number++) {
      const record = said(Event.Counters, number / COUNTERS_IN_RECORD);
      assert(record.code == number - (number % COUNTERS_IN_RECORD), 'it names its first counter');
      const at = changetype<usize>(record) + Field.Counters + ((<usize>(number % COUNTERS_IN_RECORD)) << 3);
      assert(load<u64>(at) == counterOf(number), 'a counter is said');
    }
    expect<u64>(counterOf(Counter.OutagesOpened)).toBe(1);
  });
});

describe('a client who waited before', () => {
  it('is restored with the outage, its times and its tries', () => {
    fresh();
    const first = now() - 100 * SECOND_US;
    expect<u32>(restore(SERVER, 0, SATO, Cause.Unanswered, first, first + SECOND_US, 5)).toBe(Status.Ok);
    const outage = said(Event.Outage);
    expect<u32>(outage.code).toBe(Cause.Unanswered);
    expect<i64>(outage.firstUs).toBe(first);
    const waiting = said(Event.Waiting);
    expect<bool>(waiting.client.equals(SATO)).toBe(true);
    expect<u32>(waiting.tries).toBe(5);
    expect<i64>(waiting.firstUs).toBe(first);
    expect<i64>(waiting.lastUs).toBe(first + SECOND_US);
    syn(TANAKA, SERVER, 8);
    expect<u32>(give()).toBe(Verdict.SynLinked);
  });

  it('is not restored with times that no clock says: the program would not take them back', () => {
    fresh();
    const never: i64 = (<i64>1) << 53;
    expect<u32>(restore(SERVER, 0, SATO, Cause.Unanswered, never, now())).toBe(Status.BadValue);
    expect<u32>(restore(SERVER, 0, SATO, Cause.Unanswered, now(), never)).toBe(Status.BadValue);
    expect<u32>(restore(SERVER, 0, SATO, Cause.Unanswered, -never, now())).toBe(Status.BadValue);
    expect<u32>(restore(SERVER, 0, SATO, Cause.Unanswered, 1 - never, never - 1)).toBe(Status.Ok);
  });

  it('is restored for a service as well, known or not', () => {
    fresh();
    expect<u32>(restore(SERVER6, WEB, SATO, Cause.Refused, now(), now(), 0)).toBe(Status.Ok);
    expect<u32>(said(Event.Outage).port).toBe(WEB);
    expect<u32>(said(Event.Waiting).tries).toBe(1, 'who waits has tried');
  });

  it('is restored together with the port that was tried', () => {
    fresh();
    restore(SERVER, 0, SATO, Cause.Unreachable, now(), now(), 1, 443);
    expect<u32>(said(Event.Outage).tries).toBe(443);
    arpReply(SERVER, ROUTER);
    give();
    expect<u32>(said(Event.Signal).tries).toBe(443);
  });

  it('makes the outage begin with the first of its clients', () => {
    fresh();
    const first = now() - 100 * SECOND_US;
    restore(SERVER, 0, SATO, Cause.Unanswered, first, first);
    restore(SERVER, 0, TANAKA, Cause.Unanswered, first - SECOND_US, first);
    drained();
    bare(Command.Sync);
    expect<i64>(said(Event.Outage).firstUs).toBe(first - SECOND_US);
    expect<u32>(saidTimes(Event.Waiting)).toBe(2);
  });

  it('and could not reach the server is told by the first ARP reply', () => {
    fresh();
    restore(SERVER, 0, SATO, Cause.Unreachable, now(), now());
    arpReply(SERVER, ROUTER);
    expect<u32>(give()).toBe(Verdict.ArpSign);
    expect<u32>(said(Event.Signal).code).toBe(Sign.Arp);
  });

  it('is refused with a cause that there is none of, and when no place is left for the outage', () => {
    fresh(EVERYTHING, 1);
    expect<u32>(restore(SERVER, 0, SATO, 0, now(), now())).toBe(Status.BadValue);
    expect<u32>(restore(SERVER, 0, SATO, 4, now(), now())).toBe(Status.BadValue);
    aboutClient(Command.KnowClient, SATO);
    expect<u32>(restore(SERVER, 0, SATO, Cause.Refused, now(), now())).toBe(Status.Ok);
    expect<u32>(restore(SECOND, 0, SATO, Cause.Refused, now(), now())).toBe(Status.Full);
  });

  it('is refused when no place is left for the client', () => {
    fresh(EVERYTHING, 16, 2);
    expect<u32>(restore(SERVER, 0, SATO, Cause.Refused, now(), now())).toBe(Status.Ok);
    expect<u32>(restore(SECOND, 0, SATO, Cause.Refused, now(), now())).toBe(Status.Ok);
    expect<u32>(restore(THIRD, 0, SATO, Cause.Refused, now(), now())).toBe(Status.Full);
  });

  it('finds a place though all the others of the same server did', () => {
    fresh(EVERYTHING, 16, 8);
    for (let i: u32 = 0; i < 8; i++) {
      assert(restore(SERVER, 0, someClient(i), Cause.Refused, now(), now()) == Status.Ok, 'it is restored');
    }
    expect<u32>(saidTimes(Event.Waiting)).toBe(8);
    for (let i: u32 = 0; i < 9; i++) assert(eventAt(i).serial == eventAt(0).serial + i, 'all of it is said');
  });

  it('twice is one client', () => {
    fresh();
    restore(SERVER, 0, SATO, Cause.Refused, now() - SECOND_US, now() - SECOND_US, 2);
    restore(SERVER, 0, SATO, Cause.Refused, now(), now(), 3);
    expect<u32>(saidTimes(Event.Waiting)).toBe(1);
    drained();
    aboutServer(Command.Release, SERVER);
    expect<u32>(saidTimes(Event.Released)).toBe(1);
    expect<u32>(said(Event.Released).tries).toBe(5);
    expect<i64>(said(Event.Released).firstUs).toBe(now() - SECOND_US);
    expect<i64>(said(Event.Released).lastUs).toBe(now());
  });

  it('and is not known is not restored where only known clients are entered', () => {
    fresh(EVERYTHING | Option.KnownOnly);
    restore(SERVER, 0, ipv4(10, 0, 0, 1), Cause.Refused, now(), now());
    expect<u32>(saidTimes(Event.Waiting)).toBe(0);
    expect<u64>(counterOf(Counter.ClientsUnknown)).toBe(1);
  });
});
