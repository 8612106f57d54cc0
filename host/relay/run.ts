/** `ringback relay`: the relay's role in its real surroundings. */
import { relayWarnings } from '../config/relay/explain.ts';
import { loadRelayConfiguration } from '../config/relay/file.ts';
import type { RelayConfiguration } from '../config/relay/types.ts';
import { serveControl } from '../control/socket.ts';
import type { Log } from '../log/log.ts';
import { MailSender } from '../mail/smtp.ts';
import { ownAddresses } from '../net/address.ts';
import { Mailbox } from '../pop/mailbox.ts';
import { type RoleDescription, runRole } from '../role/role.ts';
import type { Signals } from '../role/signals.ts';
import { Store } from '../store/store.ts';
import type { Surroundings } from '../surroundings.ts';
import { sendToHost } from '../traps/send.ts';
import { openTrapSocket } from '../traps/socket.ts';
import { hostNameOf } from './resolver.ts';
import { RelayRole } from './role.ts';

interface RunSurroundings extends Surroundings {
  /** How the configuration is read again; left out: as at the start. */
  readonly readAgain?: (file: string) => Promise<RelayConfiguration>;
}

/** Runs until `stop` aborts. Throws a RingbackError when it cannot start. */
export function relay(
  file: string,
  log: Log,
  signals: Signals,
  { readAgain, ...surroundings }: RunSurroundings,
): Promise<void> {
  const { time } = surroundings;
  const description: RoleDescription<RelayConfiguration> = {
    load: loadRelayConfiguration,
    log: (configuration) => configuration.log,
    readAgain,
    warnings: relayWarnings,
    create: async (configuration) =>
      new RelayRole({
        ...surroundings,
        configuration,
        store: await Store.open({ directory: configuration.state, log, time }),
        log,
        sender: (smtp) => new MailSender(smtp, time),
        mailbox: (options, signal) => Mailbox.open(options, signal),
        hostNameOf,
        addresses: () => ownAddresses(),
        trapSocket: openTrapSocket,
        announce: sendToHost,
        control: serveControl,
      }),
  };
  return runRole(description, file, log, signals);
}
