/**
 * The way of packets that open a connection, through all chains before they are routed, as the kernel takes it: for each port at once, and
 * for all clients. A port is found to be forwarded if each of them meets the same translation, whatever is not known of him.
 */
import type { Matched, Way } from './match.ts';
import { ALL, both, either, NONE, type PortSet, portCount, stretchesOf, without } from './ports.ts';
import type { Base } from './ruleset.ts';
import type { Compiled, Real, Rule, RuleStep, RuleVerdict } from './steps.ts';

const MAX_DEPTH = 16;
/** Between two turns of the event loop: with thousands of ports behind it, a rule takes a tenth of a millisecond. */
const RULES_A_TURN = 50;

/** Where some ports lead; null: nobody knows. */
export interface Lead {
  readonly ports: PortSet;
  readonly server: string;
  /** null: each to the same one. */
  readonly port: number | null;
}

export interface WayMet {
  /** For each client. */
  readonly sure: readonly Lead[];
  /** For one or the other. */
  readonly perhaps: readonly Lead[];
  /** Of which nobody knows what becomes of them. */
  readonly unclear: PortSet;
  /** That one or the other is led by to a port of this machine itself. */
  readonly own: PortSet;
  /** Statements that translate destinations, each with the ports of which it may be the one. */
  readonly statements: ReadonlyMap<object, PortSet>;
  /** Chains that translate. */
  readonly chains: ReadonlySet<Base>;
}

interface Options {
  /** Rules that are gone through at the most. */
  readonly maxSteps: number;
  /** Ports that one rule may forward; one with more is about a machine as a whole. */
  readonly maxPorts: number;
  readonly isOwn: (address: string) => boolean;
}

/** Of a chain that packets are in: of those to some ports each is there, of those to others one or the other. */
interface Frame {
  sure: PortSet;
  maybe: PortSet;
}

/** Yields after a part of the work. */
export function* walk(
  compiled: Compiled,
  bases: readonly Base[],
  way: Way,
  options: Options,
): Generator<void, WayMet> {
  const walker = new Walker(compiled, way, options);
  yield* walker.all(bases);
  return walker.met();
}

class Walker {
  readonly #compiled: Compiled;
  readonly #way: Way;
  readonly #options: Options;
  readonly #sure: Lead[] = [];
  readonly #perhaps: Lead[] = [];
  readonly #statements = new Map<object, PortSet>();
  readonly #chains = new Set<Base>();
  /** To which no packet comes any more. */
  #ended: PortSet = NONE;
  #unclear: PortSet = NONE;
  #own: PortSet = NONE;
  /** That one or the other leads somewhere. */
  #promised: PortSet = NONE;
  /** That have left the chains of the base that is gone through: each packet, one or the other. */
  #left: PortSet = NONE;
  #mayHaveLeft: PortSet = NONE;
  #base!: Base;
  #steps = 0;

  constructor(compiled: Compiled, way: Way, options: Options) {
    this.#compiled = compiled;
    this.#way = way;
    this.#options = options;
  }

  met(): WayMet {
    return {
      ...{ sure: this.#sure, perhaps: this.#perhaps, unclear: this.#unclear, own: this.#own },
      ...{ statements: this.#statements, chains: this.#chains },
    };
  }

  *all(bases: readonly Base[]): Generator<void> {
    let priority = Number.NEGATIVE_INFINITY;
    // What a chain has touched none of the same priority may touch, for either may come first.
    let touched = NONE;
    for (const base of bases) {
      if (base.family !== 'inet' && base.family !== (this.#way.version === 4 ? 'ip' : 'ip6')) continue;
      if (base.priority !== priority) touched = NONE;
      priority = base.priority;
      const before = this.#touched;
      yield* this.#enter(base, touched);
      if (base.isNat) touched = either(touched, without(this.#touched, before));
    }
  }

  get #touched(): PortSet {
    return either(either(this.#ended, this.#unclear), this.#promised);
  }

  *#enter(base: Base, touched: PortSet): Generator<void> {
    this.#base = base;
    this.#left = NONE;
    this.#mayHaveLeft = NONE;
    const [ended, unclear, promised] = [this.#ended, this.#unclear, this.#promised];
    // As if the others of its priority were not there.
    const before = without(ended, touched);
    this.#ended = before;
    const all = without(ALL, before);
    const frame = base.isAwake ? { sure: all, maybe: NONE } : { sure: NONE, maybe: all };
    yield* this.#run(base.chain, frame, 0);
    if (!base.accepts && base.isNat) this.#blur(either(frame.sure, frame.maybe));
    const now = either(without(this.#unclear, unclear), without(this.#promised, promised));
    this.#blur(both(touched, either(without(this.#ended, before), now)));
    this.#ended = either(this.#ended, ended);
  }

  *#run(chain: string, frame: Frame, depth: number): Generator<void> {
    for (const rule of this.#compiled.rules.get(chain) ?? []) {
      if (rule.addresses?.has(this.#way.address) === false) continue;
      if (frame.sure.length + frame.maybe.length === 0) return;
      if (depth > MAX_DEPTH || ++this.#steps > this.#options.maxSteps) {
        this.#blur(either(frame.sure, frame.maybe));
        return;
      }
      if (this.#steps % RULES_A_TURN === 0) yield;
      yield* this.#rule(rule, frame, depth);
    }
  }

  *#rule({ steps }: Rule, frame: Frame, depth: number): Generator<void> {
    let here: Frame = { ...frame };
    for (const step of steps) {
      if (here.sure.length + here.maybe.length === 0) return;
      switch (step.kind) {
        case 'match':
          here = narrowed(here, step.match(this.#way));
          break;
        case 'untracked':
          this.#end(frame, here);
          here = still(here, frame);
          break;
        case 'anything':
          this.#blur(either(here.sure, here.maybe));
          here = { sure: NONE, maybe: either(here.sure, here.maybe) };
          break;
        case 'translate':
          this.#translate(step, here, frame);
          return;
        case 'verdicts':
          for (const [match, verdict] of step.entries)
            yield* this.#verdict(verdict, still(narrowed(here, match(this.#way)), frame), frame, depth);
          return;
      }
    }
  }

  *#verdict(verdict: RuleVerdict, here: Frame, frame: Frame, depth: number): Generator<void> {
    if (here.sure.length + here.maybe.length === 0) return;
    const isNat = this.#base.isNat;
    switch (verdict.kind) {
      case 'continue':
        break;
      case 'accept':
        this.#left = either(this.#left, here.sure);
        this.#mayHaveLeft = either(this.#mayHaveLeft, here.maybe);
        leave(frame, here);
        break;
      case 'return':
        leave(frame, here);
        break;
      case 'redirect':
        this.#own = either(this.#own, either(here.sure, here.maybe));
        this.#end(frame, here);
        break;
      case 'end':
        // Whom a filter keeps out, nobody serves in another's place.
        this.#end(frame, isNat ? here : { sure: here.sure, maybe: NONE });
        break;
      case 'anything':
        this.#blur(either(here.sure, here.maybe));
        break;
      case 'call':
        yield* this.#run(verdict.chain, { ...here }, depth + 1);
        this.#returned(frame);
        if (verdict.isGoto) leave(frame, still(here, frame));
    }
  }

  /** What has gone in a chain that was called, or may have, is here no more, or may not be. */
  #returned(frame: Frame): void {
    const gone = either(this.#ended, this.#left);
    const doubtful = both(frame.sure, this.#mayHaveLeft);
    frame.sure = without(without(frame.sure, gone), doubtful);
    frame.maybe = without(either(frame.maybe, doubtful), gone);
  }

  /** They go no further: none of those that are there for sure, perhaps others. */
  #end(frame: Frame, here: Frame): void {
    this.#blur(either(both(here.sure, this.#promised), here.maybe));
    this.#ended = either(this.#ended, here.sure);
    frame.sure = without(frame.sure, here.sure);
  }

  #blur(ports: PortSet): void {
    this.#unclear = either(this.#unclear, ports);
  }

  #translate(
    { statement, entries }: Extract<RuleStep, { kind: 'translate' }>,
    rule: Frame,
    frame: Frame,
  ): void {
    for (const [match, real] of entries) {
      const here = still(narrowed(rule, match(this.#way)), frame);
      const any = either(here.sure, here.maybe);
      if (any.length === 0) continue;
      // What is sent to a port of this machine itself, or stays where it is, has not gone on to another one.
      if (real !== null && (this.#options.isOwn(real.server) || real.server === this.#way.address)) {
        this.#own = either(this.#own, any);
        this.#end(frame, here);
        continue;
      }
      this.#statements.set(statement, either(this.#statements.get(statement) ?? NONE, any));
      this.#chains.add(this.#base);
      let unread = any;
      for (const [ports, port] of this.#leads(real, any)) {
        this.#lead({ ports: both(here.sure, ports), server: real?.server ?? '', port }, frame);
        this.#promise({ ports: both(here.maybe, ports), server: real?.server ?? '', port });
        unread = without(unread, ports);
      }
      this.#blur(unread);
      this.#end(frame, { sure: both(here.sure, unread), maybe: NONE });
    }
  }

  /** Which ports of these get which, as far as it is known: of several the kernel takes the one that was asked for, or any other. */
  #leads(real: Real | null, ports: PortSet): readonly (readonly [PortSet, number | null])[] {
    if (real === null || portCount(ports) > this.#options.maxPorts) return [];
    if (real.ports === null) return [[ports, null]];
    const [first, last] = real.ports;
    if (first === last) return [[ports, first]];
    return real.byChance ? [] : [[both(ports, [first, last]), null]];
  }

  #lead(lead: Lead, frame: Frame): void {
    if (lead.ports.length === 0) return;
    this.#sure.push(lead);
    this.#blur(this.#others(lead));
    this.#ended = either(this.#ended, lead.ports);
    frame.sure = without(frame.sure, lead.ports);
  }

  #promise(lead: Lead): void {
    if (lead.ports.length === 0) return;
    this.#blur(this.#others(lead));
    this.#perhaps.push(lead);
    this.#promised = either(this.#promised, lead.ports);
  }

  /** Those of the ports that one or the other leads elsewhere. */
  #others({ ports, server, port }: Lead): PortSet {
    if (both(ports, this.#promised).length === 0) return NONE;
    let others = NONE;
    for (const known of this.#perhaps) {
      const shared = both(known.ports, ports);
      if (known.server === server && known.port === port) continue;
      for (const [first, last] of stretchesOf(shared)) {
        const isSame = known.server === server && first === last && (known.port ?? first) === (port ?? first);
        if (!isSame) others = either(others, [first, last]);
      }
    }
    return others;
  }
}

function narrowed({ sure, maybe }: Frame, answer: Matched): Frame {
  const any = either(answer.yes, answer.maybe);
  return { sure: both(sure, answer.yes), maybe: either(both(maybe, any), both(sure, answer.maybe)) };
}

/** What is left of it in the chain; who was there for sure may be there only perhaps by now. */
function still(here: Frame, { sure, maybe }: Frame): Frame {
  return {
    sure: both(here.sure, sure),
    maybe: either(both(here.maybe, either(sure, maybe)), both(here.sure, maybe)),
  };
}

/** They go back to where they came from. */
function leave(frame: Frame, here: Frame): void {
  frame.sure = without(without(frame.sure, here.sure), here.maybe);
  frame.maybe = either(frame.maybe, here.maybe);
}
