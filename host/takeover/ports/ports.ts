/** What the two nodes' decisions need of the world around them; tests give them another one. */
import type { FieldsOf, HookEvent, LevelOf } from '../../log/events.ts';
import type { Prefix } from '../../net/address.ts';
import type { Time } from '../../time.ts';
import type { TakeoverMessage } from '../protocol/messages.ts';
import type { InterfaceFacts } from './interface-facts.ts';

/**
 * How often an address is announced again that somebody else had, or says that he has: neighbours that have just heard the
 * other one believe nothing for a second (`locktime` of arp(7)).
 */
export const AGAIN_AFTER_ANOTHER = 2;

export interface Ports {
  readonly time: Time;
  /** Logs an event, and tells the hooks of it. */
  readonly tell: <E extends HookEvent>(level: LevelOf<E>, event: E, fields: FieldsOf<E>) => void;
  /**
   * Says once, and again as configured, that this machine has the address by that interface. Settles when the first
   * announcement is out; rejects when it could not be sent. `again`: so often more at the least.
   */
  readonly announce: (ifname: string, address: Prefix, again?: number) => Promise<void>;
  /** This machine has it: tell of others who say so, too. */
  readonly claim: (ifname: string, address: string) => void;
  readonly unclaim: (address: string) => void;
  /**
   * Who answers for an address within the configured time: a MAC address, or null. Asks by one interface, or all. Rejects
   * with why nobody could be asked.
   */
  readonly probe: (address: string, by?: string) => Promise<string | null>;
  /** Switches the interface on and the address, too. Rejects with what the kernel says. */
  readonly activate: (ifname: string, address: Prefix) => Promise<void>;
  readonly macOf: (ifname: string) => string | null;
}

export interface ActivePorts extends Ports {
  /** Switches the interface on, without an address. Rejects with what the kernel says. */
  readonly raise: (ifname: string) => Promise<void>;
  /** Switches one off again that was switched on so, unless it has an address. */
  readonly lower: (ifname: string) => Promise<void>;
  /** False while there is no session. */
  readonly send: (message: TakeoverMessage) => boolean;
  /** The number of the last message of the session. */
  readonly sent: () => number;
  /**
   * Switches the address off, and the interface unless it has addresses of another kind; what it left on. Rejects
   * with what the kernel says when the address is still there afterwards.
   */
  readonly deactivate: (ifname: string, address: Prefix) => Promise<{ readonly kept: string | null }>;
}

export interface StandbyPorts extends Ports {
  readonly send: (active: string, message: TakeoverMessage) => boolean;
  readonly factsOf: (ifname: string) => InterfaceFacts;
  /** The interfaces that have the address now, of those that take addresses over, or did before this process. */
  readonly holdersOf: (address: string) => readonly string[];
  /** Switches the address off, and the interface if it was off before. Rejects with what the kernel says. */
  readonly withdraw: (ifname: string, address: Prefix) => Promise<void>;
  /** What was taken is to be known after a restart. */
  readonly remember: () => void;
}
