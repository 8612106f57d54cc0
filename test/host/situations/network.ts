/**
 * A network by script: what becomes of every request to a server, and the frames of it that pass the router. Clients lie
 * behind its first interface, servers behind the second; by the third it has another way out.
 */

import type { Target } from '../../../host/net/target.ts';
import { arp, type End, Flag, framed, ip, Protocol, segment, unreachable } from '../../frames.ts';
import { refusal, syn, synAck } from '../fabric/fabric.ts';
import type { TownTime } from './time.ts';

/**
 * `answers`, `resets` and `drops`: the server, or a firewall before it. `absent`: no such machine is on the link.
 * `noNetwork`: a router behind this one says that there is no way. `prohibited`: so does a firewall's message. The others
 * are for requests of this router: `blocked`, `rejected` by its own firewall; `elsewhere`: it leaves by another uplink, and
 * nobody answers. A number: it is answered so many milliseconds later.
 */
export type Fate =
  | 'answers'
  | 'resets'
  | 'drops'
  | 'absent'
  | 'noNetwork'
  | 'prohibited'
  | 'blocked'
  | 'rejected'
  | 'elsewhere'
  | number;

/** What becomes of a request from that address at this moment. */
export type Script = (client: string, target: Target) => Fate;

export const ROUTER = '172.27.178.1';
const NEXT_ROUTER = '172.27.178.2';
export const Side = { clients: 1, servers: 2, uplink: 3 } as const;

/** When a kernel sends a request again (RFC 6298: after 1 s, and doubled each time). */
const SENDS_MS = [0, 1000, 3000, 7000, 15_000, 31_000] as const;
/** When it gives up looking for a neighbour that it asked for after 0, 1 and 2 s. */
const UNRESOLVED_MS = 3070;
const ROUND_TRIP_MS = 1;

/** A connection that is being opened. */
export interface Opening {
  readonly from: End;
  readonly to: End;
  readonly sequence: number;
  /** By this machine itself. */
  readonly isOwn: boolean;
  isOver: boolean;
  /** What became of it, if anything has. */
  end: OpeningEnd | null;
  readonly onEnd: (end: OpeningEnd) => void;
}

/** `shown`: the page answered. */
export type OpeningEnd = 'answered' | 'shown' | 'refused' | 'unreachable';

interface NetworkOptions {
  readonly time: TownTime;
  readonly frame: (bytes: Buffer, direction: 'In' | 'Out', side: number) => void;
  /** Whether this client gets the page in the server's place. */
  readonly isShown: (client: string, target: Target) => boolean;
}

export class Network {
  script: Script = () => 'answers';
  /** The interface behind which the servers lie. */
  servers: number = Side.servers;
  /** Whether what servers answer to clients passes the router, too. */
  isSymmetric = true;
  /** What becomes of a datagram to nobody in particular. */
  datagram: (server: string) => 'resets' | 'drops' | 'absent' = () => 'drops';
  readonly #options: NetworkOptions;
  #sequence = 1;
  /** Who waits for the MAC address of that machine. */
  readonly #resolving = new Map<string, (() => void)[]>();
  /** MAC addresses: the last byte. */
  readonly hardware = new Map<string, number>();

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  open(from: End, to: End, isOwn: boolean, onEnd: Opening['onEnd']): Opening {
    const sequence = this.#sequence++ * 1000;
    const opening: Opening = { from, to, sequence, isOwn, isOver: false, end: null, onEnd };
    this.#sendAll(opening, SENDS_MS);
    return opening;
  }

  #sendAll(opening: Opening, [sentMs = 0, ...later]: readonly number[]): void {
    this.#send(opening);
    const [nextMs] = later;
    if (nextMs === undefined) return;
    this.#options.time.after(nextMs - sentMs, () => {
      if (!opening.isOver) this.#sendAll(opening, later);
    });
  }

  #send(opening: Opening): void {
    const { from, to, isOwn } = opening;
    const { frame, isShown } = this.#options;
    const target = { server: to.address, port: to.port };
    if (!isOwn) {
      frame(this.#syn(opening), 'In', Side.clients);
      if (isShown(from.address, target)) {
        frame(synAck(to, from, opening.sequence), 'Out', Side.clients);
        this.#end(opening, 'shown');
        return;
      }
    }
    this.#meet(opening, this.script(from.address, target));
  }

  #meet(opening: Opening, fate: Fate): void {
    const { frame, time } = this.#options;
    const { from, to, sequence } = opening;
    if (fate === 'blocked') return;
    if (fate === 'rejected') {
      time.after(0, () => this.#end(opening, 'refused'));
      return;
    }
    if (fate === 'absent') {
      this.#resolve(opening);
      return;
    }
    frame(this.#syn(opening), 'Out', fate === 'elsewhere' ? Side.uplink : this.servers);
    if (typeof fate === 'number' || fate === 'answers') {
      const waitMs = fate === 'answers' ? ROUND_TRIP_MS : fate;
      time.after(waitMs, () => this.#answer(opening, synAck(to, from, sequence), 'answered'));
    } else if (fate === 'resets') {
      time.after(ROUND_TRIP_MS, () => this.#answer(opening, refusal(to, from, sequence), 'refused'));
    } else if (fate === 'noNetwork' || fate === 'prohibited') {
      const code = fate === 'noNetwork' ? 0 : 13;
      const message = framed(unreachable(NEXT_ROUTER, code, this.#quoted(opening), from.address));
      time.after(ROUND_TRIP_MS, () => this.#answer(opening, message, 'unreachable'));
    }
  }

  /** Comes in from the server's side, and goes on to its client. */
  #answer(opening: Opening, bytes: Buffer, end: OpeningEnd): void {
    const { frame } = this.#options;
    if (opening.isOwn || this.isSymmetric) frame(bytes, 'In', this.servers);
    if (!opening.isOwn && this.isSymmetric) frame(bytes, 'Out', Side.clients);
    this.#end(opening, end);
  }

  /** The kernel looks for the machine, which may be there in a moment. */
  #resolve(opening: Opening): void {
    const { to, isOwn, from } = opening;
    const target = { server: to.address, port: to.port };
    this.#lookFor(
      to.address,
      () => this.script(from.address, target) !== 'absent',
      (isThere) => {
        if (opening.isOver) return;
        if (isThere) {
          this.#meet(opening, this.script(from.address, target));
          return;
        }
        const message = framed(unreachable(ROUTER, 1, this.#quoted(opening), from.address));
        if (!isOwn) this.#options.frame(message, 'Out', Side.clients);
        this.#end(opening, 'unreachable');
      },
    );
  }

  #lookFor(server: string, isThere: () => boolean, onEnd: (isThere: boolean) => void): void {
    const { time } = this.#options;
    const waiting = this.#resolving.get(server);
    if (waiting !== undefined) {
      waiting.push(() => onEnd(isThere()));
      return;
    }
    const all = [() => onEnd(isThere())];
    this.#resolving.set(server, all);
    const end = (): void => {
      if (this.#resolving.get(server) !== all) return;
      this.#resolving.delete(server);
      for (const one of all) one();
    };
    const ask = (): void => {
      if (this.#resolving.get(server) !== all) return;
      this.#asks(server);
      if (!isThere()) return;
      this.replies(server);
      end();
    };
    ask();
    time.after(1000, ask);
    time.after(2000, ask);
    time.after(UNRESOLVED_MS, end);
  }

  /** The kernel asks everybody who has the address. */
  #asks(server: string): void {
    const request = arp({ operation: 1, sender: ROUTER, target: server });
    request.fill(0xff, 0, 6);
    this.#options.frame(request, 'Out', this.servers);
  }

  /** The machine says its MAC address when it is asked. */
  replies(server: string): void {
    const hardware = this.hardware.get(server) ?? 2;
    this.#options.frame(arp({ operation: 2, sender: server, target: ROUTER, hardware }), 'In', this.servers);
  }

  /** The machine announces itself. */
  announces(server: string): void {
    const hardware = this.hardware.get(server) ?? 2;
    this.#options.frame(arp({ operation: 1, sender: server, target: server, hardware }), 'In', this.servers);
  }

  /** A client's datagram to a machine, and the kernel's message if there is none. */
  datagramFrom(client: string, server: string): void {
    const { frame } = this.#options;
    const packet = ip(client, server, Protocol.udp, udp());
    frame(framed(packet), 'In', Side.clients);
    const isThere = (): boolean => this.datagram(server) !== 'absent';
    if (isThere()) {
      frame(framed(packet), 'Out', this.servers);
      return;
    }
    this.#lookFor(server, isThere, (found) => {
      if (!found) frame(framed(unreachable(ROUTER, 1, packet, client)), 'Out', Side.clients);
    });
  }

  /** The router's own; `onError`: the code of the error that it meets. */
  ownDatagram(server: string, onError: (code: string) => void): void {
    const { frame, time } = this.#options;
    const packet = ip(ROUTER, server, Protocol.udp, udp());
    const isThere = (): boolean => this.datagram(server) !== 'absent';
    const met = (): void => {
      frame(framed(packet), 'Out', this.servers);
      if (this.datagram(server) !== 'resets') return;
      time.after(ROUND_TRIP_MS, () => {
        frame(framed(unreachable(server, 3, packet, ROUTER)), 'In', this.servers);
        onError('ECONNREFUSED');
      });
    };
    if (isThere()) met();
    else this.#lookFor(server, isThere, (found) => (found ? met() : onError('EHOSTUNREACH')));
  }

  #end(opening: Opening, end: OpeningEnd): void {
    if (opening.isOver) return;
    opening.isOver = true;
    opening.end = end;
    opening.onEnd(end);
  }

  #syn({ from, to, sequence }: Opening): Buffer {
    return syn(from, to, sequence);
  }

  #quoted({ from, to, sequence }: Opening): Buffer {
    return segment(from, to, { flags: Flag.syn, sequence });
  }
}

/** From any port to traceroute's. */
function udp(): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(40_000, 0);
  header.writeUInt16BE(33_434, 2);
  header.writeUInt16BE(8, 4);
  return header;
}
