/** What an active and its standby say to each other. */

/** Why an address changes hands. */
export const CAUSES = ['fault', 'operator', 'link', 'heartbeat', 'stop', 'conflict'] as const;

export type MoveCause = (typeof CAUSES)[number];

/** `accepted`: it will be done, and the other side may release it; `done`: it is done; `refused`: it won't be; `failed`: it was tried in vain. */
export const OUTCOMES = ['accepted', 'done', 'refused', 'failed'] as const;

export type InstructionOutcome = (typeof OUTCOMES)[number];

/** Of an interface that has none, or is not there. */
export const NO_MAC = '00:00:00:00:00:00';

/** An address as one side has it. */
export interface AddressEntry {
  readonly address: string;
  /** Bits of its network. */
  readonly length: number;
  /** Whether this side's kernel has it. */
  readonly held: boolean;
  /** `isStuck` of a heartbeat's, `isFinal` of a report's; one bit. */
  readonly marked: boolean;
  /** Of the interface that has it, or had it. */
  readonly mac: string;
}

/** Of a heartbeat: it could not be switched off. */
export function isStuck({ marked }: AddressEntry): boolean {
  return marked;
}

/** Of a report: it stays here, and the other side must release it. */
export function isFinal({ marked }: AddressEntry): boolean {
  return marked;
}

export interface NodeState {
  readonly name: string;
  /** Heartbeat: whether no fault is known. Report: whether it could take something. */
  readonly healthy: boolean;
  /** How often the next ones will come. */
  readonly everyMs: number;
  readonly entries: readonly AddressEntry[];
}

export interface Result {
  /** Of the instruction. */
  readonly id: number;
  readonly address: string;
  readonly outcome: InstructionOutcome;
  readonly reason: string;
}

export interface Instruction {
  readonly id: number;
  readonly cause: MoveCause;
  readonly entry: AddressEntry;
}

export type TakeoverMessage =
  | { readonly kind: 'hello' | 'welcome' | 'knock'; readonly name: string }
  | { readonly kind: 'unknown' | 'bye' | 'byeSeen' }
  | ({ readonly kind: 'heartbeat' | 'report' } & NodeState)
  | ({ readonly kind: 'take' | 'return' } & Instruction)
  /** No addresses: all of this active's. */
  | { readonly kind: 'reclaim'; readonly addresses: readonly string[] }
  | ({ readonly kind: 'taken' | 'returned' } & Result);
