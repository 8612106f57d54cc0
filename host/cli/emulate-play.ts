/** One scenario is played, shown and judged. */
import { writeFileSync } from 'node:fs';
import { type Judged, judge, type Watching, type WorldWatcher } from '../emulator/judge.ts';
import { RealOutside } from '../emulator/outside.ts';
import type { Scenario } from '../emulator/scenario/types.ts';
import { CaptureFile, openCaptureFile } from '../emulator/show/capture-file.ts';
import { Chronicle } from '../emulator/show/chronicle.ts';
import { figuresOf } from '../emulator/show/json.ts';
import { MailFiles } from '../emulator/show/mail-files.ts';
import { outcomeOf } from '../emulator/show/outcome.ts';
import { pictureOf } from '../emulator/show/picture.ts';
import { reportOf } from '../emulator/show/report.ts';
import { readSelection } from '../emulator/show/selection.ts';
import { countOf } from '../emulator/show/spoken.ts';
import { makeWorld } from '../emulator/world/world.ts';
import { messageOf, RingbackError } from '../errors.ts';
import { endpointText } from '../net/endpoint.ts';
import { VERSION } from '../version.ts';
import { breachCapture } from './emulate-breach.ts';
import { type EmulateGiven, type PlayingMachine, speedOf } from './emulate-given.ts';
import { type LiveShow, liveShow } from './emulate-live.ts';
import { answerOf, runLines } from './emulate-text.ts';

const MANY_CONNECTIONS = 20_000;
/** Times as fast as a clock: nobody reads a mail of a world that is faster. */
const MAX_WATCHED_SPEED = 100;

/** What was played, and how it is played again. */
interface PlayedFrom {
  readonly scenario: Scenario;
  /** The scenario's own file, and its text. */
  readonly file: string;
  readonly text: string;
  readonly command: string;
}

interface Seen {
  readonly judged: Judged;
  readonly chronicle: Chronicle;
  /** null: nobody wanted one. */
  readonly frames: CaptureFile | null;
}

/** Whether everything was kept. Throws RingbackError. */
export async function playCommand(
  from: PlayedFrom,
  given: EmulateGiven,
  machine: PlayingMachine,
): Promise<boolean> {
  const { time, print } = machine;
  const speed = speedOf(given);
  const began = { ms: time.nowMs(), cpu: process.cpuUsage() };
  const capture = given.pcap === undefined ? null : openCaptureFile(given.pcap);
  const outside = await outsideOf(from.scenario, { given, machine, speed });
  try {
    const seen = await seenRun(from, { given, machine, speed, capture, outside });
    const { user, system } = process.cpuUsage(began.cpu);
    const { maxRSS } = process.resourceUsage();
    const cost = { tookMs: time.nowMs() - began.ms, cpuMs: (user + system) / 1000, memoryKiB: maxRSS };
    const outcome = outcomeOf(seen.judged.watching.truth.ledger, seen.chronicle);
    if (given.report !== undefined) writeReport(given.report, textFor(given.report, from, seen, outcome));
    if (given.json === true)
      print(
        JSON.stringify({
          ...answerOf(from.scenario, seen.judged, cost),
          ...figuresOf(seen.chronicle, outcome),
        }),
      );
    else for (const line of runLines(from, seen.judged, cost)) print(line);
    if (given.json !== true) {
      if (given.pcap !== undefined) print(captureLine(given.pcap, seen.frames));
      if (given.mails !== undefined) print(`Mails: ${given.mails}`);
      if (given.report !== undefined) print(`Report: ${given.report}`);
    }
    const { verdict, watching } = seen.judged;
    if (given.json !== true && given.pcap === undefined) {
      const { directory } = watching;
      const breach = await breachCapture(from.scenario, { verdict, directory, tookMs: cost.tookMs }, machine);
      if (breach !== null) print(`The frames of it: ${breach}`);
    }
    return verdict.holds;
  } finally {
    capture?.close();
    await outside?.close();
  }
}

/** Who looks at a world has its mails and its page; what goes by faster has nobody who could. */
async function outsideOf(
  { router }: Scenario,
  { given, machine, speed }: Pick<Showing, 'given' | 'machine' | 'speed'>,
): Promise<RealOutside | null> {
  if (speed === null || speed > MAX_WATCHED_SPEED) return null;
  const smtp = given.config === undefined ? null : (router?.smtp ?? null);
  if (smtp !== null) machine.warn(`mails go to ${endpointText(smtp)}`);
  return await RealOutside.open({ time: machine.time, chance: machine.chance, smtp });
}

interface Showing {
  readonly given: EmulateGiven;
  readonly machine: PlayingMachine;
  readonly speed: number | null;
  readonly capture: ReturnType<typeof openCaptureFile> | null;
  /** null: all is modelled. */
  readonly outside: RealOutside | null;
}

async function seenRun(from: PlayedFrom, showing: Showing): Promise<Seen> {
  const { scenario } = from;
  const { given, machine, speed, capture, outside } = showing;
  let chronicle: Chronicle | null = null;
  let frames: CaptureFile | null = null;
  let live: LiveShow | null = null;
  try {
    const judged = await judge(scenario, {
      time: machine.time,
      make: makeWorld,
      watchers: (watching) => {
        const { directory, calendar } = watching;
        const nowUs = (): number => calendar.nowUs;
        const own = new Chronicle({
          ...{ directory, nowUs, endUs: scenario.endUs },
          router: scenario.networks.flatMap((network) => network.router),
          settleUs: (scenario.router?.recover.settleMs ?? 0) * 1000,
          frames: given.report === undefined ? 'none' : isLarge(scenario) ? 'passed' : 'all',
        });
        chronicle = own;
        live = liveShow(scenario, {
          ...{ watching, chronicle: own, machine, speed },
          ...{ isQuiet: given.json === true, showsMails: outside !== null },
        });
        const { note } = live;
        if (outside !== null) {
          outside.onNote = note;
          if (scenario.router !== null) note(`ringback status -c ${outside.askedBy} asks this router`);
        }
        const all: WorldWatcher[] = [
          { witness: own, gauged: (gauges) => own.gauge(gauges) },
          ...live.watchers,
        ];
        if (given.mails !== undefined) {
          all.push({ witness: mailFilesOf(scenario, given.mails, nowUs) });
        }
        if (capture !== null) {
          frames = captureOf(scenario, { given, capture, watching });
          all.push({ witness: frames });
        }
        return all;
      },
      outside,
      run: async (_watching, endUs, play) => {
        await (live as LiveShow).run(endUs, play);
        await outside?.settled();
      },
    });
    (frames as CaptureFile | null)?.end();
    (chronicle as Chronicle | null)?.finish();
    if (chronicle === null) throw new Error('nobody has watched');
    return { judged, chronicle, frames };
  } finally {
    (live as LiveShow | null)?.end();
  }
}

/** To make frames that nobody else wants takes as long again as all the rest. */
function isLarge({ traffic }: Scenario): boolean {
  return traffic.reduce((sum, { connections }) => sum + connections, 0) > MANY_CONNECTIONS;
}

function captureLine(path: string, file: CaptureFile | null): string {
  const left = file?.left ?? 0;
  const more = left === 0 ? '' : `; ${countOf(left, 'more frame')} had no room, see --pcap-size`;
  return `Capture: ${path}, ${countOf(file?.frames ?? 0, 'frame')}${more}`;
}

function captureOf(
  scenario: Scenario,
  {
    given,
    capture,
    watching: { directory, calendar },
  }: {
    readonly given: EmulateGiven;
    readonly capture: ReturnType<typeof openCaptureFile>;
    readonly watching: Watching;
  },
): CaptureFile {
  const wanted = { hosts: given['pcap-hosts'], window: given['pcap-window'], size: given['pcap-size'] };
  const { name, seed, interfaces, startMs } = scenario;
  const addressesOf = (host: string): readonly string[] | null => addressesIn(directory, host);
  return new CaptureFile({
    ...{ write: capture.write, interfaces, directory, nowUs: () => calendar.nowUs, startMs },
    selection: readSelection(wanted, scenario, addressesOf),
    comment: `ringback emulate ${name} --seed ${seed}`,
  });
}

function mailFilesOf(scenario: Scenario, directory: string, nowUs: () => number): MailFiles {
  const { router, relays, startMs } = scenario;
  const from = (by: string): string =>
    relays.get(by)?.smtp?.from ?? router?.smtp?.from ?? 'ringback@localhost';
  return new MailFiles({ directory, from, nowUs, startMs });
}

/** Of one of many. */
function addressesIn(directory: Judged['watching']['directory'], name: string): readonly string[] | null {
  const found = new Set<string>();
  for (let service = 0; service < directory.services; service++) {
    const one = directory.service(service);
    if (one.name === name) found.add(one.address);
  }
  for (let client = 0; client < directory.clients && found.size === 0; client++) {
    const one = directory.client(client);
    if (one.name === name) found.add(one.address);
  }
  return found.size === 0 ? null : [...found];
}

/** A picture has only the timeline. */
function textFor(path: string, from: PlayedFrom, seen: Seen, outcome: ReturnType<typeof outcomeOf>): string {
  return path.endsWith('.svg')
    ? pictureOf(from.scenario, seen.judged.watching.directory, seen.chronicle)
    : reportText(from, seen, outcome);
}

function reportText(
  { scenario, file, text, command }: PlayedFrom,
  { judged, chronicle }: Seen,
  outcome: ReturnType<typeof outcomeOf>,
): string {
  const { verdict, watching } = judged;
  return reportOf({
    ...{ scenario, directory: watching.directory, chronicle, verdict, outcome, command },
    counters:
      judged.counted === null
        ? []
        : [
            { title: 'Frames by their verdict', counts: judged.counted.counters.frames },
            { title: 'Tables', counts: judged.counted.counters.tables },
            { title: 'The router’s kernel', counts: judged.counted.kernel },
          ],
    files: [{ title: file, text }],
    version: VERSION,
  });
}

function writeReport(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new RingbackError('unavailable', `emulate: --report: ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
