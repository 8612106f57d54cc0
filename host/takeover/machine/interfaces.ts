/** Addresses onto adapters and off them again, by iproute2. */
import { messageOf } from '../../errors.ts';
import { isVersion4, networkOf, type Prefix, prefixText } from '../../net/address.ts';
import { pause, type Time } from '../../time.ts';
import type { AdapterFacts } from '../ports/interface-facts.ts';
import { IpBatch, type IpCommand } from './ip-batch.ts';
import type { Kernel } from './kernel.ts';
import type { Route } from './routes.ts';
import type { StateFile } from './state-file.ts';

/** An adapter that was off finds its link within this. */
const CARRIER_MS = 5000;
const LOOK_MS = 10;
/** Of the rules that send what comes from an address out by its own adapter; and of the adapters' tables, less the index. */
const PRIORITY = 7373;
const FIRST_TABLE = 73_730_000;

export class Adapters {
  readonly #ip: IpBatch;
  /** Rules of IPv6 are another list, and a batch is for one of them; started when there is one. */
  readonly #ip6: IpBatch;
  readonly #kernel: Kernel;
  readonly #memory: StateFile;
  readonly #lowers: boolean;
  readonly #time: Time;
  /** What is being done to each adapter. */
  readonly #turns = new Map<string, Promise<unknown>>();

  /** `lowers`: whether adapters that were off before they had an address are switched off when they have none any more. */
  constructor(ip: IpBatch, kernel: Kernel, memory: StateFile, lowers: boolean, time: Time) {
    this.#ip = ip;
    this.#lowers = lowers;
    this.#kernel = kernel;
    this.#memory = memory;
    this.#ip6 = new IpBatch(time, ['-6']);
    this.#time = time;
  }

  factsOf(adapter: string): AdapterFacts {
    const kernel = this.#kernel;
    const on = kernel.isUp(adapter);
    return { adapter, hardware: kernel.hardwareOf(adapter), on, broken: on && !kernel.hasCarrier(adapter) };
  }

  /** Whether the kernel has the address there, on an adapter that is on. */
  has(adapter: string, address: string): boolean {
    return (
      this.#kernel.isUp(adapter) && this.#kernel.addressesOf(adapter).some((one) => one.address === address)
    );
  }

  /** Switches adapters on before they are needed; `lower` switches them off again. */
  async raise(adapters: readonly string[]): Promise<void> {
    const down = adapters.filter((adapter) => this.#kernel.has(adapter) && !this.#kernel.isUp(adapter));
    if (down.length === 0) return;
    this.#remember(down);
    await this.#ip.run(down.map((adapter) => ({ line: `link set dev ${adapter} up` })));
    await this.#kernel.refresh();
  }

  /** Switches those off again that were off, and have nothing; one, or all. */
  async lower(only?: string): Promise<void> {
    const raised = this.#memory.known.raised.filter((adapter) => only === undefined || adapter === only);
    await Promise.all(raised.map((adapter) => this.#inTurn(adapter, () => this.#lower(adapter))));
  }

  async #lower(adapter: string): Promise<void> {
    // What is not known may have addresses.
    if (!this.#kernel.has(adapter) || this.#kernel.addressesOf(adapter).length > 0) return;
    await this.#ip.run([{ line: `link set dev ${adapter} down`, optional: true }]);
    this.#kernel.note(adapter, { up: false });
    this.#forget(adapter);
  }

  /**
   * The adapter and the address are on, and the adapter has a carrier. With `sourced`, what comes from the address goes out by
   * this adapter, whatever else is on the same network. Routes that went with the adapter are back. Rejects with what
   * the kernel says. Resolves with whether the adapter was off until now: its switch may not let anything through yet.
   */
  async activate(adapter: string, prefix: Prefix, sourced: boolean): Promise<boolean> {
    const { wasOff, shown } = await this.#inTurn(adapter, () => this.#switchOn(adapter, prefix, sourced));
    await this.#carrier(adapter, shown);
    return wasOff;
  }

  async #switchOn(
    adapter: string,
    prefix: Prefix,
    sourced: boolean,
  ): Promise<{ readonly wasOff: boolean; readonly shown: string }> {
    const wasOff = !this.#kernel.isUp(adapter);
    if (this.#lowers && wasOff) this.#remember([adapter]);
    if (!this.#lowers) this.#forget(adapter);
    const options = isVersion4(prefix.address) ? 'broadcast +' : 'nodad';
    const back = this.#memory.known.routes.filter((route) => route.adapter === adapter);
    // Whatever a command says of an address that is there, its kernel goes on as before.
    const doubted = this.#kernel.isDoubted(adapter, prefix.address);
    const required: IpCommand[] = [
      ...(doubted ? [{ ...removal(adapter, prefix), optional: true as const }] : []),
      { line: `link set dev ${adapter} up` },
      { line: `address replace ${prefixText(prefix)} ${options} dev ${adapter}` },
    ];
    const source = sourced ? this.#sourceCommands(adapter, prefix) : [];
    const [shown] = await Promise.all([
      this.#ip.run([...required, ...back.map(routeCommand), ...source], adapter),
      sourced ? this.#rule6('add', adapter, prefix) : null,
    ]);
    this.#kernel.note(adapter, { add: prefix, up: true, routes: back });
    if (back.length > 0) {
      const { routes } = this.#memory.known;
      this.#memory.change({ routes: routes.filter((route) => !back.includes(route)) });
    }
    return { wasOff, shown };
  }

  /**
   * What comes from an address that is on the adapter goes out by it, whatever else is on the same network; so the kernel asks for
   * the way there with that address, and with none that somebody else may have by now.
   */
  async talkBy(adapter: string, prefix: Prefix): Promise<void> {
    await this.#ip.run(this.#sourceCommands(adapter, prefix));
    await this.#rule6('add', adapter, prefix);
  }

  async talkByNoMore(adapter: string, prefix: Prefix): Promise<void> {
    await this.#ip.run(this.#rule('del', adapter, prefix));
    await this.#rule6('del', adapter, prefix);
  }

  /** The address is off. Rejects with what the kernel says when it is not. */
  async withdraw(adapter: string, prefix: Prefix, sourced: boolean, lower: boolean): Promise<void> {
    const rule = sourced ? this.#rule('del', adapter, prefix) : [];
    await this.#inTurn(adapter, () =>
      Promise.all([
        this.#remove(adapter, prefix, rule),
        sourced ? this.#rule6('del', adapter, prefix) : null,
      ]),
    );
    if (lower) await this.lower(adapter);
  }

  /**
   * The address is off, and so is the adapter unless it has other addresses, which is then what is returned. Rejects with what
   * the kernel says when the address is still answered for.
   */
  deactivate(adapter: string, prefix: Prefix): Promise<string | null> {
    return this.#inTurn(adapter, () => this.#switchOff(adapter, prefix));
  }

  async #switchOff(adapter: string, prefix: Prefix): Promise<string | null> {
    const others = this.#kernel.addressesOf(adapter).filter(({ address }) => address !== prefix.address);
    if (others.length > 0) {
      await this.#remove(adapter, prefix, []);
      return `${adapter} stays on: it has ${others.map(({ address }) => address).join(', ')}`;
    }
    // They go with the adapter, and must come back with it.
    const routes = this.#kernel.routesOf(adapter);
    const known = this.#memory.known.routes.filter((route) => route.adapter !== adapter);
    if (routes.length > 0) this.#memory.change({ routes: [...known, ...routes] });
    const off: IpCommand = { line: `link set dev ${adapter} down` };
    try {
      await this.#ip.run([removal(adapter, prefix), off]);
      this.#kernel.note(adapter, { remove: prefix.address, up: false });
    } catch (error) {
      await this.#check(adapter, prefix, error, () => !this.#kernel.isUp(adapter));
    }
    return null;
  }

  /** One after the other: whoever switches an adapter off must know what somebody else is putting on it. */
  #inTurn<T>(adapter: string, action: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(adapter);
    const turn = before === undefined ? action() : before.then(action, action);
    this.#turns.set(adapter, turn);
    const end = (): void => {
      if (this.#turns.get(adapter) === turn) this.#turns.delete(adapter);
    };
    turn.then(end, end);
    return turn;
  }

  async #remove(adapter: string, prefix: Prefix, more: readonly IpCommand[]): Promise<void> {
    try {
      await this.#ip.run([...more, removal(adapter, prefix)]);
      this.#kernel.note(adapter, { remove: prefix.address });
    } catch (error) {
      await this.#check(adapter, prefix, error, () => false);
    }
  }

  /** A command that failed may have found nothing left to do. */
  async #check(adapter: string, prefix: Prefix, error: unknown, isOff: () => boolean): Promise<void> {
    await this.#kernel.refresh().catch(() => {});
    const gone = !this.#kernel.addressesOf(adapter).some(({ address }) => address === prefix.address);
    if (!gone && !isOff()) throw error;
  }

  close(): void {
    this.#ip6.close();
  }

  #ruleCommand(action: 'add' | 'del', adapter: string, { address }: Prefix): IpCommand {
    const table = FIRST_TABLE + this.#kernel.indexOf(adapter);
    return { line: `rule ${action} from ${address} lookup ${table} priority ${PRIORITY}`, optional: true };
  }

  /** The rule that belongs to an address; an IPv6 address has its own in another batch. */
  #rule(action: 'add' | 'del', adapter: string, prefix: Prefix): IpCommand[] {
    return isVersion4(prefix.address) ? [this.#ruleCommand(action, adapter, prefix)] : [];
  }

  async #rule6(action: 'add' | 'del', adapter: string, prefix: Prefix): Promise<void> {
    if (isVersion4(prefix.address)) return;
    await this.#ip6.run([this.#ruleCommand(action, adapter, prefix)]);
  }

  #sourceCommands(adapter: string, prefix: Prefix): IpCommand[] {
    const table = FIRST_TABLE + this.#kernel.indexOf(adapter);
    const network = networkOf(prefix);
    const through = this.#kernel.routesThrough(network);
    return [
      {
        line: `route replace ${prefixText(network)} dev ${adapter} table ${table}`,
        optional: true,
      },
      ...through.map(({ to, via }) => ({
        line: `route replace ${to} via ${via} dev ${adapter} table ${table}`,
        optional: true as const,
      })),
      ...this.#rule('add', adapter, prefix),
    ];
  }

  #remember(adapters: readonly string[]): void {
    const { raised } = this.#memory.known;
    const more = adapters.filter((adapter) => !raised.includes(adapter));
    if (more.length > 0) this.#memory.change({ raised: [...raised, ...more] });
  }

  #forget(adapter: string): void {
    const { raised } = this.#memory.known;
    if (raised.includes(adapter))
      this.#memory.change({ raised: raised.filter((other) => other !== adapter) });
  }

  async #carrier(adapter: string, shown: string): Promise<void> {
    let now = shown;
    for (let waitedMs = 0; !/[<,]LOWER_UP[,>]/.test(now); waitedMs += LOOK_MS) {
      if (waitedMs >= CARRIER_MS) throw new Error(`${adapter} has no carrier: is its cable out?`);
      await pause(this.#time, LOOK_MS);
      now = await this.#ip.run([], adapter).catch(messageOf);
    }
  }
}

function removal(adapter: string, prefix: Prefix): IpCommand {
  return { line: `address del ${prefixText(prefix)} dev ${adapter}` };
}

function routeCommand({ adapter, to, version, via, rest }: Route): IpCommand {
  const by = via === null ? '' : ` via ${via}`;
  const network = to === 'default' ? (version === 4 ? '0.0.0.0/0' : '::/0') : to;
  return { line: `route replace ${network}${by} dev ${adapter} ${rest.join(' ')}`, optional: true };
}
