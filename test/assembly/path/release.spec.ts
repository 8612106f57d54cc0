import { drained, resume } from '../../../assembly/index';
import { Counter, Verdict } from '../../../assembly/path/verdict';
import { Command, Option, Status } from '../../../assembly/record/commands';
import { Cause, Event, pendingEvents } from '../../../assembly/record/events';
import { freeClients } from '../../../assembly/table/clients';
import { leastImportant, ServerState } from '../../../assembly/table/servers';
import { Address } from '../../../assembly/wire/address';
import { newAddress, ROUTER, SATO, SECOND, SERVER, someClient, TANAKA } from '../addresses';
import { SECOND_US } from '../numbers';
import { aboutClient, aboutServer, bare, EVERYTHING, restore, sweep } from '../orders';
import { arpReply, syn, synAck } from '../packets';
import { counterOf, fresh, give, now, pass } from '../play';
import { hearAll, said, saidOf, saidTimes } from '../said';
import { turnAway } from '../stories';
import { checkTables } from '../tables';

const MANY: u32 = 1000;

/** A server with many clients. */
function fill(server: Address, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    aboutClient(Command.KnowClient, someClient(i));
    restore(server, 0, someClient(i), Cause.Unanswered, now(), now());
    drained();
    aboutClient(Command.UnknowClient, someClient(i));
  }
}

describe('a release that came to nothing', () => {
  it('takes those back who were handed out, before those who came since', () => {
    fresh();
    turnAway(SATO, SERVER);
    aboutServer(Command.Release, SERVER);
    turnAway(TANAKA, SERVER);
    drained();
    expect<u32>(aboutServer(Command.StillDown, SERVER)).toBe(Status.Ok);
    expect<u64>(counterOf(Counter.ServersDown)).toBe(1);
    checkTables(16, 64, 64);
    aboutServer(Command.Release, SERVER);
    expect<bool>(said(Event.Released, 0).client.equals(SATO)).toBe(true);
    expect<bool>(said(Event.Released, 1).client.equals(TANAKA)).toBe(true);
    aboutServer(Command.Forget, SERVER);
    expect<u32>(freeClients()).toBe(64);
    checkTables(16, 64, 64);
  });

  it('makes signs of life count again, with nobody handed out as well', () => {
    fresh();
    restore(SERVER, 0, newAddress(), Cause.Unreachable, now(), now());
    aboutServer(Command.Release, SERVER);
    expect<u32>(aboutServer(Command.StillDown, SERVER)).toBe(Status.Ok);
    expect<u32>(aboutServer(Command.StillDown, SERVER)).toBe(Status.NotFound, 'it is down already');
    drained();
    arpReply(SERVER, ROUTER);
    expect<u32>(give()).toBe(Verdict.ArpSign);
  });

  it('protects again who counts on a notice', () => {
    fresh();
    aboutClient(Command.KnowClient, SATO);
    turnAway(SATO, SERVER);
    aboutServer(Command.Release, SERVER);
    aboutServer(Command.StillDown, SERVER);
    expect<u32>(leastImportant()).toBe(0, 'its outage may not go');
    sweep(now() + SECOND_US);
    expect<u32>(saidTimes(Event.Swept)).toBe(1);
    checkTables(16, 64, 64);
  });
});

describe('a release', () => {
  it('hands the chain out in order, and keeps it until it is forgotten', () => {
    fresh();
    turnAway(SATO, SERVER);
    turnAway(TANAKA, SERVER);
    drained();
    expect<u32>(aboutServer(Command.Release, SERVER)).toBe(Status.Ok);
    expect<u32>(pendingEvents()).toBe(3);
    expect<bool>(said(Event.Released, 0).client.equals(SATO)).toBe(true);
    expect<bool>(said(Event.Released, 1).client.equals(TANAKA)).toBe(true);
    expect<bool>(said(Event.ReleaseEnd).server.equals(SERVER)).toBe(true);
    expect<u32>(freeClients()).toBe(62);
    expect<u64>(counterOf(Counter.ServersDown)).toBe(0);
    drained();
    aboutServer(Command.Release, SERVER);
    expect<u32>(saidTimes(Event.Released)).toBe(2, 'a host that crashed may ask again');
    expect<u64>(counterOf(Counter.ServersDown)).toBe(0);
    expect<u32>(aboutServer(Command.Forget, SERVER)).toBe(Status.Ok);
    expect<u32>(said(Event.Forgotten).code).toBe(0);
    expect<u32>(freeClients()).toBe(64);
    syn(SATO, SERVER, 5000);
    expect<u32>(give()).toBe(Verdict.SynNoted);
    expect<u32>(aboutServer(Command.Forget, SERVER)).toBe(Status.NotFound);
    checkTables(16, 64, 64);
  });

  it('does not hand out who was answered after all', () => {
    fresh();
    turnAway(SATO, SERVER);
    syn(TANAKA, SERVER, 5000);
    give();
    synAck(TANAKA, SERVER, 5000);
    give();
    drained();
    aboutServer(Command.Release, SERVER);
    expect<u32>(saidTimes(Event.Released)).toBe(1);
    expect<bool>(saidOf(Event.Released, SATO)).toBe(true);
    aboutServer(Command.Forget, SERVER);
    expect<u32>(freeClients()).toBe(64);
  });

  it('of many goes on as the events are taken away; no other command comes between', () => {
    fresh(EVERYTHING, 16, 2048);
    fill(SERVER, MANY);
    expect<u32>(aboutServer(Command.Release, SERVER)).toBe(Status.Ok);
    expect<u32>(pendingEvents()).toBe(240);
    expect<u32>(bare(Command.Sync)).toBe(Status.Busy);
    expect<u32>(aboutServer(Command.Forget, SERVER)).toBe(Status.Busy);
    expect<u32>(hearAll(Event.Released)).toBe(MANY);
    expect<u32>(aboutServer(Command.Forget, SERVER)).toBe(Status.Ok);
    expect<u32>(freeClients()).toBe(2048);
  });

  it('goes on though frames come between, and hands out the chain as it was', () => {
    fresh(EVERYTHING, 16, 2048);
    fill(SERVER, MANY);
    aboutServer(Command.Release, SERVER);
    let released = saidTimes(Event.Released);
    drained();
    turnAway(SATO, SERVER);
    turnAway(TANAKA, SECOND);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
    released += hearAll(Event.Released);
    expect<u32>(released).toBe(MANY);
    checkTables(16, 2048, 64);
  });

  it('ends when a new configuration comes', () => {
    fresh(EVERYTHING, 16, 2048);
    fill(SERVER, MANY);
    aboutServer(Command.Release, SERVER);
    fresh();
    expect<u32>(resume()).toBe(0);
    expect<u32>(bare(Command.Sync)).toBe(Status.Ok);
  });
});

describe('who comes after the chain was handed out', () => {
  it('waits on when the rest is forgotten, for the outage goes on', () => {
    fresh();
    turnAway(SATO, SERVER);
    aboutServer(Command.Release, SERVER);
    pass(SECOND_US);
    turnAway(TANAKA, SERVER);
    drained();
    expect<u32>(aboutServer(Command.Forget, SERVER)).toBe(Status.Ok);
    expect<u32>(said(Event.Forgotten).code).toBe(1);
    expect<i64>(said(Event.Outage).firstUs).toBe(now());
    expect<u32>(said(Event.Outage).state).toBe(ServerState.Down);
    expect<u32>(freeClients()).toBe(63);
    expect<u64>(counterOf(Counter.ServersDown)).toBe(1);
    checkTables(16, 64, 64);
    drained();
    aboutServer(Command.Release, SERVER);
    expect<u32>(saidTimes(Event.Released)).toBe(1);
    expect<bool>(saidOf(Event.Released, TANAKA)).toBe(true);
  });

  it('waits on also when nobody was there to be handed out', () => {
    fresh(EVERYTHING | Option.KnownOnly);
    restore(SERVER, 0, TANAKA, Cause.Unanswered, now(), now());
    aboutServer(Command.Release, SERVER);
    expect<u32>(saidTimes(Event.Released)).toBe(0);
    aboutClient(Command.KnowClient, SATO);
    turnAway(SATO, SERVER);
    drained();
    aboutServer(Command.Forget, SERVER);
    expect<u32>(said(Event.Forgotten).code).toBe(1);
    checkTables(16, 64, 64);
    aboutServer(Command.Release, SERVER);
    expect<bool>(saidOf(Event.Released, SATO)).toBe(true);
  });

  it('and was told already is entered anew when he is turned away again', () => {
    fresh();
    turnAway(SATO, SERVER);
    aboutServer(Command.Release, SERVER);
    turnAway(TANAKA, SERVER);
    aboutServer(Command.Forget, SERVER);
    drained();
    pass(SECOND_US);
    turnAway(SATO, SERVER);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
    checkTables(16, 64, 64);
    drained();
    aboutServer(Command.Release, SERVER);
    expect<bool>(saidOf(Event.Released, SATO)).toBe(true);
    expect<bool>(saidOf(Event.Released, TANAKA)).toBe(true);
  });

  it('and had been answered before is not forgotten with those who were handed out', () => {
    fresh();
    turnAway(SATO, SERVER);
    syn(TANAKA, SERVER, 5000);
    give();
    synAck(TANAKA, SERVER, 5000);
    give();
    aboutServer(Command.Release, SERVER);
    drained();
    turnAway(TANAKA, SERVER);
    expect<bool>(saidOf(Event.Waiting, TANAKA)).toBe(true);
    aboutServer(Command.Forget, SERVER);
    expect<u32>(said(Event.Forgotten).code).toBe(1);
    drained();
    aboutServer(Command.Release, SERVER);
    expect<bool>(saidOf(Event.Released, TANAKA)).toBe(true);
  });

  it('is handed out as well when the host asks once more', () => {
    fresh();
    turnAway(SATO, SERVER);
    aboutServer(Command.Release, SERVER);
    turnAway(TANAKA, SERVER);
    drained();
    aboutServer(Command.Release, SERVER);
    expect<u32>(saidTimes(Event.Released)).toBe(2);
    aboutServer(Command.Forget, SERVER);
    expect<u32>(said(Event.Forgotten).code).toBe(0);
    expect<u32>(freeClients()).toBe(64);
  });
});
