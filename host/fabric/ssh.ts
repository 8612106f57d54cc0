/**
 * The way to a daemon on a router beside this machine: one connection by ssh, whose key may do nothing there but carry records. It
 * reads no file of anybody's, asks nobody, and believes the router's key that was noted when its own was installed.
 */

import type { RemoteRouter } from '../net/remote-router.ts';

/** A connection that is cut says nothing: twice so many seconds without an answer, and it is made anew. */
const ALIVE_INTERVAL_S = 2;
const ALIVE_COUNT = 2;
/** From its first packet to the end of the exchange of keys, which takes a slow router a second. */
const CONNECT_TIMEOUT_S = 4;
/** What the router is called in KNOWN_HOSTS, by whatever name or address it is reached. */
export const ROUTER_ALIAS = 'router';

export const keyFile = ({ keys }: RemoteRouter): string => `${keys}/key`;
/** The line that was entered on the router last, as `ringback beside` notes it. */
export const enteredFile = ({ keys }: RemoteRouter): string => `${keys}/entered`;
export const knownHostsFile = ({ keys }: RemoteRouter): string => `${keys}/known_hosts`;
export const routerName = ({ user, host }: RemoteRouter): string => `${user}@${host}`;

/** Program first. */
export function sshCommand(router: RemoteRouter): readonly string[] {
  const options = {
    IdentityFile: keyFile(router),
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    BatchMode: 'yes',
    UserKnownHostsFile: knownHostsFile(router),
    GlobalKnownHostsFile: '/dev/null',
    StrictHostKeyChecking: 'yes',
    HostKeyAlias: ROUTER_ALIAS,
    CheckHostIP: 'no',
    UpdateHostKeys: 'no',
    ConnectTimeout: CONNECT_TIMEOUT_S,
    ConnectionAttempts: 1,
    ServerAliveInterval: ALIVE_INTERVAL_S,
    ServerAliveCountMax: ALIVE_COUNT,
    TCPKeepAlive: 'no',
    ClearAllForwardings: 'yes',
    ControlMaster: 'no',
    ControlPath: 'none',
    LogLevel: 'ERROR',
  };
  return [
    ...['ssh', '-F', 'none', '-T'],
    ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    ...['-p', `${router.port}`, '-l', router.user, '--', router.host, 'ringback-fabricd --remote'],
  ];
}
