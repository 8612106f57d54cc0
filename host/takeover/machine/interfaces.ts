/** Addresses onto interfaces and off them again, by iproute2. */
import { messageOf } from '../../errors.ts';
import { isVersion4, networkOf, type Prefix, prefixText } from '../../net/address.ts';
import { pause, type Time } from '../../time.ts';
import type { InterfaceFacts } from '../ports/interface-facts.ts';
import { IpBatch, type IpCommand } from './ip-batch.ts';
import type { Kernel } from './kernel.ts';
import type { Route } from './routes.ts';
import type { StateFile } from './state-file.ts';

/** An interface that was off finds its link within this. */
const CARRIER_MS = 5000;
const LOOK_MS = 10;
/** Of the rules that send what comes from an address out by its own interface; and of the interfaces' tables, less the index. */
const PRIORITY = 7373;
const FIRST_TABLE = 73_730_000;

export class Interfaces {
  readonly #ip: IpBatch;
  /** Rules of IPv6 are another list, and a batch is for one of them; started when there is one. */
  readonly #ip6: IpBatch;
  readonly #kernel: Kernel;
  readonly #memory: StateFile;
  readonly #lowers: boolean;
  readonly #time: Time;
  /** What is being done to each interface. */
  readonly #turns = new Map<string, Promise<unknown>>();

  /** `lowers`: whether interfaces that were off before they had an address are switched off when they have none any more. */
  constructor(ip: IpBatch, kernel: Kernel, memory: StateFile, lowers: boolean, time: Time) {
    this.#ip = ip;
    this.#lowers = lowers;
    this.#kernel = kernel;
    this.#memory = memory;
    this.#ip6 = new IpBatch(time, ['-6']);
    this.#time = time;
  }

  factsOf(ifname: string): InterfaceFacts {
    const kernel = this.#kernel;
    const on = kernel.isUp(ifname);
    return { ifname, mac: kernel.macOf(ifname), on, broken: on && !kernel.hasCarrier(ifname) };
  }

  /** Whether the kernel has the address there, on an interface that is on. */
  has(ifname: string, address: string): boolean {
    return (
      this.#kernel.isUp(ifname) && this.#kernel.addressesOf(ifname).some((one) => one.address === address)
    );
  }

  /** Switches interfaces on before they are needed; `lower` switches them off again. */
  async raise(interfaces: readonly string[]): Promise<void> {
    const down = interfaces.filter((ifname) => this.#kernel.has(ifname) && !this.#kernel.isUp(ifname));
    if (down.length === 0) return;
    this.#remember(down);
    await this.#ip.run(down.map((ifname) => ({ line: `link set dev ${ifname} up` })));
    await this.#kernel.refresh();
  }

  /** Switches those off again that were off, and have nothing; one, or all. */
  async lower(only?: string): Promise<void> {
    const raised = this.#memory.known.raised.filter((ifname) => only === undefined || ifname === only);
    await Promise.all(raised.map((ifname) => this.#inTurn(ifname, () => this.#lower(ifname))));
  }

  async #lower(ifname: string): Promise<void> {
    // What is not known may have addresses.
    if (!this.#kernel.has(ifname) || this.#kernel.addressesOf(ifname).length > 0) return;
    await this.#ip.run([{ line: `link set dev ${ifname} down`, optional: true }]);
    this.#kernel.note(ifname, { up: false });
    this.#forget(ifname);
  }

  /**
   * The interface and the address are on, and the interface has a carrier. With `sourced`, what comes from the address goes out by
   * this interface, whatever else is on the same network. Routes that went with the interface are back. Rejects with what
   * the kernel says. Resolves with whether the interface was off until now: its switch may not let anything through yet.
   */
  async activate(ifname: string, prefix: Prefix, sourced: boolean): Promise<boolean> {
    const { wasOff, shown } = await this.#inTurn(ifname, () => this.#switchOn(ifname, prefix, sourced));
    await this.#carrier(ifname, shown);
    return wasOff;
  }

  async #switchOn(
    ifname: string,
    prefix: Prefix,
    sourced: boolean,
  ): Promise<{ readonly wasOff: boolean; readonly shown: string }> {
    const wasOff = !this.#kernel.isUp(ifname);
    if (this.#lowers && wasOff) this.#remember([ifname]);
    if (!this.#lowers) this.#forget(ifname);
    const options = isVersion4(prefix.address) ? 'broadcast +' : 'nodad';
    const back = this.#memory.known.routes.filter((route) => route.ifname === ifname);
    // Whatever a command says of an address that is there, its kernel goes on as before.
    const doubted = this.#kernel.isDoubted(ifname, prefix.address);
    const required: IpCommand[] = [
      ...(doubted ? [{ ...removal(ifname, prefix), optional: true as const }] : []),
      { line: `link set dev ${ifname} up` },
      { line: `address replace ${prefixText(prefix)} ${options} dev ${ifname}` },
    ];
    const source = sourced ? this.#sourceCommands(ifname, prefix) : [];
    const [shown] = await Promise.all([
      this.#ip.run([...required, ...back.map(routeCommand), ...source], ifname),
      sourced ? this.#rule6('add', ifname, prefix) : null,
    ]);
    this.#kernel.note(ifname, { add: prefix, up: true, routes: back });
    if (back.length > 0) {
      const { routes } = this.#memory.known;
      this.#memory.change({ routes: routes.filter((route) => !back.includes(route)) });
    }
    return { wasOff, shown };
  }

  /**
   * What comes from an address that is on the interface goes out by it, whatever else is on the same network; so the kernel asks for
   * the way there with that address, and with none that somebody else may have by now.
   */
  async talkBy(ifname: string, prefix: Prefix): Promise<void> {
    await this.#ip.run(this.#sourceCommands(ifname, prefix));
    await this.#rule6('add', ifname, prefix);
  }

  async talkByNoMore(ifname: string, prefix: Prefix): Promise<void> {
    await this.#ip.run(this.#rule('del', ifname, prefix));
    await this.#rule6('del', ifname, prefix);
  }

  /** The address is off. Rejects with what the kernel says when it is not. */
  async withdraw(ifname: string, prefix: Prefix, sourced: boolean, lower: boolean): Promise<void> {
    const rule = sourced ? this.#rule('del', ifname, prefix) : [];
    await this.#inTurn(ifname, () =>
      Promise.all([this.#remove(ifname, prefix, rule), sourced ? this.#rule6('del', ifname, prefix) : null]),
    );
    if (lower) await this.lower(ifname);
  }

  /**
   * The address is off, and so is the interface unless it has other addresses, which is then what is returned. Rejects with what
   * the kernel says when the address is still answered for.
   */
  deactivate(ifname: string, prefix: Prefix): Promise<string | null> {
    return this.#inTurn(ifname, () => this.#switchOff(ifname, prefix));
  }

  async #switchOff(ifname: string, prefix: Prefix): Promise<string | null> {
    const others = this.#kernel.addressesOf(ifname).filter(({ address }) => address !== prefix.address);
    if (others.length > 0) {
      await this.#remove(ifname, prefix, []);
      return `${ifname} stays on: it has ${others.map(({ address }) => address).join(', ')}`;
    }
    // They go with the interface, and must come back with it.
    const routes = this.#kernel.routesOf(ifname);
    const known = this.#memory.known.routes.filter((route) => route.ifname !== ifname);
    if (routes.length > 0) this.#memory.change({ routes: [...known, ...routes] });
    const off: IpCommand = { line: `link set dev ${ifname} down` };
    try {
      await this.#ip.run([removal(ifname, prefix), off]);
      this.#kernel.note(ifname, { remove: prefix.address, up: false });
    } catch (error) {
      await this.#check(ifname, prefix, error, () => !this.#kernel.isUp(ifname));
    }
    return null;
  }

  /** One after the other: whoever switches an interface off must know what somebody else is putting on it. */
  #inTurn<T>(ifname: string, action: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(ifname);
    const turn = before === undefined ? action() : before.then(action, action);
    this.#turns.set(ifname, turn);
    const end = (): void => {
      if (this.#turns.get(ifname) === turn) this.#turns.delete(ifname);
    };
    turn.then(end, end);
    return turn;
  }

  async #remove(ifname: string, prefix: Prefix, more: readonly IpCommand[]): Promise<void> {
    try {
      await this.#ip.run([...more, removal(ifname, prefix)]);
      this.#kernel.note(ifname, { remove: prefix.address });
    } catch (error) {
      await this.#check(ifname, prefix, error, () => false);
    }
  }

  /** A command that failed may have found nothing left to do. */
  async #check(ifname: string, prefix: Prefix, error: unknown, isOff: () => boolean): Promise<void> {
    await this.#kernel.refresh().catch(() => {});
    const gone = !this.#kernel.addressesOf(ifname).some(({ address }) => address === prefix.address);
    if (!gone && !isOff()) throw error;
  }

  close(): void {
    this.#ip6.close();
  }

  #ruleCommand(action: 'add' | 'del', ifname: string, { address }: Prefix): IpCommand {
    const table = FIRST_TABLE + this.#kernel.indexOf(ifname);
    return { line: `rule ${action} from ${address} lookup ${table} priority ${PRIORITY}`, optional: true };
  }

  /** The rule that belongs to an address; an IPv6 address has its own in another batch. */
  #rule(action: 'add' | 'del', ifname: string, prefix: Prefix): IpCommand[] {
    return isVersion4(prefix.address) ? [this.#ruleCommand(action, ifname, prefix)] : [];
  }

  async #rule6(action: 'add' | 'del', ifname: string, prefix: Prefix): Promise<void> {
    if (isVersion4(prefix.address)) return;
    await this.#ip6.run([this.#ruleCommand(action, ifname, prefix)]);
  }

  #sourceCommands(ifname: string, prefix: Prefix): IpCommand[] {
    const table = FIRST_TABLE + this.#kernel.indexOf(ifname);
    const network = networkOf(prefix);
    const through = this.#kernel.routesThrough(network);
    return [
      {
        line: `route replace ${prefixText(network)} dev ${ifname} table ${table}`,
        optional: true,
      },
      ...through.map(({ to, via }) => ({
        line: `route replace ${to} via ${via} dev ${ifname} table ${table}`,
        optional: true as const,
      })),
      ...this.#rule('add', ifname, prefix),
    ];
  }

  #remember(interfaces: readonly string[]): void {
    const { raised } = this.#memory.known;
    const more = interfaces.filter((ifname) => !raised.includes(ifname));
    if (more.length > 0) this.#memory.change({ raised: [...raised, ...more] });
  }

  #forget(ifname: string): void {
    const { raised } = this.#memory.known;
    if (raised.includes(ifname)) this.#memory.change({ raised: raised.filter((other) => other !== ifname) });
  }

  async #carrier(ifname: string, shown: string): Promise<void> {
    let now = shown;
    for (let waitedMs = 0; !/[<,]LOWER_UP[,>]/.test(now); waitedMs += LOOK_MS) {
      if (waitedMs >= CARRIER_MS) throw new Error(`${ifname} has no carrier: is its cable out?`);
      await pause(this.#time, LOOK_MS);
      now = await this.#ip.run([], ifname).catch(messageOf);
    }
  }
}

function removal(ifname: string, prefix: Prefix): IpCommand {
  return { line: `address del ${prefixText(prefix)} dev ${ifname}` };
}

function routeCommand({ ifname, to, version, via, rest }: Route): IpCommand {
  const by = via === null ? '' : ` via ${via}`;
  const network = to === 'default' ? (version === 4 ? '0.0.0.0/0' : '::/0') : to;
  return { line: `route replace ${network}${by} dev ${ifname} ${rest.join(' ')}`, optional: true };
}
