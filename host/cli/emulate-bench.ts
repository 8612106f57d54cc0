/** `ringback emulate SCENARIO --on lan0,wan0`: a real router on the bench. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BenchResult, bench } from '../emulator/bench.ts';
import type { Scenario } from '../emulator/scenario/types.ts';
import { canonicalAddress } from '../net/address.ts';
import type { Endpoint } from '../net/endpoint.ts';
import { type EmulateGiven, type PlayingMachine, wrong } from './emulate-given.ts';

const PROGRAM = 'ringback-bench';
/** Beside the bundle; where it is built, seen from the sources. */
const PLACES = [`./${PROGRAM}`, `../../dist/${PROGRAM}`];
const USUAL_MAIL = '0.0.0.0:2525';

export async function benchCommand(
  scenario: Scenario,
  given: EmulateGiven,
  { time, print, warn }: PlayingMachine,
): Promise<boolean> {
  const { on = '', mail = USUAL_MAIL, json = false } = given;
  const interfaces = on.split(',').map((name) => name.trim());
  if (interfaces.some((name) => name === ''))
    throw wrong(`--on ${on} names no interfaces; as in --on lan0,wan0`);
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  const result = await bench(scenario, {
    carrier: [carrier()],
    interfaces,
    mail: endpointOf(mail),
    time,
    signal: stop.signal,
    say: json ? () => {} : print,
  });
  if (result.lost !== '') warn(result.lost);
  if (json) print(JSON.stringify(result));
  else for (const line of linesOf(result)) print(line);
  return result.verdict.holds;
}

function carrier(): string {
  const places = PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return places.find((place) => existsSync(place)) ?? PROGRAM;
}

function endpointOf(text: string): Endpoint {
  const [, host = '', port = ''] = /^\[?([^\]]+)\]?:(\d{1,5})$/.exec(text) ?? [];
  const address = canonicalAddress(host);
  if (address !== null && Number(port) <= 65_535) return { host: address, port: Number(port) };
  throw wrong(`--mail ${text} is no address with a port; as in --mail ${USUAL_MAIL}`);
}

const thousands = (number: number): string => String(number).replace(/\B(?=(\d{3})+$)/g, ',');

function linesOf({ verdict, begun, ends, answeredMs, sent, received, seconds }: BenchResult): string[] {
  const { holds, turnedAway, told, mails, broken } = verdict;
  const times =
    answeredMs === null
      ? 'none was answered'
      : `answers took ${answeredMs.p50.toFixed(2)} ms (half of them), ${answeredMs.p99.toFixed(1)} ms (99 of 100)`;
  return [
    `${thousands(begun)} connections in ${seconds.toFixed(1)} s, ${thousands(Math.round(begun / seconds))} a second: ` +
      `${thousands(ends.served)} served, ${ends.refused} refused, ${ends.unreachable} unreachable, ${ends.gaveUp} given up, ${ends.cut} without an end; ${times}.`,
    `${thousands(sent)} frames sent, ${thousands(received)} received.`,
    `${turnedAway} known people were turned away by what is back; ${told} of them were told, by ${mails} mails.`,
    ...broken.map((sentence) => `  ✗ ${sentence}.`),
    holds ? 'The router has kept its promises.' : 'The router has broken promises.',
  ];
}
