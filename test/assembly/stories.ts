/** What happens again and again in the tests. */

import { Direction } from '../../assembly/path/packet';
import { Verdict } from '../../assembly/path/verdict';
import { Address } from '../../assembly/wire/address';
import { HOST, HOST_6, syn, synAck, unreachable, WEB } from './packets';
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

/** The client asks for a connection, and the service at `port` accepts it. */
export function accept(client: Address, server: Address, port: u32 = WEB): void {
  const sequence = ++lastSequence;
  syn(client, server, sequence, port);
  give();
  synAck(client, server, sequence, port);
  assert(give() == Verdict.SynAckAnswers, 'it is accepted');
}
