/**
 * Programs that try: a visit is a connection that one opens, or several at once, until one of them is open or all have failed. The
 * first of its attempts stands for the visit.
 */
import type { Actor } from '../kernel/calendar.ts';
import type { Stream } from '../kernel/streams.ts';
import { STACKS } from '../scenario/types.ts';
import type { TryEnd } from '../truth/witness.ts';
import { Mark, State } from './attempts.ts';
import type { Clients } from './clients.ts';
import { Answer, type Ground } from './ground.ts';
import { Habits, NO_HABIT } from './habits.ts';
import { stackOf } from './stacks.ts';

const What = { patience: 0, port: 1, nextTry: 2 } as const;
const FOREVER_US = Number.POSITIVE_INFINITY;
const LINUX = STACKS.indexOf('linux');
const ROUTER = -1;

interface Visit {
  readonly client: number;
  readonly place: number;
  readonly service: number;
  readonly port: number;
  readonly stack: number;
  readonly patienceUs: number;
}

interface VisitsOptions {
  readonly ground: Ground;
  readonly clients: Clients;
  /** It got the page. */
  readonly shown: (client: number, service: number, stack: number) => void;
  /** What becomes of one of the router's own. */
  readonly ownEnded: (slot: number, answer: number) => void;
  /** Whoever wants all frames gets the rest of them. */
  readonly served: (slot: number) => void;
}

export class Visits implements Actor {
  readonly #options: VisitsOptions;
  readonly #ground: Ground;
  readonly #clients: Clients;
  readonly #actor: number;
  readonly #stream: Stream;
  readonly #habits: Habits;

  constructor(options: VisitsOptions) {
    this.#options = options;
    const { calendar, streams, directory } = options.ground;
    this.#ground = options.ground;
    this.#clients = options.clients;
    this.#actor = calendar.admit(this);
    this.#stream = streams.of('programs');
    const plans = directory.people.groups.map(({ plan }) => plan);
    this.#habits = new Habits(plans, streams.of('people'));
  }

  /** One of the people tries, by his habits. */
  personTries(person: number, service: number): void {
    const { attempts, directory } = this.#ground;
    const habit = directory.people.groupNumber(person);
    const place = directory.servicePlace[service] as number;
    const slot = this.#take(directory.namedPlaces + person, place, service, habit);
    attempts.toPort[slot] = directory.servicePort[service] as number;
    attempts.stack[slot] = directory.people.stackOf(person);
    attempts.setPatienceUs(slot, this.#habits.patienceUs(habit) ?? FOREVER_US);
    attempts.left[slot] = this.#habits.times(habit);
    this.#begin(slot);
  }

  tries(visit: Visit): void {
    this.#begin(this.#visit(visit));
  }

  triesLater(visit: Visit, waitUs: number): void {
    this.#beginLater(this.#visit(visit), waitUs);
  }

  /** The router's own connection, which is no try; its number. Nothing is heard before this has returned. */
  opens(place: number, service: number, port: number, localPort: number | null): number {
    const { attempts } = this.#ground;
    const slot = this.#take(ROUTER, place, service, NO_HABIT);
    attempts.mark(slot, Mark.own);
    attempts.toPort[slot] = port;
    attempts.stack[slot] = LINUX;
    if (localPort !== null) attempts.fromPort[slot] = localPort;
    // The program's own reference.
    attempts.hold(slot);
    this.#clients.sendLater(slot, 0);
    return slot;
  }

  /** The program has no more use for it. */
  closes(slot: number): void {
    const { attempts } = this.#ground;
    this.#clients.over(slot);
    attempts.ended[slot] = 1;
    this.#clients.release(slot);
    attempts.drop(slot);
  }

  /** The world ends, and with it all visits. */
  end(): void {
    const { attempts } = this.#ground;
    for (const slot of attempts.all()) {
      const isVisit = attempts.visit[slot] === slot && attempts.state[slot] !== State.free;
      if (isVisit && attempts.ended[slot] === 0 && !attempts.has(slot, Mark.own)) this.#end(slot, 'cut');
    }
  }

  /** An attempt's answer does not come at once. */
  waits(slot: number): void {
    const { attempts, calendar } = this.#ground;
    if (attempts.visit[slot] !== slot || attempts.has(slot, Mark.own)) return;
    const beganUs = attempts.beganUs(slot);
    const patienceUs = attempts.patienceUs(slot);
    if (patienceUs < FOREVER_US) {
      attempts.hold(slot);
      calendar.enter(beganUs + patienceUs, this.#actor, What.patience, slot);
    }
    for (const [fromUs, toUs] of stackOf(attempts.stack[slot] as number).portsUs) {
      attempts.hold(slot);
      calendar.enter(beganUs + fromUs + this.#stream.below(toUs - fromUs), this.#actor, What.port, slot);
    }
  }

  opened(slot: number): void {
    const { attempts } = this.#ground;
    if (attempts.has(slot, Mark.own)) {
      attempts.ended[slot] = 1;
      this.#options.ownEnded(slot, Answer.synAck);
      return;
    }
    const visit = attempts.visit[slot] as number;
    const isShown = attempts.has(slot, Mark.shown);
    const [client, service] = [attempts.client[slot] as number, attempts.service[slot] as number];
    attempts.hold(slot);
    this.#end(visit, isShown ? 'shown' : 'served');
    if (slot !== visit) this.#clients.release(slot);
    if (isShown) this.#options.shown(client, service, attempts.stack[slot] as number);
    else this.#options.served(slot);
    attempts.drop(slot);
  }

  failed(slot: number, end: TryEnd, answer: number): void {
    const { attempts } = this.#ground;
    if (attempts.has(slot, Mark.own)) {
      attempts.ended[slot] = 1;
      this.#options.ownEnded(slot, answer);
      return;
    }
    const visit = attempts.visit[slot] as number;
    const live = (attempts.live[visit] as number) - 1;
    attempts.live[visit] = live;
    if (live === 0) this.#end(visit, end);
    if (slot !== visit) this.#clients.release(slot);
  }

  happens(what: number, slot: number): void {
    const { attempts } = this.#ground;
    if (what === What.nextTry) {
      attempts.ended[slot] = 0;
      this.#begin(slot);
      return;
    }
    if (attempts.ended[slot] === 0) {
      if (what === What.patience) this.#end(slot, 'gaveUp');
      else this.#opensAnother(slot);
    }
    attempts.drop(slot);
  }

  #take(client: number, place: number, service: number, habit: number): number {
    const { attempts } = this.#ground;
    const slot = this.#clients.take(client, place);
    attempts.visit[slot] = slot;
    attempts.live[slot] = 1;
    attempts.service[slot] = service;
    attempts.habit[slot] = habit;
    attempts.left[slot] = 0;
    attempts.reload[slot] = 0;
    attempts.setPatienceUs(slot, FOREVER_US);
    return slot;
  }

  #visit({ client, place, service, port, stack, patienceUs }: Visit): number {
    const { attempts } = this.#ground;
    const slot = this.#take(client, place, service, NO_HABIT);
    attempts.toPort[slot] = port;
    attempts.stack[slot] = stack;
    attempts.setPatienceUs(slot, patienceUs);
    return slot;
  }

  #begin(slot: number): void {
    const { attempts, calendar, witness } = this.#ground;
    attempts.setBeganUs(slot, calendar.nowUs);
    witness.tried(attempts.client[slot] as number, attempts.service[slot] as number);
    this.#clients.send(slot);
  }

  #beginLater(slot: number, waitUs: number): void {
    const { attempts, calendar } = this.#ground;
    // It is none yet.
    attempts.ended[slot] = 1;
    calendar.enter(calendar.nowUs + waitUs, this.#actor, What.nextTry, slot);
  }

  #opensAnother(visit: number): void {
    const { attempts } = this.#ground;
    const slot = this.#clients.take(attempts.client[visit] as number, attempts.place[visit] as number);
    attempts.service[slot] = attempts.service[visit] as number;
    attempts.toPort[slot] = attempts.toPort[visit] as number;
    attempts.stack[slot] = attempts.stack[visit] as number;
    attempts.visit[slot] = visit;
    attempts.hold(visit);
    attempts.live[visit] = (attempts.live[visit] as number) + 1;
    this.#clients.send(slot);
  }

  #end(visit: number, end: TryEnd): void {
    const { attempts, witness } = this.#ground;
    attempts.ended[visit] = 1;
    const [client, service] = [attempts.client[visit] as number, attempts.service[visit] as number];
    witness.tryEnded(client, service, end, attempts.beganUs(visit));
    if (end !== 'served' && end !== 'shown' && end !== 'cut') this.#triesAgain(visit, end);
    this.#clients.release(visit);
  }

  #triesAgain(visit: number, end: TryEnd): void {
    const { attempts } = this.#ground;
    const habit = attempts.habit[visit] as number;
    const [left, reload] = [attempts.left[visit] as number, attempts.reload[visit] as number];
    const next = this.#habits.next({ habit, end, left, reload }, stackOf(attempts.stack[visit] as number));
    if (next === null) return;
    const [client, place] = [attempts.client[visit] as number, attempts.place[visit] as number];
    const slot = this.#take(client, place, attempts.service[visit] as number, habit);
    attempts.toPort[slot] = attempts.toPort[visit] as number;
    attempts.stack[slot] = attempts.stack[visit] as number;
    attempts.left[slot] = next.left;
    attempts.reload[slot] = next.reload;
    attempts.setPatienceUs(slot, this.#habits.patienceUs(habit) ?? attempts.patienceUs(visit));
    this.#beginLater(slot, next.waitUs);
  }
}
