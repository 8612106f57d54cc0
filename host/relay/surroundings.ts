/** What a relay has of the machine that it runs on, and of the world around. What a real one has, run.ts says. */
import type { RelayConfiguration } from '../config/relay/types.ts';
import type { SmtpConfiguration } from '../config/types.ts';
import type { serveControl } from '../control/socket.ts';
import type { Log } from '../log/log.ts';
import type { Sender } from '../mail/outbox.ts';
import type { OpenMailbox } from '../pop/session.ts';
import type { Store } from '../store/store.ts';
import type { Surroundings } from '../surroundings.ts';
import type { SendDatagram } from '../traps/send.ts';
import type { OpenTrapSocket } from '../traps/socket.ts';
import type { HostNameOf } from './resolver.ts';

export interface RelaySurroundings extends Surroundings {
  readonly configuration: RelayConfiguration;
  /** Open; the role closes it. */
  readonly store: Store;
  /** What delivers mails by this mail server. */
  readonly sender: (smtp: SmtpConfiguration) => Sender;
  /** For looks into the mailbox. */
  readonly mailbox: OpenMailbox;
  /** What the DNS calls a server. */
  readonly hostNameOf: HostNameOf;
  /** Of this machine, on links that are up. */
  readonly addresses: () => ReadonlySet<string>;
  readonly trapSocket: OpenTrapSocket;
  /** By which it says that its server is back. */
  readonly announce: SendDatagram;
  /** Listens for whoever asks the running program; null: nobody can. */
  readonly control: typeof serveControl | null;
  readonly log: Log;
}
