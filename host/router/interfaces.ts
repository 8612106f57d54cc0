/** The interfaces that are listened on: which devices they are, what the daemon tells of them, and what is said of that. */

import type { FabricLink, InterfaceReport } from '../fabric/link.ts';
import type { Networks } from '../fabric/networks.ts';
import type { Log } from '../log/log.ts';
import type { Time } from '../time.ts';
import { InterfaceNames } from './interface-names.ts';

const DROP_REPORT_MS = 60_000;

export interface NamedInterface extends InterfaceReport {
  /** The network that it carries, where that is what is named; null: it is named itself. */
  readonly network: string | null;
}

interface ListenedOptions {
  /** As the configuration names them. */
  readonly names: readonly string[];
  readonly networks: Networks | null;
  /** Somebody else has started the daemon, with the names as they are. */
  readonly isStartedElsewhere: boolean;
  /** The daemon, while there is one. */
  readonly link: () => FabricLink | null;
  readonly log: Log;
  readonly time: Time;
}

export class ListenedInterfaces {
  readonly #options: ListenedOptions;
  readonly #names: InterfaceNames;
  /** As the daemon was started with them. */
  #started: readonly string[] = [];
  /** By their numbers. */
  readonly #reports = new Map<number, InterfaceReport>();
  /** Those that the daemon has told since it began. */
  readonly #told = new Map<number, string>();
  /** What was said last of other ones; empty: they are those that are named. */
  #difference = '';
  #dropsReportedMs = Number.NEGATIVE_INFINITY;

  constructor(options: ListenedOptions) {
    this.#options = options;
    const { names, networks, link, log, time } = options;
    const onMoved = (number: number, name: string): void => link()?.run({ kind: 'listen', number, name });
    this.#names = new InterfaceNames({ names, networks, onMoved, log, time });
  }

  /** Resolves when it is known which devices there are to listen on. */
  begin(): Promise<void> {
    return this.#names.begin();
  }

  close(): void {
    this.#names.close();
  }

  /** What a daemon is started with. */
  devices(): readonly string[] {
    this.#started = this.#names.devices;
    return this.#started;
  }

  /** To a daemon that has just begun: those that have become other devices meanwhile. */
  tell(link: FabricLink): void {
    this.#told.clear();
    const { names, isStartedElsewhere } = this.#options;
    const started = isStartedElsewhere ? names : this.#started;
    for (const [index, name] of this.#names.devices.entries())
      if (name !== started[index]) link.run({ kind: 'listen', number: index + 1, name });
  }

  all(): NamedInterface[] {
    return [...this.#reports.values()].map((report) => ({
      ...report,
      network: this.#names.networkOf(report.number),
    }));
  }

  /**
   * A router beside this machine has them from its key: says so where they are not those that are named, once. Called when the
   * daemon has told all of them.
   */
  compare(): void {
    const listening = [...this.#told].sort(([one], [other]) => one - other).map(([, name]) => name);
    const wanted = this.#names.devices;
    const difference = listening.join(' ') === wanted.join(' ') ? '' : listening.join(' ');
    if (difference !== '' && difference !== this.#difference)
      this.#options.log.error('fabric.interfaces', { listening: difference, wanted: wanted.join(' ') });
    this.#difference = difference;
  }

  /** Returns whether events were lost since the last word. */
  note(report: InterfaceReport): boolean {
    const { log, time } = this.#options;
    const before = this.#reports.get(report.number);
    this.#reports.set(report.number, report);
    this.#told.set(report.number, report.name);
    if ((before?.up ?? true) !== report.up) {
      if (report.up) log.info('interface.up', { interface: report.name });
      else log.warn('interface.down', { interface: report.name });
    }
    const dropped = report.dropped - (before?.dropped ?? 0);
    const nowMs = time.nowMs();
    if (dropped > 0 && nowMs - this.#dropsReportedMs > DROP_REPORT_MS) {
      this.#dropsReportedMs = nowMs;
      log.warn('interface.dropped', { interface: report.name, frames: report.dropped });
    }
    return before !== undefined && report.lost > before.lost;
  }
}
