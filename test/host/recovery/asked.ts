/** A fabric that is asked, and says what a test wants it to have seen. */

import { performance } from 'node:perf_hooks';
import { machineChance } from '../../../host/chance.ts';
import type { FabricEvent, Met } from '../../../host/fabric/records.ts';
import type { Target } from '../../../host/net/target.ts';
import { Asking, type AskingOptions } from '../../../host/recovery/asking.ts';
import { kernelSockets } from '../../../host/recovery/sockets.ts';
import { machineTime } from '../../../host/time.ts';

type Asked = Extract<FabricEvent, { kind: 'asked' }>;

const nameOf = ({ server, port }: Target): string => `${server} ${port}`;

export class AskedFabric {
  hasSight = true;
  countsOwn = false;
  /** Of this machine itself. */
  readonly own = new Set<string>();
  /** For so many local ports of a probe it looks out. */
  ports = 4;
  /** Whether there is one. */
  isThere = true;
  met: readonly Met[] = [];
  /** What a probe of the host meets; null: the same. */
  hostMet: readonly Met[] | null = null;
  heardUs: number | null = null;
  hostHeardUs: number | null = null;
  /** What it was told, in order. */
  readonly told: string[] = [];
  /** The first local ports of the probes. */
  readonly localPorts: number[] = [];
  /** Probes under way, and most of them at once. */
  readonly open = new Set<string>();
  most = 0;
  /** A command waits for this before it is answered. */
  answers: Promise<void> = Promise.resolve();

  seesProbes(server: string): boolean {
    return this.hasSight && !this.isOwn(server);
  }

  isOwn(server: string): boolean {
    return this.own.has(server);
  }

  async ask(target: Target, localPort: number): Promise<number> {
    this.told.push(`ask ${nameOf(target)}`);
    this.localPorts.push(localPort);
    this.open.add(nameOf(target));
    this.most = Math.max(this.most, this.open.size);
    await this.answers;
    return this.isThere ? this.ports : 0;
  }

  askEnd(target: Target): void {
    this.told.push(`end ${nameOf(target)}`);
    this.open.delete(nameOf(target));
  }

  async askMet(target: Target): Promise<Asked | null> {
    await this.answers;
    if (!this.isThere) return null;
    const { heardUs, hostHeardUs } = this;
    const met = new Set(target.port === 0 ? (this.hostMet ?? this.met) : this.met);
    return { kind: 'asked', nowUs: 0, ...target, met, heardUs, hostHeardUs };
  }

  msOf(us: number): number {
    return us / 1000;
  }
}

export function askingOf(fabric: AskedFabric, more: Partial<AskingOptions> = {}): Asking {
  return new Asking({
    fabric,
    clock: { nowMs: () => performance.now() },
    sockets: kernelSockets,
    time: machineTime,
    chance: machineChance,
    ...more,
  });
}
