/** A name server on the management station, real: dnsmasq, which knows the lab's own names and asks nobody else. */
import { address, type Lab } from '../../../board/lab/lab.ts';
import { Daemon, on } from './daemon.ts';

export class NameServer extends Daemon {
  /** Where it is asked. */
  readonly resolver = `${address('station')}:53`;

  /** `names` are those that it has for addresses, in both directions. */
  constructor(lab: Lab, names: Readonly<Record<string, string>>) {
    const records = Object.entries(names).map(([at, name]) => `--host-record=${name},${at}`);
    const alone = ['--conf-file=/dev/null', '--no-hosts', '--no-resolv', '--keep-in-foreground'];
    const here = [`--listen-address=${address('station')}`, '--bind-interfaces', '--user=root'];
    const log = `${lab.directory}/dnsmasq.log`;
    super({
      place: on(lab, 'station'),
      argv: ['dnsmasq', ...alone, ...here, '--pid-file=', `--log-facility=${log}`, ...records],
      port: 53,
      log,
    });
  }

  static async start(lab: Lab, names: Readonly<Record<string, string>>): Promise<NameServer> {
    const server = new NameServer(lab, names);
    await server.start();
    return server;
  }
}
