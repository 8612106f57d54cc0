/** Where control sockets are: in a directory of the program's own, and, of older versions and files, beside it. */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { basename, dirname, resolve } from 'node:path';

/** systemd makes `/run/ringback`; OpenWrt may know no `/run`. */
export const RUNTIME_DIRECTORY = existsSync('/run') ? '/run/ringback' : '/var/run/ringback';
const CONTROL = `${RUNTIME_DIRECTORY}/ringback.sock`;
/** Of each role; those of the others are where they were before there was that directory. */
export const USUAL_CONTROL = {
  router: CONTROL,
  relay: '/var/run/ringback-relay.sock',
  takeover: '/var/run/ringback-takeover.sock',
} as const;
const SYSTEMS: readonly string[] = ['/run', '/var/run'];

/** In the program's own directory, in the place of one that is elsewhere. */
export function runtimePlace(path: string): string {
  if (SYSTEMS.includes(dirname(path))) return `${RUNTIME_DIRECTORY}/${basename(path)}`;
  const tag = createHash('sha256').update(resolve(path)).digest('hex').slice(0, 12);
  return `${RUNTIME_DIRECTORY}/${tag}.sock`;
}

/** Where to ask, in this order: what is configured; where a program without the rights for that has its socket; where it was. */
export function placesOf(path: string): readonly string[] {
  if (SYSTEMS.includes(dirname(path))) return [path, runtimePlace(path)];
  return dirname(path) === RUNTIME_DIRECTORY ? [path, `/var/run/${basename(path)}`] : [path];
}

/** Where to serve: what a link that root has left there leads to. */
export function servingPlace(path: string): string {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there?.isSymbolicLink() && readlinkSync(path) === runtimePlace(path)) return runtimePlace(path);
  return path;
}

/** Whether a process answers on the socket. */
export function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
