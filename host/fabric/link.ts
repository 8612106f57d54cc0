/**
 * The way to a fabric: what both data planes need of whatever carries the module. The carrier is a daemon (daemon.ts) or this
 * process itself (in-process.ts); whoever uses the port can't tell which.
 */
import type { RingbackError } from '../errors.ts';
import type { RemoteRouter } from '../net/remote-router.ts';
import type { Errand, Reached } from './errands.ts';
import type { Codes } from './module.ts';
import type { Command, FabricEvent } from './records.ts';

export interface LinkReady {
  /** It kept the state of an earlier connection. */
  readonly configured: boolean;
  /** Programs that were connected before, this one or others; 0 where there can be no others. */
  readonly connections: number;
  readonly version: string;
  /** Its clock, in microseconds. */
  readonly nowUs: number;
}

export interface InterfaceReport {
  readonly name: string;
  /** How commands and events call it: its place among `LinkOptions.interfaces`, from 1. */
  readonly number: number;
  /** Its own Ethernet address, as `02:00:00:00:00:01`; null while it is not there, or has none. */
  readonly hardware: string | null;
  readonly up: boolean;
  readonly received: number;
  /** Frames that the kernel dropped because the carrier was too slow. */
  readonly dropped: number;
  /** Events that were lost because this program was too slow. */
  readonly lost: number;
  /** Frames of conversations that were not looked at, for there was no time. */
  readonly shed: number;
}

/** What became of an `announce`: one for each, in their order. */
export interface Announced {
  /** As the command bore it. */
  readonly ticket: number;
  readonly interface: number;
  /**
   * `sent`: the kernel has taken the frame. `refused`: the module did not build one. `noInterface`: no interface has that
   * number. `absent`, `down`: it is not there, it is switched off or has no carrier. `notEthernet`: it
   * carries no such frames. `failed`: the kernel did not take it.
   */
  readonly outcome: 'sent' | 'refused' | 'noInterface' | 'absent' | 'down' | 'notEthernet' | 'failed';
  /** For people: why, or nothing if it was sent. */
  readonly reason: string;
}

/** Called one after the other, `onReady` first, and none before the call that it follows from has returned. */
export interface LinkHandlers {
  onReady(ready: LinkReady): void;
  onEvent(event: FabricEvent): void;
  onInterface(report: InterfaceReport): void;
  /** A command was refused, other than an `announce`. */
  onRefused(command: string, status: string): void;
  onAnnounced?(answer: Announced): void;
  /** What becomes of an errand. */
  onReached?(reached: Reached): void;
  /** Events are missing before the one that follows. */
  onGap(): void;
  /** A line that the carrier wrote for people. */
  onMessage(line: string): void;
  /** It is gone; never called after `close`. */
  onEnd(error: RingbackError): void;
}

/** What the configuration's `fabric` says of the carrier. */
export interface LinkOptions {
  /** Those that are not there yet are waited for. */
  readonly interfaces: readonly string[];
  readonly daemon: readonly string[] | null;
  readonly socket: string | null;
  /** The router beside this machine on which the daemon is; null, or left out: it is not that far. */
  readonly remote?: RemoteRouter | null;
}

export interface FabricLink {
  /** The numbers of the module that is spoken with. */
  readonly codes: Codes;
  /** Nothing happens once it is gone. */
  send(command: Command): void;
  sendAll(commands: Iterable<Command>): void;
  /** Has the carrier itself do something, where it does. */
  run(errand: Errand): void;
  /** Ends the connection, and waits until what it started is gone. */
  close(): Promise<void>;
}

/** Begins a connection; whether it comes about, the handlers hear. Throws as `loadModule` does. */
export type Connect = (options: LinkOptions, handlers: LinkHandlers) => FabricLink;
