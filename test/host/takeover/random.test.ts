/** What nobody thought of: everything that happens to a duplex system, in an order that chance makes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { random } from '../../random.ts';
import { ADDRESSES } from './configuration.ts';
import { type NodeOptions, World } from './world.ts';

const ALL = [...ADDRESSES.web, ...ADDRESSES.shop];
const NAMES = ['web', 'shop'] as const;
type Name = (typeof NAMES)[number];
/** So often a kernel is looked at unasked. */
const LOOK_MS = 10_000;
const HEALING_MS = 120_000;
const STORIES = 40;

interface Step {
  readonly what: string;
  readonly waitMs: number;
}

interface Story {
  readonly share: boolean;
  readonly automatic: boolean;
  readonly heartbeat: boolean;
  readonly interfaces: number;
  readonly steps: readonly Step[];
}

type Pick = <T>(choices: readonly T[]) => T;

/** What can happen, each as words that `happen` understands. */
const EVENTS: readonly ((pick: Pick, ifname: string, name: Name) => string)[] = [
  (_, ifname) => `cable ${ifname} out`,
  (_, ifname) => `cable ${ifname} in`,
  (_, ifname) => `cable ${ifname} out`,
  (_, ifname) => `cable ${ifname} in`,
  (_, ifname) => `down ${ifname}`,
  (pick, ifname) => `refuse standby ${ifname} ${pick(['on', 'off'])}`,
  (pick, _, name) => `refuse ${name} eth0 ${pick(['on', 'off'])}`,
  (pick, _, name) => `willing ${pick(['standby', name])}`,
  (pick, _, name) => `slow ${pick(['standby', name])} ${pick([0, 30, 300, 3000])}`,
  (pick, _, name) => `mute ${pick(['standby', name])} ${pick(['yes', 'no'])}`,
  (_, __, name) => `kill ${name}`,
  (pick, _, name) => `boot ${name} ${pick(['bare', 'with', 'as'])}`,
  (pick, _, name) => `boot ${name} ${pick(['bare', 'with', 'as'])}`,
  (_, __, name) => `restart ${name}`,
  () => 'restart standby',
  () => 'restart standby',
  (_, __, name) => `fault ${name} yes`,
  (_, __, name) => `fault ${name} no`,
  (_, __, name) => `fault ${name} no`,
  (pick, _, name) => `give ${name} ${pick(['all', ...ADDRESSES[name]])}`,
  (pick, _, name) => `give ${name} ${pick(['all', ...ADDRESSES[name]])}`,
  (pick) => `back ${pick([...NAMES, ...ALL])}`,
  (_, __, name) => `reclaim ${name}`,
  (pick) => `lose ${pick([1, 5, 50, 500])}`,
  (_, __, name) => `part ${name}`,
  (_, __, name) => `join ${name}`,
  (pick, ifname) => `hand ${pick(ALL)} ${ifname}`,
];

function story(seed: number): Story {
  const next = random(seed);
  const pick: Pick = (choices) => choices[Math.floor(next() * choices.length)] as never;
  const interfaces = pick([2, 2, 3]);
  const names = ['eth0', 'eth1', 'eth2'].slice(0, interfaces);
  const [share, automatic, heartbeat] = [next() < 0.4, next() < 0.5, next() < 0.7];
  const steps = Array.from({ length: 5 + Math.floor(next() * 25) }, () => ({
    what: pick(EVENTS)(pick, pick(names), pick(NAMES)),
    waitMs: pick([0, 0, 5, 20, 50, 200, 1000, 3000, 12_000]),
  }));
  return { share, automatic, heartbeat, interfaces, steps };
}

class Run {
  readonly world: World;
  readonly #nodes: NodeOptions;
  readonly #share: boolean;
  #stopped = false;

  private constructor(world: World, nodes: NodeOptions, share: boolean) {
    this.world = world;
    this.#nodes = nodes;
    this.#share = share;
  }

  static async of({ share, automatic, heartbeat, interfaces }: Story): Promise<Run> {
    const beating = { heartbeat: heartbeat ? { every: '1s', lost: 3 } : false };
    const names = ['eth0', 'eth1', 'eth2'].slice(0, interfaces);
    const more = { share, return: automatic ? 'automatic' : 'manual', return_after: '5s', adapters: names };
    const nodes = { active: beating, standby: { ...beating, ...more } };
    const world = World.duplex(nodes);
    if (interfaces > 2) {
      const third = { mac: '02:00:00:00:13:02', up: false, cable: true, addresses: new Set<string>() };
      world.machine('standby').interfaces.set('eth2', third);
    }
    await world.clock.pass(1000);
    const run = new Run(world, nodes, share);
    run.#look();
    return run;
  }

  /** The kernels are looked at. */
  look(): void {
    if (this.world.nodes.has('standby')) this.world.standby.onKernel();
    for (const name of NAMES) {
      if (!this.world.nodes.has(name)) continue;
      this.world
        .active(name)
        .onKernel(({ address }) => this.world.machine(name).answersFor(address) !== null);
    }
  }

  #look(): void {
    if (this.#stopped) return;
    this.look();
    this.world.clock.after(LOOK_MS, () => this.#look());
  }

  stop(): void {
    this.#stopped = true;
    for (const node of this.world.nodes.values()) node.close();
  }

  happen(what: string): void {
    const { world } = this;
    const [verb = '', one = '', two = '', three = ''] = what.split(' ');
    const standby = world.machine('standby');
    const iface = standby.interfaces.get(one);
    const nodes = this.#nodes;
    switch (verb) {
      case 'cable':
        if (iface !== undefined) iface.cable = two === 'in';
        break;
      case 'down':
        if (iface !== undefined) iface.up = false;
        break;
      case 'refuse':
        world.machine(one).refusing[three === 'on' ? 'on' : 'off'].add(two);
        break;
      case 'willing':
        world.machine(one).refusing.on.clear();
        world.machine(one).refusing.off.clear();
        break;
      case 'slow':
        world.machine(one).slowMs = Number(two);
        break;
      case 'mute':
        world.machine(one).mute = two === 'yes';
        break;
      case 'kill':
        if (world.nodes.has(one)) world.kill(one);
        break;
      case 'boot':
        if (world.machine(one).dead) this.#boot(one as Name, two);
        break;
      case 'restart':
        if (one === 'standby') world.startStandby(nodes.standby, world.remembered);
        else if (!world.machine(one).dead) world.startActive(one as Name, nodes.active);
        break;
      case 'fault':
        if (!world.nodes.has(one)) break;
        world
          .active(one)
          .setFault('disk', two === 'yes' ? { reason: 'full', cause: 'fault', addresses: null } : null);
        break;
      case 'give':
        if (world.nodes.has(one)) void world.active(one).give(two === 'all' ? [] : [two], 'operator');
        break;
      case 'back':
        void world.standby.giveBack([one], 'operator');
        break;
      case 'reclaim':
        if (world.nodes.has(one)) void world.active(one).reclaim([]);
        break;
      case 'lose':
        world.losses = Number(one);
        break;
      case 'part':
        world.separate(one, 'standby');
        break;
      case 'join':
        world.cut.clear();
        break;
      case 'hand': {
        const from = standby.holdersOf(one);
        if (from.length !== 1 || standby.interfaces.get(two) === undefined) break;
        const isFree = ALL.every((address) => !standby.holdersOf(address).includes(two));
        if (!this.#share && !isFree) break;
        standby.interfaces.get(from[0] ?? '')?.addresses.delete(one);
        standby.put(two, one);
        break;
      }
      default:
        throw new Error(what);
    }
    this.look();
  }

  #boot(name: Name, how: string): void {
    const machine = this.world.machine(name);
    machine.dead = false;
    for (const [i, address] of ADDRESSES[name].entries()) {
      if (how === 'bare') machine.interfaces.get(`eth${i}`)?.addresses.delete(address);
      if (how === 'with') machine.put(`eth${i}`, address);
    }
    this.world.startActive(name, this.#nodes.active);
  }

  heal(): void {
    const { world } = this;
    for (const machine of world.machines.values()) {
      machine.refusing.on.clear();
      machine.refusing.off.clear();
      machine.slowMs = 0;
      machine.mute = false;
      for (const iface of machine.interfaces.values()) {
        iface.cable = true;
        if (iface.addresses.size > 0) iface.up = true;
      }
    }
    world.losses = 0;
    world.cut.clear();
    for (const name of NAMES) {
      if (world.machine(name).dead) this.#boot(name, 'as');
      world.active(name).setFault('disk', null);
    }
    this.look();
  }

  /** What is wrong. */
  faults(): string[] {
    const { world } = this;
    const wrong: string[] = [];
    const standby = world.machine('standby');
    const { taken } = world.standby.status();
    for (const address of ALL) {
      const where = [...world.machines.values()].flatMap((machine) =>
        machine.holdersOf(address).map((ifname) => `${machine.name} ${ifname}`),
      );
      if (where.length !== 1) wrong.push(`${address} is on [${where}]`);
      const answering = world.holders(address);
      if (answering.length !== 1) wrong.push(`[${answering}] answer for ${address}`);
      const known = taken.filter((one) => one.address === address).map(({ adapter: ifname }) => ifname);
      if (`${known}` !== `${standby.holdersOf(address)}`) {
        wrong.push(`standby says ${address} is on [${known}], it is on [${standby.holdersOf(address)}]`);
      }
      const [holder = ''] = answering;
      for (const machine of world.machines.values()) {
        if (machine.claims.has(address) !== (machine.name === holder)) {
          wrong.push(
            `${machine.name} ${machine.claims.has(address) ? 'claims' : 'does not claim'} ${address}`,
          );
        }
      }
      const last = world.announced.findLast((one) => one.address === address);
      const mac = world.machines.get(holder)?.answersFor(address);
      if (last !== undefined && last.mac !== mac) {
        wrong.push(`${address} was announced last by ${last.machine} ${last.ifname}, but is on [${where}]`);
      }
    }
    for (const { address, state, active } of taken) {
      if (state !== 'taken') wrong.push(`${address} is ${state} at the standby`);
      const report = world.standby.report(active, 'standby');
      const entry =
        report.kind === 'report' ? report.entries.find((one) => one.address === address) : undefined;
      if (entry?.marked !== true) wrong.push(`${address} is not marked`);
    }
    const remembered = JSON.stringify(world.remembered);
    const known = JSON.stringify({ taken: world.standby.taken(), stuck: [] });
    if (remembered !== known) wrong.push(`remembered: ${remembered}, known: ${known}`);
    for (const name of NAMES) {
      for (const { address, state } of world.active(name).status().addresses) {
        const isHere = world.machine(name).answersFor(address) !== null;
        if (state !== (isHere ? 'here' : 'given')) wrong.push(`${name} says that ${address} is ${state}`);
      }
    }
    for (const ifname of standby.interfaces.keys()) {
      const has = taken.filter((one) => one.adapter === ifname);
      if (has.length > 1 && !this.#share) wrong.push(`${ifname} has ${has.map(({ address }) => address)}`);
    }
    return wrong;
  }
}

async function play(told: Story): Promise<string[]> {
  const run = await Run.of(told);
  for (const { what, waitMs } of told.steps) {
    run.happen(what);
    await run.world.clock.pass(waitMs);
  }
  run.heal();
  await run.world.clock.pass(HEALING_MS);
  const wrong = run.faults();
  run.stop();
  return wrong;
}

describe('a duplex system that everything has happened to', () => {
  for (let seed = 1; seed <= STORIES; seed++) {
    it(`is whole again two minutes after it was healed, story ${seed}`, async () => {
      const told = story(seed);
      assert.deepEqual(await play(told), [], JSON.stringify(told));
    });
  }
});
