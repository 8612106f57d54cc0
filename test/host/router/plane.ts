/** A data plane with a router behind it, fed by a daemon in this process. */
import type { TestContext } from 'node:test';
import type { RouterConfiguration } from '../../../host/config/types.ts';
import { DataPlane } from '../../../host/router/data-plane.ts';
import type { HeldNotice } from '../../../host/router/notices.ts';
import { nameOf } from '../../../host/router/outages.ts';
import { Router } from '../../../host/router/router.ts';
import { type Clock, StateClock } from '../../../host/store/clock.ts';
import { FakeDaemon } from '../fabric/fake-daemon.ts';
import { directory } from '../fabric/scripted.ts';
import { type LoggedLine, recordingLog, until } from '../tools.ts';

const NO_JOURNAL = {
  outage: () => {},
  client: () => {},
  remove: () => {},
  tellSome: () => {},
  room: 200_000,
};

export interface Plane {
  readonly daemon: FakeDaemon;
  readonly plane: DataPlane;
  readonly router: Router;
  readonly clock: Clock;
  readonly notices: HeldNotice[];
  readonly lines: LoggedLine[];
  /** How often an event was logged. */
  readonly logged: (event: string) => number;
  /** How often the router was told that everything is being said again. */
  readonly syncs: () => number;
  /** Who waits for what, as the router knows it. */
  readonly waiting: () => Record<string, string[]>;
}

/** A data plane that is not started yet, and a daemon that is. Both end with the test. */
export async function prepared(context: TestContext, given: RouterConfiguration): Promise<Plane> {
  const place = directory();
  const socket = place.path('fabric.sock');
  const daemon = new FakeDaemon(socket);
  await daemon.start();
  const { log, lines } = recordingLog();
  const notices: HeldNotice[] = [];
  const clock = new StateClock();
  let syncs = 0;
  const configuration = { ...given, fabric: { ...given.fabric, interfaces: [], daemon: null, socket } };
  const plane: DataPlane = new DataPlane({
    configuration,
    registered: () => router.people.registeredClients,
    outages: () => router.outages,
    onEvent: (event) => router.onEvent(event),
    onSync: () => {
      syncs++;
      router.beginSync();
    },
    onFresh: () => router.onFreshFabric(),
    log,
    clock,
  });
  const router: Router = new Router({
    configuration,
    registered: [],
    stopped: new Set(),
    confirmed: new Set(),
    fabric: plane,
    checks: {
      watch: () => {},
      check: (outage) => {
        if (configuration.recover.confirm === 'none') router.recoveries.onChecked(outage, 0);
      },
      stop: () => {},
    },
    journal: { ...NO_JOURNAL, tell: (_, told) => notices.push(...told) },
    later: (f, waitMs) => void setTimeout(f, waitMs),
    onChange: () => {},
    log,
    clock,
  });
  context.after(async () => {
    await plane.close();
    await daemon.stop();
    place.remove();
  });
  return {
    daemon,
    plane,
    router,
    clock,
    notices,
    lines,
    syncs: () => syncs,
    logged: (event) => lines.filter((line) => line.event === event).length,
    waiting: () =>
      Object.fromEntries(router.outages.all().map((outage) => [nameOf(outage), [...outage.clients.keys()]])),
  };
}

/** One that listens. */
export async function started(context: TestContext, given: RouterConfiguration): Promise<Plane> {
  const one = await prepared(context, given);
  await one.plane.start();
  return one;
}

/** The daemon ends, and another one, that knows nothing, takes its place. */
export async function replaceDaemon({ daemon, logged }: Plane): Promise<void> {
  const before = logged('fabric.back');
  await daemon.stop();
  await daemon.start();
  await until('the link is back', () => logged('fabric.back') > before);
}
