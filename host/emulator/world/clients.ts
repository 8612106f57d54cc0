/**
 * Clients: a visit of one is a connection that it opens, or several at once; and what its kernel and its program do until one of them
 * is open or all have failed.
 */

import type { Actor } from '../kernel/calendar.ts';
import { Spans } from '../kernel/draw.ts';
import type { Stream } from '../kernel/streams.ts';
import { STACKS } from '../scenario/types.ts';
import type { TryEnd } from '../truth/witness.ts';
import { Mark, State } from './attempts.ts';
import { Answer, type Ground } from './ground.ts';
import { JITTER_PARTS, STACK_OF, type Stack } from './stacks.ts';

const What = { atClient: 1, again: 2, patience: 3, port: 4, nextTry: 5, send: 6 } as const;
const FIRST_PORT = 32_768;
const PORTS = 28_232;
/** Of a host with a name: it tries when the script says so. */
const NO_HABIT = 255;
/** A client so near to the router is no entry in the calendar for each answer. */
const UNSEEN_US = 1000;
const STACKS_BY_NUMBER: readonly Stack[] = STACKS.map((name) => STACK_OF[name]);

interface Visit {
  readonly client: number;
  readonly place: number;
  readonly service: number;
  readonly port: number;
  readonly stack: number;
  readonly patienceUs: number;
}

interface Habits {
  readonly patience: Spans;
  readonly after: Spans;
  readonly times: number;
  readonly chance: number;
}

interface ClientsOptions {
  readonly ground: Ground;
  /** A SYN has come to the router. */
  readonly toRouter: (slot: number) => void;
  /** Whether the client's own machine is on its network; it is about to speak, so that it looks for its router first. */
  readonly speaks: (client: number) => boolean;
  /** It got the page. */
  readonly shown: (client: number, service: number, stack: number) => void;
  /** What becomes of one of the router's own. */
  readonly ownEnded: (slot: number, answer: number) => void;
  /** It is open; whoever wants all frames gets the rest of them. */
  readonly opened: (slot: number) => void;
}

/** Said to the router's own in the place of an answer. */
export const TIMED_OUT = 0;

export class Clients implements Actor {
  readonly #options: ClientsOptions;
  readonly #ground: Ground;
  readonly #actor: number;
  readonly #stream: Stream;
  readonly #habits: readonly Habits[];
  #ports = 0;

  constructor(options: ClientsOptions) {
    this.#options = options;
    const { calendar, streams, directory } = options.ground;
    this.#ground = options.ground;
    this.#actor = calendar.admit(this);
    this.#stream = streams.of('clients');
    this.#habits = directory.people.groups.map(({ plan: { patience, again } }) => ({
      patience: new Spans(patience),
      after: new Spans(again.after),
      times: again.times,
      chance: again.chance,
    }));
  }

  /** One of the people tries, by his habits. */
  personTries(person: number, service: number): void {
    const { directory } = this.#ground;
    const group = directory.people.groupNumber(person);
    const { patience, times } = this.#habits[group] as Habits;
    const slot = this.#take(directory.namedPlaces + person, directory.servicePlace[service] as number);
    const { attempts } = this.#ground;
    attempts.service[slot] = service;
    attempts.toPort[slot] = directory.servicePort[service] as number;
    attempts.stack[slot] = directory.people.stackOf(person);
    attempts.habit[slot] = group;
    attempts.patienceUs[slot] = patience.draw(this.#stream);
    attempts.left[slot] = times;
    this.#begin(slot);
  }

  tries(visit: Visit): void {
    this.#begin(this.#visit(visit));
  }

  triesLater(visit: Visit, waitUs: number): void {
    const { attempts, calendar } = this.#ground;
    const slot = this.#visit(visit);
    attempts.ended[slot] = 1;
    calendar.enter(calendar.nowUs + waitUs, this.#actor, What.nextTry, slot);
  }

  #visit({ client, place, service, port, stack, patienceUs }: Visit): number {
    const { attempts } = this.#ground;
    const slot = this.#take(client, place);
    attempts.service[slot] = service;
    attempts.toPort[slot] = port;
    attempts.stack[slot] = stack;
    attempts.habit[slot] = NO_HABIT;
    attempts.patienceUs[slot] = patienceUs;
    attempts.left[slot] = 0;
    return slot;
  }

  /** The router's own connection, which is no try; its number. */
  opens(place: number, service: number, port: number, localPort: number | null): number {
    const { attempts, calendar } = this.#ground;
    const slot = this.#take(-1, place);
    attempts.mark(slot, Mark.own);
    attempts.service[slot] = service;
    attempts.toPort[slot] = port;
    attempts.stack[slot] = STACKS.indexOf('linux');
    attempts.habit[slot] = NO_HABIT;
    attempts.patienceUs[slot] = Number.POSITIVE_INFINITY;
    if (localPort !== null) attempts.fromPort[slot] = localPort;
    attempts.hold(slot);
    // Whoever has asked for it hears nothing before he has its number.
    attempts.hold(slot);
    calendar.enter(calendar.nowUs, this.#actor, What.send, slot);
    return slot;
  }

  /** The program has no more use for it. */
  closes(slot: number): void {
    const { attempts } = this.#ground;
    if (attempts.ended[slot] === 0) this.#endAttempt(slot);
    attempts.ended[slot] = 1;
    this.#release(slot);
    attempts.drop(slot);
  }

  /** The world ends, and with it all visits. */
  end(): void {
    const { attempts } = this.#ground;
    for (let slot = 0; slot < attempts.used; slot++) {
      const isVisit = attempts.visit[slot] === slot && attempts.state[slot] !== State.free;
      if (isVisit && attempts.ended[slot] === 0 && !attempts.has(slot, Mark.own)) this.#endVisit(slot, 'cut');
    }
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
      this.#meets(slot, answer);
      return;
    }
    attempts.hold(slot);
    if (answer === Answer.synAck) attempts.mark(slot, Mark.pending);
    calendar.enter(calendar.nowUs + delayUs, this.#actor, What.atClient | (answer << 8), slot);
  }

  /** What was on its way got nowhere, perhaps: if nothing else is, the client's timers matter. */
  settle(slot: number): void {
    const { attempts } = this.#ground;
    const visit = attempts.visit[slot] as number;
    if (attempts.state[slot] !== State.opening || attempts.ended[visit] === 1) {
      this.#release(slot);
      return;
    }
    if (!attempts.has(slot, Mark.pending | Mark.timed)) this.#setTimers(slot);
  }

  happens(what: number, slot: number): void {
    const { attempts } = this.#ground;
    const visit = attempts.visit[slot] as number;
    const isOver = attempts.state[slot] !== State.opening || attempts.ended[visit] === 1;
    switch (what & 0xff) {
      case What.atClient:
        attempts.unmark(slot, Mark.pending);
        if (!isOver && this.#options.speaks(attempts.client[slot] as number)) this.#meets(slot, what >>> 8);
        this.settle(slot);
        break;
      case What.again:
        if (!isOver) this.#sendsAgain(slot);
        else this.#release(slot);
        break;
      case What.send:
        if (!isOver) this.#depart(slot);
        else this.#release(slot);
        break;
      case What.patience:
        if (attempts.ended[slot] === 0) this.#endVisit(slot, 'gaveUp');
        break;
      case What.port:
        if (attempts.ended[slot] === 0) this.#opensAnother(slot);
        break;
      case What.nextTry:
        attempts.ended[slot] = 0;
        this.#begin(slot);
        return;
      default:
    }
    attempts.drop(slot);
  }

  #take(client: number, place: number): number {
    const { attempts } = this.#ground;
    const slot = attempts.take();
    attempts.client[slot] = client;
    attempts.place[slot] = place;
    attempts.visit[slot] = slot;
    attempts.reload[slot] = 0;
    attempts.live[slot] = 1;
    this.#number(slot);
    return slot;
  }

  #number(slot: number): void {
    const { attempts } = this.#ground;
    attempts.fromPort[slot] = FIRST_PORT + (this.#ports++ % PORTS);
    attempts.sequence[slot] = this.#stream.word();
  }

  #begin(slot: number): void {
    const { attempts, calendar, witness } = this.#ground;
    attempts.beganUs[slot] = calendar.nowUs;
    witness.tried(attempts.client[slot] as number, attempts.service[slot] as number);
    this.#depart(slot);
  }

  /** A SYN, the first or another. */
  #depart(slot: number): void {
    const { attempts, calendar, directory, wires } = this.#ground;
    const client = attempts.client[slot] as number;
    attempts.sent[slot] = (attempts.sent[slot] as number) + 1;
    attempts.sentUs[slot] = calendar.nowUs;
    attempts.unmark(slot, Mark.pending);
    if (client < 0) this.#options.toRouter(slot);
    else if (this.#options.speaks(client)) {
      const network = directory.clientNetwork(client);
      // How long it is under way counts on the way back: nobody can tell it apart.
      if (!wires.isCut[network] && !wires.loses(network)) this.#options.toRouter(slot);
    }
    this.settle(slot);
  }

  #setTimers(slot: number): void {
    const { attempts, calendar } = this.#ground;
    attempts.mark(slot, Mark.timed);
    const stack = STACKS_BY_NUMBER[attempts.stack[slot] as number] as Stack;
    const nextUs = this.#gapUs(slot, stack);
    attempts.hold(slot);
    calendar.enter((attempts.sentUs[slot] as number) + nextUs, this.#actor, What.again, slot);
    if (attempts.visit[slot] !== slot || attempts.has(slot, Mark.own)) return;
    const beganUs = attempts.beganUs[slot] as number;
    const patienceUs = attempts.patienceUs[slot] as number;
    if (patienceUs < Number.POSITIVE_INFINITY) {
      attempts.hold(slot);
      calendar.enter(beganUs + patienceUs, this.#actor, What.patience, slot);
    }
    for (const [fromUs, toUs] of stack.portsUs) {
      attempts.hold(slot);
      calendar.enter(beganUs + fromUs + this.#stream.below(toUs - fromUs), this.#actor, What.port, slot);
    }
  }

  /** From its last SYN to the next, or to the end. */
  #gapUs(slot: number, { gapsUs, lastUs, totalUs }: Stack): number {
    const { attempts, calendar } = this.#ground;
    const gapUs = gapsUs[(attempts.sent[slot] as number) - 1] ?? lastUs;
    const jitteredUs = gapUs + this.#stream.below(Math.floor(gapUs / JITTER_PARTS));
    if (totalUs === null) return jitteredUs;
    const visit = attempts.visit[slot] as number;
    return Math.min(jitteredUs, (attempts.beganUs[visit] as number) + totalUs - calendar.nowUs);
  }

  #sendsAgain(slot: number): void {
    const { attempts, calendar } = this.#ground;
    const stack = STACKS_BY_NUMBER[attempts.stack[slot] as number] as Stack;
    const visit = attempts.visit[slot] as number;
    const isLate =
      stack.totalUs !== null && calendar.nowUs - (attempts.beganUs[visit] as number) >= stack.totalUs;
    if (attempts.has(slot, Mark.failsNext)) this.#fails(slot, 'unreachable', Answer.hostUnreachable);
    else if ((attempts.sent[slot] as number) > stack.gapsUs.length || isLate) {
      const isWarned = attempts.has(slot, Mark.warned);
      this.#fails(slot, isWarned ? 'unreachable' : 'gaveUp', TIMED_OUT);
    } else {
      this.#depart(slot);
      if (attempts.state[slot] !== State.opening) return;
      attempts.hold(slot);
      calendar.enter(calendar.nowUs + this.#gapUs(slot, stack), this.#actor, What.again, slot);
    }
  }

  #opensAnother(visit: number): void {
    const { attempts } = this.#ground;
    const slot = attempts.take();
    for (const column of [
      attempts.client,
      attempts.place,
      attempts.service,
      attempts.toPort,
      attempts.stack,
    ]) {
      column[slot] = column[visit] as number;
    }
    attempts.visit[slot] = visit;
    attempts.hold(visit);
    attempts.live[visit] = (attempts.live[visit] as number) + 1;
    this.#number(slot);
    this.#depart(slot);
  }

  /** An answer has come. */
  #meets(slot: number, answer: number): void {
    const { attempts, calendar } = this.#ground;
    const visit = attempts.visit[slot] as number;
    if (attempts.state[slot] !== State.opening || attempts.ended[visit] === 1) return;
    const stack = STACKS_BY_NUMBER[attempts.stack[slot] as number] as Stack;
    if (answer === Answer.synAck) this.#opens(slot, visit);
    else if (answer === Answer.rst) {
      if (stack.afterRst === null || (attempts.resets[slot] as number) >= stack.afterRst.times) {
        this.#fails(slot, 'refused', answer);
        return;
      }
      attempts.resets[slot] = (attempts.resets[slot] as number) + 1;
      attempts.hold(slot);
      calendar.enter(calendar.nowUs + stack.afterRst.us, this.#actor, What.send, slot);
    } else if (!stack.isIcmpFatal) attempts.mark(slot, Mark.warned);
    else if (this.#ground.isLab && attempts.sent[slot] === 1 && attempts.sentUs[slot] === calendar.nowUs) {
      // It comes back inside its connect() call, where the socket is locked.
      attempts.mark(slot, Mark.failsNext);
    } else this.#fails(slot, answer === Answer.rejected ? 'refused' : 'unreachable', answer);
  }

  #opens(slot: number, visit: number): void {
    const { attempts } = this.#ground;
    this.#endAttempt(slot);
    if (attempts.has(slot, Mark.own)) {
      attempts.ended[slot] = 1;
      this.#options.ownEnded(slot, Answer.synAck);
      return;
    }
    const isShown = attempts.has(slot, Mark.shown);
    const [client, service] = [attempts.client[slot] as number, attempts.service[slot] as number];
    attempts.hold(slot);
    this.#endVisit(visit, isShown ? 'shown' : 'served');
    if (slot !== visit) this.#release(slot);
    if (isShown) this.#options.shown(client, service, attempts.stack[slot] as number);
    else this.#options.opened(slot);
    attempts.drop(slot);
  }

  #fails(slot: number, end: TryEnd, answer: number): void {
    const { attempts } = this.#ground;
    const visit = attempts.visit[slot] as number;
    this.#endAttempt(slot);
    if (attempts.has(slot, Mark.own)) {
      attempts.ended[slot] = 1;
      this.#options.ownEnded(slot, answer);
      return;
    }
    const live = (attempts.live[visit] as number) - 1;
    attempts.live[visit] = live;
    if (live === 0) this.#endVisit(visit, end);
    if (slot !== visit) this.#release(slot);
  }

  #endAttempt(slot: number): void {
    this.#ground.attempts.state[slot] = State.over;
  }

  #endVisit(visit: number, end: TryEnd): void {
    const { attempts, witness } = this.#ground;
    attempts.ended[visit] = 1;
    const [client, service] = [attempts.client[visit] as number, attempts.service[visit] as number];
    witness.tryEnded(client, service, end, attempts.beganUs[visit] as number);
    if (end !== 'served' && end !== 'shown' && end !== 'cut') this.#triesAgain(visit, end);
    this.#release(visit);
  }

  /** The program by itself, or whoever sits before it. */
  #triesAgain(visit: number, end: TryEnd): void {
    const { attempts, calendar } = this.#ground;
    const stack = STACKS_BY_NUMBER[attempts.stack[visit] as number] as Stack;
    const reload = attempts.reload[visit] as number;
    const reloadUs = end === 'gaveUp' ? undefined : stack.reloadsUs[reload];
    const habits = this.#habits[attempts.habit[visit] as number];
    let left = attempts.left[visit] as number;
    let waitUs = reloadUs;
    if (waitUs === undefined && habits !== undefined && left > 0) {
      if (this.#stream.fraction() >= habits.chance) return;
      left--;
      waitUs = habits.after.draw(this.#stream);
    }
    if (waitUs === undefined) return;
    const next = this.#take(attempts.client[visit] as number, attempts.place[visit] as number);
    for (const column of [attempts.service, attempts.toPort, attempts.stack, attempts.habit]) {
      column[next] = column[visit] as number;
    }
    attempts.left[next] = left;
    attempts.reload[next] = reloadUs === undefined ? 0 : reload + 1;
    attempts.patienceUs[next] = habits?.patience.draw(this.#stream) ?? (attempts.patienceUs[visit] as number);
    // It has not begun.
    attempts.ended[next] = 1;
    calendar.enter(calendar.nowUs + waitUs, this.#actor, What.nextTry, next);
  }

  /** Its client is done with it. */
  #release(slot: number): void {
    const { attempts } = this.#ground;
    if (attempts.has(slot, Mark.released)) return;
    attempts.mark(slot, Mark.released);
    const visit = attempts.visit[slot] as number;
    attempts.drop(slot);
    if (visit !== slot) attempts.drop(visit);
  }
}
