/** A data plane with a router behind it, and the fabric in this process before it. */

import type { TestContext } from 'node:test';
import type { RouterConfiguration } from '../../../host/config/types.ts';
import { nameOf } from '../../../host/net/target.ts';
import { DataPlane } from '../../../host/router/data-plane.ts';
import { Forwards } from '../../../host/router/forwards.ts';
import type { HeldNotice } from '../../../host/router/notices.ts';
import { Outages } from '../../../host/router/outages.ts';
import { People } from '../../../host/router/people.ts';
import { Router } from '../../../host/router/router.ts';
import { Services } from '../../../host/router/services.ts';
import { Steered } from '../../../host/router/steered.ts';
import { type Clock, StateClock } from '../../../host/store/clock.ts';
import type { ServiceRow } from '../../../host/store/services.ts';
import type { Time } from '../../../host/time.ts';
import { arp } from '../../frames.ts';
import { syn } from '../fabric/fabric.ts';
import { LossyFabric } from '../fabric/lossy.ts';
import { type LoggedLine, MACHINE, recordingLog, until } from '../tools.ts';
import { SERVER } from './world.ts';

/** The service that clients try, and where they try it from. */
const web = { address: SERVER, port: 80 };
const from = (address: string, port = 40_000) => ({ address, port });

const NO_JOURNAL = {
  outage: () => {},
  client: () => {},
  services: () => {},
  remove: () => {},
  keep: () => {},
  isBehind: false,
  tellSome: () => {},
  room: 200_000,
};
const NO_ASKER = {
  open: () => {},
  failed: () => {},
  forget: () => {},
  told: () => {},
  look: () => {},
  admit: () => {},
};

export interface Plane {
  readonly daemon: LossyFabric;
  readonly plane: DataPlane;
  readonly configuration: RouterConfiguration;
  readonly router: Router;
  readonly clock: Clock;
  readonly notices: HeldNotice[];
  readonly lines: LoggedLine[];
  /** How often an event was logged. */
  readonly logged: (event: string) => number;
  /** Who waits for what, as the router knows it. */
  readonly waiting: () => Record<string, string[]>;
}

interface PlaneOptions {
  readonly stored?: readonly ServiceRow[];
  readonly time?: Time;
  readonly fabric?: Partial<RouterConfiguration['fabric']>;
  /** That another program has had before; left out: its own. */
  readonly daemon?: LossyFabric;
}

/** A data plane that is not started yet, and a fabric that is. Both end with the test. */
export function prepared(
  context: TestContext,
  given: RouterConfiguration,
  { stored = [], time = MACHINE.time, fabric = {}, daemon = new LossyFabric() }: PlaneOptions = {},
): Plane {
  const { log, lines } = recordingLog();
  const notices: HeldNotice[] = [];
  const clock = new StateClock([], time);
  const configuration = {
    ...given,
    fabric: { ...given.fabric, interfaces: [], daemon: null, socket: '/run/fabric.sock', ...fabric },
  };
  const services = new Services(configuration, { stored, clock, journal: { services: () => {} } });
  const outages = new Outages();
  const people = new People(configuration, {
    registered: [],
    stopped: { owners: new Set(), folded: new Set() },
    confirmed: new Set(),
  });
  const forwards = new Forwards(configuration, {
    find: null,
    room: 16,
    addresses: () => new Set(),
    services,
    log,
    time,
  });
  const plane: DataPlane = new DataPlane({
    connect: daemon.connect,
    ...{ errands: null, addresses: () => new Set(['172.27.178.1']) },
    networks: null,
    configuration,
    people,
    services,
    forwards,
    log,
    clock,
    time,
    chance: MACHINE.chance,
  });
  const router: Router = new Router({
    configuration,
    outages,
    people,
    steered: new Steered(configuration, outages),
    forwards,
    fabric: plane,
    checks: {
      watch: () => {},
      check: (outage) => {
        if (configuration.recover.confirm === 'none') router.recoveries.onChecked(outage, 0);
      },
      stop: () => {},
    },
    services,
    asker: NO_ASKER,
    isOwn: () => false,
    journal: { ...NO_JOURNAL, tell: (_, told) => ({ sent: 0 * notices.push(...told), failed: 0 }) },
    changes: { tell: () => {} },
    log,
    clock,
    time,
    chance: MACHINE.chance,
  });
  plane.connect(router);
  context.after(async () => {
    router.close();
    await plane.close();
    daemon.stop();
  });
  return {
    daemon,
    plane,
    configuration,
    router,
    clock,
    notices,
    lines,
    logged: (event) => lines.filter((line) => line.event === event).length,
    waiting: () =>
      Object.fromEntries(router.outages.all().map((outage) => [nameOf(outage), [...outage.clients.keys()]])),
  };
}

/** One that listens. */
export async function started(
  context: TestContext,
  given: RouterConfiguration,
  options?: PlaneOptions,
): Promise<Plane> {
  const one = prepared(context, given, options);
  await one.plane.start();
  return one;
}

/** The daemon ends, and another one, that knows nothing, takes its place. */
export async function replaceDaemon({ daemon, logged }: Plane): Promise<void> {
  const before = logged('fabric.back');
  daemon.stop();
  daemon.start();
  await until('the link is back', () => logged('fabric.back') > before);
}

/** The server says nothing to these clients, and 31 s go by. */
export function silence({ daemon }: Plane, ...clients: readonly string[]): void {
  for (const [i, address] of clients.entries()) daemon.frame(syn(from(address), web, i + 1));
  daemon.pass(31);
}

/** The server announces itself: news, whatever it did before. */
export function alive({ daemon }: Plane): void {
  daemon.frame(arp({ operation: 1, sender: SERVER, target: SERVER }));
}

/** A data plane whose server is down, and for which these clients wait. */
export async function down(plane: Plane, ...clients: readonly string[]): Promise<void> {
  silence(plane, ...clients);
  const name = `${SERVER} 0`;
  await until('all wait', () => plane.waiting()[name]?.length === clients.length);
}
