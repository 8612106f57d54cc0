/** Whole frames as they come in the stories: the conversation of one client with one server. */

import { Address } from '../../assembly/wire/address';
import { EtherType } from '../../assembly/wire/ethernet';
import { Icmpv6Type } from '../../assembly/wire/icmp';
import { ipv4, newAddress, ROUTER, ROUTER6 } from './addresses';
import {
  ACK,
  arpMessage,
  begin,
  endIp,
  ethernet,
  etherTypeOf,
  ICMP,
  ICMPV6,
  icmp,
  ip,
  neighbourMessage,
  RST,
  SYN,
  TCP,
  tcp,
  UDP,
  udp,
  zeros,
} from './frames';

export const CLIENT_PORT: u32 = 40_001;
export const WEB: u32 = 80;
export const SECURE: u32 = 443;
/** Of UDP. */
export const NAMES: u32 = 53;

/** Codes of destination unreachable. */
export const HOST: u32 = 1;
export const PROTOCOL: u32 = 2;
export const PORT: u32 = 3;
export const NEEDS_FRAGMENTATION: u32 = 4;
export const PROHIBITED: u32 = 13;
export const NO_ROUTE_6: u32 = 0;
export const PROHIBITED_6: u32 = 1;
export const HOST_6: u32 = 3;
export const PORT_6: u32 = 4;

const HOPS_OF_NEIGHBOURS: u32 = 255;
const NOBODY = ipv4(0, 0, 0, 0);
const NOBODY6 = newAddress();
const REQUEST: u32 = 1;
const REPLY: u32 = 2;
const SOLICITED: u32 = 0x60;
const UNSOLICITED: u32 = 0x20;

/** An Ethernet frame with one TCP segment. */
export function segment(
  from: Address,
  fromPort: u32,
  to: Address,
  toPort: u32,
  sequence: u32,
  acknowledgement: u32,
  flags: u32,
  data: u32 = 0,
): void {
  begin();
  ethernet(etherTypeOf(from));
  ip(from, to, TCP);
  tcp(fromPort, toPort, sequence, acknowledgement, flags);
  zeros(data);
  endIp();
}

/** The client asks for a connection. */
export function syn(
  client: Address,
  server: Address,
  sequence: u32,
  serverPort: u32 = WEB,
  clientPort: u32 = CLIENT_PORT,
): void {
  segment(client, clientPort, server, serverPort, sequence, 0, SYN);
}

/** The server accepts the request with that sequence number. */
export function synAck(
  client: Address,
  server: Address,
  sequence: u32,
  serverPort: u32 = WEB,
  clientPort: u32 = CLIENT_PORT,
): void {
  segment(server, serverPort, client, clientPort, 77, sequence + 1, SYN | ACK);
}

/** The server refuses the request with that sequence number. */
export function refusal(
  client: Address,
  server: Address,
  sequence: u32,
  serverPort: u32 = WEB,
  clientPort: u32 = CLIENT_PORT,
): void {
  segment(server, serverPort, client, clientPort, 0, sequence + 1, RST | ACK);
}

/** Everything before the packet that an error quotes, a router's unless `by` says whose; `endError` comes after it. */
export function beginError(client: Address, code: u32, by: Address = client.isIpv4 ? ROUTER : ROUTER6): void {
  begin();
  ethernet(etherTypeOf(client));
  ip(by, client, client.isIpv4 ? ICMP : ICMPV6);
  icmp(client.isIpv4 ? 3 : Icmpv6Type.Unreachable, code);
}

export function endError(): void {
  endIp();
}

/** The router cannot deliver the client's request. */
export function unreachable(
  client: Address,
  server: Address,
  sequence: u32,
  code: u32,
  serverPort: u32 = WEB,
  clientPort: u32 = CLIENT_PORT,
): void {
  beginError(client, code);
  ip(client, server, TCP);
  tcp(clientPort, serverPort, sequence, 0, SYN);
  endIp();
  endError();
}

/** One datagram. */
export function datagram(from: Address, fromPort: u32, to: Address, toPort: u32, data: u32 = 20): void {
  begin();
  ethernet(etherTypeOf(from));
  ip(from, to, UDP);
  udp(fromPort, toPort, data);
  zeros(data);
  endIp();
}

/** The client asks a service of UDP. */
export function question(client: Address, server: Address, port: u32 = NAMES, from: u32 = CLIENT_PORT): void {
  datagram(client, from, server, port);
}

/** It answers. */
export function reply(client: Address, server: Address, port: u32 = NAMES, to: u32 = CLIENT_PORT): void {
  datagram(server, port, client, to);
}

/** The router cannot deliver a datagram. */
export function unreachableDatagram(
  from: Address,
  to: Address,
  code: u32,
  port: u32 = NAMES,
  fromPort: u32 = CLIENT_PORT,
): void {
  beginError(from, code);
  quoteDatagram(from, to, port, fromPort);
}

/** The server has nobody at that port. */
export function portUnreachable(
  from: Address,
  to: Address,
  port: u32 = NAMES,
  fromPort: u32 = CLIENT_PORT,
): void {
  beginError(from, from.isIpv4 ? PORT : PORT_6, to);
  quoteDatagram(from, to, port, fromPort);
}

function quoteDatagram(from: Address, to: Address, port: u32, fromPort: u32): void {
  ip(from, to, UDP);
  udp(fromPort, port);
  endIp();
  endError();
}

function arp(operation: u32, sender: Address, target: Address, hardware: u32): void {
  begin();
  ethernet(EtherType.Arp);
  arpMessage(operation, hardware, sender, target);
}

export function arpRequest(sender: Address, target: Address, hardware: u32 = 2): void {
  arp(REQUEST, sender, target, hardware);
}

export function arpReply(sender: Address, target: Address, hardware: u32 = 2): void {
  arp(REPLY, sender, target, hardware);
}

/** Nobody asked: the sender names itself (RFC 5227). */
export function arpAnnouncement(sender: Address, hardware: u32 = 2): void {
  arp(REQUEST, sender, sender, hardware);
}

/** Somebody asks whether anybody has `target` (RFC 5227 section 2.1.1). */
export function arpProbe(target: Address, hardware: u32 = 2): void {
  arp(REQUEST, NOBODY, target, hardware);
}

/** The same in IPv6 (RFC 4862 section 5.4.2): only the link tells who he is, 02:00:00:00:00:02. */
export function neighbourProbe(target: Address): void {
  solicitation(NOBODY6, target, 0);
}

/** A neighbour advertisement for `target`; `hardware` 0: without its link-layer address. */
export function advertisement(target: Address, isSolicited: bool, hardware: u32 = 2): void {
  neighbour(
    Icmpv6Type.NeighbourAdvertisement,
    target,
    target,
    isSolicited ? SOLICITED : UNSOLICITED,
    hardware == 0 ? 0 : 2,
    hardware,
  );
}

/** Whoever has `from` asks for the link-layer address of `target`. */
export function solicitation(from: Address, target: Address, hardware: u32 = 2): void {
  neighbour(Icmpv6Type.NeighbourSolicitation, from, target, 0, hardware == 0 ? 0 : 1, hardware);
}

function neighbour(type: u32, from: Address, target: Address, flags: u32, option: u32, hardware: u32): void {
  begin();
  ethernet(EtherType.Ipv6);
  ip(from, ROUTER6, ICMPV6, HOPS_OF_NEIGHBOURS);
  neighbourMessage(type, flags, target, option, hardware);
  endIp();
}
