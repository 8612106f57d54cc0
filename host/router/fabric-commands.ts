/** What the fabric is told at the beginning, and again after every change of the configuration. */
import { askOf } from '../config/router/ask.ts';
import { tableSizes } from '../config/router/sizes.ts';
import type { FabricConfiguration, RouterConfiguration } from '../config/types.ts';
import { DEFAULT_UNANSWERED_MS } from '../config/unanswered.ts';
import type { Command } from '../fabric/records.ts';
import { mappedLength } from '../net/address.ts';
import { OWN_PORTS } from '../net/local-ports.ts';
import type { ServiceRow } from '../store/services.ts';
import type { Outage } from './outages.ts';

/** How long a client waits for an answer until it is turned away; at the most, where that is learnt. */
export function waitMsOf({ detect }: RouterConfiguration): number {
  return detect.unansweredMs ?? DEFAULT_UNANSWERED_MS;
}

/** Sizes and options, then all that the operator names, and who registered. The same tables keep their `key`. */
export function* commandsFor(
  configuration: RouterConfiguration,
  registered: readonly string[],
  key: Uint8Array,
): Generator<Command> {
  const { fabric, detect, recover, servers, clients, page } = configuration;
  yield* [
    {
      kind: 'configure',
      sizes: tableSizes(configuration, registered.length),
      options: {
        unreachable: detect.unreachable,
        unanswered: detect.unansweredMs !== null,
        refused: detect.refused,
        resolution: recover.arp,
        synAck: recover.synAck,
        knownOnly: detect.knownClientsOnly,
        reportAttempts: false,
        learnWait: detect.learnsWait,
        ask: servers.some((server) => askOf(configuration, server) === 'connect') || detect.ask === 'connect',
        own: detect.own,
      },
      everything: marks(fabric),
      ...(detect.own ? { programPorts: OWN_PORTS } : {}),
      waitUs: waitMsOf(configuration) * 1000,
      key,
    },
    ...detect.watch.map((prefix) => {
      return { kind: 'watch', address: prefix.address, bits: mappedLength(prefix) } as const;
    }),
    ...detect.datagrams.map((port) => ({ kind: 'datagrams', port, on: true }) as const),
    // What this machine answers in a dead server's place is no sign of that server's life.
    ...(page?.ports ?? []).map((port) => ({ kind: 'answerFor', port, on: true }) as const),
    ...servers.flatMap(({ address, ports }) =>
      // The server itself, where no port of it is named.
      (ports.length === 0 ? [0] : ports).map(
        (port) => ({ kind: 'knowService', server: address, port }) as const,
      ),
    ),
  ] as const;
  // Very many, made when it is their turn.
  for (const client of registered) yield { kind: 'knowClient', client };
  for (const { address } of clients) yield { kind: 'knowClient', client: address };
}

/** The interfaces that see everything, as the configure command has them. */
function marks({ interfaces, seesEverything }: FabricConfiguration): number {
  return interfaces.reduce((bits, name, i) => bits + (seesEverything.includes(name) ? 2 ** i : 0), 0);
}

/** Stands for nobody in a restore command: the outage alone. */
const NOBODY = '::';

/**
 * Everybody who waits, for a fabric that knows of nobody. `nowUs` is its clock at the moment that is `nowMs` on ours. What
 * a server has answered before comes directly before its outage, which counts for more then: of many, what came first may
 * have gone again.
 */
export function* restoreCommands(
  outages: readonly Outage[],
  nowUs: number,
  nowMs: number,
  servicesOf: (server: string) => Iterable<ServiceRow>,
): Generator<Command> {
  const us = (ms: number): number => nowUs - (nowMs - ms) * 1000;
  for (const { server, port, state, cause, triedPort, fromMs, clients } of outages) {
    yield* serviceCommands(servicesOf(server), nowUs, nowMs);
    const suspected = state !== 'down';
    const outage = { kind: 'restore', server, port, suspected, cause, triedPort } as const;
    yield { ...outage, client: NOBODY, tries: 1, firstUs: us(fromMs), lastUs: us(fromMs) };
    for (const [client, { firstMs, lastMs, tries }] of clients) {
      // Spelt out: copying `outage` takes longer than all the rest, and there may be 100,000.
      yield {
        kind: 'restore',
        server,
        port,
        suspected,
        cause,
        triedPort,
        client,
        tries,
        firstUs: us(firstMs),
        lastUs: us(lastMs),
      };
    }
  }
}

/** Which services answered before, the one heard of last at the end, for a fabric that has heard of none. */
export function* serviceCommands(
  services: Iterable<ServiceRow>,
  nowUs: number,
  nowMs: number,
): Generator<Command> {
  for (const { server, port, heardMs } of services) {
    yield { kind: 'restoreService', server, port, atUs: nowUs - (nowMs - heardMs) * 1000 };
  }
}
