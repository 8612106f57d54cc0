/**
 * Small worlds by chance (`--seeds`): a few hosts, all verbs, both IP versions, wires that lose packets, programs that are killed,
 * and the settings that decide what is believed. The same seed is the same world.
 */
import { type Stream, Streams } from '../kernel/streams.ts';
import type { Draft, DraftClient, DraftLink, DraftStep } from './draft.ts';

/** Of the lab. */
const SERVERS = ['s80', 's81', 's82'] as const;
const CLIENTS = ['c150', 'c151', 'c152', 'c153', 'c154', 'c155'] as const;
/** Nobody knows them: they are served first, and keep the services known. */
const PASSERS = ['c158', 'c159'] as const;
const STACKS = ['linux', 'linux-6.1', 'apple', 'windows', 'chromium', 'curl'] as const;
const NAMES = ['sato', 'tanaka', 'nakamura', 'suzuki', 'kato', 'ito'] as const;
const SETTLES = ['0s', '2s', '5s', '20s'] as const;
/** Faults begin within this time; then there is time for all of it to end. */
const FAULTS_S = 240;
const LASTS_S = 900;

type Server = (typeof SERVERS)[number];

/** Small words for chance. */
class Dice {
  readonly #stream: Stream;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  /** Whether it is one of so many in a hundred. */
  is(percent: number): boolean {
    return this.#stream.below(100) < percent;
  }

  number(from: number, to: number): number {
    return from + this.#stream.below(to - from + 1);
  }

  one<T>(of: readonly T[]): T {
    return of[this.#stream.below(of.length)] as T;
  }

  /** At a tenth of a second, or at a whole one: what happens at the same moment is worth a try. */
  at(fromS: number, toS: number): number {
    return this.is(30) ? this.number(fromS, toS) : this.number(fromS * 10, toS * 10) / 10;
  }
}

/** The world of that seed. */
export function randomDraft(seed: number): Draft {
  const dice = new Dice(new Streams(seed).of('a random scenario'));
  const ports = new Map(SERVERS.map((name) => [name, dice.is(40) ? [80, 443] : [80]] as const));
  const servers = SERVERS.slice(0, dice.number(1, SERVERS.length));
  const script = [
    ...greetings(dice, servers, ports),
    ...faults(dice, servers, ports),
    ...tries(dice, servers, ports),
  ];
  const network = wires(dice);
  return {
    ...{ scenario: 1, title: `Chance by the seed ${seed}`, seed, for: `${LASTS_S}s` },
    ...(network === null ? {} : { network }),
    hosts: hosts(dice, ports),
    router: router(dice, servers, ports),
    script: script.sort((a, b) => secondsOf(a.at) - secondsOf(b.at)),
  };
}

function hosts(dice: Dice, ports: ReadonlyMap<Server, readonly number[]>): NonNullable<Draft['hosts']> {
  const clients = CLIENTS.map((name) => [name, { is: dice.one(STACKS) }] as const);
  const servers = [...ports].map(([name, serves]) => {
    const from = dice.number(1, 20);
    return [name, { serves, boot: `${from}s..${from + dice.number(1, 20)}s` }] as const;
  });
  return Object.fromEntries([...clients, ...servers]);
}

function wires(dice: Dice): NonNullable<Draft['network']> | null {
  if (dice.is(60)) return null;
  const link = (): DraftLink => ({
    ...(dice.is(60) ? { loss: `${dice.number(1, 5)}%` } : {}),
    ...(dice.is(30) ? { delay: `${dice.number(1, 40)}ms` } : {}),
    ...(dice.is(30) ? { duplicate: `${dice.number(1, 5)}%` } : {}),
  });
  return { lan: link(), wan: link() };
}

function router(
  dice: Dice,
  servers: readonly Server[],
  ports: ReadonlyMap<Server, readonly number[]>,
): Draft['router'] {
  const named = servers.filter(() => dice.is(50));
  const ask = dice.is(85) ? 'connect' : 'none';
  const unanswered = dice.is(70) ? {} : { unanswered: `${dice.number(5, 40)}s` };
  const confirm = dice.is(85) ? {} : { confirm: 'none' };
  const page = dice.is(50) ? { page: { ports: dice.is(50) ? [80] : [80, 443] } } : {};
  return {
    detect: { watch: ['172.27.178.0/24', '2001:db8:178::/64'], ask, ...unanswered },
    recover: { settle: dice.one(SETTLES), ...confirm, traps: { communities: ['public'] } },
    notify: dice.is(80) ? { most: false } : {},
    ...page,
    clients: people(dice),
    servers: named.map((name) => ({
      address: addressOf(name),
      name: `${name}.example.jp`,
      ...(dice.is(70) ? { ports: ports.get(name) ?? [] } : {}),
      ...(dice.is(8) ? { ask: 'none' } : {}),
    })),
  };
}

/** Some have several addresses: of both versions, or of two machines. */
function people(dice: Dice): DraftClient[] {
  return CLIENTS.flatMap((name, index): DraftClient[] => {
    if (dice.is(15)) return [];
    const number = name.slice(1);
    const mail = `${dice.is(15) ? NAMES[0] : NAMES[index]}@example.jp`;
    const language = dice.is(30) ? { language: 'ja' as const } : {};
    const v4 = { address: `172.27.179.${number}`, mail, ...language };
    const v6 = { address: `2001:db8:179::${number}`, mail, ...language };
    return dice.is(70) ? [v4, v6] : [v4];
  });
}

/** Somebody is served everywhere first, mostly: what nobody knows is no service. */
function greetings(
  dice: Dice,
  servers: readonly Server[],
  ports: ReadonlyMap<Server, readonly number[]>,
): DraftStep[] {
  return servers.flatMap((server) =>
    (ports.get(server) ?? []).flatMap((port): DraftStep[] => [
      ...(dice.is(90) ? [{ at: '1s', do: `try ${PASSERS[0]} ${server} 4 ${port}` }] : []),
      ...(dice.is(70) ? [{ at: '2s', do: `try ${PASSERS[0]} ${server} 6 ${port}` }] : []),
    ]),
  );
}

function tries(
  dice: Dice,
  servers: readonly Server[],
  ports: ReadonlyMap<Server, readonly number[]>,
): DraftStep[] {
  const steps = Array.from({ length: dice.number(6, 40) }, (): DraftStep => {
    const client = dice.is(85) ? dice.one(CLIENTS) : dice.one(PASSERS);
    const server = dice.one(servers);
    const port = dice.one(ports.get(server) ?? [80]);
    const patience = dice.is(60) ? {} : { patience: `${dice.number(1, 60)}s` };
    const at = `${dice.at(10, FAULTS_S + 60)}s`;
    return { at, do: `try ${client} ${server} ${dice.is(65) ? 4 : 6} ${port}`, ...patience };
  });
  // Long after all of it somebody comes who finds out that it is back.
  const last = servers.flatMap((server) =>
    (ports.get(server) ?? []).flatMap((port) =>
      ([4, 6] as const).map(
        (version): DraftStep => ({
          at: `${FAULTS_S + 240}s`,
          do: `try ${PASSERS[1]} ${server} ${version} ${port}`,
        }),
      ),
    ),
  );
  return [...steps, ...last];
}

function faults(
  dice: Dice,
  servers: readonly Server[],
  ports: ReadonlyMap<Server, readonly number[]>,
): DraftStep[] {
  return Array.from({ length: dice.number(1, 6) }, () => {
    const server = dice.one(servers);
    const port = dice.one(ports.get(server) ?? [80]);
    return fault(dice, server, port);
  }).flat();
}

function fault(dice: Dice, server: Server, port: number): DraftStep[] {
  const fromS = dice.at(8, FAULTS_S);
  const at = `${fromS}s`;
  const lastsS = dice.is(40) ? dice.number(1, 12) : dice.number(5, 120);
  const lasts = { at, for: `${lastsS}s` };
  const client = dice.one(CLIENTS);
  const signs = dice.is(30)
    ? [
        {
          at: `${Math.round((fromS + lastsS) * 10) / 10}s`,
          do: `${dice.one(['notify', 'announce'])} ${server}`,
        },
      ]
    : [];
  const forgets = dice.is(40) ? ` forget ${server}`.trim() : null;
  const cut = (verb: string): DraftStep[] => [
    { ...lasts, do: forgets === null ? `${verb} ${server}` : [`${verb} ${server}`, forgets] },
    ...signs,
  ];
  switch (dice.number(0, 13)) {
    case 0:
    case 1:
      return cut('unplug');
    case 2:
      return cut('kill');
    case 3:
      return cut('freeze');
    case 4:
    case 5:
      return [{ ...lasts, do: `stop ${server} ${port}` }];
    case 6:
      return [{ ...lasts, do: `stop ${server}` }];
    case 7:
      return [
        { ...lasts, for: `${dice.number(20, 120)}s`, every: `${dice.number(2, 30)}s`, do: `flap ${server}` },
      ];
    case 8:
      return [{ ...lasts, do: `${dice.one(['drop', 'reset', 'reject'])} ${server} ${client}` }];
    case 9:
      return [{ ...lasts, do: `${dice.one(['drop', 'reset', 'reject'])} ${server} ${port}` }];
    case 10:
      return [{ ...lasts, for: `${dice.number(1, 10)}s`, do: `kill ${dice.one(['ringback', 'fabricd'])}` }];
    case 11:
      return [{ ...lasts, do: `mail ${dice.one(['away', 'busy'])}` }];
    case 12:
      return [{ ...lasts, do: 'cut wan' }];
    default:
      return [
        {
          ...{ ...lasts, for: `${dice.number(2, 10)}s`, rate: `${dice.number(20, 300)}/s` },
          ...{ forged: '198.18.0.0/15', do: `${dice.one(['flood', 'scan', 'backscatter'])} ${server}` },
        },
      ];
  }
}

function addressOf(server: Server): string {
  return `172.27.178.${server.slice(1)}`;
}

function secondsOf(text: string): number {
  return Number.parseFloat(text);
}
