import { drained } from '../../../assembly/index';
import { Counter } from '../../../assembly/path/verdict';
import { Command, Option, Status } from '../../../assembly/record/commands';
import { Cause, Event, pendingEvents } from '../../../assembly/record/events';
import { Outcome } from '../../../assembly/table/attempt';
import { freeClients } from '../../../assembly/table/clients';
import { ServerState } from '../../../assembly/table/servers';
import { Address } from '../../../assembly/wire/address';
import { ROUTER, SATO, SECOND, SERVER, someClient, TANAKA, THIRD } from '../addresses';
import { SECOND_US, WAIT_US } from '../numbers';
import { aboutClient, aboutServer, bare, EVERYTHING, restore, sweep } from '../orders';
import { arpReply, refusal, syn, synAck } from '../packets';
import { counterOf, fresh, give, now, pass, wait } from '../play';
import { hearAll, said, saidOf, saidTimes } from '../said';
import { turnAway } from '../stories';
import { checkTables } from '../tables';

const MANY: u32 = 1000;
/** Of an outage without anybody who waits. */
const nobody = changetype<Address>(memory.data(16, 8));

/** A server with many clients. */
function fill(server: Address, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    aboutClient(Command.KnowClient, someClient(i));
    restore(server, 0, someClient(i), Cause.Unanswered, now(), now());
    drained();
    aboutClient(Command.UnknowClient, someClient(i));
  }
}

describe('a sweep', () => {
  it('gives up whose last try is too long ago, and leaves the others in order', () => {
    fresh();
    const old = now() - 1000 * SECOND_US;
    restore(SERVER, 0, someClient(0), Cause.Unanswered, old, old);
    restore(SERVER, 0, someClient(1), Cause.Unanswered, old, now());
    restore(SERVER, 0, someClient(2), Cause.Unanswered, old, old);
    restore(SERVER, 0, someClient(3), Cause.Unanswered, now(), now());
    restore(SERVER, 0, someClient(4), Cause.Unanswered, old, old);
    drained();
    expect<u32>(sweep(now() - SECOND_US)).toBe(Status.Ok);
    expect<u32>(saidTimes(Event.Swept)).toBe(3);
    expect<bool>(said(Event.Swept).client.equals(someClient(0))).toBe(true);
    expect<u32>(saidTimes(Event.SweepEnd)).toBe(1);
    expect<u32>(saidTimes(Event.Dropped)).toBe(0);
    expect<u32>(freeClients()).toBe(62);
    checkTables(16, 64, 64);
    restore(SERVER, 0, someClient(5), Cause.Unanswered, now(), now());
    drained();
    aboutServer(Command.Release, SERVER);
    expect<u32>(saidTimes(Event.Released)).toBe(3);
    expect<bool>(said(Event.Released, 0).client.equals(someClient(1))).toBe(true);
    expect<bool>(said(Event.Released, 1).client.equals(someClient(3))).toBe(true);
    expect<bool>(said(Event.Released, 2).client.equals(someClient(5))).toBe(true);
  });

  it('ends an outage for which nobody waits any more, when it is as old', () => {
    fresh();
    const old = now() - 1000 * SECOND_US;
    restore(SERVER, 0, SATO, Cause.Unanswered, old, old);
    turnAway(TANAKA, SECOND);
    drained();
    sweep(now());
    expect<u32>(saidTimes(Event.Dropped)).toBe(1);
    expect<bool>(said(Event.Dropped).server.equals(SERVER)).toBe(true);
    expect<u64>(counterOf(Counter.ServersDown)).toBe(1);
    expect<u32>(aboutServer(Command.Release, SERVER)).toBe(Status.NotFound);
    checkTables(16, 64, 64);
  });

  it('takes what is older than the time given: what is exactly as old stays, clients and outages alike', () => {
    fresh();
    const then = now() - 1000 * SECOND_US;
    restore(SERVER, 0, SATO, Cause.Unanswered, then, then);
    restore(SECOND, 0, nobody, Cause.Unreachable, then, then);
    drained();
    sweep(then);
    expect<u32>(saidTimes(Event.Swept)).toBe(0);
    expect<u32>(saidTimes(Event.Dropped)).toBe(0);
    sweep(then + 1);
    expect<u32>(saidTimes(Event.Swept)).toBe(1);
    expect<u32>(saidTimes(Event.Dropped)).toBe(2);
  });

  it('leaves alone what is being handed out', () => {
    fresh();
    const old = now() - 1000 * SECOND_US;
    restore(SERVER, 0, SATO, Cause.Unanswered, old, old);
    aboutServer(Command.Release, SERVER);
    drained();
    sweep(now());
    expect<u32>(saidTimes(Event.Swept)).toBe(0);
  });

  it('lets a client that was given up be entered again', () => {
    fresh();
    turnAway(SATO, SERVER);
    turnAway(TANAKA, SERVER);
    pass(1000 * SECOND_US);
    turnAway(TANAKA, SERVER);
    sweep(now());
    expect<bool>(saidOf(Event.Swept, SATO)).toBe(true);
    drained();
    turnAway(SATO, SERVER);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
    checkTables(16, 64, 64);
    drained();
    aboutServer(Command.Release, SERVER);
    expect<u32>(saidTimes(Event.Released)).toBe(2);
  });

  it('that takes the last promised client away makes the outage one that may go', () => {
    fresh(EVERYTHING, 1);
    aboutClient(Command.KnowClient, SATO);
    turnAway(SATO, SERVER);
    pass(1000 * SECOND_US);
    turnAway(TANAKA, SERVER);
    sweep(now());
    drained();
    turnAway(TANAKA, SECOND);
    expect<u32>(saidTimes(Event.Dropped)).toBe(1);
  });

  it('does not take the promise from somebody who became known while he waited', () => {
    fresh(EVERYTHING, 1);
    aboutClient(Command.KnowClient, SATO);
    turnAway(someClient(0), SERVER);
    pass(1000 * SECOND_US);
    turnAway(SATO, SERVER);
    aboutClient(Command.KnowClient, someClient(0));
    sweep(now());
    expect<bool>(saidOf(Event.Swept, someClient(0))).toBe(true);
    drained();
    turnAway(TANAKA, SECOND);
    expect<u32>(saidTimes(Event.Dropped)).toBe(0, 'Sato counts on a notice');
  });

  it('of many goes on as the events are taken away', () => {
    fresh(EVERYTHING, 16, 4096);
    fill(SERVER, MANY);
    fill(SECOND, MANY);
    pass(SECOND_US);
    sweep(now());
    expect<u32>(hearAll(Event.Swept)).toBe(2 * MANY);
    expect<u32>(freeClients()).toBe(4096);
    checkTables(16, 4096, 64);
  });
});

describe('a sync', () => {
  it('says again who is down and who waits', () => {
    fresh();
    turnAway(SATO, SERVER);
    turnAway(TANAKA, SERVER);
    turnAway(SATO, SECOND);
    turnAway(SATO, THIRD);
    arpReply(SECOND, ROUTER);
    give();
    aboutServer(Command.Release, THIRD);
    drained();
    expect<u32>(bare(Command.Sync)).toBe(Status.Ok);
    expect<u32>(saidTimes(Event.Outage)).toBe(3);
    expect<u32>(saidTimes(Event.Waiting)).toBe(4);
    expect<u32>(saidTimes(Event.SyncEnd)).toBe(1);
    for (let i: u32 = 0; i < 3; i++) {
      const outage = said(Event.Outage, i);
      const state = outage.server.equals(SERVER)
        ? ServerState.Down
        : outage.server.equals(SECOND)
          ? ServerState.Signalled
          : ServerState.Released;
      expect<u32>(outage.state).toBe(state);
    }
  });

  it('lets an answer be a sign again: that may have been lost', () => {
    fresh();
    turnAway(SATO, SERVER);
    for (let port: u32 = 1; port <= 2; port++) {
      if (port == 2) bare(Command.Sync);
      drained();
      syn(TANAKA, SERVER, port, 5000);
      give();
      synAck(TANAKA, SERVER, port, 5000);
      give();
      expect<u32>(saidTimes(Event.Signal)).toBe(1);
    }
  });

  it('does not mention who was answered after all', () => {
    fresh();
    turnAway(SATO, SERVER);
    syn(TANAKA, SERVER, 5000);
    give();
    synAck(TANAKA, SERVER, 5000);
    give();
    drained();
    bare(Command.Sync);
    expect<u32>(saidTimes(Event.Waiting)).toBe(1);
  });

  it('with nothing to say ends at once', () => {
    fresh();
    bare(Command.Sync);
    expect<u32>(pendingEvents()).toBe(1);
    expect<u32>(saidTimes(Event.SyncEnd)).toBe(1);
  });

  it('of many goes on as the events are taken away, each said once', () => {
    fresh(EVERYTHING, 16, 4096);
    fill(SERVER, MANY);
    fill(SECOND, MANY);
    bare(Command.Sync);
    expect<u32>(hearAll(Event.Waiting)).toBe(2 * MANY);
    bare(Command.Sync);
    expect<u32>(hearAll(Event.Outage)).toBe(2);
    bare(Command.Sync);
    expect<u32>(hearAll(Event.SyncEnd)).toBe(1);
  });

  it('survives that the outage it is at goes meanwhile', () => {
    fresh(EVERYTHING, 8, 4096);
    for (let i: u32 = 0; i < MANY; i++) {
      restore(SERVER, 0, someClient(i), Cause.Unanswered, now(), now());
      drained();
    }
    bare(Command.Sync);
    drained();
    for (let i: u32 = 0; i < 3; i++) {
      turnAway(TANAKA, someServer(i));
      drained();
    }
    expect<u64>(counterOf(Counter.OutagesEvicted)).toBeGreaterThan(0);
    expect<u32>(hearAll(Event.SyncEnd)).toBe(1);
    checkTables(8, 4096, 64);
  });
});

describe('the end of a capture', () => {
  it('reports what became of every attempt, those still open as open', () => {
    fresh(EVERYTHING | Option.ReportAttempts);
    syn(SATO, SERVER, 1);
    give();
    syn(TANAKA, SERVER, 2);
    give();
    refusal(TANAKA, SERVER, 2);
    give();
    expect<u32>(bare(Command.Flush)).toBe(Status.Ok);
    expect<u32>(saidTimes(Event.Attempt)).toBe(2);
    expect<u32>(said(Event.Attempt, 0).code).toBe(Outcome.Refused);
    expect<u32>(said(Event.Attempt, 1).code).toBe(Outcome.Open);
    expect<u32>(saidTimes(Event.FlushEnd)).toBe(1);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    wait(WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0, 'nothing is left');
  });

  it('with many attempts goes on as the events are taken away', () => {
    fresh(EVERYTHING | Option.ReportAttempts, 16, 64, 2048);
    for (let i: u32 = 0; i < MANY; i++) {
      syn(SATO, SERVER, i);
      give();
    }
    bare(Command.Flush);
    expect<u32>(hearAll(Event.Attempt)).toBe(MANY);
    expect<u64>(counterOf(Counter.Open)).toBe(MANY);
  });
});

function someServer(number: u32): Address {
  return number == 0 ? SECOND : number == 1 ? THIRD : ROUTER;
}
