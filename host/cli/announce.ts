/** `ringback announce`: a server without SNMP says that it is back. */
import { readFileSync } from 'node:fs';
import type { Chance } from '../chance.ts';
import { MAX_ANNOUNCED, TRAP_PORT } from '../config/announced.ts';
import { loadRelayConfiguration } from '../config/relay/file.ts';
import { messageOf, RingbackError } from '../errors.ts';
import { canonicalAddress, ownAddresses } from '../net/address.ts';
import { announcedOf } from '../relay/announcer.ts';
import { pause, type Time } from '../time.ts';
import { ID_BYTES, writeAnnouncement } from '../traps/announcement.ts';
import { sendToHost } from '../traps/send.ts';

/** UDP loses some, and whoever hears it twice counts it once. */
const SENDINGS = 3;
const PAUSE_MS = 1000;

interface Given {
  /** The configuration of a relay, which is read where no key is given. */
  readonly config: string;
  readonly to: readonly string[];
  /** A file that has the list key, and nothing else. */
  readonly key: string | undefined;
  readonly server: readonly string[];
  readonly time: Time;
  readonly chance: Chance;
}

/** Returns what is to be printed. Throws RingbackError where nobody could be told. */
export async function announceCommand({ config, to, key, server, time, chance }: Given): Promise<string> {
  const relay = key === undefined ? loadRelayConfiguration(config) : null;
  const announce = relay?.relay.announce ?? null;
  const secret = relay?.listKey ?? keyIn(key ?? '');
  const hosts = to.length > 0 ? to : (announce?.to ?? []);
  if (hosts.length === 0) throw wrong('nobody is told; give --to HOST');
  const named = server.length > 0 ? server.map(addressOf) : (announce?.servers ?? []);
  const servers = named.length > 0 ? named : announcedOf(ownAddresses());
  if (servers.length === 0) throw wrong('this machine has no address; give --server ADDRESS');
  if (servers.length > MAX_ANNOUNCED) throw wrong(`${servers.length} servers; ${MAX_ANNOUNCED} at most`);
  const datagram = writeAnnouncement({ servers, id: chance.bytes(ID_BYTES).toString('hex') }, secret);
  const port = announce?.port ?? TRAP_PORT;
  const failed = new Map<string, string>();
  for (let left = SENDINGS; left > 0; left -= 1) {
    for (const host of hosts) {
      await sendToHost(datagram, host, port).then(
        () => failed.delete(host),
        (error: unknown) => failed.set(host, messageOf(error)),
      );
    }
    if (left > 1) await pause(time, PAUSE_MS);
  }
  if (failed.size > 0) {
    const reasons = [...failed].map(([host, reason]) => `${host}: ${reason}`).join('; ');
    throw new RingbackError('unavailable', `announce: could not be sent to ${reasons}`);
  }
  return `Sent to ${hosts.join(', ')}: ${servers.join(', ')} ${servers.length === 1 ? 'is' : 'are'} back.`;
}

function keyIn(file: string): string {
  let key: string;
  try {
    key = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw wrong(`--key ${file} can't be read: ${messageOf(error)}`);
  }
  if (key === '') throw wrong(`--key ${file} is empty; it has the list_key of the router's file`);
  return key;
}

function addressOf(text: string): string {
  const address = canonicalAddress(text);
  if (address === null) throw wrong(`--server ${text} is no address`);
  return address;
}

function wrong(message: string): RingbackError {
  return new RingbackError('usage', `announce: ${message}; ringback announce --help`);
}
