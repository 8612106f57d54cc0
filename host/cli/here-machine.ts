/** What a role needs of this machine: interfaces, privileges, programs, ports, a directory, a clock. */
import { createSocket } from 'node:dgram';
import { accessSync, constants, existsSync, readFileSync, statfsSync } from 'node:fs';
import { createServer, isIPv6 } from 'node:net';
import { dirname, join } from 'node:path';
import { ownProgram } from '../beside-program.ts';
import type { Devices } from '../config/router/devices.ts';
import { messageOf, systemCodeOf } from '../errors.ts';
import { type Endpoint, endpointText } from '../net/endpoint.ts';
import { opened } from '../net/listening.ts';
import { barrierTo, ownAccount } from '../privileges/account.ts';
import { missingCapabilities } from '../role/capabilities.ts';
import type { Time } from '../time.ts';
import { amiss, doubtful, type Finding, unseen, well } from './here-findings.ts';

const NET_DIRECTORY = '/sys/class/net';

/** Whether it is there, on, and has a cable; of a network of OpenWrt, its device. `devices`: null where none can be seen. */
export function interfaceFinding(name: string, devices: Devices | null): Finding {
  const what = `interface ${name}`;
  if (devices === null) return unseen(what, 'this machine does not say which interfaces it has');
  const carrier = devices.numberOf(name) === null ? devices.carrierOf(name) : name;
  if (carrier === 'unknown')
    return unseen(what, 'netifd does not say whether a device carries a network of that name');
  if (carrier === null) return amiss(what, 'this machine has none; ip link lists those that there are');
  const called = carrier === name ? '' : `${carrier} `;
  const read = (file: string): string | null => {
    try {
      return readFileSync(join(NET_DIRECTORY, carrier, file), 'utf8').trim();
    } catch {
      // The kernel does not say of an interface that is off whether a cable is in it, nor anything by its other names.
      return null;
    }
  };
  const flags = read('flags');
  if (flags !== null && (Number(flags) & 1) === 0)
    return amiss(what, `${called}is off; ip link set ${carrier} up`);
  return read('carrier') === '0'
    ? doubtful(what, `${called}is on, and has no carrier: is the cable in?`)
    : well(what, `${called}is up`);
}

export function privilegesFinding(needed: Parameters<typeof missingCapabilities>[0]): Finding {
  const what = 'privileges';
  const missing = missingCapabilities(needed);
  if (missing.length === 0) return well(what, `this user has ${needed.join(' and ')}`);
  return unseen(
    what,
    `this user has no ${missing.join(' and ')}, which the role needs; ask as root, or as the service does`,
  );
}

/** Where it is; `why`: it is needed for that. */
export function programFinding(name: string, why: string): Finding {
  const found = ownProgram(name);
  return found === null
    ? amiss(name, `is not in the PATH, and not beside the program: ${why}`)
    : well(name, found);
}

/** Whether it can be listened at; `isServed`: the role runs already, and has it. */
export async function portFinding(
  what: string,
  endpoint: Endpoint,
  isServed: boolean,
  protocol: 'tcp' | 'udp' = 'tcp',
): Promise<Finding> {
  const place = endpointText(endpoint);
  try {
    await listenOnce(endpoint, protocol);
    return well(what, `${place} is free`);
  } catch (error) {
    switch (systemCodeOf(error)) {
      case 'EADDRINUSE':
        if (isServed) return well(what, `${place} is taken, by the role that runs`);
        return amiss(what, `${place} is another program's; ss -lntup names it`);
      case 'EACCES':
        return unseen(what, `this user may not listen at ${place}; ask as root`);
      case 'EADDRNOTAVAIL':
        return amiss(what, `this machine has no address ${endpoint.host}`);
      default:
        return amiss(what, `${place}: ${messageOf(error)}`);
    }
  }
}

async function listenOnce({ host, port }: Endpoint, protocol: 'tcp' | 'udp'): Promise<void> {
  if (protocol === 'tcp') {
    const server = createServer();
    await opened(server, (done) => server.listen(port, host, done));
    server.close();
    return;
  }
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  await opened(socket, (done) => socket.bind(port, host, done));
  socket.close();
}

/** Below this a state of a hundred thousand who wait may not find room. */
const MIN_FREE_BYTES = 64 * 2 ** 20;

export function stateFinding(directory: string | null): Finding {
  const what = 'state';
  if (directory === null) return doubtful(what, 'is in memory, as configured: a restart forgets who waits');
  const place = existsSync(directory) ? directory : dirname(directory);
  try {
    accessSync(place, constants.W_OK);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT')
      return amiss(what, `${place} does not exist; mkdir -p ${directory}`);
    return amiss(what, `this user may not write to ${place}`);
  }
  const barrier = process.getuid?.() === 0 ? barrierTo(ownAccount(), place) : null;
  if (barrier !== null) {
    const { name, uid } = ownAccount();
    return amiss(
      what,
      `${barrier}, above it, is closed to ${name ?? `user ${uid}`}, as whom the program goes on`,
    );
  }
  const { bavail, bsize } = statfsSync(place);
  const free = bavail * bsize;
  const mib = `${Math.floor(free / 2 ** 20)} MiB free`;
  return free < MIN_FREE_BYTES
    ? doubtful(what, `${directory}: ${mib} only`)
    : well(what, `${directory}: ${mib}`);
}

/** This program did not exist before: a clock that says so is wrong. */
const FIRST_YEAR = 2026;

export function clockFinding(time: Pick<Time, 'wallMs'>): Finding {
  const now = new Date(time.wallMs());
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  const what = 'clock';
  const said = `${now.toLocaleString('sv-SE')}, ${timeZone}`;
  if (now.getFullYear() < FIRST_YEAR)
    return amiss(what, `${said}: it is not set; mails have no date, and lists are refused (NTP)`);
  const named = process.env.TZ;
  if (timeZone === 'UTC' && named !== undefined && !/^:?(?:Etc\/)?(?:UTC|GMT|UCT|Zulu)?0?$/i.test(named))
    return doubtful(
      what,
      `${said}: TZ=${named} is not understood, and times in mails are in UTC; name a zone, as Asia/Tokyo`,
    );
  return well(what, said);
}
