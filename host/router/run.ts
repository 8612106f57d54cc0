/** `ringback run`: puts the role's parts together, and takes them apart again. */
import { performance } from 'node:perf_hooks';
import { notYet, warnings } from '../config/explain.ts';
import { loadRouterConfiguration } from '../config/load.ts';
import type { RouterConfiguration } from '../config/types.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Notice } from '../notify/mail.ts';
import { Outbox, type Sender } from '../notify/outbox.ts';
import { MailSender } from '../notify/smtp.ts';
import { Confirmer } from '../recovery/confirmation.ts';
import { listenForTraps, type TrapListener } from '../recovery/traps.ts';
import { ConnectChecks } from './checks.ts';
import { serveControl } from './control.ts';
import { DataPlane } from './data-plane.ts';
import { Router } from './router.ts';
import { statusOf } from './status.ts';

/** How long mails under way may take when the program is told to stop. */
const STOP_GRACE_MS = 5000;

/** Sections that are read once, because sockets and tables hang on them. */
const FIXED = ['fabric', 'control'] as const;

/** A sender that can be exchanged while mails are waiting. */
class ReplaceableSender implements Sender {
  #sender: MailSender | null = null;

  use(sender: MailSender | null): void {
    this.#sender?.close(false);
    this.#sender = sender;
  }

  async send(mail: Parameters<Sender['send']>[0]): ReturnType<Sender['send']> {
    return this.#sender?.send(mail) ?? { outcome: 'later', about: 'server', reason: 'no smtp is configured' };
  }

  close(force: boolean): void {
    this.#sender?.close(force);
  }
}

/** Runs until `stop` aborts. Throws a RingbackError when it cannot start. */
export async function run(
  file: string,
  log: Log,
  signals: { stop: AbortSignal; onReload: (f: () => void) => void },
): Promise<void> {
  const configuration = loadRouterConfiguration(file);
  for (const warning of [...warnings(configuration), ...notYet(configuration)]) {
    log.warn('configuration', { message: warning });
  }
  const role = new RunningRole(configuration, log);
  try {
    await role.start();
    signals.onReload(() => role.reload(file));
    const { fabric, detect } = configuration;
    log.info('ready', {
      interfaces: fabric.interfaces.join(' '),
      networks: detect.watch.length,
      pid: process.pid,
    });
    if (!signals.stop.aborted) {
      await new Promise((resolve) => signals.stop.addEventListener('abort', resolve, { once: true }));
    }
  } finally {
    await role.stop();
  }
}

class RunningRole {
  #configuration: RouterConfiguration;
  readonly #log: Log;
  readonly #sender = new ReplaceableSender();
  readonly #outbox: Outbox;
  readonly #checks: ConnectChecks;
  readonly #router: Router;
  readonly #dataPlane: DataPlane;
  #confirmer: Confirmer;
  #traps: TrapListener | null = null;
  #control: { close(): Promise<void> } | null = null;
  readonly #startedAt = new Date();

  constructor(configuration: RouterConfiguration, log: Log) {
    this.#configuration = configuration;
    this.#log = log;
    this.#confirmer = new Confirmer(configuration.recover);
    this.#sender.use(configuration.smtp === null ? null : new MailSender(configuration.smtp));
    const nowMs = (): number => performance.now();
    const current = (): RouterConfiguration => this.#configuration;
    this.#outbox = new Outbox({
      sender: this.#sender,
      get from() {
        return current().smtp?.from ?? '';
      },
      get giveUpMs() {
        return current().notify.giveUpMs;
      },
      log,
      nowMs,
    });
    this.#checks = new ConnectChecks({
      confirmer: () => this.#confirmer,
      portsOf: (server) => this.#configuration.servers.find(({ address }) => address === server)?.ports ?? [],
      settleMs: () => this.#configuration.recover.settleMs,
      onAlive: (outage) => this.#router.onSign(outage, 'connect'),
      onChecked: (outage, port) => this.#router.onChecked(outage, port),
    });
    this.#dataPlane = new DataPlane({
      configuration,
      outages: () => this.#router.outages,
      onEvent: (event) => this.#router.onEvent(event),
      onSync: () => this.#router.beginSync(),
      log,
    });
    this.#router = new Router({
      configuration,
      fabric: this.#dataPlane,
      checks: this.#checks,
      add: (notice: Notice) => this.#outbox.add(notice),
      log,
      nowMs,
      now: () => new Date(),
    });
  }

  async start(): Promise<void> {
    const { control } = this.#configuration;
    this.#control = await serveControl(control, () => this.#status());
    await this.#listenForTraps();
    await this.#dataPlane.start();
  }

  /** Rereads the file; a bad one is reported and changes nothing. */
  reload(file: string): void {
    let next: RouterConfiguration;
    try {
      next = loadRouterConfiguration(file);
    } catch (error) {
      this.#log.error('configuration.rejected', { message: messageOf(error) });
      return;
    }
    const fixed = FIXED.filter(
      (key) => JSON.stringify(next[key]) !== JSON.stringify(this.#configuration[key]),
    );
    if (fixed.length > 0) this.#log.warn('configuration.restart', { needed: fixed.join(' ') });
    const { fabric, control } = this.#configuration;
    this.#configuration = { ...next, fabric, control };
    this.#confirmer = new Confirmer(next.recover);
    this.#sender.use(next.smtp === null ? null : new MailSender(next.smtp));
    this.#router.reconfigure(this.#configuration);
    this.#dataPlane.reconfigure(this.#configuration);
    void this.#listenForTraps().then(
      () => this.#log.info('configuration.reloaded'),
      (error) => this.#log.error('configuration.rejected', { message: messageOf(error) }),
    );
  }

  async stop(): Promise<void> {
    this.#checks.close();
    await this.#traps?.close();
    await this.#control?.close();
    await this.#dataPlane.close();
    await this.#outbox.close(STOP_GRACE_MS);
  }

  async #listenForTraps(): Promise<void> {
    await this.#traps?.close();
    this.#traps = null;
    const { traps } = this.#configuration.recover;
    if (traps === null) return;
    this.#traps = await listenForTraps(traps, ({ server }) => this.#router.onTrap(server), this.#log);
  }

  async #status(): Promise<unknown> {
    return statusOf({
      startedAt: this.#startedAt,
      now: new Date(),
      nowMs: performance.now(),
      outages: this.#router.outages.all(),
      notices: this.#outbox.counts(),
      traps: this.#traps?.counters ?? null,
      interfaces: this.#dataPlane.interfaces(),
      counters: await this.#dataPlane.counters(),
    });
  }
}
