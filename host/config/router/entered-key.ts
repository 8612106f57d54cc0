/** Whether the key that a router was given allows what the file asks for: `ringback beside` notes what it has entered there. */
import { readFileSync } from 'node:fs';
import { tables } from '../../fabric/module.ts';
import { enteredFile } from '../../fabric/ssh.ts';
import type { RemoteRouter } from '../../net/remote-router.ts';
import { and } from '../sentences.ts';
import type { RouterConfiguration } from '../types.ts';
import { mibOf, tableSizes } from './sizes.ts';

/** null: none was noted, or it can't be read. */
type ReadEntered = (router: RemoteRouter) => string | null;

const readEntered: ReadEntered = (router) => {
  try {
    return readFileSync(enteredFile(router), 'utf8');
  } catch {
    return null;
  }
};

/** In sentences. Where nobody has noted anything, the daemon says itself where it listens. */
export function keyWarnings(configuration: RouterConfiguration, read: ReadEntered = readEntered): string[] {
  const { interfaces, remote } = configuration.fabric;
  const entered = remote === null ? null : read(remote);
  if (remote === null || entered === null) return [];
  const found: string[] = [];
  const listening = [...entered.matchAll(/ --interface ([^ "]+)/g)].map(([, name = '']) => name);
  if (listening.join(' ') !== interfaces.join(' '))
    found.push(
      `fabric.interfaces is ${and(interfaces)}, and the key that the router was given listens on ${and(listening)}: that holds until "ringback beside" has entered it anew.`,
    );
  const allowedMib = Number(/ --memory (\d+) /.exec(entered)?.[1] ?? Number.POSITIVE_INFINITY);
  const neededMib = mibOf(tableSizes(configuration, 0), tables);
  if (neededMib > allowedMib)
    found.push(
      `The tables take ${neededMib} MiB, and the key that the router was given allows ${allowedMib} MiB: they are refused until "ringback beside" has entered it anew, or fabric.capacity is smaller.`,
    );
  return found;
}
