/** The parts of the router's role, made and put together. Who knows whom is said here, and nowhere else. */
import type { Chance } from '../chance.ts';
import { machinesOf } from '../config/router/machines.ts';
import type { RouterConfiguration } from '../config/types.ts';
import { tables } from '../fabric/module.ts';
import { Outbox } from '../mail/outbox.ts';
import { ReplaceableSender } from '../mail/replaceable-sender.ts';
import { newStopKey, StopLinks } from '../mail/unsubscribe-links.ts';
import { Asking } from '../recovery/asking.ts';
import { DaemonSockets } from '../recovery/daemon-sockets.ts';
import { loadConfirmed } from '../store/confirmed.ts';
import { loadRegistrations } from '../store/registrations.ts';
import { loadServices } from '../store/services.ts';
import { loadSetting, saveSetting } from '../store/settings.ts';
import type { Store } from '../store/store.ts';
import { loadUnsubscribed } from '../store/unsubscribed.ts';
import { Changes } from './changes.ts';
import { ConnectChecks } from './checks.ts';
import { DataPlane } from './data-plane.ts';
import { Forwards } from './forwards.ts';
import { StoreJournal } from './journal.ts';
import { Outages } from './outages.ts';
import { People } from './people.ts';
import { Posting } from './posting.ts';
import { Probing } from './probing.ts';
import { Router } from './router.ts';
import { Services } from './services.ts';
import { Steered } from './steered.ts';
import type { RouterSurroundings } from './surroundings.ts';
import { Suspicions } from './suspicions.ts';

/** The same as long as the state lives: its links lie in people's mailboxes. */
function stopKeyOf(store: Store, chance: Chance): string {
  const known = store.read((sql) => loadSetting(sql, 'stop key'));
  if (known !== null) return known;
  const key = newStopKey(chance);
  store.write((sql) => saveSetting(sql, 'stop key', key));
  return key;
}

function peopleOf(configuration: RouterConfiguration, store: Store): People {
  return new People(configuration, {
    registered: store.read(loadRegistrations).map((one) => ({ ...one, address: one.client })),
    stopped: store.read(loadUnsubscribed),
    confirmed: store.read(loadConfirmed),
  });
}

/** What the outbox and the page have in common. */
function postOf({ configuration, store, addresses, log, time, chance }: RouterSurroundings) {
  const people = peopleOf(configuration, store);
  const links = new StopLinks(stopKeyOf(store, chance));
  const sender = new ReplaceableSender();
  const posting = new Posting(configuration, { store, sender, people, links, addresses, log, time, chance });
  const outbox = new Outbox(posting);
  return { people, links, sender, posting, outbox };
}

/** Each is given those that were made before it. */
function partsOf(given: RouterSurroundings) {
  const configuration = machinesOf(given.configuration);
  const surroundings = { ...given, configuration };
  const { store, link, networks, addresses, log, time, chance } = surroundings;
  const errands = configuration.fabric.remote === null ? null : new DaemonSockets();
  const sockets = errands ?? surroundings.sockets;
  const machine = { log, time, chance };
  const { clock } = store;
  const { people, outbox, ...post } = postOf(surroundings);
  const changes = new Changes();
  const outages = new Outages();
  const journal = new StoreJournal(store, outbox, time);
  const services = new Services(configuration, { stored: store.read(loadServices), clock, journal });
  // Beside the router these are another machine's rules.
  const find = errands === null ? surroundings.findForwards : null;
  const forwards = new Forwards(given.configuration, {
    ...{ find, addresses, services, log, time },
    room: tables.limits.forwards,
  });
  const steered = new Steered(configuration, outages, forwards);
  const carrier = { connect: link, networks, errands, addresses, forwards };
  const fabric = new DataPlane({ ...carrier, configuration, people, services, clock, ...machine });
  const asking = new Asking({ fabric, clock, time, chance, sockets });
  const probing = new Probing(configuration, { dial: asking.dial, time });
  const checks = new ConnectChecks({ probing, people, services, steered, clock, time, chance });
  const asker = new Suspicions(configuration, {
    ...{ asking, fabric, services, steered, clock, time, log },
    seekNeighbour:
      errands === null ? surroundings.seekNeighbour : (server: string) => fabric.seekNeighbour(server),
  });
  const known = { outages, people, steered, services, forwards };
  const asked = { fabric, checks, asker, journal, changes };
  // Where the program is on the server itself, its services are named.
  const isOwn = (address: string): boolean => addresses().has(address) && !services.isNamed(address);
  const router = new Router({ configuration, ...known, ...asked, isOwn, clock, ...machine });
  return { ...post, ...asked, outbox, services, forwards, asking, probing, router };
}

type Parts = ReturnType<typeof partsOf>;

/** And meets those that were made after it, where it needs them itself. */
function connect({ router, posting, checks, asker, fabric, forwards, changes, outbox }: Parts): void {
  posting.connect({ router });
  checks.connect(router);
  asker.connect(router);
  fabric.connect(router);
  forwards.connect({ fabric, changes });
  changes.add(outbox);
  changes.add(forwards);
}

/** All of them, connected; nothing has been asked of the world yet. */
export function connectedParts(surroundings: RouterSurroundings): Parts {
  const parts = partsOf(surroundings);
  connect(parts);
  return parts;
}
