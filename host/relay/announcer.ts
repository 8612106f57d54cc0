/**
 * The server's own sign that it is back (paragraphs 37 and 58): an SNMP trap coldStart, or a datagram signed with the list key, to the
 * router, a station, or whoever is to hear it. It is sent when the relay starts, which it does with its server, and when this
 * machine's network returns.
 */

import type { Chance } from '../chance.ts';
import { MAX_ANNOUNCED } from '../config/announced.ts';
import type { RelayConfiguration, ReturnConfiguration } from '../config/relay/types.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { addressBytes, isVersion4 } from '../net/address.ts';
import type { Time, Timer } from '../time.ts';
import { ID_BYTES, writeAnnouncement } from '../traps/announcement.ts';
import { coldStartVersion2, coldStartVersion3 } from '../traps/cold-start.ts';
import type { SendDatagram } from '../traps/send.ts';

/** Nobody acknowledges it, and a network that is just coming up loses some: whoever has heard one does not mind the others. */
const AGAIN_MS = [3000, 10_000, 30_000];
const LOOPBACK_OR_LINK = /^(?:127\.|::1$|fe80:)/;
/** RFC 3411 section 5: an engine whose identifier is an address, of Net-SNMP's number. */
const ENGINE = '80001f88';
const MAX_BOOTS = 2 ** 31 - 1;

interface ReturnAnnouncerOptions {
  readonly configuration: () => RelayConfiguration;
  /** Of this machine. */
  readonly addresses: () => ReadonlySet<string>;
  readonly send: SendDatagram;
  readonly log: Log;
  readonly time: Time;
  readonly chance: Chance;
}

export class ReturnAnnouncer {
  readonly #options: ReturnAnnouncerOptions;
  readonly #startedMs: number;
  /** Greater after every start, where the clock is right. */
  readonly #boots: number;
  #timers: readonly Timer[] = [];
  #sent = 0;

  constructor(options: ReturnAnnouncerOptions) {
    this.#options = options;
    this.#startedMs = options.time.nowMs();
    this.#boots = Math.max(1, Math.min(MAX_BOOTS, Math.floor(options.time.wallMs() / 1000)));
  }

  /** Now, and a few times more. */
  announce(): void {
    this.close();
    const { configuration, chance, time } = this.#options;
    if (configuration().relay.announce === null) return;
    const id = chance.bytes(ID_BYTES).toString('hex');
    const say = (): void => void this.#say(id);
    say();
    this.#timers = AGAIN_MS.map((waitMs) => time.after(waitMs, say).unref());
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
  }

  async #say(id: string): Promise<void> {
    const { configuration, log, send } = this.#options;
    const { announce } = configuration().relay;
    if (announce === null) return;
    const datagram = this.#datagram(announce, id);
    if (datagram === null) return;
    this.#sent += 1;
    await Promise.all(
      announce.to.map(async (host) => {
        try {
          await send(datagram, host, announce.port);
          log.info('announce.sent', { to: host });
        } catch (error) {
          log.warn('announce.failed', { to: host, reason: messageOf(error) });
        }
      }),
    );
  }

  /** null: this machine has no address yet. */
  #datagram({ community, user, servers }: ReturnConfiguration, id: string): Buffer | null {
    const { configuration, addresses, time } = this.#options;
    const own = announcedOf(addresses());
    const [agent] = own;
    const upTime = Math.floor((time.nowMs() - this.#startedMs) / 10);
    const facts = { agent: agent ?? '0.0.0.0', upTime, id: this.#sent + 1 };
    if (community !== null) return coldStartVersion2(community, facts);
    if (user !== null) {
      const engine = engineOf(agent ?? '127.0.0.1');
      return coldStartVersion3(
        user,
        { id: engine, boots: this.#boots, time: Math.floor(upTime / 100) },
        facts,
      );
    }
    const named = servers.length > 0 ? servers : own;
    return named.length === 0 ? null : writeAnnouncement({ servers: named, id }, configuration().listKey);
  }
}

/** Of a machine's addresses those by which others know it. */
export function announcedOf(addresses: ReadonlySet<string>): string[] {
  return [...addresses]
    .filter((address) => !LOOPBACK_OR_LINK.test(address))
    .sort()
    .slice(0, MAX_ANNOUNCED);
}

function engineOf(address: string): Buffer {
  const bytes = Buffer.from(addressBytes(address));
  const isOld = isVersion4(address);
  return Buffer.concat([
    Buffer.from(`${ENGINE}${isOld ? '01' : '02'}`, 'hex'),
    isOld ? bytes.subarray(-4) : bytes,
  ]);
}
