/**
 * What happened, as a capture shows it: hosts by side, attempts, what each service did over time, traps. `ringback emulate --from`
 * makes a scenario of it.
 */
import { basename } from 'node:path';
import { TRAP_PORT } from '../../config/announced.ts';
import { and } from '../../config/sentences.ts';
import type { Packet } from '../../replay/packet.ts';
import { type Attempt, Attempts, silencesOf } from './attempts.ts';
import { type Decoded, decodeFrame } from './decode.ts';
import { type CaptureDamage, readPackets } from './packets.ts';
import { type Evidence, type ServiceState, type TruthLine, truthLineOf } from './truth-line.ts';
import { Voices } from './voices.ts';

export interface SeenService {
  readonly server: string;
  readonly port: number;
  readonly truth: TruthLine;
  /** Sorted. */
  readonly evidence: readonly Evidence[];
}

/** A machine said something about itself without being asked. */
interface Word {
  readonly us: number;
  readonly address: string;
  readonly is: 'trap' | 'announcement';
}

export interface Incident {
  /** Those of the files, without their directories. */
  readonly name: string;
  /** Records, and those of them that carry nothing that is read. */
  readonly packets: number;
  readonly unread: number;
  /** Of the first and the last packet, microseconds since 1970. */
  readonly fromUs: number;
  readonly toUs: number;
  readonly attempts: readonly Attempt[];
  readonly services: readonly SeenService[];
  readonly words: readonly Word[];
  readonly heard: Voices;
  readonly damage: readonly CaptureDamage[];
}

/** A message of SNMP is a sequence (BER). */
const MESSAGE_TYPE = 0x30;
/** The same word, seen elsewhere or said again. */
const SAME_WORD_US = 500_000;
/** Answers of one service to one client that are nearer to each other are one. */
const SAME_ANSWER_US = 500_000;
/** Codes of ICMP and ICMPv6 by which somebody refuses, and does not fail to find: ports, and what is prohibited. */
const REJECTIONS = { 4: new Set([3, 9, 10, 13]), 6: new Set([1, 4, 5, 6]) } as const;

/** Reads captures as one. Throws RingbackError('input') when one is none. */
export async function readIncident(
  files: readonly string[],
  onPacket: (packet: Packet) => Packet = (one) => one,
): Promise<Incident> {
  const reader = new IncidentReader();
  const damage = await readPackets(files, (packet) => reader.packet(onPacket(packet)));
  return reader.incident(and(files.map((file) => basename(file))), damage);
}

export class IncidentReader {
  readonly #evidence = new Map<string, Evidence[]>();
  readonly #words: Word[] = [];
  readonly #saidUs = new Map<string, number>();
  readonly #heard = new Voices();
  #packets = 0;
  #unread = 0;
  #fromUs = Number.POSITIVE_INFINITY;
  #toUs = Number.NEGATIVE_INFINITY;
  readonly #attempts = new Attempts({
    onAnswer: (service, client, us) => this.#note(service, { us, is: 'answers', client }),
    onRefusal: (service, client, us) => this.#note(service, { us, is: 'refuses', client }),
  });

  packet({ link, iface, timeUs, bytes }: Packet): void {
    this.#packets++;
    this.#fromUs = Math.min(this.#fromUs, timeUs);
    this.#toUs = Math.max(this.#toUs, timeUs);
    const frame = link === null ? null : decodeFrame(link, bytes);
    if (frame === null) {
      this.#unread++;
      return;
    }
    this.#heard.note(frame, iface, timeUs);
    this.#frame(frame, bytes, timeUs);
  }

  incident(name: string, damage: readonly CaptureDamage[]): Incident {
    const { all: attempts } = this.#attempts;
    for (const attempt of attempts) this.#noteFailure(attempt);
    const services = [...this.#evidence].map(([key, evidence]): SeenService => {
      const at = key.lastIndexOf(' ');
      const sorted = evidence.toSorted((a, b) => a.us - b.us);
      return {
        server: key.slice(0, at),
        port: Number(key.slice(at + 1)),
        truth: truthLineOf(sorted),
        evidence: sorted,
      };
    });
    const isEmpty = this.#packets === 0;
    return {
      name,
      packets: this.#packets,
      unread: this.#unread,
      fromUs: isEmpty ? 0 : this.#fromUs,
      toUs: isEmpty ? 0 : this.#toUs,
      attempts,
      services,
      words: this.#words,
      heard: this.#heard,
      damage,
    };
  }

  #frame(frame: Decoded, bytes: Uint8Array, us: number): void {
    switch (frame.kind) {
      case 'tcp':
        this.#attempts.tcp(frame, us);
        break;
      case 'unreachable':
        this.#attempts.unreachable(frame, us);
        break;
      case 'udp': {
        const first = bytes[frame.dataAt];
        // Of an anonymised capture no data are left.
        const isSnmp = first === undefined || first === MESSAGE_TYPE;
        if (frame.destinationPort === TRAP_PORT && isSnmp) this.#word(frame.source, 'trap', us);
        break;
      }
      case 'arp':
      case 'nd': {
        const isForAll = frame.kind === 'arp' ? frame.sender === frame.target : !frame.isRequest;
        if (frame.isToGroup && isForAll && frame.sender !== null)
          this.#word(frame.sender, 'announcement', us);
        break;
      }
      default:
        break;
    }
  }

  #word(address: string, is: Word['is'], us: number): void {
    const key = `${is} ${address}`;
    const lastUs = this.#saidUs.get(key) ?? Number.NEGATIVE_INFINITY;
    if (us - lastUs < SAME_WORD_US) return;
    this.#saidUs.set(key, us);
    this.#words.push({ us, address, is });
  }

  #note({ server, port }: { server: string; port: number }, evidence: Evidence): void {
    const key = `${server} ${port}`;
    const all = this.#evidence.get(key) ?? [];
    this.#evidence.set(key, all);
    const last = all.at(-1);
    const isSame = last?.is === evidence.is && last.client === evidence.client;
    if (isSame && Math.abs(evidence.us - last.us) < SAME_ANSWER_US) return;
    all.push(evidence);
  }

  #noteFailure(attempt: Attempt): void {
    const { client, end, endUs, code } = attempt;
    const isRejected =
      end === 'unreachable' && code !== null && REJECTIONS[client.includes(':') ? 6 : 4].has(code);
    if (isRejected) {
      this.#note(attempt, { us: endUs, is: 'rejects', client });
      return;
    }
    const is: ServiceState = 'silent';
    for (const us of silencesOf(attempt, this.#toUs)) this.#note(attempt, { us, is, client });
  }
}
