/** A play under way: a world, the machines in it with their programs, and the script's verbs for each. */
import { messageOf } from '../errors.ts';
import type { Mail } from '../mail/mail.ts';
import { isVersion4 } from '../net/address.ts';
import { PlayedFrames } from './capture/played-frames.ts';
import { type Carried, listMailboxesOf, MailHost } from './edges/mail-host.ts';
import { TrapSenders } from './edges/traps.ts';
import { Sweeper } from './kernel/sweeper.ts';
import { WorldTime } from './kernel/time.ts';
import type { Program } from './programs.ts';
import { RelayProgram } from './relay-program.ts';
import { RoutedPair } from './routed-pair.ts';
import { type MachineKernel, RouterProgram } from './router-program.ts';
import type { Scenario, Span, Verb } from './scenario/types.ts';
import type { Counted, MakeWorld, Making, Outside, RunningPlay, Stage } from './stage.ts';
import { type Gauges, NO_GAUGES, type Witness } from './truth/witness.ts';
import type { PlayedWorld } from './world/ports.ts';
import { Script } from './world/script.ts';

/** When what still runs is to have ended in good order, at the latest. */
const STOP_US = 60_000_000;
/** More of them give the store much to do. */
const MANY_PEOPLE = 5000;

interface Around {
  readonly witness: (stage: Stage) => Witness;
  readonly outside: Outside | null;
}

export class Play implements RunningPlay {
  readonly stage: Stage;
  frames = 0;
  counted: Counted | null = null;
  /** Of the fabric's memory, once it was configured. */
  #firstBytes = 0;
  readonly #kernel: MachineKernel;
  readonly #scenario: Scenario;
  readonly #world: PlayedWorld;
  readonly #witness: Witness;
  /** Of what no program's end ends. */
  readonly #machines: WorldTime;
  readonly #mailHost: MailHost;
  readonly #traps = new TrapSenders();
  readonly #relays = new Map<string, RelayProgram>();
  readonly #pair: RoutedPair | null;
  #router: RouterProgram | null = null;
  #captured: PlayedFrames | null = null;
  /** Hosts that get nowhere. */
  readonly #alone = new Set<string>();
  /** What has gone wrong with a program. */
  #failure: Error | null = null;

  static async create(
    scenario: Scenario,
    kernel: MachineKernel,
    { make, witness, outside }: Around & { readonly make: MakeWorld },
  ): Promise<Play> {
    const making = make(scenario, kernel);
    const play = new Play(scenario, { ...kernel, directory: making.directory }, { making, witness, outside });
    await play.#install(outside);
    return play;
  }

  private constructor(
    scenario: Scenario,
    stage: Stage,
    { making, witness, outside }: Around & { readonly making: Making },
  ) {
    this.stage = stage;
    this.#kernel = stage;
    this.#scenario = scenario;
    this.#witness = witness(stage);
    const onFrame = (iface: number, isOut: boolean, bytes: Uint8Array): void =>
      this.#frame(iface, isOut, bytes);
    this.#world = making.world({ witness: this.#witness, onFrame });
    const around = { witness: this.#witness, world: this.#world };
    this.#pair = scenario.takeover.size === 0 ? null : new RoutedPair(scenario, stage, around);
    this.#machines = new WorldTime(stage);
    this.#mailHost = new MailHost({
      time: this.#machines,
      chance: stage.streams.of('mail server'),
      witness: this.#witness,
      mailboxes: listMailboxesOf(scenario.router),
      carry: outside === null ? null : (mail, by) => this.#carry(outside, mail, by),
    });
  }

  async #carry(outside: Outside, mail: Mail, by: string): Promise<Carried> {
    const { loop } = this.#kernel;
    const release = outside.isNear(by) ? loop.hold() : null;
    const carried = await outside.carry(mail, by);
    release?.();
    return carried;
  }

  /** The machines, with nothing running on them. */
  async #install(outside: Outside | null): Promise<void> {
    const { router, relays, people, interfaces, networks, frames } = this.#scenario;
    const given = {
      kernel: this.#kernel,
      world: this.#world,
      witness: this.#witness,
      mailHost: this.#mailHost,
      isBusy: people.reduce((all, { count }) => all + count, 0) > MANY_PEOPLE,
    };
    if (router !== null) {
      const addresses = new Set(networks.flatMap((network) => network.router));
      const program = await RouterProgram.create({
        ...given,
        configuration: router,
        interfaces,
        addresses,
        outside,
      });
      this.#router = program;
      if (frames.length > 0)
        this.#captured = await PlayedFrames.open(this.#scenario, {
          ...{ stage: this.stage, witness: this.#witness, fabric: program.fabric },
          onFrame: () => this.frames++,
        });
    }
    for (const [name, configuration] of relays) {
      const isConnected = (): boolean => !this.#alone.has(name);
      this.#relays.set(name, await RelayProgram.create({ ...given, name, configuration, isConnected }));
    }
  }

  begin(): void {
    const { calendar, loop } = this.#kernel;
    this.#world.begin();
    this.#captured?.begin();
    new Sweeper(calendar, this.#scenario.endUs);
    for (const program of this.#programs()) this.#start(program);
    this.#pair?.begin();
    new Script(this.#scenario.script, {
      ...{ calendar, loop, witness: this.#witness },
      carryOut: (verb) => this.carryOut(verb),
    });
  }

  /** What the fabric has counted: the program asks it, as `ringback status` would. */
  async #count(): Promise<void> {
    const { calendar, loop } = this.#kernel;
    const router = this.#router;
    if (router === null) return;
    let isAnswered = false;
    void router.counters().then(
      (counters) => {
        const { frames, memoryBytes } = router.fabric;
        if (counters !== null) {
          const bytes = [this.#firstBytes, memoryBytes ?? 0] as const;
          this.counted = { frames, bytes, counters, kernel: this.#world.kernelCounts() };
        }
        isAnswered = true;
      },
      (error: unknown) => this.#failed(error),
    );
    await loop.run(calendar.nowUs + STOP_US, () => isAnswered || this.#failure !== null);
  }

  /** The world ends, and what runs in it in good order. */
  async end(): Promise<void> {
    const { calendar, loop } = this.#kernel;
    this.#world.end();
    await this.#count();
    let left = 0;
    for (const program of this.#programs()) {
      left++;
      void program.stop().then(
        () => left--,
        (error: unknown) => this.#failed(error),
      );
    }
    await loop.run(calendar.nowUs + STOP_US, () => left === 0 || this.#failure !== null);
    if (this.#failure !== null) throw this.#failure;
  }

  /** What the pair has broken until now, when nothing happens to it any more. */
  endPair(): readonly string[] | null {
    return this.#pair?.end() ?? null;
  }

  get hasFailed(): boolean {
    return this.#failure !== null;
  }

  gauges(): Gauges {
    if (this.#firstBytes === 0) this.#firstBytes = this.#router?.fabric.memoryBytes ?? 0;
    return this.#router?.gauges() ?? NO_GAUGES;
  }

  carryOut(verb: Verb): void {
    this.#pair?.carryOut(verb);
    // Of a pair's machines the world knows no single cards.
    if ('node' in verb && this.#pair?.isCard(verb.node) === true) return;
    switch (verb.verb) {
      case 'mail':
        this.#mailHost.state = verb.is;
        break;
      case 'killProgram':
        if (verb.what === 'fabricd') this.#router?.killFabric();
        else this.#programOf(verb.what)?.kill();
        break;
      case 'startProgram':
        if (verb.what === 'fabricd') this.#router?.fabric.begin();
        else this.#start(this.#programOf(verb.what));
        break;
      case 'notify':
        this.#notify(verb.node, verb.to);
        break;
      case 'answer':
        this.#answer(verb);
        break;
      default:
        this.#world.carryOut(verb);
        this.#followed(verb);
    }
  }

  /** What becomes of a relay whose host it happens to. */
  #followed(verb: Verb): void {
    if (!('node' in verb)) return;
    const { node } = verb;
    const relay = this.#relays.get(node);
    if (relay === undefined) return;
    if (verb.verb === 'kill') relay.kill();
    if (verb.verb === 'revive') {
      // Its services are drawn by the world; the relay is a program like any other of them.
      const boot = this.#scenario.hosts.find(({ name }) => name === node)?.boot;
      this.#machines.after(boot === undefined ? 0 : middleUs(boot) / 1000, () => this.#start(relay));
    }
    if (verb.verb === 'unplug' || verb.verb === 'freeze') this.#alone.add(node);
    if (verb.verb === 'plug' || verb.verb === 'thaw') this.#alone.delete(node);
  }

  #notify(node: string, to: string): void {
    const relay = this.#relays.get(to);
    const traps =
      to === 'router'
        ? this.#scenario.router?.recover.traps
        : this.#relayTraps(relay === undefined ? null : to);
    const address = this.#world.addressOf(node);
    if (!traps || address === null) return;
    const upMs = this.#kernel.calendar.nowUs / 1000;
    const message = this.#traps.coldStart(traps, { address, upMs });
    if (message !== null) this.#world.datagram(node, to, traps.listen.port, message);
  }

  /** Whoever has the page answers it, with whichever of his addresses he was shown it. */
  #answer({ client, server, version, port, mail }: Extract<Verb, { verb: 'answer' }>): void {
    const { directory } = this.stage;
    const ofVersion = (address: string): boolean => isVersion4(address) === (version === 4);
    const { hosts } = this.#scenario;
    const from = hosts.find(({ name }) => name === client)?.addresses.find(ofVersion);
    const to = hosts.find(({ name }) => name === server)?.addresses.find(ofVersion);
    const number = from === undefined ? null : directory.clientAt(from);
    const service = directory.servicesAt(to ?? '').find((one) => directory.service(one).port === port);
    if (number !== null && service !== undefined) this.#router?.pages.answer(number, service, mail);
  }

  #relayTraps(name: string | null) {
    return name === null ? null : (this.#scenario.relays.get(name)?.relay.traps ?? null);
  }

  #programOf(what: string): Program | null {
    return what === 'ringback' ? this.#router : (this.#relays.get(what) ?? null);
  }

  *#programs(): Iterable<Program> {
    if (this.#router !== null) yield this.#router;
    yield* this.#relays.values();
  }

  #start(program: Program | null): void {
    program?.start().catch((error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(messageOf(error));
    this.#kernel.loop.stir();
  }

  #frame(iface: number, isOut: boolean, bytes: Uint8Array): void {
    this.frames++;
    this.#witness.frame?.(iface, isOut, bytes);
    this.#witness.passed?.(iface, isOut, bytes);
    this.#router?.fabric.frame(iface, isOut, bytes);
  }
}

function middleUs(span: Span): number {
  if (span.kind === 'fixed') return span.us;
  return span.kind === 'between' ? (span.fromUs + span.toUs) / 2 : span.medianUs;
}
