/** `ringback run`: the router's role in its real surroundings. */

import { loadRouterConfiguration } from '../config/router/file.ts';
import { routerWarnings } from '../config/router/warnings.ts';
import type { RouterConfiguration } from '../config/types.ts';
import { serveControl } from '../control/socket.ts';
import { DashboardServer } from '../dashboard/server.ts';
import { connectDaemon } from '../fabric/daemon.ts';
import { tables } from '../fabric/module.ts';
import { ubusNetworks } from '../fabric/networks.ts';
import { findForwards } from '../forwarding/find.ts';
import { listeningPorts } from '../forwarding/listening.ts';
import type { Log } from '../log/log.ts';
import { MailSender } from '../mail/smtp.ts';
import { ownAddresses, ownAddressesByInterface } from '../net/address.ts';
import { KernelTools } from '../page/steering/kernel-tools.ts';
import { OWN_TABLE } from '../page/steering/ruleset.ts';
import { kernelSockets } from '../recovery/sockets.ts';
import { startOutside } from '../role/outside-command.ts';
import { type RoleDescription, runRole } from '../role/role.ts';
import type { Signals } from '../role/signals.ts';
import { Store } from '../store/store.ts';
import type { Surroundings } from '../surroundings.ts';
import { openTrapSocket } from '../traps/socket.ts';
import { VERSION } from '../version.ts';
import { neighbourSeeker } from './neighbours.ts';
import { openPage } from './page.ts';
import { RouterRole } from './role.ts';

interface RunSurroundings extends Surroundings {
  /** Of a daemon that was started for the program; without it the configuration says how to come to one. */
  readonly fabric?: string | undefined;
  /** How the configuration is read again; left out: as at the start. */
  readonly readAgain?: (file: string) => Promise<RouterConfiguration>;
}

/** Runs until `stop` aborts. Throws a RingbackError when it cannot start. */
export function run(
  file: string,
  log: Log,
  signals: Signals,
  { fabric, readAgain, ...surroundings }: RunSurroundings,
): Promise<void> {
  const { time } = surroundings;
  const description: RoleDescription<RouterConfiguration> = {
    load: (file) => loadRouterConfiguration(file, tables.limits, fabric),
    log: (configuration) => configuration.log,
    readAgain,
    warnings: routerWarnings,
    create: async (configuration) => {
      const store = await Store.open({ directory: configuration.state, log, time });
      const tools = new KernelTools(time);
      if (signals.stop.aborted) tools.hurry();
      else signals.stop.addEventListener('abort', () => tools.hurry(), { once: true });
      return new RouterRole({
        ...{ ...surroundings, configuration, store, log },
        link: connectDaemon(time),
        // Elsewhere they are named as they are called there; a daemon that was started for this program is here.
        networks:
          configuration.fabric.remote === null &&
          (configuration.fabric.socket === null || fabric !== undefined)
            ? ubusNetworks(time)
            : null,
        sockets: kernelSockets,
        trapSocket: openTrapSocket,
        sender: (smtp, localPorts) => new MailSender(smtp, time, { localPorts }),
        seekNeighbour: neighbourSeeker(tools),
        findForwards: (wanted) =>
          findForwards(
            OWN_TABLE,
            { ...wanted, addresses: ownAddressesByInterface(), listening: listeningPorts() },
            { ask: (argv, maxBytes) => tools.ask(argv, maxBytes), turn: () => time.settled() },
          ),
        addresses: () => ownAddresses(),
        startOutside,
        control: serveControl,
        page: (options) => openPage(options, tools),
        dashboard: (options) => DashboardServer.open({ ...options, version: VERSION }),
      });
    },
  };
  return runRole(description, file, log, signals);
}
