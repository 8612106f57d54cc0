import { drained } from '../../../assembly/index';
import { Direction } from '../../../assembly/path/packet';
import { Counter, Verdict } from '../../../assembly/path/verdict';
import { Command, Status } from '../../../assembly/record/commands';
import { Cause, Event } from '../../../assembly/record/events';
import { freeClients } from '../../../assembly/table/clients';
import { ServerState } from '../../../assembly/table/servers';
import { NAKAMURA, SATO, SATO6, SERVER, SERVER6, TANAKA, TANAKA6 } from '../addresses';
import { SECOND_US, WAIT_US } from '../numbers';
import { ASKING, aboutServer, bare, EVERYTHING, restore, sweep } from '../orders';
import { HOST, HOST_6, PORT, PORT_6, refusal, SECURE, syn, unreachable, WEB } from '../packets';
import { counterOf, fresh, give, now, pass, wait } from '../play';
import { said, saidOf, saidTimes } from '../said';
import { accept, refuse, turnAway } from '../stories';
import { checkTables } from '../tables';

/** With the server asked, what Sato met is the suspicion of `port`; without, an outage. */
function expectTold(port: u32, cause: u32, asking: bool): void {
  const outage = said(Event.Outage);
  expect<u32>(saidTimes(Event.Outage)).toBe(1);
  expect<u32>(outage.port).toBe(port);
  expect<u32>(outage.code).toBe(cause);
  expect<u32>(outage.state).toBe(asking ? ServerState.Suspected : ServerState.Down);
  expect<u32>(saidTimes(Event.Waiting)).toBe(1, 'the client is noted at once');
  expect<u64>(counterOf(Counter.SuspicionsOpened)).toBe(asking ? 1 : 0);
  expect<u64>(counterOf(Counter.OutagesOpened)).toBe(asking ? 0 : 1);
  expect<u64>(counterOf(Counter.ServersDown)).toBe(asking ? 0 : 1);
  syn(TANAKA, SERVER, 99);
  const linked = give() == Verdict.SynLinked;
  if (port == 0 || port == WEB) expect<bool>(linked).toBe(!asking, 'others are linked to an outage only');
  checkTables(16, 64, 64);
}

describe('where the server is asked, a suspicion and no outage follows from', () => {
  it('a refusal', () => {
    for (let i = 0; i < 2; i++) {
      fresh(i == 0 ? EVERYTHING : ASKING);
      aboutServer(Command.KnowService, SERVER, WEB);
      refuse(SATO, SERVER);
      expectTold(WEB, Cause.Refused, i != 0);
    }
  });

  it('a host that is unreachable', () => {
    for (let i = 0; i < 2; i++) {
      fresh(i == 0 ? EVERYTHING : ASKING);
      turnAway(SATO, SERVER);
      expectTold(0, Cause.Unreachable, i != 0);
    }
  });

  it('a port that is unreachable', () => {
    for (let i = 0; i < 2; i++) {
      fresh(i == 0 ? EVERYTHING : ASKING);
      aboutServer(Command.KnowService, SERVER, WEB);
      syn(SATO, SERVER, 7);
      give();
      unreachable(SATO, SERVER, 7, PORT);
      give(Direction.Out);
      expectTold(WEB, Cause.Unreachable, i != 0);
    }
  });

  it('a host that is silent', () => {
    for (let i = 0; i < 2; i++) {
      fresh(i == 0 ? EVERYTHING : ASKING);
      syn(SATO, SERVER, 7);
      give();
      wait(WAIT_US);
      expectTold(0, Cause.Unanswered, i != 0);
    }
  });

  it('a service that is silent while its host answers elsewhere', () => {
    for (let i = 0; i < 2; i++) {
      fresh(i == 0 ? EVERYTHING : ASKING);
      aboutServer(Command.KnowService, SERVER, WEB);
      syn(SATO, SERVER, 7);
      give();
      pass(SECOND_US);
      accept(NAKAMURA, SERVER, SECURE);
      wait(WAIT_US);
      expectTold(WEB, Cause.Unanswered, i != 0);
    }
  });

  it('all of these over IPv6', () => {
    fresh(ASKING);
    aboutServer(Command.KnowService, SERVER6, WEB);
    syn(SATO6, SERVER6, 7);
    give();
    unreachable(SATO6, SERVER6, 7, PORT_6);
    give(Direction.Out);
    syn(TANAKA6, SERVER6, 8);
    give();
    unreachable(TANAKA6, SERVER6, 8, HOST_6);
    give(Direction.Out);
    expect<u32>(said(Event.Outage, 0).port).toBe(WEB);
    expect<u32>(said(Event.Outage, 1).port).toBe(0);
    expect<u32>(said(Event.Outage, 0).state & said(Event.Outage, 1).state).toBe(ServerState.Suspected);
  });

  it('one client who is turned away in the instant in which another is served', () => {
    fresh(ASKING);
    accept(NAKAMURA, SERVER);
    refuse(SATO, SERVER);
    expect<u32>(said(Event.Outage).state).toBe(ServerState.Suspected);
    fresh(EVERYTHING);
    accept(NAKAMURA, SERVER);
    refuse(SATO, SERVER);
    expect<u32>(saidTimes(Event.Outage)).toBe(0, 'without asking that is doubted');
  });
});

describe('a suspicion', () => {
  it('takes all who fail, each once, and nobody else', () => {
    fresh(ASKING);
    turnAway(SATO, SERVER);
    pass(SECOND_US);
    turnAway(TANAKA, SERVER);
    turnAway(SATO, SERVER);
    syn(NAKAMURA, SERVER, 5);
    expect<u32>(give()).toBe(Verdict.SynNoted);
    expect<u32>(saidTimes(Event.Outage)).toBe(1);
    expect<u32>(saidTimes(Event.Waiting)).toBe(2);
    expect<bool>(saidOf(Event.Waiting, NAKAMURA)).toBe(false);
    checkTables(16, 64, 64);
  });

  it('that is confirmed is an outage, in which those wait who are in it, and further ones are linked', () => {
    fresh(ASKING);
    turnAway(SATO, SERVER);
    const fromUs = said(Event.Outage).firstUs;
    pass(2 * SECOND_US);
    drained();
    expect<u32>(aboutServer(Command.Confirm, SERVER)).toBe(Status.Ok);
    expect<u32>(said(Event.Outage).state).toBe(ServerState.Down);
    expect<i64>(said(Event.Outage).firstUs).toBe(fromUs);
    expect<u64>(counterOf(Counter.OutagesOpened)).toBe(1);
    expect<u64>(counterOf(Counter.ServersDown)).toBe(1);
    syn(TANAKA, SERVER, 9, SECURE);
    expect<u32>(give()).toBe(Verdict.SynLinked);
    checkTables(16, 64, 64);
    expect<u32>(aboutServer(Command.Confirm, SERVER)).toBe(Status.NotFound, 'it is no suspicion any more');
    drained();
    aboutServer(Command.Release, SERVER);
    expect<u32>(saidTimes(Event.Released)).toBe(2);
    aboutServer(Command.Forget, SERVER);
    expect<u32>(freeClients()).toBe(64);
  });

  it('cannot be confirmed where there is none', () => {
    fresh(ASKING);
    expect<u32>(aboutServer(Command.Confirm, SERVER)).toBe(Status.NotFound);
    accept(SATO, SERVER);
    expect<u32>(aboutServer(Command.Confirm, SERVER)).toBe(Status.NotFound);
    expect<u32>(aboutServer(Command.Confirm, SERVER, WEB)).toBe(Status.NotFound);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
  });

  it('that is acquitted frees its clients and says so; the next failure starts another one', () => {
    fresh(ASKING);
    aboutServer(Command.KnowService, SERVER, WEB);
    refuse(SATO, SERVER);
    expect<u32>(freeClients()).toBe(63);
    drained();
    expect<u32>(aboutServer(Command.Acquit, SERVER, WEB)).toBe(Status.Ok);
    expect<u32>(said(Event.Acquitted).port).toBe(WEB);
    expect<bool>(said(Event.Acquitted).server.equals(SERVER)).toBe(true);
    expect<u32>(freeClients()).toBe(64);
    expect<u64>(counterOf(Counter.SuspicionsAcquitted)).toBe(1);
    expect<u32>(aboutServer(Command.Release, SERVER, WEB)).toBe(Status.NotFound);
    drained();
    refuse(TANAKA, SERVER);
    expect<u32>(said(Event.Outage).state).toBe(ServerState.Suspected);
    expect<bool>(saidOf(Event.Waiting, TANAKA)).toBe(true);
    expect<u32>(saidTimes(Event.Waiting)).toBe(1);
    checkTables(16, 64, 64);
  });

  it('is acquitted also when it became an outage, or was never there: that is said in any case', () => {
    fresh(ASKING);
    expect<u32>(aboutServer(Command.Acquit, SERVER)).toBe(Status.Ok);
    expect<u32>(saidTimes(Event.Acquitted)).toBe(1);
    expect<u64>(counterOf(Counter.SuspicionsAcquitted)).toBe(0);
    turnAway(SATO, SERVER);
    aboutServer(Command.Confirm, SERVER);
    drained();
    expect<u32>(aboutServer(Command.Acquit, SERVER)).toBe(Status.Ok);
    expect<u32>(saidTimes(Event.Acquitted)).toBe(1);
    expect<u64>(counterOf(Counter.ServersDown)).toBe(0);
    syn(TANAKA, SERVER, 9);
    expect<u32>(give()).toBe(Verdict.SynNoted);
    checkTables(16, 64, 64);
  });

  it('is handed out as it is when it was a short outage', () => {
    fresh(ASKING);
    turnAway(SATO, SERVER);
    aboutServer(Command.Release, SERVER);
    expect<bool>(saidOf(Event.Released, SATO)).toBe(true);
    expect<u64>(counterOf(Counter.ServersDown)).toBe(0);
    aboutServer(Command.Forget, SERVER);
    expect<u32>(freeClients()).toBe(64);
    checkTables(16, 64, 64);
  });

  it('is said by a sync, with its clients', () => {
    fresh(ASKING);
    turnAway(SATO, SERVER);
    drained();
    bare(Command.Sync);
    expect<u32>(said(Event.Outage).state).toBe(ServerState.Suspected);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
  });

  it('is swept when its clients have tried too long ago', () => {
    fresh(ASKING);
    turnAway(SATO, SERVER);
    drained();
    sweep(now() + SECOND_US);
    expect<u32>(saidTimes(Event.Swept)).toBe(1);
    expect<u32>(saidTimes(Event.Dropped)).toBe(1);
    expect<u32>(freeClients()).toBe(64);
    checkTables(16, 64, 64);
  });

  it('is restored as what it was, and an outage as an outage', () => {
    fresh(ASKING);
    restore(SERVER, 0, SATO, Cause.Unanswered, now(), now(), 1, WEB, ServerState.Suspected);
    expect<u32>(said(Event.Outage).state).toBe(ServerState.Suspected);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
    syn(TANAKA, SERVER, 9);
    expect<u32>(give()).toBe(Verdict.SynNoted);
    drained();
    restore(SERVER, 0, SATO, Cause.Unanswered, now(), now(), 1, WEB, ServerState.Down);
    expect<u32>(said(Event.Outage).state).toBe(ServerState.Down);
    syn(TANAKA, SERVER, 10);
    expect<u32>(give()).toBe(Verdict.SynLinked);
    checkTables(16, 64, 64);
  });

  it('leaves no client behind when it makes room for another', () => {
    fresh(ASKING, 4);
    for (let i: u32 = 0; i < 20; i++) {
      turnAway(i % 2 == 0 ? SATO : SATO6, i % 2 == 0 ? SERVER : SERVER6);
      checkTables(4, 64, 64);
    }
    expect<u64>(counterOf(Counter.OutagesEvicted)).toBe(19);
    expect<u32>(saidTimes(Event.Dropped)).toBe(19);
    expect<u32>(freeClients()).toBe(63);
  });
});

describe('while an outage settles', () => {
  it('nobody is linked who may be served, and who fails waits all the same', () => {
    fresh(ASKING);
    turnAway(SATO, SERVER);
    aboutServer(Command.Confirm, SERVER);
    expect<u32>(aboutServer(Command.Lives, SERVER)).toBe(Status.Ok);
    syn(TANAKA, SERVER, 9);
    expect<u32>(give()).toBe(Verdict.SynNoted);
    expect<bool>(saidOf(Event.Waiting, TANAKA)).toBe(false);
    unreachable(TANAKA, SERVER, 9, HOST);
    give(Direction.Out);
    expect<bool>(saidOf(Event.Waiting, TANAKA)).toBe(true);
    expect<u64>(counterOf(Counter.ServersDown)).toBe(1);
    checkTables(16, 64, 64);
  });

  it('a failed probe brings the outage back', () => {
    fresh(ASKING);
    aboutServer(Command.KnowService, SERVER, WEB);
    refuse(SATO, SERVER);
    aboutServer(Command.Confirm, SERVER, WEB);
    aboutServer(Command.Lives, SERVER, WEB);
    expect<u32>(aboutServer(Command.StillDown, SERVER, WEB)).toBe(Status.Ok);
    syn(TANAKA, SERVER, 9);
    expect<u32>(give()).toBe(Verdict.SynLinked);
    refusal(TANAKA, SERVER, 9);
    give();
    checkTables(16, 64, 64);
  });
});
