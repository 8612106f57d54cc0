/** The mailboxes of a mail host: a Maildir for each, into which postfix delivers and out of which dovecot hands. */
import { chownSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { systemCodeOf } from '../../../host/errors.ts';
import { isRoot } from '../root.ts';

/** Whose they are: nobody's in particular. */
export const MAIL_USER = 65534;

/** Makes a file nobody's, where that is another user. */
export function give(path: string): void {
  if (isRoot()) chownSync(path, MAIL_USER, MAIL_USER);
}

export class Maildirs {
  readonly directory: string;
  #deliveries = 0;

  constructor(directory: string) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
    give(directory);
  }

  /** Puts a message into a mailbox as a mail server would: all of it, or nothing. */
  deliver(box: string, message: string | Uint8Array): void {
    const path = `${this.directory}/${box}`;
    for (const part of [path, `${path}/tmp`, `${path}/new`, `${path}/cur`]) {
      if (mkdirSync(part, { recursive: true }) !== undefined) give(part);
    }
    this.#deliveries += 1;
    const name = `${String(this.#deliveries).padStart(9, '0')}.${process.pid}.example`;
    writeFileSync(`${path}/tmp/${name}`, message);
    give(`${path}/tmp/${name}`);
    renameSync(`${path}/tmp/${name}`, `${path}/new/${name}`);
  }

  /** The messages of a mailbox. */
  files(box: string): readonly string[] {
    return ['new', 'cur'].flatMap((name) => {
      const part = `${this.directory}/${box}/${name}`;
      try {
        return readdirSync(part).map((file) => `${part}/${file}`);
      } catch (error) {
        if (systemCodeOf(error) !== 'ENOENT') throw error;
        // Nobody has written to him yet.
        return [];
      }
    });
  }
}
