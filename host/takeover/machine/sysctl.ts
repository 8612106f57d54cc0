/**
 * Settings of the kernel that keep each address to its own interface. Without them Linux answers ARP for any of its addresses on
 * any interface, with whatever MAC address, and drops what comes in where it would not go out.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { messageOf, systemCodeOf } from '../../errors.ts';
import type { Log } from '../../log/log.ts';
import type { StateFile } from './state-file.ts';

type Wanted = readonly (readonly [string, string])[];

const DIRECTORY = '/proc/sys/net/ipv4/conf';

/** Without this, the address that an interface had first takes the others of its network along when it goes. */
const ALWAYS: Wanted = [['promote_secondaries', '1']];

/** See ip-sysctl in the kernel's documentation; the larger of `all` and the interface's counts in each. */
const QUIET: Wanted = [
  // Answer only for addresses of the interface that the question came in by.
  ['arp_ignore', '1'],
  // Ask with an address of the interface that the question goes out by.
  ['arp_announce', '2'],
];
const ISOLATED: Wanted = [
  ...QUIET,
  // Answers may go out by another interface than the question came in by.
  ['rp_filter', '2'],
];

export class Sysctls {
  readonly #memory: Pick<StateFile, 'known' | 'change'>;
  readonly #log: Log;
  readonly #directory: string;
  /** What could not be set, and was said. */
  readonly #failed = new Set<string>();

  /** `directory`: the kernel's, with one for each interface. */
  constructor(memory: Pick<StateFile, 'known' | 'change'>, log: Log, directory = DIRECTORY) {
    this.#memory = memory;
    this.#log = log;
    this.#directory = directory;
  }

  /** Before an interface has several addresses. */
  prepare(interfaces: Iterable<string>): void {
    this.#set(interfaces, ALWAYS);
  }

  /** Before an address is on one of several interfaces of a network. */
  isolate(interfaces: Iterable<string>): void {
    this.#set(interfaces, ISOLATED);
  }

  /** Of interfaces that have no such address, and would speak for it all the same. */
  quieten(interfaces: Iterable<string>): void {
    this.#set(interfaces, QUIET);
  }

  /** Remembers what was there, once, and before it changes anything: this process may be killed meanwhile. */
  #set(interfaces: Iterable<string>, settings: Wanted): void {
    const before = new Map(this.#memory.known.settings);
    const known = before.size;
    const changes: { path: string; wanted: string }[] = [];
    for (const ifname of interfaces) {
      for (const [name, wanted] of settings) {
        const path = `${this.#directory}/${ifname}/${name}`;
        this.#try(path, () => {
          const present = readFileSync(path, 'utf8').trim();
          // Nobody who lets everything in wants less.
          if (present === wanted || (name === 'rp_filter' && present === '0' && !this.#isStrict())) return;
          if (!before.has(path)) before.set(path, present);
          changes.push({ path, wanted });
        });
      }
    }
    if (before.size > known) this.#memory.change({ settings: [...before] });
    for (const { path, wanted } of changes) this.#try(path, () => writeFileSync(path, wanted));
  }

  #try(path: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      // An interface that is not there has none, and that was said before.
      const level = systemCodeOf(error) === 'ENOENT' || this.#failed.has(path) ? 'debug' : 'warn';
      this.#failed.add(path);
      this.#log.at(level, 'takeover.setting', { path, reason: messageOf(error) });
    }
  }

  restore(): void {
    const { settings } = this.#memory.known;
    if (settings.length === 0) return;
    for (const [path, value] of settings) {
      // Only what this program writes is read back, whoever wrote the file.
      if (!path.startsWith(`${this.#directory}/`) || path.includes('..') || !/^\d$/.test(value)) continue;
      try {
        writeFileSync(path, value);
      } catch (error) {
        this.#log.debug('takeover.setting', { path, reason: messageOf(error) });
      }
    }
    this.#memory.change({ settings: [] });
  }

  #isStrict(): boolean {
    try {
      return readFileSync(`${this.#directory}/all/rp_filter`, 'utf8').trim() === '1';
    } catch {
      return false;
    }
  }
}
