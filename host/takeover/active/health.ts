/** What an active looks at to know whether it is well: commands, and a gateway that answers pings. */
import type { ActiveConfiguration } from '../../config/takeover/types.ts';
import { isVersion4 } from '../../net/address.ts';
import type { OutsideCommand } from '../../role/outside-command.ts';
import type { Time, Timer } from '../../time.ts';
import { startAside } from '../machine/outside-command.ts';
import type { NodeParts } from '../ports/machine.ts';
import type { Fault } from './faults.ts';

const MAX_QUOTED = 100;

interface Look {
  /** Tells one from another. */
  readonly key: string;
  readonly argv: readonly string[];
  readonly everyMs: number;
  readonly failures: number;
  /** What to call it when it fails. */
  readonly about: string;
}

function looksOf({ health, gateway }: ActiveConfiguration): Look[] {
  const looks: Look[] = health.map(({ command, everyMs, failures }) => ({
    key: `health ${JSON.stringify(command)}`,
    argv: command,
    everyMs,
    failures,
    about: command.join(' '),
  }));
  if (gateway !== null) {
    const { address, everyMs, failures } = gateway;
    const waitS = Math.max(1, Math.ceil(everyMs / 1000));
    const argv = [
      'ping',
      isVersion4(address) ? '-4' : '-6',
      '-n',
      '-q',
      '-c',
      '1',
      '-W',
      String(waitS),
      address,
    ];
    looks.push({ key: 'gateway', argv, everyMs, failures, about: `gateway ${address}` });
  }
  return looks;
}

/** Looks every so often, and tells of a fault once it has failed often enough in a row, and of its end. */
export class Health {
  readonly #onFault: (key: string, fault: Fault | null) => void;
  readonly #time: Time;
  readonly #start: NodeParts['startOutside'];
  readonly #timers = new Map<string, Timer>();
  readonly #failed = new Map<string, number>();
  readonly #running = new Set<OutsideCommand>();
  #looks: readonly Look[] = [];

  constructor(
    time: Time,
    onFault: (key: string, fault: Fault | null) => void,
    start: NodeParts['startOutside'] = startAside,
  ) {
    this.#time = time;
    this.#start = start;
    this.#onFault = onFault;
  }

  /** What is not looked at any more is no fault any more. */
  use(configuration: ActiveConfiguration): void {
    const next = looksOf(configuration);
    for (const { key } of this.#looks) {
      this.#timers.get(key)?.cancel();
      if (next.some((look) => look.key === key)) continue;
      this.#failed.delete(key);
      this.#onFault(key, null);
    }
    this.#looks = next;
    for (const look of next) void this.#look(look);
  }

  close(): void {
    this.#looks = [];
    for (const timer of this.#timers.values()) timer.cancel();
    for (const command of this.#running) command.end();
  }

  async #look(look: Look): Promise<void> {
    const { key, argv, everyMs, failures, about } = look;
    const startMs = this.#time.nowMs();
    const failure = await this.#failureOf(argv, Math.max(everyMs, argv[0] === 'ping' ? 2000 : 0));
    if (!this.#looks.includes(look)) return;
    if (failure === null) {
      this.#failed.set(key, 0);
      this.#onFault(key, null);
    } else {
      const failed = (this.#failed.get(key) ?? 0) + 1;
      this.#failed.set(key, failed);
      if (failed >= failures) {
        this.#onFault(key, { reason: `${about}: ${failure}`, cause: 'fault', addresses: null });
      }
    }
    const waitMs = Math.max(0, everyMs - (this.#time.nowMs() - startMs));
    this.#timers.set(
      key,
      this.#time.after(waitMs, () => void this.#look(look)),
    );
  }

  /** null when it ended with 0, otherwise why it is a failure. */
  async #failureOf(argv: readonly string[], limitMs: number): Promise<string | null> {
    const command = this.#start(argv, limitMs, this.#time);
    this.#running.add(command);
    const { failure, missing, said } = await command.ended;
    this.#running.delete(command);
    if (failure === null) return null;
    if (missing) return 'there is no such program';
    return said === '' ? failure : (said.split('\n')[0] ?? '').slice(0, MAX_QUOTED);
  }
}
