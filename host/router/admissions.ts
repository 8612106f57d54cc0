/**
 * Whether services that answer clients answer this machine, too: found out while they live, for what does not answer this
 * machine then says nothing by its silence later. A router may see all the services that its people use: ten are asked a
 * second, those first that the configuration names.
 */
import type { Log } from '../log/log.ts';
import { isOfDatagrams, nameOf, portFields, type Target } from '../net/target.ts';
import type { AskedAnswer, Asking } from '../recovery/asking.ts';
import type { Time, Timer } from '../time.ts';
import type { Services } from './services.ts';
import type { Steered } from './steered.ts';

interface AdmissionsOptions {
  readonly asking: Pick<Asking, 'probe'>;
  readonly services: Services;
  readonly steered: Pick<Steered, 'mayAsk'>;
  readonly log: Pick<Log, 'debug'>;
  readonly time: Time;
}

const EVERY_MS = 100;
/** Several minutes' worth; what finds no place is asked when it is heard of the next day. */
const MAX_WAITING = 4096;
/** What has answered nobody for so long before it was asked may be dead by now. */
const LIVES_MS = 10_000;

export class Admissions {
  readonly #options: AdmissionsOptions;
  /** By their names, the oldest first. */
  readonly #waiting = new Map<string, Target>();
  #timer: Timer | null = null;

  constructor(options: AdmissionsOptions) {
    this.#options = options;
  }

  /** It is asked when its turn comes. */
  add(target: Target): void {
    if (!this.#options.steered.mayAsk(target.server, target.port)) return;
    if (this.#waiting.size >= MAX_WAITING && !this.#options.services.isNamed(target.server)) return;
    this.#waiting.set(nameOf(target), target);
    if (this.#timer === null) this.#next();
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#waiting.clear();
  }

  #next(): void {
    const { services } = this.#options;
    const waiting = [...this.#waiting.values()];
    const target = waiting.find(({ server }) => services.isNamed(server)) ?? waiting[0];
    this.#timer = null;
    if (target === undefined) return;
    this.#waiting.delete(nameOf(target));
    this.#timer = this.#options.time.after(EVERY_MS, () => this.#next());
    void this.#ask(target);
  }

  async #ask(target: Target): Promise<void> {
    const { asking, services, steered, log } = this.#options;
    // The configuration may be another one by now.
    if (!steered.mayAsk(target.server, target.port)) return;
    const answer = await asking.probe(target, 'quiet');
    services.admit(target, admitted(target, answer));
    const { verdict, met } = answer;
    log.debug('service.asked', {
      server: target.server,
      ...portFields(target.port),
      verdict,
      met: met.join(' '),
    });
  }
}

/** null: nobody can tell. */
function admitted({ port }: Target, { verdict, heardMs, beganMs }: AskedAnswer): boolean | null {
  if (verdict === 'answered') return true;
  if (verdict === 'silent' && isOfDatagrams(port)) return null;
  const lives = heardMs !== null && heardMs > beganMs - LIVES_MS;
  return verdict !== 'void' && lives ? false : null;
}
