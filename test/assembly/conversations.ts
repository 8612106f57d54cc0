/** Conversations through a router, for the specs about them. */
import { drained } from '../../assembly/index';
import { Direction, FrameFlag } from '../../assembly/path/packet';
import { Verdict } from '../../assembly/path/verdict';
import { Address } from '../../assembly/wire/address';
import { SATO, SATO6, SERVER, SERVER6 } from './addresses';
import { ACK, spoil8 } from './frames';
import { LAN, MILLISECOND_US, WAIT_US, WAN } from './numbers';
import { EVERYTHING } from './orders';
import { acknowledges, sends, synAck } from './packets';
import { fresh, give, pass, wait } from './play';
import { forward } from './stories';

export const ATTEMPTS: u32 = 16;
export const CONVERSATIONS: u32 = 8;
/** A retransmission's time, and twice that, as kernels have them. */
export const RTO_US: i64 = 200 * MILLISECOND_US;
export const PORT: u32 = 50_000;
/** The last byte of the frame that a client sends, by IPv4. */
export const LAST: u32 = 14 + 20 + 20 + 20 - 1;
export const DATA: u32 = 1000;
export const FOR_OTHERS: u32 = Direction.In | FrameFlag.ForOthers;

export const clients: Address[] = [SATO, SATO6];
export const servers: Address[] = [SERVER, SERVER6];

/** The service has accepted that client's connection long ago. */
export function accepted(
  client: Address = SATO,
  server: Address = SERVER,
  options: u32 = EVERYTHING,
  conversations: u32 = CONVERSATIONS,
): void {
  fresh(options, 16, 64, ATTEMPTS, WAIT_US, 0, conversations);
  accept(client, server);
  wait(WAIT_US);
  wait(WAIT_US);
  drained();
}

export function accept(client: Address, server: Address): void {
  forward(client, server, 7);
  synAck(client, server, 7);
  assert(give(Direction.In, WAN) == Verdict.SynAckAnswers, 'it is accepted');
}

/** It comes in and leaves. */
export function send(client: Address, server: Address, sequence: u32 = DATA, port: u32 = PORT): u32 {
  sends(client, server, sequence, 20, port);
  const verdict = give(Direction.In, LAN);
  assert(give(Direction.Out, WAN) == Verdict.OtherTcp, 'and leaves');
  return verdict;
}

/** What is sent once, and twice more. Returns the last verdict. */
export function sendAgain(client: Address, server: Address, sequence: u32 = DATA, port: u32 = PORT): u32 {
  assert(send(client, server, sequence, port) == Verdict.ConversationSent, 'it is sent');
  pass(RTO_US);
  assert(send(client, server, sequence, port) == Verdict.ConversationRepeated, 'and again');
  pass(2 * RTO_US);
  return send(client, server, sequence, port);
}

/** The server has taken all that came before, and takes nothing now. */
export function full(client: Address, server: Address): void {
  acknowledges(client, server, DATA, ACK, PORT);
  const window = 14 + (client.isIpv4 ? 20 : 40) + 14;
  spoil8(window, 0);
  spoil8(window + 1, 0);
  assert(give(Direction.In, WAN) == Verdict.ConversationAnswered, 'it answers');
}

export function askForRoom(client: Address, server: Address): u32 {
  sends(client, server, DATA - 1, 0, PORT);
  return give(Direction.In, LAN);
}

export function reply(client: Address, server: Address, flags: u32 = ACK, port: u32 = PORT): u32 {
  acknowledges(client, server, DATA + 20, flags, port);
  return give(Direction.In, WAN);
}
