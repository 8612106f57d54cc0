/**
 * What a node has changed in the kernel, for the process after it: a file beside the control socket, on a file system that ends
 * with the machine's uptime, as the kernel's own state does.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import * as v from 'valibot';
import { messageOf, systemCodeOf } from '../../errors.ts';
import type { Log } from '../../log/log.ts';
import { CAUSES } from '../protocol/messages.ts';

/** In the file an interface is an `adapter`, as it was for every version that may have written it. */
function read<T extends { readonly adapter: string }>({ adapter, ...rest }: T) {
  return { ifname: adapter, ...rest };
}

function written<T extends { readonly ifname: string }>({ ifname, ...rest }: T) {
  return { adapter: ifname, ...rest };
}

const route = v.pipe(
  v.strictObject({
    adapter: v.string(),
    to: v.string(),
    version: v.picklist([4, 6]),
    via: v.nullable(v.string()),
    rest: v.pipe(v.array(v.string()), v.readonly()),
  }),
  v.transform(read),
);

const taken = v.pipe(
  v.strictObject({
    address: v.string(),
    length: v.number(),
    adapter: v.string(),
    active: v.string(),
    cause: v.picklist(CAUSES),
  }),
  v.transform(read),
);

/** A part that an earlier version did not know of is empty. */
const memory = v.strictObject({
  /** What a standby has. */
  taken: v.optional(v.array(taken), []),
  /** What should be gone from a standby's interfaces, which would not let go. */
  stuck: v.optional(v.array(taken), []),
  /** Interfaces that were switched off when they were first needed. */
  raised: v.optional(v.array(v.string()), []),
  /** Routes that went with an interface. */
  routes: v.optional(v.array(route), []),
  /** Settings of the kernel by path, as they were. */
  settings: v.optional(v.array(v.tuple([v.string(), v.string()])), []),
});

type Remembered = v.InferOutput<typeof memory>;

function textOf({ taken, stuck, routes, ...others }: Remembered): string {
  const named = { taken: taken.map(written), stuck: stuck.map(written), routes: routes.map(written) };
  return JSON.stringify({ ...named, ...others });
}

const NOTHING: Remembered = { taken: [], stuck: [], raised: [], routes: [], settings: [] };

export class StateFile {
  readonly #file: string;
  readonly #log: Log;
  #known: Remembered;

  constructor(file: string, log: Log) {
    this.#file = file;
    this.#log = log;
    this.#known = this.#read();
  }

  get known(): Remembered {
    return this.#known;
  }

  change(part: Partial<Remembered>): void {
    this.#known = { ...this.#known, ...part };
    try {
      if (JSON.stringify(this.#known) === JSON.stringify(NOTHING)) rmSync(this.#file, { force: true });
      else {
        writeFileSync(`${this.#file}.new`, textOf(this.#known), { mode: 0o600 });
        renameSync(`${this.#file}.new`, this.#file);
      }
    } catch (error) {
      this.#log.error('takeover.forgetful', { file: this.#file, reason: messageOf(error) });
    }
  }

  #read(): Remembered {
    let text: string;
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') {
        this.#log.error('takeover.forgetful', { file: this.#file, reason: messageOf(error) });
      }
      return NOTHING;
    }
    try {
      return v.parse(memory, JSON.parse(text));
    } catch (error) {
      this.#log.error('takeover.forgetful', { file: this.#file, reason: messageOf(error) });
      return NOTHING;
    }
  }
}
