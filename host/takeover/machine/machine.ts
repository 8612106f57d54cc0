/** The machine that a node works on: its kernel, its interfaces, its announcements, its operator's hooks. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { TakeoverConfiguration } from '../../config/takeover/types.ts';
import { connectDaemon } from '../../fabric/daemon.ts';
import type { FieldsOf, HookEvent, LevelOf } from '../../log/events.ts';
import type { Fields, Log } from '../../log/log.ts';
import { RateLimitedLog } from '../../log/rate-limited.ts';
import type { Prefix } from '../../net/address.ts';
import { missingCapabilities } from '../../role/capabilities.ts';
import { Hooks } from '../../role/hooks.ts';
import type { Time } from '../../time.ts';
import type { MachineHandlers, MachineOptions, NodeMachine } from '../ports/machine.ts';
import type { Ports } from '../ports/ports.ts';
import { REFUSALS, type RefusedDatagram } from '../protocol/session.ts';
import { Announcer } from './announcer.ts';
import { Interfaces } from './interfaces.ts';
import { IpBatch } from './ip-batch.ts';
import { Kernel } from './kernel.ts';
import { startAside } from './outside-command.ts';
import { speakingFor } from './speaking.ts';
import { StateFile } from './state-file.ts';
import { Sysctls } from './sysctl.ts';

/** What a node that asks nobody before asks all the same when the other one has died with its addresses. */
export const USUAL_CHECK_MS = 200;
/** A switch lets nothing through for a while when it finds a link: what is announced at once may be lost. */
export const AGAIN_ON_FRESH_LINK = 3;

const REFUSED: Readonly<Record<RefusedDatagram, string>> = {
  forged: 'it was made with another key; both nodes need the same one',
  malformed: 'it is no message of a takeover',
  replayed: 'it was sent before, or belongs to another session',
  misdirected: 'it came back to who sent it',
  stranger: 'it is of an active that is not among takeover.actives, by name or by address',
  excess: 'there were too many greetings in one second',
};

export class Machine implements NodeMachine {
  readonly kernel: Kernel;
  readonly interfaces: Interfaces;
  readonly memory: StateFile;
  readonly settings: Sysctls;
  readonly announcer: Announcer;
  readonly log: Log;
  readonly refused: Record<RefusedDatagram, number> = Object.fromEntries(
    REFUSALS.map((why) => [why, 0]),
  ) as Record<RefusedDatagram, number>;
  /** Interfaces that were switched on, and that nothing was announced by since. */
  readonly #fresh = new Set<string>();
  /** The addresses that no interface but their own may speak for. */
  readonly #isolated = new Map<string, Prefix>();
  #configuration: TakeoverConfiguration;
  readonly #interfaces: readonly string[];
  readonly #ip: IpBatch;
  readonly #time: Time;
  readonly #hooks: Hooks;
  readonly #seldom: RateLimitedLog;

  constructor(
    configuration: TakeoverConfiguration,
    { interfaces, log, time, chance }: MachineOptions,
    handlers: MachineHandlers,
  ) {
    this.#configuration = configuration;
    this.#interfaces = interfaces;
    this.log = log;
    this.#time = time;
    this.#ip = new IpBatch(time);
    this.#seldom = new RateLimitedLog(log, time);
    const onKernel = {
      onChange: () => {
        if (this.#isolated.size > 0) this.#keepQuiet();
        handlers.onKernel();
      },
      onLink: (ifname: string, up: boolean, carrier: boolean) => handlers.onLink(ifname, up, carrier),
    };
    this.kernel = new Kernel(onKernel, time);
    this.memory = new StateFile(`${configuration.control}.state`, log);
    this.settings = new Sysctls(this.memory, log);
    const lowers = configuration.takeover.role === 'standby';
    this.interfaces = new Interfaces(this.#ip, this.kernel, this.memory, lowers, time);
    this.#hooks = new Hooks(configuration.takeover.hooks, { start: startAside, log, time });
    this.announcer = new Announcer({
      connect: connectDaemon(time),
      daemon: configuration.daemon,
      interfaces,
      terms: () => this.#configuration.takeover.announce,
      router: forwards,
      macOf: (ifname) => this.kernel.macOf(ifname),
      isOwn: (mac) => this.kernel.isOwn(mac),
      onConflict: (address, mac) => handlers.onConflict(address, mac),
      log,
      time,
      chance,
    });
  }

  /** Throws a RingbackError when something that it needs is not there. */
  async start(): Promise<void> {
    if (missingCapabilities(['CAP_NET_ADMIN']).length > 0) {
      const reason = 'no privilege to switch interfaces and addresses (CAP_NET_ADMIN)';
      this.log.error('takeover.powerless', { reason, message: `${reason}: every takeover will fail` });
    }
    await this.kernel.start();
    this.#ip.start();
  }

  /** After the interfaces are as they are to be. Throws RingbackError('fabric'). */
  async listen(): Promise<void> {
    await this.announcer.start();
  }

  async close(): Promise<void> {
    this.#seldom.close();
    this.kernel.close();
    await this.announcer.close();
    await this.#hooks.close();
    this.#ip.close();
    this.interfaces.close();
  }

  get name(): string {
    return this.#configuration.takeover.name ?? hostname();
  }

  use(configuration: TakeoverConfiguration): void {
    this.#configuration = configuration;
    this.#hooks.use(configuration.takeover.hooks);
  }

  keys = (): readonly [string, ...string[]] => {
    const { key, oldKey } = this.#configuration.takeover;
    return oldKey === null ? [key] : [key, oldKey];
  };

  /** From now on, and on interfaces that come, each of the addresses is spoken for by its own interface only. */
  isolate(addresses: readonly Prefix[]): void {
    this.settings.isolate(this.#interfaces);
    for (const prefix of addresses) this.#isolated.set(prefix.address, prefix);
    this.#keepQuiet();
  }

  /** The kernel's settings are as they were before. */
  restore(): void {
    this.#isolated.clear();
    this.settings.restore();
  }

  /** A datagram that is not believed: strangers may send as many as they like. */
  refuse(why: RefusedDatagram, from: string): void {
    this.refused[why]++;
    const reason = REFUSED[why];
    this.#seldom.note('warn', 'takeover.refused', { from, peer: from, why, reason, message: reason });
  }

  /** What is wrong for as long as it is wrong. */
  complain(event: 'takeover.second', fields: FieldsOf<'takeover.second'>): void {
    this.#seldom.note('error', event, fields);
  }

  /** What both nodes' decisions need. */
  ports(): Ports {
    return {
      time: this.#time,
      tell: (level, event, fields) => this.#tell(level, event, fields),
      announce: async (ifname, address, again = 0) => {
        const isFresh = this.#fresh.delete(ifname);
        await this.announcer.announce(ifname, address, isFresh ? AGAIN_ON_FRESH_LINK : again);
      },
      claim: (ifname, address) => this.announcer.claim(ifname, address),
      unclaim: (address) => this.announcer.unclaim(address),
      probe: (address, by) => this.#probe(address, by),
      activate: (ifname, address) => this.#activate(ifname, address),
      macOf: (ifname) => this.kernel.macOf(ifname),
    };
  }

  #tell<E extends HookEvent>(level: LevelOf<E>, event: E, fields: FieldsOf<E>): void {
    this.log.at(level, event, fields);
    if (level === 'debug') return;
    const said: Fields = fields;
    const word = (value: Fields[string]): string =>
      value === undefined || value === null ? '-' : String(value);
    this.#hooks.tell([
      event.slice('takeover.'.length),
      word(said.address),
      word(said.adapter),
      word(said.peer),
    ]);
  }

  #keepQuiet(): void {
    const speaking = speakingFor([...this.#isolated.values()], this.kernel.interfaces);
    this.settings.quieten(speaking.filter((ifname) => !this.#interfaces.includes(ifname)));
  }

  #probe(address: string, by?: string): Promise<string | null> {
    const open = (by === undefined ? this.#interfaces : [by]).filter((ifname) =>
      this.kernel.hasCarrier(ifname),
    );
    return this.announcer.probe(address, open, this.#configuration.takeover.checkMs ?? USUAL_CHECK_MS);
  }

  async #activate(ifname: string, address: Prefix): Promise<void> {
    const { arp } = this.#configuration.takeover;
    if (arp) this.isolate([address]);
    this.settings.prepare([ifname]);
    const sourced = arp && this.#configuration.takeover.role === 'standby';
    if (await this.interfaces.activate(ifname, address, sourced)) this.#fresh.add(ifname);
  }
}

function forwards(): boolean {
  try {
    return readFileSync('/proc/sys/net/ipv6/conf/all/forwarding', 'utf8').trim() === '1';
  } catch {
    return false;
  }
}
