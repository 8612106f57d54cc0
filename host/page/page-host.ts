/** What the page needs of the role that it runs in. */

import type { Target } from '../net/target.ts';
import type { RegistrationHost } from './form/registration.ts';
import type { OperatorMessage } from './html/kinds.ts';

/** Addresses are canonical. What throws costs the one request its answer, and is logged. */
export interface PageHost extends RegistrationHost {
  /** What was asked for on a connection to this address; null: not a steered connection. */
  targetOf(localAddress: string): Target | null;
  /** Where the page in this server's place is at present; null: nowhere. */
  pageOf(server: string): string | null;
  /** The port that tells which protocol is spoken there: the server's own, where this machine forwards another one to it. */
  protocolPort(target: Target): number;
  /** Whether the server is asked for by this Host field; of one whose names are not known: in any case. */
  isNamed(server: string, host: string | null): boolean;
  /** Whether the page that this client is about to get shall try the server: then it finds the way there for a moment. */
  mayTry(target: Target, client: string): boolean;
  /** Somebody was answered in its place; a program, or one that speaks no HTTP (TLS), as well as a person. */
  onVisit(target: Target, client: string): void;
  /** Stands in `clients:`, or somebody there has a registration younger than `ask_again`. */
  isKnown(client: string): boolean;
  /** What the operator has to say. */
  message(): OperatorMessage | null;
  /** One-click unsubscribe (RFC 8058): false when the token is none of ours. */
  stop(token: string): boolean;
  /** Takes that back, and confirms that the address is its owner's; alike. */
  allow(token: string): boolean;
  /** Whether the token is ours, and nobody has confirmed the address. */
  isUnconfirmed(token: string): boolean;
  /** Whether the token is ours, and whoever has it wants no notices. */
  isStopped(token: string): boolean;
}
