/** Servers' answers: what is sent for a SYN, and when it is back at the router. */
import type { Actor } from '../kernel/calendar.ts';
import { Spans } from '../kernel/draw.ts';
import type { Stream } from '../kernel/streams.ts';
import { Mark } from './attempts.ts';
import { Answer, type Ground } from './ground.ts';
import type { Hosts } from './hosts.ts';

/** A server that says so late that it has got a request is asked again before. */
const SOON_US = 900_000;

interface ServersOptions {
  readonly ground: Ground;
  readonly hosts: Hosts;
  /** An answer has come to the router's interface. */
  readonly toRouter: (slot: number, answer: number) => void;
  /** What was on its way has got nowhere, perhaps. */
  readonly settle: (slot: number) => void;
}

export class Servers implements Actor {
  readonly #options: ServersOptions;
  readonly #ground: Ground;
  readonly #actor: number;
  readonly #stream: Stream;
  readonly #answers: readonly Spans[];

  constructor(options: ServersOptions) {
    this.#options = options;
    this.#ground = options.ground;
    const { calendar, directory, streams } = options.ground;
    const { hosts } = directory;
    this.#actor = calendar.admit(this);
    this.#stream = streams.of('answers');
    // Servers in numbers have one plan for all.
    const spans = new Map<object, Spans>();
    this.#answers = hosts.map(({ answers }) => {
      const known = spans.get(answers) ?? new Spans(answers);
      spans.set(answers, known);
      return known;
    });
  }

  /** A SYN begins its way on the server's network. */
  receives(slot: number): void {
    const { attempts, directory, wires } = this.#ground;
    const place = attempts.place[slot] as number;
    const network = directory.placeNetwork[place] as number;
    if (wires.isCut[network]) return;
    const copies = wires.duplicates(network) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (wires.loses(network)) this.#isLost(slot);
      else this.#thinks(slot, place, network);
    }
  }

  #thinks(slot: number, place: number, network: number): void {
    const { attempts, calendar, directory, wires } = this.#ground;
    const answer = this.#options.hosts.answerOf(slot, place);
    if (answer === 0) return;
    if (wires.loses(network)) {
      this.#isLost(slot);
      return;
    }
    const host = directory.owner[place] as number;
    const thinksUs = answer === Answer.synAck ? (this.#answers[host] as Spans).draw(this.#stream) : 0;
    const waitUs = thinksUs + 2 * (wires.delayUs[network] as number);
    if (waitUs === 0) {
      if (this.#options.hosts.speaks(place)) this.#options.toRouter(slot, answer);
      return;
    }
    if (waitUs < SOON_US) attempts.mark(slot, Mark.pending);
    attempts.hold(slot);
    calendar.enter(calendar.nowUs + waitUs, this.#actor, answer, slot);
  }

  #isLost(slot: number): void {
    const { attempts, witness } = this.#ground;
    if (attempts.has(slot, Mark.own)) witness.lost?.(attempts.service[slot] as number);
  }

  happens(answer: number, slot: number): void {
    const { attempts } = this.#ground;
    const { hosts } = this.#options;
    attempts.unmark(slot, Mark.pending);
    const place = attempts.place[slot] as number;
    // What has stopped it in between has stopped this, too.
    if (hosts.answerOf(slot, place) !== 0 && hosts.speaks(place)) this.#options.toRouter(slot, answer);
    this.#options.settle(slot);
    attempts.drop(slot);
  }
}
