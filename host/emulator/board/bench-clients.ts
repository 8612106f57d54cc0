/** Clients of a bench: they open connections through a real router, and note how that ended, and after how long. */

import type { Time } from '../../time.ts';
import type { Actor, Calendar } from '../kernel/calendar.ts';
import { Spans } from '../kernel/draw.ts';
import type { Stream, Streams } from '../kernel/streams.ts';
import type { TryEnd, Witness } from '../truth/witness.ts';
import type { Frames } from '../wire/frames.ts';
import { FIRST_PORT, PORTS } from '../world/clients.ts';
import { type AddressKey, isKey6, portKey, writeKey } from './addresses.ts';
import type { BenchMachines } from './bench-machines.ts';

interface BenchClientsOptions {
  readonly machines: BenchMachines;
  readonly frames: Frames;
  readonly calendar: Calendar;
  readonly streams: Streams;
  readonly witness: Witness;
  /** The machine's: how long an answer takes is looked at more closely than the calendar is turned. */
  readonly time: Time;
  readonly send: (iface: number, bytes: Uint8Array) => void;
}

interface Attempt {
  readonly number: number;
  readonly client: number;
  readonly service: number;
  readonly sinceUs: number;
  readonly sentMs: number;
  readonly key: AddressKey;
  readonly ip: AddressKey;
  readonly port: number;
  readonly sequence: number;
  sent: number;
}

/** As Linux 6.5 and later send it again, the first of them. */
const GAPS_US = [1, 1, 1, 1, 1, 2, 4, 8, 16, 32].map((seconds) => seconds * 1_000_000);
const [AGAIN, GIVE_UP] = [0, 1];
const PORT_STEP = 7919;

export class BenchClients implements Actor {
  /** How each try ended. */
  readonly ends: Record<TryEnd, number> = {
    served: 0,
    shown: 0,
    refused: 0,
    unreachable: 0,
    gaveUp: 0,
    cut: 0,
  };
  /** From the SYN to its answer, in milliseconds, of those that were served by the first one. */
  readonly answeredMs: number[] = [];
  begun = 0;
  readonly #options: BenchClientsOptions;
  readonly #actor: number;
  readonly #stream: Stream;
  readonly #patience: readonly Spans[];
  readonly #open = new Map<AddressKey, Attempt>();
  readonly #byNumber = new Map<number, Attempt>();
  readonly #ports: Uint32Array;

  constructor(options: BenchClientsOptions) {
    this.#options = options;
    const { calendar, streams, machines } = options;
    this.#actor = calendar.admit(this);
    this.#stream = streams.of('bench clients');
    this.#patience = machines.directory.people.groups.map(({ plan }) => new Spans(plan.patience));
    this.#ports = new Uint32Array(machines.directory.clients);
  }

  /** `patienceUs` null: as long as people of his kind, or for ever. */
  tries(client: number, service: number, patienceUs: number | null): void {
    const { machines, calendar, time, witness } = this.#options;
    const { directory } = machines;
    const ip = machines.keyOfClient(client);
    const isService6 = directory.isPlaceIp6[directory.servicePlace[service] as number] === 1;
    if (ip === null || isKey6(ip) !== isService6) return;
    const port = FIRST_PORT + ((client + (this.#ports[client] as number) * PORT_STEP) % PORTS);
    this.#ports[client] = (this.#ports[client] as number) + 1;
    const key = portKey(ip, port);
    if (this.#open.has(key)) return;
    const number = this.begun++;
    const sequence = this.#stream.word();
    const attempt: Attempt = {
      ...{ number, client, service, key, ip, port, sequence },
      ...{ sinceUs: calendar.nowUs, sentMs: time.nowMs(), sent: 0 },
    };
    this.#open.set(key, attempt);
    this.#byNumber.set(number, attempt);
    witness.tried(client, service);
    const waitUs = patienceUs ?? this.#patienceUs(client);
    if (waitUs !== null) calendar.enter(calendar.nowUs + waitUs, this.#actor, GIVE_UP, number);
    this.#sendSyn(attempt);
  }

  happens(what: number, number: number): void {
    const attempt = this.#byNumber.get(number);
    if (attempt === undefined) return;
    if (what === AGAIN) this.#sendSyn(attempt);
    else this.#end(attempt, 'gaveUp');
  }

  /** A segment to one of them, or an ICMP message about one of theirs. `ip`, `port`: his. */
  answered(ip: AddressKey, port: number, end: 'served' | 'refused' | 'unreachable', sequence = 0): void {
    const attempt = this.#open.get(portKey(ip, port));
    if (attempt === undefined) return;
    if (end === 'served') {
      if (attempt.sent === 1) this.answeredMs.push(this.#options.time.nowMs() - attempt.sentMs);
      this.#acknowledge(attempt, sequence);
    }
    this.#end(attempt, end);
  }

  /** The bench ends. */
  close(): void {
    for (const attempt of [...this.#byNumber.values()]) this.#end(attempt, 'cut');
  }

  #patienceUs(client: number): number | null {
    const { people, namedPlaces } = this.#options.machines.directory;
    if (client < namedPlaces) return null;
    return this.#patience[people.groupNumber(client - namedPlaces)]?.draw(this.#stream) ?? null;
  }

  #address({ client, service, ip, port, sequence }: Attempt): number | null {
    const { machines, frames } = this.#options;
    const { directory } = machines;
    const speaker = machines.speaker(ip);
    const router = speaker === undefined ? null : machines.routerMac(speaker.iface, isKey6(ip));
    const to = machines.keyOfPlace(directory.servicePlace[service] as number);
    if (speaker === undefined || router === null || to === null) return null;
    frames.isIp6 = isKey6(ip);
    writeKey(frames.from, ip);
    writeKey(frames.to, to);
    frames.fromMac.set(speaker.mac);
    frames.toMac.set(router);
    frames.fromPort = port;
    frames.toPort = directory.servicePort[service] as number;
    frames.sequence = sequence;
    frames.id = (sequence + client) & 0xffff;
    frames.stamp = 0;
    frames.echo = 0;
    return speaker.iface;
  }

  #sendSyn(attempt: Attempt): void {
    const { calendar, frames, send } = this.#options;
    const gapUs = GAPS_US[attempt.sent++];
    if (gapUs !== undefined) calendar.enter(calendar.nowUs + gapUs, this.#actor, AGAIN, attempt.number);
    const iface = this.#address(attempt);
    if (iface === null) return;
    frames.acknowledgement = 0;
    send(iface, frames.syn());
  }

  #acknowledge(attempt: Attempt, theirs: number): void {
    const iface = this.#address(attempt);
    if (iface === null) return;
    const { frames, send } = this.#options;
    frames.sequence = (attempt.sequence + 1) >>> 0;
    frames.acknowledgement = (theirs + 1) >>> 0;
    send(iface, frames.ack());
  }

  #end(attempt: Attempt, end: TryEnd): void {
    this.#open.delete(attempt.key);
    this.#byNumber.delete(attempt.number);
    this.ends[end]++;
    this.#options.witness.tryEnded(attempt.client, attempt.service, end, attempt.sinceUs);
  }
}
