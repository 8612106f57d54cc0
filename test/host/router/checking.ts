/** Checks of services on this machine, and what they said. */

import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { after, mock } from 'node:test';
import { machineChance } from '../../../host/chance.ts';
import type { RouterConfiguration } from '../../../host/config/types.ts';
import { nameOf } from '../../../host/net/target.ts';
import { Confirmer } from '../../../host/recovery/confirmation.ts';
import type { Dialled } from '../../../host/recovery/dial.ts';
import type { Rank } from '../../../host/recovery/places.ts';
import { ConnectChecks } from '../../../host/router/checks.ts';
import { type Outage, Outages } from '../../../host/router/outages.ts';
import { Services } from '../../../host/router/services.ts';
import { Steered } from '../../../host/router/steered.ts';
import type { Time } from '../../../host/time.ts';
import { freePort } from '../../ports.ts';
import { machineTimeWith } from '../fake-time.ts';
import { configuration } from './world.ts';

export const LOOPBACK = '127.0.0.1';

export function outage(port: number, triedPort = 0, server = LOOPBACK): Outage {
  const clients = new Map();
  return { id: 1, server, port, state: 'down', cause: 'refused', triedPort, fromMs: 0, clients };
}

const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
});

interface Service {
  readonly port: number;
  /** How often somebody connected to it. */
  readonly connections: () => number;
  readonly end: () => Promise<void>;
}

/** A real service. */
export async function service(port = 0): Promise<Service> {
  let connections = 0;
  const server = createServer((socket: Socket) => {
    connections++;
    socket.on('error', () => {}).end();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, LOOPBACK, resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null, 'it listens');
  return {
    port: address.port,
    connections: () => connections,
    end: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}

/** A port that nobody listens at. */
export async function nobody(): Promise<number> {
  const { port, end } = await service(await freePort());
  await end();
  return port;
}

export interface SaidOptions {
  readonly patienceMs?: number;
  /** That of the connections of a check. */
  readonly checkSettleMs?: number;
  /** Sections of the configuration. */
  readonly more?: string;
  /** Longer waits are over at once. */
  readonly maxMs?: number;
  readonly time?: Time;
  /** What a connection comes to, in place of a real one. */
  readonly dialled?: (server: string, port: number) => Dialled;
}

/** Checks, and what they said. */
export class Said {
  readonly alive: Outage[] = [];
  readonly tried: Outage[] = [];
  readonly answers: [Outage, number][] = [];
  readonly probed: string[] = [];
  readonly closed: [Outage, number][] = [];
  readonly silences: Outage[] = [];
  readonly checked: [Outage, number | null][] = [];
  readonly checks: ConnectChecks;
  readonly outages = new Outages();
  readonly services: Services;
  readonly steered: Steered;
  /** Where looks now and then went. */
  readonly looks: string[] = [];
  /** Waits that were over at once. */
  readonly waits: number[] = [];
  /** Of the connections, where they are no real ones. */
  readonly ranks: Rank[] = [];
  /** A look waits for this. */
  lookEnds: Promise<void> = Promise.resolve();
  settleMs = 0;
  nowMs = 1_000_000;
  awaited = true;

  constructor({
    patienceMs = 60_000,
    checkSettleMs = 0,
    more,
    maxMs = Number.POSITIVE_INFINITY,
    time = machineTimeWith((waitMs) => this.#hurry(waitMs, maxMs)),
    dialled,
  }: SaidOptions = {}) {
    const given: RouterConfiguration = configuration(more);
    const nowMs = (): number => this.nowMs;
    this.services = new Services(given, { stored: [], clock: { nowMs }, journal: { services: () => {} } });
    this.steered = new Steered(given, this.outages);
    const confirmer = new Confirmer({ settleMs: checkSettleMs, patienceMs, time });
    if (dialled !== undefined) {
      mock.method(confirmer, 'probe', async (server: string, port: number, rank: Rank) => {
        this.ranks.push(rank);
        return dialled(server, port);
      });
    }
    const settleMs = (): number => this.settleMs;
    this.checks = new ConnectChecks({
      probing: {
        confirmer: given.recover.confirm === 'none' ? null : confirmer,
        prober: {
          probe: async (server, port, rank) => {
            this.looks.push(`${server} ${port}`);
            await this.lookEnds;
            return confirmer.probe(server, port, rank);
          },
        },
        get settleMs() {
          return settleMs();
        },
      },
      people: { isAwaited: () => this.awaited },
      services: this.services,
      steered: this.steered,
      clock: { nowMs },
      time,
      chance: machineChance,
    });
    this.checks.connect({
      recoveries: {
        onSign: (one) => this.alive.push(one),
        onTried: (one) => this.tried.push(one),
        onAnswer: (one, port) => this.answers.push([one, port]),
        onProbed: (target) => this.probed.push(nameOf(target)),
        onClosed: (one, port) => this.closed.push([one, port]),
        onSilence: (one) => this.silences.push(one),
        onChecked: (one, port) => this.checked.push([one, port]),
      },
    });
  }

  #hurry(waitMs: number, maxMs: number): number {
    if (waitMs <= maxMs) return waitMs;
    this.waits.push(waitMs);
    return 5;
  }

  /** These ports of the server have answered somebody; whether they answer this machine, too. */
  knows(ports: readonly number[], admitted: boolean | null = null): void {
    for (const port of ports) {
      this.services.heard({ server: LOOPBACK, port });
      this.services.admit({ server: LOOPBACK, port }, admitted);
    }
  }
}

/** `configuration` with a page on these ports. */
export const pageOn = (...ports: readonly number[]): string =>
  `recover: {confirm: connect, traps: {listen: false}}\npage: {listen: 8480, ports: [${ports.join(', ')}]}`;
