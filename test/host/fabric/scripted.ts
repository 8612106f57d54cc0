/** Daemons that do what a test tells them, each a process of its own. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RingbackError } from '../../../host/errors.ts';
import { connectDaemon } from '../../../host/fabric/daemon.ts';
import type {
  Announced,
  FabricLink,
  InterfaceReport,
  LinkHandlers,
  LinkReady,
} from '../../../host/fabric/link.ts';
import type { FabricEvent } from '../../../host/fabric/records.ts';
import { machineTime, type Time } from '../../../host/time.ts';

export type Step =
  /** Bytes on its standard output, all in one write. */
  | { readonly write: string }
  /** Words on its standard error. */
  | { readonly say: string }
  | { readonly waitMs: number }
  | { readonly exit: number }
  | { readonly die: NodeJS.Signals }
  /** From now on it tells on its standard error what it reads, in hexadecimal. */
  | { readonly echo: true }
  /** From now on it stays although its input ends. */
  | { readonly stay: true };

const PROGRAM = `
const steps = JSON.parse(process.argv[1]);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let [echo, stay] = [false, false];
let heard = '';
process.stdin.on('data', (bytes) => {
  heard += bytes.toString('hex');
  for (; echo && heard.length >= 128; heard = heard.slice(128)) console.error(heard.slice(0, 128));
});
process.stdin.on('end', () => stay || process.exit(0));
setInterval(() => {}, 60_000);
(async () => {
  for (const step of steps) {
    if ('write' in step) process.stdout.write(Buffer.from(step.write, 'hex'));
    if ('say' in step) process.stderr.write(step.say);
    if ('waitMs' in step) await sleep(step.waitMs);
    if ('exit' in step) process.exit(step.exit);
    if ('die' in step) process.kill(process.pid, step.die);
    if ('echo' in step) echo = true;
    if ('stay' in step) stay = true;
  }
})();
`;

/** The command line of a daemon that takes these steps, and then ends with its input. */
export function scripted(...steps: readonly Step[]): string[] {
  return [process.execPath, '-e', PROGRAM, JSON.stringify(steps)];
}

/** A step for records, in one write. */
export function records(...all: readonly Buffer[]): Step {
  return { write: Buffer.concat(all).toString('hex') };
}

/** Steps that write the same in pieces of so many bytes. */
export function inPieces(bytes: Buffer, size: number): Step[] {
  const steps: Step[] = [];
  for (let at = 0; at < bytes.length; at += size)
    steps.push({ write: bytes.subarray(at, at + size).toString('hex') }, { waitMs: 1 });
  return steps;
}

/** A link, and all that came over it in order. */
export class Heard implements LinkHandlers {
  readonly ready: LinkReady[] = [];
  readonly events: FabricEvent[] = [];
  readonly interfaces: InterfaceReport[] = [];
  readonly refused: string[] = [];
  readonly announced: Announced[] = [];
  readonly messages: string[] = [];
  readonly ends: RingbackError[] = [];
  /** Kinds of events, and `gap` where some are missing. */
  readonly order: string[] = [];

  onReady(ready: LinkReady): void {
    this.ready.push(ready);
  }
  onEvent(event: FabricEvent): void {
    this.events.push(event);
    this.order.push(event.kind);
  }
  onInterface(report: InterfaceReport): void {
    this.interfaces.push(report);
  }
  onRefused(command: string, status: string): void {
    this.refused.push(`${command} ${status}`);
  }
  onAnnounced(answer: Announced): void {
    this.announced.push(answer);
  }
  onGap(): void {
    this.order.push('gap');
  }
  onMessage(line: string): void {
    this.messages.push(line);
  }
  onEnd(error: RingbackError): void {
    this.ends.push(error);
  }

  link(
    daemon: readonly string[],
    interfaces: readonly string[] = ['lan0'],
    time: Time = machineTime,
  ): FabricLink {
    return connectDaemon(time)({ interfaces, daemon, socket: null }, this);
  }
}

/** A directory for what a test leaves behind, and its removal. */
export function directory(): { readonly path: (name: string) => string; readonly remove: () => void } {
  const root = mkdtempSync(join(tmpdir(), 'ringback-'));
  return {
    path: (name) => join(root, name),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
