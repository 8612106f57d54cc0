/** `ringback relay` on a server, or on the management station, of a world (embodiments 2 and 3). */
import type { RelayConfiguration } from '../config/relay/types.ts';
import { RelayRole } from '../relay/role.ts';
import { Store } from '../store/store.ts';
import { logOf } from './edges/log.ts';
import type { MailHost, WorldSender } from './edges/mail-host.ts';
import { mailboxesOf } from './edges/pop.ts';
import { trapSocketsOf } from './edges/traps.ts';
import { ProgramTime, WorldTime } from './kernel/time.ts';
import type { Program } from './programs.ts';
import type { MachineKernel } from './router-program.ts';
import type { Witness } from './truth/witness.ts';
import type { PlayedWorld } from './world/ports.ts';

interface RelayProgramOptions {
  readonly kernel: MachineKernel;
  /** The host that it runs on. */
  readonly name: string;
  readonly configuration: RelayConfiguration;
  readonly world: PlayedWorld;
  readonly witness: Witness;
  readonly mailHost: MailHost;
  /** It has so much to store that the code for it is worth being optimised, which takes half a second. */
  readonly isBusy: boolean;
  /** Whether its host gets to the mail server. */
  readonly isConnected: () => boolean;
}

export class RelayProgram implements Program {
  readonly #options: RelayProgramOptions;
  readonly #time: WorldTime;
  readonly #store: Store;
  #role: RelayRole | null = null;
  /** The role's own. */
  #life: ProgramTime | null = null;
  #sender: WorldSender | null = null;

  static async create(options: RelayProgramOptions): Promise<RelayProgram> {
    const time = new WorldTime(options.kernel);
    const { isBusy } = options;
    const log = logOf(options.name, options.witness);
    return new RelayProgram(options, time, await Store.open({ directory: null, isBusy, log, time }));
  }

  private constructor(options: RelayProgramOptions, time: WorldTime, store: Store) {
    this.#options = options;
    this.#time = time;
    this.#store = store;
  }

  get isRunning(): boolean {
    return this.#role !== null;
  }

  async start(): Promise<void> {
    if (this.#role !== null) return;
    const { kernel, name, configuration, world, witness, mailHost, isConnected } = this.#options;
    const { loop } = kernel;
    const time = new ProgramTime(this.#time);
    this.#life = time;
    const sender = mailHost.sender(name, isConnected);
    const role = new RelayRole({
      ...{ configuration, store: this.#store, time },
      log: logOf(name, witness, () => this.#life === time),
      chance: kernel.streams.of(`the relay’s program on ${name}`),
      sender: () => sender,
      mailbox: mailboxesOf({ host: mailHost, time, loop, isConnected }),
      // What the DNS would say, the router has said on the list.
      hostNameOf: async () => null,
      trapSocket: trapSocketsOf({ world, loop, machine: name }),
      // In a world the server's agent says so.
      announce: async () => {},
      control: null,
      // Of the world's machines none changes its addresses.
      addresses: () => new Set(),
    });
    this.#role = role;
    this.#sender = sender;
    await role.open();
    await role.begin();
    if (this.#role === role) witness.program(name, 'begun');
  }

  kill(): void {
    if (this.#role === null) return;
    const { name, configuration, world, witness } = this.#options;
    this.#role = null;
    this.#life?.end();
    this.#life = null;
    this.#sender?.forget();
    const { traps } = configuration.relay;
    if (traps !== null) world.listen(name, traps.listen.port, null);
    witness.program(name, 'killed');
  }

  async stop(): Promise<void> {
    const role = this.#role;
    if (role === null) return;
    await role.stop();
    this.#role = null;
    this.#options.witness.program(this.#options.name, 'stopped');
  }
}
