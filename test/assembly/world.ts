/** A small world in which anything may happen: some servers, some people, all they can send, and all a host can say. */

import { Command } from '../../assembly/record/commands';
import { Address } from '../../assembly/wire/address';
import { DATAGRAMS } from '../../assembly/wire/udp';
import { ipv4, ipv6, ROUTER, ROUTER6 } from './addresses';
import { toEverybody } from './frames';
import { SECOND_US } from './numbers';
import {
  aboutClient,
  aboutServer,
  aboutTime,
  answerFor,
  bare,
  probe,
  restore,
  sweep,
  watchDatagrams,
} from './orders';
import {
  advertisement,
  arpAnnouncement,
  arpReply,
  arpRequest,
  HOST,
  HOST_6,
  NAMES,
  PORT,
  question,
  refusal,
  reply,
  solicitation,
  syn,
  synAck,
  unreachable,
  unreachableDatagram,
} from './packets';
import { giveAt, now } from './play';
import { chance, random } from './random';

export const HOSTS: u32 = 10;
export const PEOPLE: u32 = 60;

export const hosts = new StaticArray<Address>(<i32>HOSTS);
for (let i: u32 = 0; i < HOSTS; i++) hosts[i] = i % 3 == 2 ? ipv6(0x178, i) : ipv4(172, 27, 178, i + 1);
export const people = new StaticArray<Address>(<i32>PEOPLE);
for (let i: u32 = 0; i < PEOPLE; i++) people[i] = ipv4(10, 0, 0, i);
export const people6 = new StaticArray<Address>(<i32>PEOPLE);
for (let i: u32 = 0; i < PEOPLE; i++) people6[i] = ipv6(0x179, i);

/** Any host, and a client of the same IP version: what one random step is about. */
let host = hosts[0];
let person = people[0];
let port: u32 = 0;

export function choose(): void {
  host = hosts[random(HOSTS)];
  const number = random(PEOPLE);
  person = host.isIpv4 ? people[number] : people6[number];
  port = chance(70) ? 80 : 440 + random(6);
}

export function randomPacket(): void {
  const sequence = random(4);
  switch (random(14)) {
    case 0:
      synAck(person, host, sequence, port);
      break;
    case 1:
      refusal(person, host, sequence, port);
      break;
    case 2:
    case 3:
      unreachable(person, host, sequence, host.isIpv4 ? (chance(50) ? HOST : PORT) : HOST_6, port);
      break;
    case 4:
      unreachableDatagram(person, host, host.isIpv4 ? (chance(50) ? HOST : PORT) : HOST_6);
      break;
    case 7:
    case 8:
      question(person, host);
      break;
    case 9:
      reply(person, host);
      break;
    case 5:
      if (host.isIpv4) arpReply(host, ROUTER, 2 + random(2));
      else advertisement(host, chance(50), random(3));
      break;
    case 10:
      if (host.isIpv4) arpRequest(ROUTER, host);
      else solicitation(ROUTER6, host);
      if (chance(80)) toEverybody();
      break;
    case 6:
      if (host.isIpv4) arpAnnouncement(host, 2 + random(2));
      else advertisement(host, false, 2);
      break;
    default:
      syn(person, host, sequence, port);
      break;
  }
  giveAt(now() - (chance(10) ? <i64>random(90) * SECOND_US : 0), random(3), 1 + random(3));
}

export function randomCommand(): void {
  const outage = chance(70) ? 0 : chance(80) ? port : NAMES | DATAGRAMS;
  switch (random(18)) {
    case 0:
      restore(
        host,
        outage,
        person,
        1 + random(3),
        now() - <i64>random(100) * SECOND_US,
        now(),
        random(5),
        port,
        random(6),
      );
      break;
    case 1:
      aboutServer(Command.StillDown, host, outage);
      break;
    case 2:
    case 3:
      aboutServer(Command.Release, host, outage);
      break;
    case 4:
    case 5:
      aboutServer(Command.Forget, host, outage);
      break;
    case 6:
      sweep(now() - <i64>random(300) * SECOND_US);
      break;
    case 7:
      aboutClient(chance(50) ? Command.KnowClient : Command.UnknowClient, person);
      break;
    case 8:
      aboutServer(chance(50) ? Command.KnowService : Command.UnknowService, host, outage);
      break;
    case 9:
      aboutServer(Command.Confirm, host, outage);
      break;
    case 10:
      aboutServer(Command.Acquit, host, outage);
      break;
    case 11:
      aboutServer(Command.Lives, host, outage);
      break;
    case 12:
      aboutTime(Command.FoundSilent, host, port, now() - <i64>random(10) * SECOND_US);
      break;
    case 13:
      probe(host, outage, 1 + random(40_003));
      break;
    case 14:
      aboutServer(Command.AskEnd, host, outage);
      break;
    case 15:
      if (chance(20)) aboutTime(Command.RestoreService, host, port, now() - <i64>random(90_000) * SECOND_US);
      break;
    case 16:
      aboutClient(chance(20) ? Command.Own : Command.Disown, person);
      break;
    default:
      if (chance(5)) bare(Command.Flush);
      else if (chance(30)) watchDatagrams(NAMES, chance(80));
      else answerFor(port, chance(50));
      break;
  }
}
