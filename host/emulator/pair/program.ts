/** `ringback takeover` on a machine of the world: a node that is begun, and may be killed in the middle. */
import type { Chance } from '../../chance.ts';
import type { TakeoverConfiguration } from '../../config/takeover/types.ts';
import { messageOf, RingbackError } from '../../errors.ts';
import { logTo } from '../../log/log.ts';
import { ActiveNode } from '../../takeover/active/node.ts';
import type { NodeParts } from '../../takeover/ports/machine.ts';
import type { TakeoverNode } from '../../takeover/ports/node.ts';
import { StandbyNode } from '../../takeover/standby/node.ts';
import type { Calendar } from '../kernel/calendar.ts';
import type { WorldTime } from '../kernel/time.ts';
import type { Witness } from '../truth/witness.ts';
import type { WorldMachine } from './machine.ts';
import { forgotten, type Memory, PairMachine } from './node-machine.ts';
import type { Card } from './segment.ts';

interface ProgramOptions {
  readonly machine: WorldMachine;
  readonly configuration: TakeoverConfiguration;
  readonly calendar: Calendar;
  /** Of the program alone. */
  readonly time: WorldTime;
  readonly chance: Chance;
  readonly send: (card: Card, bytes: Uint8Array) => void;
  /** Whether the machine and the one with that address can talk now. */
  readonly reaches: (address: string) => boolean;
  readonly witness: Witness;
}

export class NodeProgram {
  readonly #options: ProgramOptions;
  #memory: Memory = forgotten();
  /** Another one for each process. */
  #process: { isOver: boolean; node: TakeoverNode | null } | null = null;

  constructor(options: ProgramOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#process !== null;
  }

  status(): object | null {
    return this.#process?.node?.status() ?? null;
  }

  begin(): void {
    if (this.#process !== null) return;
    const process = { isOver: false, node: null as TakeoverNode | null };
    this.#process = process;
    const { witness, machine } = this.#options;
    witness.program(machine.name, 'begun');
    const log = logTo((level, event, fields) => {
      if (!process.isOver) witness.line(machine.name, level, event, fields);
    });
    const { configuration, time, chance } = this.#options;
    const { takeover } = configuration;
    const surroundings = { time, chance };
    const parts = this.#parts(() => process.isOver);
    const opened =
      takeover.role === 'active'
        ? ActiveNode.open(configuration, takeover, log, surroundings, parts)
        : StandbyNode.open(configuration, takeover, log, surroundings, parts);
    opened.then(
      (node) => {
        process.node = node;
        if (!process.isOver) witness.line(machine.name, 'info', 'ready', node.about);
      },
      (error) => {
        if (process.isOver) return;
        witness.line(machine.name, 'error', 'error', { message: messageOf(error) });
        this.kill();
      },
    );
  }

  /** In the middle of whatever it does. */
  kill(): void {
    if (this.#process === null) return;
    this.#process.isOver = true;
    this.#process = null;
    const { time, machine, witness, configuration } = this.#options;
    time.forget();
    machine.listener = null;
    machine.closePort(portOf(configuration));
    witness.program(machine.name, 'killed');
  }

  /** The machine has lost its power: what it kept for the next process was in its memory. */
  lose(): void {
    this.kill();
    this.#memory = forgotten();
    this.#options.time.restarted();
  }

  #parts(isOver: () => boolean): NodeParts {
    const { machine, calendar, send } = this.#options;
    const place = { machine, calendar, memory: this.#memory, send, isOver };
    return {
      machine: (configuration, options, handlers) => new PairMachine(place, configuration, options, handlers),
      openSocket: async (own, onDatagram) => {
        const isFree = machine.listen(own.port, (bytes, from) => onDatagram(Buffer.from(bytes), from));
        if (!isFree) throw new RingbackError('unavailable', `port ${own.port} is in use`);
        return {
          send: (bytes, to) => {
            if (!isOver()) machine.sendDatagram(own, to, bytes);
          },
          close: () => {
            if (!isOver()) machine.closePort(own.port);
          },
        };
      },
      startOutside: (argv) => ({ ended: this.#outcome(argv), end: () => {} }),
    };
  }

  /** A health command succeeds while the machine's services run, a ping while its gateway is within reach. */
  async #outcome(argv: readonly string[]): ReturnType<NodeParts['startOutside']>['ended'] {
    const { machine, reaches } = this.#options;
    const isWell = argv[0] === 'ping' ? reaches(argv.at(-1) ?? '') : machine.isServing;
    return { failure: isWell ? null : 'status 1', missing: false, said: '' };
  }
}

function portOf({ takeover }: TakeoverConfiguration): number {
  const { listen } = takeover;
  return listen?.port ?? (takeover.role === 'active' ? takeover.standby.port : 0);
}
