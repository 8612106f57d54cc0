import { hashAddress } from '../../../assembly/table/hash';
import { provide } from '../../../assembly/table/memory';
import {
  addServer,
  awaitingStrangers,
  findServer,
  hasFreeServer,
  hasRoomForStranger,
  heldServers,
  leastAwaited,
  leastImportant,
  leastRecentlyHeard,
  leastStranger,
  lengthen,
  NEVER,
  nextOutage,
  place,
  removeServer,
  ServerFlag,
  ServerState,
  serverAt,
  serverCapacity,
  serversBytes,
  setUpServers,
  unpromisedStranger,
} from '../../../assembly/table/servers';
import { Address } from '../../../assembly/wire/address';
import { SECOND, SERVER, SERVER6, someClient, THIRD } from '../addresses';
import { chance, random, seed } from '../random';

const CAPACITY: u32 = 20;
const HOSTS: u32 = 15;
const PORTS: u32 = 3;
const STEPS: u32 = 60_000;

const hosts = new StaticArray<Address>(<i32>HOSTS);
for (let i: u32 = 0; i < HOSTS; i++) hosts[i] = someClient(i);

// The model: the record of each (host, port), and all chains in order.
const recordOf = new StaticArray<u32>(<i32>(HOSTS * PORTS));
const alive: u32[] = [];
const strangers: u32[] = [];
const promisedStrangers: u32[] = [];
const unpromised: u32[] = [];
const chains: u32[][] = [alive, strangers, promisedStrangers, unpromised];

function setUp(capacity: u32): void {
  provide(serversBytes(capacity));
  setUpServers(capacity);
}

function add(address: Address, port: u32): u32 {
  return addServer(address, hashAddress(address), port);
}

function find(address: Address, port: u32): u32 {
  return findServer(address, hashAddress(address), port);
}

function remove(index: u32): void {
  removeServer(index, hashAddress(serverAt(index).address));
}

function portOf(number: u32): u32 {
  return number == 0 ? 0 : number == 1 ? 80 : 443;
}

function leave(index: u32): void {
  for (let i = 0; i < chains.length; i++) {
    const at = chains[i].indexOf(index);
    if (at >= 0) chains[i].splice(at, 1);
  }
}

/** What `place` should do. */
function placeInModel(index: u32, last: bool): void {
  leave(index);
  const server = serverAt(index);
  if (server.has(ServerFlag.Pinned) || server.state == ServerState.Released) return;
  if (server.state == ServerState.Alive) {
    if (last) alive.push(index);
    else alive.unshift(index);
  } else if (!server.hasAnswered) (server.promised == 0 ? strangers : promisedStrangers).push(index);
  else if (server.promised == 0) unpromised.push(index);
}

function change(index: u32): void {
  const server = serverAt(index);
  server.state = <u8>random(4);
  server.promised = random(2);
  lengthen(server, random(9) - server.length);
  server.flags = 0;
  server.heardUs = chance(50) ? NEVER : 5;
  if (chance(20)) server.set(ServerFlag.Pinned);
  const last = chance(70);
  place(index, last);
  placeInModel(index, last);
}

function firstOf(chain: u32[]): u32 {
  return chain.length == 0 ? 0 : chain[0];
}

function compareAll(): void {
  for (let i: u32 = 0; i < HOSTS * PORTS; i++) {
    assert(find(hosts[i / PORTS], portOf(i % PORTS)) == recordOf[i], 'a record is found, and no other');
  }
  assert(leastRecentlyHeard() == firstOf(alive), 'who goes first of those alive');
  assert(unpromisedStranger() == firstOf(strangers), 'which stranger goes for another');
  const stranger = strangers.length != 0 ? strangers[0] : firstOf(promisedStrangers);
  assert(leastStranger() == stranger, 'which stranger goes first');
  assert(leastAwaited() == firstOf(unpromised), 'who goes first of those that answered');
  const isUnheard = alive.length != 0 && !serverAt(alive[0]).hasAnswered;
  const first = !isUnheard && strangers.length != 0 ? strangers[0] : firstOf(alive);
  assert(leastImportant() == first, 'who goes first for an outage');
  const count = <u32>(strangers.length + promisedStrangers.length);
  assert(hasRoomForStranger() == count < CAPACITY / 4, 'strangers are counted');
  let clients: u32 = 0;
  for (let i = 0; i < strangers.length; i++) clients += serverAt(strangers[i]).length;
  for (let i = 0; i < promisedStrangers.length; i++) clients += serverAt(promisedStrangers[i]).length;
  assert(awaitingStrangers() == clients, 'and so are their clients');
}

describe('the server table', () => {
  it('makes a record that knows nothing but its name', () => {
    setUp(4);
    const index = add(SERVER, 443);
    const server = serverAt(index);
    expect<bool>(server.address.equals(SERVER)).toBe(true);
    expect<u32>(server.port).toBe(443);
    expect<u32>(server.state).toBe(ServerState.Alive);
    expect<i64>(server.heardUs).toBe(NEVER);
    expect<i64>(server.resolvedUs).toBe(NEVER);
    expect<u32>(server.head | server.tail | server.length | server.promised | server.flags).toBe(0);
    expect<bool>(server.isDown).toBe(false);
  });

  it('tells the host and its services apart, and one address from another', () => {
    setUp(8);
    const host = add(SERVER, 0);
    const service = add(SERVER, 80);
    expect<u32>(find(SERVER, 0)).toBe(host);
    expect<u32>(find(SERVER, 80)).toBe(service);
    expect<u32>(find(SERVER, 443)).toBe(0);
    expect<u32>(find(SERVER6, 80)).toBe(0);
    remove(host);
    expect<u32>(find(SERVER, 0)).toBe(0);
    expect<u32>(find(SERVER, 80)).toBe(service);
  });

  it('has as many records as it was given, and takes them again', () => {
    setUp(3);
    expect<u32>(serverCapacity()).toBe(3);
    for (let i: u32 = 0; i < 3; i++) add(someClient(i), 0);
    expect<bool>(hasFreeServer()).toBe(false);
    expect<u32>(heldServers()).toBe(3);
    remove(2);
    expect<bool>(hasFreeServer()).toBe(true);
    expect<u32>(heldServers()).toBe(2);
    expect<u32>(add(SERVER, 0)).toBe(2);
    expect<bool>(hasFreeServer()).toBe(false);
  });

  it('gives up who was not heard from for longest, then who is down with nobody promised a notice', () => {
    setUp(8);
    expect<u32>(leastImportant()).toBe(0);
    const first = add(SERVER, 0);
    const second = add(SECOND, 0);
    const down = add(THIRD, 0);
    place(first, true);
    place(second, true);
    serverAt(down).state = <u8>ServerState.Down;
    place(down, true);
    expect<u32>(leastRecentlyHeard()).toBe(first);
    place(first, true);
    expect<u32>(leastRecentlyHeard()).toBe(second);
    remove(second);
    remove(first);
    expect<u32>(leastRecentlyHeard()).toBe(0);
    expect<u32>(leastImportant()).toBe(down);
    serverAt(down).promised = 1;
    place(down, true);
    expect<u32>(leastImportant()).toBe(0);
  });

  it('gives up first of which it knows only that it exists', () => {
    setUp(4);
    const heard = add(SERVER, 0);
    const seen = add(SECOND, 0);
    place(heard, true);
    place(seen, false);
    expect<u32>(leastRecentlyHeard()).toBe(seen);
    remove(seen);
    expect<u32>(leastRecentlyHeard()).toBe(heard);
  });

  it('never gives up what the configuration names, nor what is being handed out', () => {
    setUp(4);
    const named = add(SERVER, 80);
    serverAt(named).set(ServerFlag.Pinned);
    place(named, true);
    const handedOut = add(SECOND, 0);
    serverAt(handedOut).state = <u8>ServerState.Released;
    place(handedOut, true);
    expect<u32>(leastImportant()).toBe(0);
    serverAt(named).unset(ServerFlag.Pinned);
    place(named, true);
    expect<u32>(leastImportant()).toBe(named);
  });

  it('never uses the number of an outage twice', () => {
    const first = nextOutage();
    expect<u32>(first).toBeGreaterThan(0);
    setUp(4);
    expect<u32>(nextOutage()).toBe(first + 1);
  });

  it('stays what a simple model says through tens of thousands of random steps', () => {
    setUp(CAPACITY);
    for (let i: u32 = 0; i < HOSTS * PORTS; i++) recordOf[i] = 0;
    for (let i = 0; i < chains.length; i++) chains[i].length = 0;
    let used: u32 = 0;
    seed(43);
    for (let step: u32 = 0; step < STEPS; step++) {
      const name = random(HOSTS * PORTS);
      const index = recordOf[name];
      if (index == 0) {
        assert(hasFreeServer() == used < CAPACITY, 'it is known whether a record is free');
        if (used == CAPACITY) continue;
        recordOf[name] = add(hosts[name / PORTS], portOf(name % PORTS));
        used++;
      } else if (chance(30)) {
        remove(index);
        leave(index);
        recordOf[name] = 0;
        used--;
      } else {
        change(index);
      }
      if (step % 10 == 0) compareAll();
    }
    compareAll();
  });
});
