/** A server whose side is known, and one that is down: where the stories about sides begin. */

import { Direction } from '../../assembly/path/packet';
import { Verdict } from '../../assembly/path/verdict';
import { NAKAMURA, SERVER, TANAKA } from './addresses';
import { LAN, WAIT_US, WAN } from './numbers';
import { EVERYTHING } from './orders';
import { HOST, synAck, unreachable } from './packets';
import { fresh, give, wait } from './play';
import { forward } from './stories';

/** The service has answered Nakamura long ago: it lies behind the second interface. */
export function lived(options: u32 = EVERYTHING, sidesless: u32 = 0): void {
  fresh(options, 16, 64, 64, WAIT_US, sidesless);
  forward(NAKAMURA, SERVER, 1);
  synAck(NAKAMURA, SERVER, 1);
  assert(give(Direction.In, WAN) == Verdict.SynAckAnswers, 'it answers');
  assert(give(Direction.Out, LAN) == Verdict.SynAckRepeated, 'and the answer leaves');
  wait(WAIT_US);
}

/** This machine has told Tanaka that the host is unreachable. */
export function takeDown(): void {
  forward(TANAKA, SERVER, 2);
  unreachable(TANAKA, SERVER, 2, HOST);
  assert(give(Direction.Out, LAN) == Verdict.UnreachableLinks, 'the host is down');
}
