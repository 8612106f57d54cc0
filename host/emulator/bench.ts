/**
 * `--on lan0,wan0`: a real router between emulated clients and servers, in real time. Their machines answer its ARP and its own connections; it
 * is judged by its mails: who was turned away by a server that is back is told once for it, and nobody else is; and by its status, where it can
 * be asked for it.
 */

import { messageOf, RingbackError } from '../errors.ts';
import { cleanName } from '../net/clean-text.ts';
import type { Endpoint } from '../net/endpoint.ts';
import type { Time } from '../time.ts';
import { BenchLedger, type BenchVerdict, type StatusOutage } from './board/bench-ledger.ts';
import { BenchWorld } from './board/bench-world.ts';
import { FrameCarrier } from './board/carrier.ts';
import { MailSink } from './board/mail-sink.ts';
import { inRealTime } from './board/pace.ts';
import { Calendar } from './kernel/calendar.ts';
import { Loop } from './kernel/loop.ts';
import { Streams } from './kernel/streams.ts';
import type { Scenario, Verb } from './scenario/types.ts';
import type { TakenMail, TryEnd, Witness } from './truth/witness.ts';
import { WorldDirectory } from './world/directory.ts';
import { Script } from './world/script.ts';

interface BenchOptions {
  /** The carrier's command. */
  readonly carrier: readonly string[];
  /** As many as the router has, in their order. */
  readonly interfaces: readonly string[];
  /** Where the router sends its mails. */
  readonly mail: Endpoint;
  readonly time: Time;
  /** Asks the router at the end who is down; null: nobody can. It may fail. */
  readonly status: (() => Promise<readonly StatusOutage[]>) | null;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  readonly onBegun?: (carryOut: (verb: Verb) => void) => void;
}

export interface BenchResult {
  readonly verdict: BenchVerdict;
  readonly begun: number;
  readonly ends: Readonly<Record<TryEnd, number>>;
  /** Of those that were answered to their first SYN, in milliseconds; null: none was. */
  readonly answeredMs: { readonly p50: number; readonly p99: number } | null;
  readonly sent: number;
  readonly received: number;
  readonly seconds: number;
  /** What the carrier could not carry. */
  readonly lost: string;
}

const STEP_MS = 1;
/** The router has said where it is by then. */
const MEET_MS = 10_000;

/** Throws RingbackError('unavailable') where there is no carrier, no mail server, or no router. */
export async function bench(scenario: Scenario, options: BenchOptions): Promise<BenchResult> {
  const { time, signal, say } = options;
  if (options.interfaces.length !== scenario.interfaces.length) {
    const [given, needed] = [options.interfaces.length, scenario.interfaces.length];
    throw new RingbackError('usage', `--on names ${given} interfaces; the scenario's router has ${needed}`);
  }
  const calendar = new Calendar();
  const loop = new Loop(calendar, time);
  const streams = new Streams(scenario.seed);
  const directory = new WorldDirectory(scenario, streams);
  const ledger = new BenchLedger(directory, () => calendar.nowUs);
  const counts = { sent: 0, received: 0 };
  const failed = new AbortController();
  let failure: RingbackError | null = null;
  let world: BenchWorld | null = null;
  const sink = await MailSink.open(options.mail, (mail) => {
    ledger.mail(mail);
    // Whoever reaches the port has written it.
    say(cleanName(`mail to ${mail.to}: ${mail.subject}`) ?? '');
  });
  let carrier: FrameCarrier | null = null;
  try {
    const carrying = await FrameCarrier.open({
      ...{ command: options.carrier, interfaces: options.interfaces },
      onFrame: (iface, bytes) => {
        counts.received++;
        world?.hear(iface, bytes);
      },
      onBatch: () => carrier?.flush(),
      onEnd: (error) => {
        failure = error;
        failed.abort();
      },
    });
    carrier = carrying;
    const send = (iface: number, bytes: Uint8Array): void => {
      counts.sent++;
      carrying.send(iface, bytes);
    };
    const witness = witnessOf(ledger, say);
    const own = new BenchWorld({
      ...{ scenario, directory, calendar, streams, witness, time, send },
      own: options.mail.host,
    });
    world = own;
    await meet(own, carrying, { time, signal });
    own.begin();
    new Script(scenario.script, { calendar, loop, witness, carryOut: (verb) => own.carryOut(verb) });
    options.onBegun?.((verb) => own.carryOut(verb));
    const beganMs = time.nowMs();
    const isOver = AbortSignal.any([signal, failed.signal]);
    const onStep = (): void => carrying.flush();
    await inRealTime({ calendar, loop, time, onStep, stepMs: STEP_MS }, scenario.endUs, isOver);
    if (failure !== null) throw failure;
    own.end();
    const seconds = (time.nowMs() - beganMs) / 1000;
    await carrying.close();
    const { clients } = own;
    return {
      verdict: ledger.verdict(await asked(options)),
      ...{ begun: clients.begun, ends: clients.ends, answeredMs: percentiles(clients.answeredMs) },
      ...counts,
      ...{ seconds, lost: carrying.said },
    };
  } finally {
    await carrier?.close();
    await sink.close();
  }
}

/** null: it could not be asked. */
async function asked({
  status,
  say,
}: Pick<BenchOptions, 'status' | 'say'>): Promise<readonly StatusOutage[] | null> {
  if (status === null) return null;
  try {
    return await status();
  } catch (error) {
    say(cleanName(`the router's status could not be asked: ${messageOf(error)}`) ?? '');
    return null;
  }
}

/** Its MAC addresses are known before anybody tries anything. */
async function meet(
  world: BenchWorld,
  carrier: FrameCarrier,
  { time, signal }: Pick<BenchOptions, 'time' | 'signal'>,
): Promise<void> {
  const endMs = time.nowMs() + MEET_MS;
  for (let looks = 0; !world.machines.isComplete && !signal.aborted; looks++) {
    if (time.nowMs() > endMs) {
      const remedy = "the router's addresses must be those of the scenario's networks, and its ports up";
      throw new RingbackError('unavailable', `the router answers no ARP on the bench; ${remedy}`);
    }
    if (looks % 20 === 0) world.machines.askForRouters();
    carrier.flush();
    await new Promise<void>((resolve) => void time.after(50, resolve));
  }
}

function percentiles(all: number[]): BenchResult['answeredMs'] {
  if (all.length === 0) return null;
  const sorted = Float64Array.from(all).sort();
  const at = (part: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] as number;
  return { p50: at(0.5), p99: at(0.99) };
}

function witnessOf(ledger: BenchLedger, say: (line: string) => void): Witness {
  return {
    tried: (client, service) => ledger.tried(client, service),
    tryEnded: (client, service, end) => ledger.tryEnded(client, service, end),
    service: (service, answers) => ledger.service(service, answers),
    path: () => {},
    line: () => {},
    mail: (mail: TakenMail) => ledger.mail(mail),
    steered: () => {},
    program: () => {},
    step: (text) => say(text),
    frame: null,
  };
}
