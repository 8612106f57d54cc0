/**
 * The very frames of captures in a world: the fabric hears each at its moment, and whoever tried in them has tried in the world. What
 * the router itself asks is answered by the world's machines, whose script says what was true.
 */
import { RingbackError } from '../../errors.ts';
import type { InProcessFabric } from '../../fabric/in-process.ts';
import type { Packet } from '../../replay/packet.ts';
import type { Actor, Calendar } from '../kernel/calendar.ts';
import type { Scenario } from '../scenario/types.ts';
import { SECOND_US } from '../scenario/values.ts';
import type { Directory, TryEnd, Witness } from '../truth/witness.ts';
import type { Attempt } from './attempts.ts';
import { decodeFrame } from './decode.ts';
import { IncidentReader } from './incident.ts';
import { keptPackets } from './packets.ts';

interface PlayedFramesOptions {
  readonly stage: { readonly calendar: Calendar; readonly directory: Directory };
  readonly witness: Pick<Witness, 'tried' | 'tryEnded' | 'frame' | 'passed'>;
  readonly fabric: Pick<InProcessFabric, 'captured'>;
  readonly onFrame: () => void;
}

interface Captured {
  readonly packets: readonly Packet[];
  readonly attempts: readonly Attempt[];
}

const [PACKET, TRIED, ENDED] = [0, 1, 2];
/** The router's interfaces: towards clients, and towards servers. */
const [LAN, WAN] = [1, 2];
/** What kernels begin with: it has passed no router. */
const NEAR_HOPS: ReadonlySet<number> = new Set([64, 128, 255]);
const ENDS: Readonly<Record<NonNullable<Attempt['end']>, TryEnd>> = {
  answered: 'served',
  refused: 'refused',
  unreachable: 'unreachable',
};

export class PlayedFrames implements Actor {
  readonly #options: PlayedFramesOptions;
  readonly #startUs: number;
  readonly #actor: number;
  readonly #packets: readonly Packet[];
  readonly #attempts: readonly Attempt[];
  readonly #sides: ReadonlyMap<number, number>;

  /** Throws RingbackError('input') where a file is no capture, or is damaged. */
  static async open(scenario: Scenario, options: PlayedFramesOptions): Promise<PlayedFrames> {
    const { packets, damage } = await keptPackets(scenario.frames);
    for (const { file, offset, reason } of damage)
      throw new RingbackError(
        'input',
        `${file}: damaged at byte ${offset}: ${reason}; give frames up to there`,
      );
    const reader = new IncidentReader();
    for (const packet of packets) reader.packet(packet);
    const { attempts } = reader.incident('', []);
    return new PlayedFrames(scenario, { packets, attempts }, options);
  }

  private constructor(
    { startMs, endUs }: Scenario,
    { packets, attempts }: Captured,
    options: PlayedFramesOptions,
  ) {
    this.#options = options;
    this.#startUs = startMs * 1000;
    this.#sides = sidesOf(packets, attempts);
    const isInTime = (us: number): boolean => this.#at(us) >= 0 && this.#at(us) <= endUs;
    this.#packets = packets.filter(({ timeUs }) => isInTime(timeUs));
    this.#attempts = attempts.filter(({ synsUs: [us = Number.NaN] }) => isInTime(us));
    this.#actor = options.stage.calendar.admit(this);
  }

  begin(): void {
    const { calendar } = this.#options.stage;
    this.#wait(0);
    for (const [index, { synsUs }] of this.#attempts.entries())
      calendar.enter(this.#at(synsUs[0] ?? 0), this.#actor, TRIED, index);
  }

  happens(what: number, index: number): void {
    if (what === PACKET) {
      const packet = this.#packets[index];
      if (packet !== undefined) this.#hear(packet);
      this.#wait(index + 1);
      return;
    }
    const attempt = this.#attempts[index] as Attempt;
    const who = this.#numbersOf(attempt);
    if (who === null) return;
    const { witness, stage } = this.#options;
    if (what === ENDED) {
      witness.tryEnded(
        ...who,
        attempt.end === null ? 'gaveUp' : ENDS[attempt.end],
        this.#at(attempt.synsUs[0] ?? 0),
      );
      return;
    }
    witness.tried(...who);
    const atUs = Math.max(stage.calendar.nowUs, this.#at(endOf(attempt)));
    stage.calendar.enter(atUs, this.#actor, ENDED, index);
  }

  #hear({ link, iface, bytes, wireLength }: Packet): void {
    const { fabric, witness, onFrame } = this.#options;
    const side = this.#sides.get(iface) ?? LAN;
    onFrame();
    if (link === 'ethernet') {
      witness.frame?.(side, false, bytes);
      witness.passed?.(side, false, bytes);
    }
    if (link !== null) fabric.captured(link, side, bytes, wireLength);
  }

  #wait(index: number): void {
    const { calendar } = this.#options.stage;
    const next = this.#packets[index];
    if (next !== undefined)
      calendar.enter(Math.max(calendar.nowUs, this.#at(next.timeUs)), this.#actor, PACKET, index);
  }

  /** In the world's time. */
  #at(us: number): number {
    return us - this.#startUs;
  }

  /** null: one of them is no machine of this world. */
  #numbersOf({ client, server, port }: Attempt): readonly [client: number, service: number] | null {
    const { directory } = this.#options.stage;
    const number = directory.clientAt(client);
    const service = directory.servicesAt(server).find((one) => directory.service(one).port === port);
    return number === null || service === undefined ? null : [number, service];
  }
}

/** Whoever stopped trying in silence has given up when his next SYN would have come. */
function endOf({ end, endUs, synsUs }: Attempt): number {
  if (end !== null) return endUs;
  const [lastUs = 0, beforeUs = lastUs] = [synsUs.at(-1), synsUs.at(-2)];
  return lastUs + Math.max(SECOND_US, 2 * (lastUs - beforeUs));
}

/** On which side of the router each interface of the captures was: where servers speak that have passed no router, and clients do not. */
function sidesOf(packets: readonly Packet[], attempts: readonly Attempt[]): ReadonlyMap<number, number> {
  const servers = new Set(attempts.map(({ server }) => server));
  const clients = new Set(attempts.map(({ client }) => client));
  const near = new Map<number, number>();
  for (const { link, iface, bytes } of packets) {
    const frame = link === null ? null : decodeFrame(link, bytes);
    if (frame?.kind !== 'tcp' || !NEAR_HOPS.has(frame.hops)) continue;
    const by = Number(servers.has(frame.source)) - Number(clients.has(frame.source));
    near.set(iface, (near.get(iface) ?? 0) + by);
  }
  return new Map([...near].map(([iface, servers]) => [iface, servers > 0 ? WAN : LAN]));
}
