/** The machines of the seed's figures 2 and 4, as in the lab's duplex network, and a witness that writes all down. */
import assert from 'node:assert/strict';
import { parseTakeoverConfiguration } from '../../../host/config/takeover/file.ts';
import type { TakeoverConfiguration } from '../../../host/config/takeover/types.ts';
import { PairDirectory } from '../../../host/emulator/pair/directory.ts';
import { type PairOutcome, playPair } from '../../../host/emulator/pair/play.ts';
import type { WorldKernel } from '../../../host/emulator/pair/world.ts';
import type { HostPlan, Scenario, ScriptStep, Verb } from '../../../host/emulator/scenario/types.ts';
import type { Witness } from '../../../host/emulator/truth/witness.ts';
import type { Fields } from '../../../host/log/log.ts';
import { machineTime } from '../../../host/time.ts';

export const [C, D, E] = ['172.27.178.80', '172.27.178.81', '172.27.178.82'] as const;
const SECOND_US = 1_000_000;

interface Line {
  readonly us: number;
  readonly by: string;
  readonly event: string;
  readonly fields: Fields;
}

interface Options {
  readonly active?: object;
  readonly standby?: object;
  readonly seed?: number;
  /** Of all addresses. */
  readonly version?: 4 | 6;
}

function node(takeover: object): TakeoverConfiguration {
  return parseTakeoverConfiguration(
    JSON.stringify({ takeover: { key: 'a secret of the pair', ...takeover } }),
    'x',
  );
}

/** An address of the servers' network. */
export function at(version: 4 | 6, part: number): string {
  return version === 4 ? `172.27.178.${part}` : `2001:db8:178::${part}`;
}

function host(version: 4 | 6, name: string, own: number, parts: readonly (number | null)[] = []): HostPlan {
  const having = (part: number | null): string[] => (part === null ? [] : [at(version, part)]);
  return {
    ...{ name, network: 'wan', addresses: having(own), stack: 'linux', isUp: true },
    adapters: parts.map((part, i) => ({ name: `eth${i}`, addresses: having(part) })),
    serves: parts.length === 0 ? [] : [80],
    answers: { kind: 'fixed', us: 1000 },
    boot: { kind: 'fixed', us: 5 * SECOND_US },
  };
}

export function duplex(
  script: readonly [seconds: number, ...verbs: Verb[]][],
  forS: number,
  more: Options = {},
): Scenario {
  const health = [{ command: ['serves'], every: '1s', failures: 1 }];
  const { version = 4 } = more;
  const length = version === 4 ? 24 : 64;
  const listen = (part: number): string => (version === 4 ? `${at(4, part)}:7373` : `[${at(6, part)}]:7373`);
  const active = (name: string, own: number, services: readonly number[]): TakeoverConfiguration =>
    node({
      ...{ role: 'active', name, listen: listen(own), standby: at(version, 13), health },
      addresses: services.map((part, i) => ({
        address: `${at(version, part)}/${length}`,
        adapter: `eth${i}`,
      })),
      ...more.active,
    });
  const standby = node({
    ...{ role: 'standby', name: 'standby', listen: listen(13), adapters: ['eth0', 'eth1'] },
    actives: [
      { name: 'web', address: at(version, 11) },
      { name: 'shop', address: at(version, 12) },
    ],
    ...more.standby,
  });
  const steps: ScriptStep[] = script.map(([seconds, ...verbs]) => ({
    ...{ atUs: seconds * SECOND_US, forUs: null, verbs, expect: null },
    text: verbs.map(({ verb }) => verb).join(', '),
  }));
  return {
    ...{ name: 'takeover', title: 'a pair', seed: more.seed ?? 1, startMs: 0, zone: 'UTC' },
    ...{ endUs: forS * SECOND_US, router: null, interfaces: ['wan0'], relays: new Map() },
    takeover: new Map([
      ['web', active('web', 11, [80, 81])],
      ['shop', active('shop', 12, [82])],
      ['standby', standby],
    ]),
    networks: [
      {
        ...{
          name: 'wan',
          interface: 'wan0',
          prefixes: [`${version === 4 ? '172.27.178.0' : '2001:db8:178::'}/${length}`],
          router: [],
          via: [],
        },
        link: { delayUs: 50, loss: 0, duplication: 0 },
      },
    ],
    hosts: [
      ...[host(version, 'web', 11, [80, 81, 11]), host(version, 'shop', 12, [82, 12])],
      host(version, 'standby', 13, [13, null]),
      ...[host(version, 't21', 21), host(version, 't24', 24)],
    ],
    ...{
      people: [],
      servers: [],
      traffic: [],
      background: [],
      frames: [],
      script: steps,
      expect: [],
      kernel: 'real',
    },
    limits: { neighbours: 1024, icmpPerSecond: 1000, icmpBurst: 50 },
  };
}

export function trying(client: string, server: string): Verb {
  const version = server.includes(':') ? 6 : 4;
  return { verb: 'try', client, server, version, port: 80, patienceUs: 3 * SECOND_US };
}

export class Played {
  readonly lines: Line[] = [];
  readonly ends: string[] = [];
  readonly frames: string[] = [];
  /** Whose MAC address a terminal writes to. */
  readonly learnt: string[] = [];
  outcome: PairOutcome | null = null;

  static async of(scenario: Scenario): Promise<Played> {
    const played = new Played();
    const directory = new PairDirectory(scenario);
    played.outcome = await playPair(scenario, (kernel) => played.#witness(kernel, directory), {
      machine: machineTime,
    });
    return played;
  }

  /** What a machine, or any, has said of an address. */
  events(pattern: RegExp, by?: string): [event: string, address: unknown][] {
    return this.lines
      .filter((line) => pattern.test(line.event) && (by === undefined || line.by === by))
      .map(({ event, fields }) => [event, fields.address]);
  }

  line(event: string, by: string, address: string): Line {
    const found = this.lines.find(
      (one) => one.event === event && one.by === by && one.fields.address === address,
    );
    assert.ok(found, `no ${event} of ${by} about ${address}`);
    return found;
  }

  holders(address: string): string[] {
    return this.outcome?.world.holders(address).map(({ name }) => name) ?? [];
  }

  mac(machine: string, card: string): string {
    return this.outcome?.world.machine(machine)?.card(card)?.mac ?? '';
  }

  entry(terminal: string, address: string): string | null {
    return this.outcome?.world.machine(terminal)?.neighbours.of(address) ?? null;
  }

  keepsPromises(): void {
    assert.deepEqual(this.outcome?.broken, []);
  }

  #witness({ calendar }: WorldKernel, directory: PairDirectory): Witness {
    const { lines, ends, frames, learnt } = this;
    return {
      tried: () => {},
      tryEnded: (client, service, end) =>
        void ends.push(`${directory.client(client).name} ${directory.service(service).address} ${end}`),
      service: () => {},
      path: () => {},
      line: (by, _level, event, fields) => void lines.push({ us: calendar.nowUs, by, event, fields }),
      mail: () => {},
      steered: () => {},
      program: (by, state) => void lines.push({ us: calendar.nowUs, by, event: state, fields: {} }),
      step: () => {},
      learnt: (by, address, mac) => void learnt.push(`${by} ${address} ${mac}`),
      frame: (_iface, _isOut, bytes) =>
        void frames.push(`${calendar.nowUs} ${Buffer.from(bytes).toString('hex')}`),
    };
  }
}
