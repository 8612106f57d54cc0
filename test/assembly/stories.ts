/** What happens again and again in the tests. */

import { Direction } from '../../assembly/path/packet';
import { Verdict } from '../../assembly/path/verdict';
import { Address } from '../../assembly/wire/address';
import { ROUTER, ROUTER6 } from './addresses';
import { toEverybody } from './frames';
import { LAN, WAN } from './numbers';
import { arpRequest, HOST, HOST_6, refusal, solicitation, syn, synAck, unreachable, WEB } from './packets';
import { give } from './play';

let lastSequence: u32 = 0x01000000;

/** The client tries to reach the host and cannot. */
export function turnAway(client: Address, server: Address): u32 {
  const sequence = ++lastSequence;
  syn(client, server, sequence);
  give();
  unreachable(client, server, sequence, client.isIpv4 ? HOST : HOST_6);
  return give(Direction.Out);
}

/** The request comes in and leaves. */
export function forward(client: Address, server: Address, sequence: u32, port: u32 = WEB): void {
  syn(client, server, sequence, port);
  assert(give(Direction.In, LAN) == Verdict.SynNoted, 'it is noted');
  assert(give(Direction.Out, WAN) == Verdict.SynForwarded, 'and leaves');
}

/** The service refuses the client. */
export function refuse(client: Address, server: Address, port: u32 = WEB): void {
  const sequence = ++lastSequence;
  syn(client, server, sequence, port);
  give();
  refusal(client, server, sequence, port);
  assert(give() == Verdict.ResetRefuses, 'it is refused');
}

/** The kernel asks everybody for the address. */
export function resolve(server: Address, iface: u32 = WAN): void {
  if (server.isIpv4) arpRequest(ROUTER, server);
  else solicitation(ROUTER6, server);
  toEverybody();
  give(Direction.Out, iface);
}

/** The client asks for a connection, and the service at `port` accepts it. */
export function accept(client: Address, server: Address, port: u32 = WEB): void {
  const sequence = ++lastSequence;
  syn(client, server, sequence, port);
  give();
  synAck(client, server, sequence, port);
  assert(give() == Verdict.SynAckAnswers, 'it is accepted');
}
