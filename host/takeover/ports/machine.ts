/** What a node is put together from: the machine that it works on, its socket, commands of its operator. A world has others. */
import type { TakeoverConfiguration } from '../../config/takeover/types.ts';
import type { FieldsOf } from '../../log/events.ts';
import type { Log } from '../../log/log.ts';
import type { Prefix } from '../../net/address.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import type { StartOutside } from '../../role/outside-command.ts';
import type { Surroundings } from '../../surroundings.ts';
import type { MoveCause } from '../protocol/messages.ts';
import type { RefusedDatagram } from '../protocol/session.ts';
import type { PeerSocket } from '../protocol/socket.ts';
import type { InterfaceFacts } from './interface-facts.ts';
import type { Ports } from './ports.ts';

export interface MachineOptions extends Surroundings {
  readonly interfaces: readonly string[];
  readonly log: Log;
}

export interface MachineHandlers {
  onConflict(address: string, mac: string): void;
  onKernel(): void;
  onLink(ifname: string, up: boolean, carrier: boolean): void;
}

/** What the kernel has at the moment. */
interface KernelFacts {
  has(ifname: string): boolean;
  isUp(ifname: string): boolean;
  hasCarrier(ifname: string): boolean;
  indexOf(ifname: string): number;
  holdersOf(address: string): readonly string[];
  /** The first of them. */
  holderOf(address: string): string | null;
  prefixOf(ifname: string, address: string): Prefix | undefined;
  /** Those in the network of another address first. */
  ownAddresses(near: string): readonly string[];
}

/** What nodes do to interfaces beside `Ports`; each is said in `machine/interfaces.ts`. */
interface InterfaceActions {
  factsOf(ifname: string): InterfaceFacts;
  has(ifname: string, address: string): boolean;
  raise(interfaces: readonly string[]): Promise<void>;
  lower(only?: string): Promise<void>;
  withdraw(ifname: string, prefix: Prefix, sourced: boolean, lower: boolean): Promise<void>;
  deactivate(ifname: string, prefix: Prefix): Promise<string | null>;
  talkBy(ifname: string, prefix: Prefix): Promise<void>;
  talkByNoMore(ifname: string, prefix: Prefix): Promise<void>;
}

interface RememberedAddress extends Prefix {
  readonly ifname: string;
  readonly active: string;
  readonly cause: MoveCause;
}

/** What the next process on this machine is to know. */
export interface Remembered {
  readonly taken: readonly RememberedAddress[];
  readonly stuck: readonly RememberedAddress[];
}

export interface NodeMachine {
  readonly name: string;
  readonly kernel: KernelFacts;
  readonly interfaces: InterfaceActions;
  readonly memory: {
    readonly known: Remembered;
    change(part: { readonly taken: RememberedAddress[]; readonly stuck: RememberedAddress[] }): void;
  };
  readonly settings: { prepare(interfaces: readonly string[]): void };
  readonly refused: Readonly<Record<RefusedDatagram, number>>;
  readonly keys: () => readonly [string, ...string[]];
  start(): Promise<void>;
  listen(): Promise<void>;
  close(): Promise<void>;
  use(configuration: TakeoverConfiguration): void;
  isolate(addresses: readonly Prefix[]): void;
  restore(): void;
  refuse(why: RefusedDatagram, from: string): void;
  complain(event: 'takeover.second', fields: FieldsOf<'takeover.second'>): void;
  ports(): Ports;
}

export interface NodeParts {
  readonly machine: (
    configuration: TakeoverConfiguration,
    options: MachineOptions,
    handlers: MachineHandlers,
  ) => NodeMachine;
  /** Throws RingbackError('unavailable') when it can't listen there. */
  readonly openSocket: (
    endpoint: Endpoint,
    onDatagram: (bytes: Uint8Array, from: Endpoint) => void,
  ) => Promise<PeerSocket>;
  readonly startOutside: StartOutside;
}
