/** Clients' kernels: when they send a SYN again, what they make of answers, and when they give a connection up. */
import type { Actor } from '../kernel/calendar.ts';
import type { Stream } from '../kernel/streams.ts';
import type { TryEnd } from '../truth/witness.ts';
import { Mark, State } from './attempts.ts';
import { Answer, type Ground } from './ground.ts';
import { gapUs, stackOf } from './stacks.ts';

const What = { atClient: 0, again: 1, send: 2 } as const;
export const FIRST_PORT = 32_768;
export const PORTS = 28_232;
/** A client so near to the router is no entry in the calendar for each answer. */
const UNSEEN_US = 1000;

interface ClientsOptions {
  readonly ground: Ground;
  /** A SYN has come to the router. */
  readonly toRouter: (slot: number) => void;
  /** Whether the client's own machine is on its network; it is about to speak, so that it looks for its router first. */
  readonly speaks: (client: number) => boolean;
  /** An answer is on its way no more: its program waits for whatever comes, from now on. */
  readonly waits: (slot: number) => void;
  readonly opened: (slot: number) => void;
  /** `answer`: the one that has ended it, or `TIMED_OUT`. */
  readonly failed: (slot: number, end: TryEnd, answer: number) => void;
}

/** In the place of an answer: there was none. */
export const TIMED_OUT = 0;

export class Clients implements Actor {
  readonly #options: ClientsOptions;
  readonly #ground: Ground;
  readonly #actor: number;
  readonly #stream: Stream;
  #ports = 0;

  constructor(options: ClientsOptions) {
    this.#options = options;
    this.#ground = options.ground;
    const { calendar, streams } = options.ground;
    this.#actor = calendar.admit(this);
    this.#stream = streams.of('clients');
  }

  /** An attempt that has yet to begin, with a port and a sequence number; its other columns are to be written. */
  take(client: number, place: number): number {
    const { attempts } = this.#ground;
    const slot = attempts.take();
    attempts.client[slot] = client;
    attempts.place[slot] = place;
    attempts.fromPort[slot] = FIRST_PORT + (this.#ports++ % PORTS);
    attempts.sequence[slot] = this.#stream.word();
    return slot;
  }

  /** A SYN, the first or another. */
  send(slot: number): void {
    const { attempts, calendar, directory, wires } = this.#ground;
    const client = attempts.client[slot] as number;
    attempts.sent[slot] = (attempts.sent[slot] as number) + 1;
    attempts.setSentUs(slot, calendar.nowUs);
    attempts.unmark(slot, Mark.pending);
    if (client < 0) this.#options.toRouter(slot);
    else if (this.#options.speaks(client)) {
      const network = directory.clientNetwork(client);
      // How long it is under way counts on the way back: nobody can tell it apart.
      if (!wires.isCut[network] && !wires.loses(network)) this.#options.toRouter(slot);
    }
    this.settle(slot);
  }

  sendLater(slot: number, waitUs: number): void {
    const { attempts, calendar } = this.#ground;
    attempts.hold(slot);
    calendar.enter(calendar.nowUs + waitUs, this.#actor, What.send, slot);
  }

  /** An answer has left the router for its client's network, or has come to the router, whose own it is. */
  answer(slot: number, answer: number): void {
    const { attempts, directory, wires, calendar } = this.#ground;
    const client = attempts.client[slot] as number;
    if (client < 0) {
      this.#meets(slot, answer);
      return;
    }
    const network = directory.clientNetwork(client);
    if (wires.isCut[network] || wires.loses(network)) return;
    const delayUs = 2 * (wires.delayUs[network] as number);
    if (delayUs <= UNSEEN_US) {
      if (this.#options.speaks(client)) this.#meets(slot, answer);
      return;
    }
    attempts.hold(slot);
    if (answer === Answer.synAck) attempts.mark(slot, Mark.pending);
    calendar.enter(calendar.nowUs + delayUs, this.#actor, What.atClient | (answer << 8), slot);
  }

  /** What was on its way got nowhere, perhaps: if nothing else is, the client's timers matter. */
  settle(slot: number): void {
    const { attempts, calendar } = this.#ground;
    if (this.#isOver(slot)) {
      this.release(slot);
      return;
    }
    if (attempts.has(slot, Mark.pending | Mark.timed)) return;
    attempts.mark(slot, Mark.timed);
    attempts.hold(slot);
    const dueUs = attempts.sentUs(slot) + this.#gapUs(slot);
    calendar.enter(dueUs, this.#actor, What.again, slot);
    this.#options.waits(slot);
  }

  happens(what: number, slot: number): void {
    const { attempts } = this.#ground;
    switch (what & 0xff) {
      case What.atClient:
        attempts.unmark(slot, Mark.pending);
        if (!this.#isOver(slot) && this.#options.speaks(attempts.client[slot] as number)) {
          this.#meets(slot, what >>> 8);
        }
        this.settle(slot);
        break;
      case What.again:
        if (this.#isOver(slot)) this.release(slot);
        else this.#sendsAgain(slot);
        break;
      case What.send:
        if (this.#isOver(slot)) this.release(slot);
        else this.send(slot);
        break;
      default:
    }
    attempts.drop(slot);
  }

  /** Nobody waits for it any more. */
  over(slot: number): void {
    this.#ground.attempts.state[slot] = State.over;
  }

  /** Its program is done with it. */
  release(slot: number): void {
    const { attempts } = this.#ground;
    if (attempts.has(slot, Mark.released)) return;
    attempts.mark(slot, Mark.released);
    const visit = attempts.visit[slot] as number;
    attempts.drop(slot);
    if (visit !== slot) attempts.drop(visit);
  }

  #isOver(slot: number): boolean {
    const { attempts } = this.#ground;
    return attempts.state[slot] !== State.opening || attempts.ended[attempts.visit[slot] as number] === 1;
  }

  #beganUs(slot: number): number {
    const { attempts } = this.#ground;
    return attempts.beganUs(attempts.visit[slot] as number);
  }

  /** From its last SYN to the next, or to the end. */
  #gapUs(slot: number): number {
    const { attempts, calendar } = this.#ground;
    const stack = stackOf(attempts.stack[slot] as number);
    const gap = gapUs(stack, attempts.sent[slot] as number, this.#stream);
    if (stack.totalUs === null) return gap;
    return Math.min(gap, this.#beganUs(slot) + stack.totalUs - calendar.nowUs);
  }

  #sendsAgain(slot: number): void {
    const { attempts, calendar } = this.#ground;
    const { totalUs, gapsUs } = stackOf(attempts.stack[slot] as number);
    const isLate = totalUs !== null && calendar.nowUs - this.#beganUs(slot) >= totalUs;
    if (attempts.has(slot, Mark.failsNext)) this.#fails(slot, 'unreachable', Answer.hostUnreachable);
    else if ((attempts.sent[slot] as number) > gapsUs.length || isLate) {
      this.#fails(slot, attempts.has(slot, Mark.warned) ? 'unreachable' : 'gaveUp', TIMED_OUT);
    } else {
      this.send(slot);
      if (attempts.state[slot] !== State.opening) return;
      attempts.hold(slot);
      calendar.enter(calendar.nowUs + this.#gapUs(slot), this.#actor, What.again, slot);
    }
  }

  /** An answer has come. */
  #meets(slot: number, answer: number): void {
    const { attempts, calendar, isLab } = this.#ground;
    if (this.#isOver(slot)) return;
    const { afterRst, isIcmpFatal } = stackOf(attempts.stack[slot] as number);
    if (answer === Answer.synAck) {
      this.over(slot);
      this.#options.opened(slot);
    } else if (answer === Answer.rst) {
      if (afterRst === null || (attempts.resets[slot] as number) >= afterRst.times) {
        this.#fails(slot, 'refused', answer);
        return;
      }
      attempts.resets[slot] = (attempts.resets[slot] as number) + 1;
      this.sendLater(slot, afterRst.us);
    } else if (!isIcmpFatal) attempts.mark(slot, Mark.warned);
    else if (isLab && attempts.sent[slot] === 1 && attempts.sentUs(slot) === calendar.nowUs) {
      // It comes back inside its connect() call, where the socket is locked.
      attempts.mark(slot, Mark.failsNext);
    } else this.#fails(slot, answer === Answer.rejected ? 'refused' : 'unreachable', answer);
  }

  #fails(slot: number, end: TryEnd, answer: number): void {
    this.over(slot);
    this.#options.failed(slot, end, answer);
  }
}
