import { drained } from '../../../assembly/index';
import { Counter } from '../../../assembly/path/verdict';
import { Command, Status } from '../../../assembly/record/commands';
import { Event, pendingEvents } from '../../../assembly/record/events';
import { freeClients } from '../../../assembly/table/clients';
import { ServerState } from '../../../assembly/table/servers';
import { Address } from '../../../assembly/wire/address';
import { ipv4, NAKAMURA, SATO, SECOND, SERVER, someClient, TANAKA } from '../addresses';
import { SECOND_US, WAIT_US } from '../numbers';
import { ASKING, aboutServer, EVERYTHING } from '../orders';
import { refusal, SECURE, syn, synAck, WEB } from '../packets';
import { counterOf, fresh, give, now, pass, wait } from '../play';
import { hearAll, said, saidOf, saidTimes } from '../said';
import { accept, turnAway } from '../stories';
import { checkTables } from '../tables';

const MANY: u32 = 1000;
const LATE = ipv4(172, 27, 179, 153);

/** It refuses Tanaka, and the router has found it silent. */
function turnsAway(port: u16): void {
  syn(TANAKA, SERVER, port);
  give();
  refusal(TANAKA, SERVER, port);
  give();
  aboutServer(Command.Confirm, SERVER, WEB);
}

/** The web has answered Nakamura; a second later it has refused Tanaka, and the router has found it silent. */
function down(): void {
  fresh(ASKING);
  accept(NAKAMURA, SERVER);
  pass(SECOND_US);
  turnsAway(4);
  pass(SECOND_US);
  drained();
}

/** A request to which nothing comes; it links nobody, because it was open before the outage, or the outage is about to end. */
function silent(client: Address, sequence: u32, port: u32 = WEB): void {
  syn(client, SERVER, sequence, port);
  give();
}

/** The web is back; the host finds that out. */
function back(): void {
  wait(0);
  aboutServer(Command.Lives, SERVER, WEB);
}

function release(): void {
  wait(0);
  drained();
  assert(aboutServer(Command.Release, SERVER, WEB) == Status.Ok, 'it is down');
}

describe('the end of an outage', () => {
  it('takes along who has tried in it and given up in silence, and tells nobody a second time', () => {
    fresh(ASKING);
    accept(NAKAMURA, SERVER);
    pass(SECOND_US);
    silent(SATO, 5);
    pass(SECOND_US);
    syn(TANAKA, SERVER, 4);
    give();
    refusal(TANAKA, SERVER, 4);
    give();
    aboutServer(Command.Confirm, SERVER, WEB);
    pass(5 * SECOND_US);
    back();
    pass(5 * SECOND_US);
    release();
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
    expect<bool>(saidOf(Event.Released, SATO)).toBe(true);
    expect<u32>(saidTimes(Event.Released)).toBe(2);
    aboutServer(Command.Forget, SERVER, WEB);
    accept(NAKAMURA, SERVER);
    drained();
    wait(2 * WAIT_US);
    expect<u32>(saidTimes(Event.Outage)).toBe(0);
    expect<u32>(saidTimes(Event.Waiting)).toBe(0);
    expect<u32>(freeClients()).toBe(64);
    checkTables(16, 64, 64);
  });

  it('tells nobody a second time whose wait ends in the next one', () => {
    down();
    silent(SATO, 5);
    back();
    release();
    expect<bool>(saidOf(Event.Released, SATO)).toBe(true);
    aboutServer(Command.Forget, SERVER, WEB);
    pass(SECOND_US);
    turnsAway(6);
    drained();
    wait(2 * WAIT_US);
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(false);
    checkTables(16, 64, 64);
  });

  it('takes nobody along whose last request is older than the last answer before it', () => {
    fresh(ASKING);
    silent(SATO, 5);
    pass(SECOND_US);
    accept(NAKAMURA, SERVER);
    pass(SECOND_US);
    syn(TANAKA, SERVER, 4);
    give();
    refusal(TANAKA, SERVER, 4);
    give();
    pass(SECOND_US);
    back();
    release();
    expect<bool>(saidOf(Event.Released, SATO)).toBe(false);
    expect<bool>(saidOf(Event.Released, TANAKA)).toBe(true);
  });

  it('takes nobody along whose last request is later than the first answer', () => {
    down();
    back();
    pass(SECOND_US);
    silent(SATO, 5);
    pass(SECOND_US);
    release();
    expect<bool>(saidOf(Event.Released, SATO)).toBe(false);
    expect<bool>(saidOf(Event.Released, TANAKA)).toBe(true);
  });

  it('counts from the first answer that no failed probe has followed', () => {
    down();
    back();
    pass(SECOND_US);
    silent(SATO, 5);
    aboutServer(Command.StillDown, SERVER, WEB);
    pass(SECOND_US);
    back();
    pass(SECOND_US);
    release();
    expect<bool>(saidOf(Event.Released, SATO)).toBe(true);
  });

  it('is that of the service, or of the host with all its ports', () => {
    for (let host = 0; host < 2; host++) {
      fresh(ASKING);
      accept(NAKAMURA, SERVER);
      accept(NAKAMURA, SERVER, SECURE);
      pass(SECOND_US);
      silent(SATO, 5, SECURE);
      syn(SATO, SECOND, 6);
      give();
      if (host == 0) {
        syn(TANAKA, SERVER, 4);
        give();
        refusal(TANAKA, SERVER, 4);
        give();
      } else {
        turnAway(TANAKA, SERVER);
      }
      wait(SECOND_US);
      drained();
      aboutServer(Command.Release, SERVER, host == 0 ? WEB : 0);
      expect<bool>(saidOf(Event.Released, SATO)).toBe(host == 1);
      expect<u32>(saidTimes(Event.Released)).toBe(host == 1 ? 2 : 1);
    }
  });

  it('takes many along, though the events fill the buffer and frames come between', () => {
    fresh(ASKING, 16, 4096, 4096);
    accept(NAKAMURA, SERVER);
    pass(SECOND_US);
    for (let i: u32 = 0; i < MANY; i++) {
      silent(someClient(2 * i), i);
      drained();
    }
    pass(SECOND_US);
    syn(TANAKA, SERVER, 4);
    give();
    refusal(TANAKA, SERVER, 4);
    give();
    pass(SECOND_US);
    back();
    pass(SECOND_US);
    release();
    expect<u32>(pendingEvents()).toBe(240, 'the buffer is full of those who wait');
    expect<u32>(saidTimes(Event.Released)).toBe(0);
    drained();
    silent(SATO, 5000);
    synAck(someClient(0), SERVER, 0);
    give();
    synAck(someClient(2 * MANY - 2), SERVER, MANY - 1);
    give();
    expect<u32>(hearAll(Event.Released)).toBe(MANY, 'who is answered meanwhile is not handed out');
    checkTables(16, 4096, 4096);
    aboutServer(Command.Forget, SERVER, WEB);
    expect<u32>(freeClients()).toBe(4096);
  });

  it('is of one outage, whatever else would need its record while it is under way', () => {
    fresh(ASKING, 4, 4096, 4096);
    for (let i: u32 = 0; i < MANY; i++) {
      silent(someClient(2 * i), i);
      drained();
    }
    pass(SECOND_US);
    turnAway(SATO, SERVER);
    pass(SECOND_US);
    drained();
    aboutServer(Command.Release, SERVER);
    drained();
    for (let i: u32 = 0; i < 6; i++) {
      turnAway(TANAKA, ipv4(172, 27, 178, 100 + i));
      drained();
    }
    expect<u32>(hearAll(Event.Released)).toBe(MANY + 1);
    expect<u32>(aboutServer(Command.Forget, SERVER)).toBe(Status.Ok);
    checkTables(4, 4096, 4096);
  });
});

describe('who fails only after the first answer', () => {
  it('stays behind when the others are handed out, and is the next suspicion', () => {
    down();
    back();
    pass(SECOND_US);
    syn(SATO, SERVER, 5);
    give();
    refusal(SATO, SERVER, 5);
    give();
    expect<bool>(saidOf(Event.Waiting, SATO)).toBe(true);
    pass(SECOND_US);
    release();
    expect<u32>(saidTimes(Event.Released)).toBe(1);
    expect<bool>(saidOf(Event.Released, TANAKA)).toBe(true);
    checkTables(16, 64, 64);
    drained();
    aboutServer(Command.Forget, SERVER, WEB);
    expect<u32>(said(Event.Forgotten).code).toBe(1);
    expect<u32>(said(Event.Outage).state).toBe(ServerState.Suspected);
    expect<i64>(said(Event.Outage).firstUs).toBe(now() - SECOND_US);
    expect<u64>(counterOf(Counter.ServersDown)).toBe(0);
    syn(LATE, SERVER, 6);
    give();
    expect<bool>(saidOf(Event.Waiting, LATE)).toBe(false);
    drained();
    aboutServer(Command.Confirm, SERVER, WEB);
    aboutServer(Command.Release, SERVER, WEB);
    expect<bool>(saidOf(Event.Released, SATO)).toBe(true);
    checkTables(16, 64, 64);
  });

  it('is handed out with the others when he had failed before as well', () => {
    down();
    syn(SATO, SERVER, 5);
    give();
    pass(SECOND_US);
    back();
    pass(SECOND_US);
    syn(SATO, SERVER, 6);
    give();
    refusal(SATO, SERVER, 6);
    give();
    release();
    expect<bool>(saidOf(Event.Released, SATO)).toBe(true);
    expect<u32>(said(Event.Released, 1).tries).toBe(2);
    drained();
    aboutServer(Command.Forget, SERVER, WEB);
    expect<u32>(said(Event.Forgotten).code).toBe(0);
  });

  it('is an outage at once where the server is not asked', () => {
    fresh(EVERYTHING);
    turnAway(TANAKA, SERVER);
    pass(SECOND_US);
    aboutServer(Command.Lives, SERVER);
    wait(WAIT_US);
    turnAway(SATO, SERVER);
    drained();
    aboutServer(Command.Release, SERVER);
    expect<bool>(saidOf(Event.Released, SATO)).toBe(false);
    aboutServer(Command.Forget, SERVER);
    expect<u32>(said(Event.Outage).state).toBe(ServerState.Down);
  });
});

describe('who is answered when his chain is handed out already', () => {
  it('waits no longer: that is said, and asked again he is not handed out', () => {
    fresh();
    turnAway(TANAKA, SERVER);
    syn(SATO, SERVER, 5);
    give();
    drained();
    aboutServer(Command.Release, SERVER);
    expect<bool>(saidOf(Event.Released, SATO)).toBe(true);
    drained();
    synAck(SATO, SERVER, 5);
    give();
    expect<bool>(saidOf(Event.Answered, SATO)).toBe(true);
    expect<u32>(said(Event.Answered).port).toBe(0);
    drained();
    aboutServer(Command.Release, SERVER);
    expect<bool>(saidOf(Event.Released, SATO)).toBe(false);
    expect<bool>(saidOf(Event.Released, TANAKA)).toBe(true);
    checkTables(16, 64, 64);
  });

  it('is so also when more were handed out since, who are in one chain with him', () => {
    fresh();
    turnAway(TANAKA, SERVER);
    syn(SATO, SERVER, 5);
    give();
    aboutServer(Command.Release, SERVER);
    pass(SECOND_US / 2);
    turnAway(LATE, SERVER);
    turnAway(TANAKA, SERVER);
    drained();
    aboutServer(Command.Release, SERVER);
    expect<u32>(saidTimes(Event.Released)).toBe(3, 'who is in both is one client');
    checkTables(16, 64, 64);
    drained();
    synAck(SATO, SERVER, 5);
    give();
    expect<bool>(saidOf(Event.Answered, SATO)).toBe(true);
    aboutServer(Command.Forget, SERVER);
    expect<u32>(freeClients()).toBe(64);
    checkTables(16, 64, 64);
  });

  it('is nothing of a chain that is forgotten', () => {
    fresh();
    turnAway(TANAKA, SERVER);
    syn(SATO, SERVER, 5);
    give();
    aboutServer(Command.Release, SERVER);
    turnAway(LATE, SERVER);
    aboutServer(Command.Forget, SERVER);
    drained();
    synAck(SATO, SERVER, 5);
    give();
    expect<u32>(saidTimes(Event.Answered)).toBe(0);
    checkTables(16, 64, 64);
  });
});
