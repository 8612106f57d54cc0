/** A world: networks with a router between them, machines and people, and what happens to them. */
import type { Calendar } from '../kernel/calendar.ts';
import type { Streams } from '../kernel/streams.ts';
import { shownMs } from '../scenario/clock.ts';
import { type Scenario, STACKS, type Verb } from '../scenario/types.ts';
import type { Witness } from '../truth/witness.ts';
import { Frames } from '../wire/frames.ts';
import { NeighbourFrames } from '../wire/neighbour-frames.ts';
import { AttemptTable } from './attempts.ts';
import { Background } from './background.ts';
import { Clients } from './clients.ts';
import { Conversations } from './conversation.ts';
import { WorldDirectory } from './directory.ts';
import { Answer, type Ground } from './ground.ts';
import { Hosts } from './hosts.ts';
import { Own } from './own.ts';
import { crowdOf, plannedHosts } from './populations.ts';
import type {
  DatagramHandler,
  KnownPerson,
  OwnConnection,
  OwnEnd,
  PageInWorld,
  PlayedWorld,
} from './ports.ts';
import { RouterKernel } from './router.ts';
import { Servers } from './servers.ts';
import { Strangers } from './strangers.ts';
import { Traffic } from './traffic.ts';
import { Verbs } from './verbs.ts';
import { Visits } from './visits.ts';
import { type FrameSink, Wires } from './wires.ts';

interface WorldOptions {
  readonly scenario: Scenario;
  readonly directory: WorldDirectory;
  readonly calendar: Calendar;
  readonly streams: Streams;
  readonly witness: Witness;
  /** A frame passes an interface of the router, and the daemon's filter; `bytes` changes afterwards. The witness sees all others. */
  readonly onFrame: FrameSink;
}

const DAY_US = 86_400_000_000;
const BROWSER = STACKS.indexOf('chromium');

/** As `PlayOptions.make` wants it. */
export function makeWorld(
  scenario: Scenario,
  { calendar, streams }: { readonly calendar: Calendar; readonly streams: Streams },
): {
  readonly directory: WorldDirectory;
  world(given: { readonly witness: Witness; readonly onFrame: FrameSink }): World;
} {
  const directory = new WorldDirectory(scenario, streams);
  return { directory, world: (given) => new World({ scenario, directory, calendar, streams, ...given }) };
}

export class World implements PlayedWorld {
  readonly directory: WorldDirectory;
  page: PageInWorld | null = null;
  readonly router: RouterKernel;
  readonly hosts: Hosts;
  readonly clients: Clients;
  readonly wires: Wires;
  readonly #scenario: Scenario;
  readonly #ground: Ground;
  readonly #servers: Servers;
  readonly #visits: Visits;
  readonly #own: Own;
  readonly #verbs: Verbs;
  readonly #traffic: Traffic;
  readonly #background: Background;

  constructor({ scenario, directory, calendar, streams, witness, onFrame }: WorldOptions) {
    this.#scenario = scenario;
    this.directory = directory;
    const { networks } = directory;
    const interfaces = scenario.interfaces.length;
    this.wires = new Wires({ networks, interfaces, streams, frame: onFrame, witness });
    const ground: Ground = {
      ...{ calendar, streams, witness, directory },
      wires: this.wires,
      attempts: new AttemptTable(),
      frames: new Frames(),
      neighbourFrames: new NeighbourFrames(),
      isLab: scenario.kernel === 'lab',
    };
    this.#ground = ground;
    this.router = new RouterKernel({
      ground,
      limits: scenario.limits,
      isThere: (place) => this.hosts.isThere(place),
      wasAsked: (place) => this.hosts.gateways.wasAsked(place),
      isShown: (slot) => this.#isShown(slot),
      toClient: (slot, answer) => this.clients.answer(slot, answer),
      toServer: (slot) => this.#servers.receives(slot),
      toPlace: (datagram) => this.#own.toPlace(datagram),
    });
    this.hosts = new Hosts({
      ground,
      asksForRouter: (place, isAlone) => this.router.resolution.asksForRouter(place, isAlone),
    });
    this.#servers = new Servers({
      ground,
      hosts: this.hosts,
      toRouter: (slot, answer) => this.router.answerIn(slot, answer),
      settle: (slot) => this.clients.settle(slot),
    });
    const conversations = new Conversations({ ground, router: this.router });
    this.clients = new Clients({
      ground,
      toRouter: (slot) => {
        if ((ground.attempts.client[slot] as number) < 0) this.router.synOut(slot);
        else this.router.synIn(slot);
      },
      speaks: (client) => client >= directory.namedPlaces || this.hosts.speaks(client),
      waits: (slot) => this.#visits.waits(slot),
      opened: (slot) => this.#visits.opened(slot),
      failed: (...failed) => this.#visits.failed(...failed),
    });
    this.#visits = new Visits({
      ground,
      clients: this.clients,
      shown: (client, service, stack) => this.page?.shown(client, service, stack === BROWSER),
      ownEnded: (slot, answer) => {
        if (answer === Answer.synAck) conversations.begins(slot);
        this.#own.ended(slot, answer);
      },
      served: (slot) => {
        conversations.begins(slot);
        if (ground.isLab) this.router.vouch(slot);
      },
    });
    this.#own = new Own({
      ground,
      visits: this.#visits,
      hosts: this.hosts,
      router: this.router,
      closed: (slot) => conversations.ends(slot),
    });
    const ofDayUs = (shownMs(scenario.zone, scenario.startMs) * 1000) % DAY_US;
    this.#traffic = new Traffic({ calendar, streams, ofDayUs });
    this.#background = new Background({ ground, sends: (...sent) => this.#sends(...sent) });
    const iface = networks.find(({ plan }) => plan.name === scenario.people[0]?.network)?.iface ?? 1;
    const { hosts, router, wires } = this;
    const strangers = new Strangers({ ground, router, hosts, iface });
    const visits = this.#visits;
    this.#verbs = new Verbs({ scenario, directory, hosts, router, wires, visits, strangers });
  }

  begin(): void {
    const { traffic, background } = this.#scenario;
    this.hosts.begin();
    for (const plan of traffic) this.#traffic.add(plan, crowdOf(plan, this.#ground, this.#visits));
    for (const plan of background) {
      const hosts = plannedHosts(plan.from, this.directory);
      // Those of servers in numbers are seen by nobody but whoever looks at all frames.
      if (this.wires.isWatched || hosts.every((host) => host < this.directory.namedHosts)) {
        this.#background.begin(plan, hosts);
      }
    }
  }

  kernelCounts(): Readonly<Record<string, number>> {
    const { sent, withheld } = this.router.icmp;
    return { icmpSent: sent, icmpWithheldByLimits: withheld };
  }

  end(): void {
    this.#visits.end();
  }

  addressOf(host: string): string | null {
    const place = this.directory.placeOf(host, 4);
    const any = place < 0 ? this.directory.placeOf(host, 6) : place;
    return any < 0 ? null : this.directory.addressOf(any);
  }

  *knownPeople(): Iterable<KnownPerson> {
    yield* this.directory.people.known(this.directory.namedPlaces);
  }

  connect(
    to: { readonly address: string; readonly port: number },
    localPort: number | null,
    onEnd: (end: OwnEnd) => void,
  ): OwnConnection {
    return this.#own.connect(to, localPort, onEnd);
  }

  send(
    to: { readonly address: string; readonly port: number },
    payload: Uint8Array,
    onError: (code: string) => void,
  ): void {
    this.#own.send(to, payload, onError);
  }

  listen(machine: string, port: number, hears: DatagramHandler | null): void {
    this.#own.listen(machine, port, hears);
  }

  datagram(from: string, to: string, port: number, payload: Uint8Array): void {
    this.#own.datagram(from, to, port, payload);
  }

  tryFromPage(client: number, service: number, waitUs: number): void {
    const patienceUs = Number.POSITIVE_INFINITY;
    this.#visits.triesLater({ ...this.directory.visit(client, service), patienceUs }, waitUs);
  }

  /** So many packets had no room in the router's queues and tables. */
  get dropped(): number {
    return this.router.resolution.near.dropped;
  }

  seekNeighbour(address: string): void {
    const place = this.directory.placeAt(address);
    const { near } = this.router.resolution;
    // Of a machine behind a next router the kernel knows that one's MAC address only, and that one is no silent machine's.
    if (place >= 0 && near.isBelieved(place)) near.forget(place);
  }

  carryOut(verb: Verb): void {
    this.#verbs.carryOut(verb);
  }

  said(
    address: string,
    { host, card, isServing }: { readonly host: string; readonly card: number; readonly isServing: boolean },
    frame: Uint8Array,
  ): void {
    const place = this.directory.placeAt(address);
    if (place < 0) return;
    this.hosts.moved(place, this.directory.hostAt(host), card, isServing);
    this.router.resolution.said(place, frame);
  }

  #isShown(slot: number): boolean {
    const { page } = this;
    if (page === null || !page.isAnythingSteered) return false;
    const { attempts } = this.#ground;
    const service = attempts.service[slot] as number;
    return service >= 0 && page.answers(attempts.client[slot] as number, service);
  }

  #sends(host: number, port: number, payload: Uint8Array): void {
    const name = this.directory.hosts[host]?.name;
    if (name !== undefined) this.#own.datagram(name, 'router', port, payload);
  }
}
