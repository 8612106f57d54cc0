/** `ringback emulate SCENARIO --on lan0,wan0`: a real router on the bench. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { besideProgram } from '../beside-program.ts';
import { type BenchResult, bench } from '../emulator/bench.ts';
import type { StatusOutage } from '../emulator/board/bench-ledger.ts';
import type { Scenario } from '../emulator/scenario/types.ts';
import { canonicalAddress } from '../net/address.ts';
import type { Endpoint } from '../net/endpoint.ts';
import { type EmulateGiven, type PlayingMachine, wrong } from './emulate-given.ts';

const PROGRAM = 'ringback-bench';
const STATUS_TIMEOUT_MS = 30_000;
const MAX_STATUS_BYTES = 64 << 20;
const execute = promisify(execFile);
const USUAL_MAIL = '0.0.0.0:2525';

export async function benchCommand(
  scenario: Scenario,
  given: EmulateGiven,
  { time, print, warn }: PlayingMachine,
): Promise<boolean> {
  const { on = '', mail = USUAL_MAIL, json = false, 'router-status': routerStatus } = given;
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
    status: routerStatus === undefined ? null : () => statusBy(routerStatus),
    signal: stop.signal,
    say: json ? () => {} : print,
  });
  if (result.lost !== '') warn(result.lost);
  if (json) print(JSON.stringify(result));
  else for (const line of linesOf(result)) print(line);
  return result.verdict.holds;
}

function carrier(): string {
  const own = besideProgram(PROGRAM);
  return existsSync(own) ? own : PROGRAM;
}

function endpointOf(text: string): Endpoint {
  const [, host = '', port = ''] = /^\[?([^\]]+)\]?:(\d{1,5})$/.exec(text) ?? [];
  const address = canonicalAddress(host);
  if (address !== null && Number(port) <= 65_535) return { host: address, port: Number(port) };
  throw wrong(`--mail ${text} is no address with a port; as in --mail ${USUAL_MAIL}`);
}

/** By somebody's own command line, as in `ssh root@router ringback status --json`. Rejects with what went wrong. */
async function statusBy(command: string): Promise<readonly StatusOutage[]> {
  const { stdout } = await execute('/bin/sh', ['-c', command], {
    timeout: STATUS_TIMEOUT_MS,
    maxBuffer: MAX_STATUS_BYTES,
  });
  const { outages } = JSON.parse(stdout) as { readonly outages?: unknown };
  if (!Array.isArray(outages)) throw new Error('it is no status of `ringback run`');
  return outages.filter(
    (one): one is StatusOutage => typeof one?.server === 'string' && typeof one?.port === 'number',
  );
}

const thousands = (number: number): string => String(number).replace(/\B(?=(\d{3})+$)/g, ',');

function linesOf({ verdict, begun, ends, answeredMs, sent, received, seconds }: BenchResult): string[] {
  const { holds, turnedAway, told, mails, isAsked, broken } = verdict;
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
    ...(isAsked ? ['Its status was judged, too.'] : []),
    holds ? 'The router has kept its promises.' : 'The router has broken promises.',
  ];
}
