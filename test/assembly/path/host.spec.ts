import { drained, resume } from '../../../assembly/index';
import { Command, Option, Status } from '../../../assembly/record/commands';
import { Event, lostEvents, pendingEvents } from '../../../assembly/record/events';
import { ServerState } from '../../../assembly/table/servers';
import { Address } from '../../../assembly/wire/address';
import { DATAGRAMS } from '../../../assembly/wire/udp';
import { SECOND_US } from '../numbers';
import { ASKING, bare, EVERYTHING } from '../orders';
import { fresh, pass, wait } from '../play';
import { chance, random, seed } from '../random';
import { eventAt, Said } from '../said';
import { checkTables } from '../tables';
import { choose, HOSTS, hosts, PEOPLE, people, people6, randomCommand, randomPacket } from '../world';

const STEPS: u32 = 40_000;
const SERVERS: u32 = 12;
const CLIENTS: u32 = 40;
const ATTEMPTS: u32 = 24;
/** Port 0, 80, 440 to 445, and 53 of UDP. */
const PORTS: u32 = 9;

// What a host knows that only listens: who waits for what.
const told = new StaticArray<bool>(<i32>(HOSTS * PORTS * PEOPLE));
// Who was handed out since the outage began: a host that says it is still down has them waiting again.
const released = new StaticArray<bool>(<i32>(HOSTS * PORTS * PEOPLE));
// What a sync says, and of which outages it speaks.
const again = new StaticArray<bool>(<i32>(HOSTS * PORTS * PEOPLE));
const mentioned = new StaticArray<bool>(<i32>(HOSTS * PORTS));
const handedOut = new StaticArray<bool>(<i32>(HOSTS * PORTS));

function numberOf(event: Said): u32 {
  let host: u32 = 0;
  while (!hosts[host].equals(event.server)) host++;
  const port = event.port;
  if (port >= DATAGRAMS) return host * PORTS + PORTS - 1;
  return host * PORTS + (port == 0 ? 0 : port == 80 ? 1 : port - 438);
}

function personOf(client: Address): u32 {
  const all = client.isIpv4 ? people : people6;
  for (let i: u32 = 0; i < PEOPLE; i++) if (all[i].equals(client)) return i;
  assert(false, 'nobody else is in this world');
  return 0;
}

function clear(outage: u32): void {
  for (let i: u32 = 0; i < PEOPLE; i++) told[outage * PEOPLE + i] = released[outage * PEOPLE + i] = false;
}

function listen(event: Said): void {
  switch (event.kind) {
    case Event.Waiting:
      told[numberOf(event) * PEOPLE + personOf(event.client)] = true;
      break;
    case Event.Answered:
    case Event.Swept:
      told[numberOf(event) * PEOPLE + personOf(event.client)] = false;
      released[numberOf(event) * PEOPLE + personOf(event.client)] = false;
      break;
    case Event.Released:
      told[numberOf(event) * PEOPLE + personOf(event.client)] = false;
      released[numberOf(event) * PEOPLE + personOf(event.client)] = true;
      break;
    case Event.Dropped:
    case Event.Acquitted:
      clear(numberOf(event));
      break;
    case Event.Forgotten:
      if (event.code == 0) clear(numberOf(event));
      for (let i: u32 = 0; i < PEOPLE; i++) released[numberOf(event) * PEOPLE + i] = false;
      break;
    default:
      break;
  }
}

function listenToAll(): void {
  do {
    for (let i: u32 = 0; i < pendingEvents(); i++) listen(eventAt(i));
    drained();
  } while (resume() != 0);
}

function hearSync(event: Said): void {
  if (event.kind == <u32>Event.Outage) {
    const outage = numberOf(event);
    assert(!mentioned[outage], 'an outage is said once');
    mentioned[outage] = true;
    handedOut[outage] = event.state == <u32>ServerState.Released;
  } else if (event.kind == <u32>Event.Waiting) {
    const outage = numberOf(event);
    assert(mentioned[outage], 'an outage is said before its clients');
    const at = outage * PEOPLE + personOf(event.client);
    assert(!again[at] || handedOut[outage], 'a client is said once');
    again[at] = true;
  }
}

function compareWithSync(): void {
  for (let i: u32 = 0; i < HOSTS * PORTS; i++) mentioned[i] = handedOut[i] = false;
  for (let i: u32 = 0; i < HOSTS * PORTS * PEOPLE; i++) again[i] = false;
  assert(bare(Command.Sync) == Status.Ok, 'nothing else is under way');
  do {
    for (let i: u32 = 0; i < pendingEvents(); i++) hearSync(eventAt(i));
    drained();
  } while (resume() != 0);
  for (let i: u32 = 0; i < HOSTS * PORTS * PEOPLE; i++) {
    const outage = i / PEOPLE;
    if (handedOut[outage]) assert(again[i] || !told[i], 'who was said to wait still waits');
    else assert(again[i] == told[i] || (again[i] && released[i]), 'a sync says what the events said');
  }
}

function play(options: u32): void {
  fresh(options, SERVERS, CLIENTS, ATTEMPTS);
  for (let i: u32 = 0; i < HOSTS * PORTS * PEOPLE; i++) told[i] = released[i] = false;
  const lost = lostEvents();
  for (let step: u32 = 0; step < STEPS; step++) {
    choose();
    if (chance(80)) randomPacket();
    else randomCommand();
    if (chance(10)) wait(<i64>random(10) * SECOND_US);
    else pass(random(50_000));
    if (pendingEvents() > 200 || chance(20)) listenToAll();
    if (step % 20 != 0) continue;
    listenToAll();
    compareWithSync();
    checkTables(SERVERS, CLIENTS, ATTEMPTS);
  }
  assert(lostEvents() == lost, 'no event was lost');
}

describe('a host that listens', () => {
  it('knows who waits for what, as a sync would say it, whatever happens', () => {
    seed(52);
    play(EVERYTHING);
  });

  it('knows it also when only known clients are entered', () => {
    seed(53);
    play(EVERYTHING | Option.KnownOnly);
  });

  it('knows it also where the server is asked', () => {
    seed(55);
    play(ASKING);
  });
});
