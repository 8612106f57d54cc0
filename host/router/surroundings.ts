/** What the router has of the machine that it runs on, and of the world around. What a real one has, run.ts says. */
import type { RouterConfiguration, SmtpConfiguration } from '../config/types.ts';
import type { serveControl } from '../control/socket.ts';
import type { News } from '../dashboard/meter.ts';
import type { DashboardOptions } from '../dashboard/server.ts';
import type { Connect } from '../fabric/link.ts';
import type { Networks } from '../fabric/networks.ts';
import type { Log } from '../log/log.ts';
import type { Sender } from '../mail/outbox.ts';
import type { LocalPorts } from '../net/local-ports.ts';
import type { Sockets } from '../recovery/sockets.ts';
import type { StartOutside } from '../role/outside-command.ts';
import type { Store } from '../store/store.ts';
import type { Surroundings } from '../surroundings.ts';
import type { OpenTrapSocket } from '../traps/socket.ts';
import type { FindForwards } from './forwards.ts';
import type { SeekNeighbour } from './looks.ts';
import type { DeadServersOptions } from './page-host.ts';

/** What is shown in the place of dead servers, once it is open. */
export interface OpenPage {
  serversChanged(): void;
  reconfigure(configuration: RouterConfiguration): void;
  /** How often what has happened there. */
  counters(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/** What the operator looks at, once it is open. */
export interface OpenDashboard {
  news(what: News): void;
  close(): Promise<void>;
}

export interface RouterSurroundings extends Surroundings {
  readonly configuration: RouterConfiguration;
  /** Open; the role closes it. */
  readonly store: Store;
  /** The way to the fabric. */
  readonly link: Connect;
  /** Of this machine, by which its interfaces may be named; null: by their own names only. */
  readonly networks: Networks | null;
  /** For connections to servers. */
  readonly sockets: Sockets;
  /** For traps. */
  readonly trapSocket: OpenTrapSocket;
  /** What delivers mails by this mail server, by connections from these ports; null: from any. */
  readonly sender: (smtp: SmtpConfiguration, localPorts: LocalPorts | null) => Sender;
  /** Of this machine, on links that are up. */
  readonly addresses: () => ReadonlySet<string>;
  readonly seekNeighbour: SeekNeighbour;
  /** Ports that this machine forwards; null: nobody can look. */
  readonly findForwards: FindForwards | null;
  /** Listens for whoever asks the running program; null: nobody can. */
  readonly control: typeof serveControl | null;
  /** Opens what is shown in the place of dead servers; null: it is never shown. */
  readonly page: ((options: DeadServersOptions) => Promise<OpenPage>) | null;
  /** Opens what the operator looks at; null: there is none, whatever the configuration says. */
  readonly dashboard: ((options: Omit<DashboardOptions, 'version'>) => Promise<OpenDashboard>) | null;
  /** Starts a command of the operator's; null: none is run. */
  readonly startOutside: StartOutside | null;
  readonly log: Log;
}
