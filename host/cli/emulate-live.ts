/** A run as it goes: the live view at a terminal, lines elsewhere, and how fast. */
import type { Watching, WorldWatcher } from '../emulator/judge.ts';
import { Pace } from '../emulator/kernel/pace.ts';
import type { Scenario } from '../emulator/scenario/types.ts';
import type { Chronicle } from '../emulator/show/chronicle.ts';
import { PlainLines } from '../emulator/show/plain-lines.ts';
import { processTerminal } from '../emulator/show/process-terminal.ts';
import { Moments } from '../emulator/show/spoken.ts';
import { Terminal } from '../emulator/show/terminal.ts';
import { typedStep } from '../emulator/show/typed-step.ts';
import type { RunningPlay } from '../emulator/stage.ts';
import { messageOf } from '../errors.ts';
import type { PlayingMachine } from './emulate-given.ts';

export interface LiveShow {
  readonly watchers: readonly WorldWatcher[];
  run(endUs: number, play: RunningPlay | null): Promise<void>;
  /** What whoever looks should know of the machine here. */
  note(text: string): void;
  /** The terminal is as it was. */
  end(): void;
}

interface LiveOptions {
  readonly watching: Watching;
  readonly chronicle: Chronicle;
  readonly machine: PlayingMachine;
  readonly speed: number | null;
  /** Nothing is shown while it plays. */
  readonly isQuiet: boolean;
  /** Somebody waits for the mails of it. */
  readonly showsMails: boolean;
}

export function liveShow(scenario: Scenario, options: LiveOptions): LiveShow {
  const { watching, chronicle, machine, speed, isQuiet, showsMails } = options;
  const { calendar, loop, directory, truth } = watching;
  const { endUs, name, seed } = scenario;
  const nowUs = (): number => calendar.nowUs;
  const moments = new Moments(scenario);
  const pace = new Pace({ time: machine.time, calendar, loop, speed });
  const port = isQuiet ? null : processTerminal();
  let playing: RunningPlay | null = null;
  const carryOut = (text: string): string | null => {
    const verbs = typedStep(text, scenario);
    if (typeof verbs === 'string') return verbs;
    if (playing === null) return 'this world has no script to type';
    try {
      for (const verb of verbs) playing.carryOut(verb);
      for (const one of [chronicle, terminal]) one?.step(text);
      return null;
    } catch (error) {
      return messageOf(error);
    } finally {
      loop.stir();
    }
  };
  const terminal =
    port === null
      ? null
      : new Terminal({
          ...{
            port,
            time: machine.time,
            pace,
            chronicle,
            directory,
            moments,
            nowUs,
            endUs,
            carryOut,
            showsMails,
          },
          title: `${name} · seed ${seed}`,
          broken: () => truth.promises?.broken ?? 0,
        });
  const lines =
    terminal !== null || isQuiet
      ? null
      : new PlainLines({ print: machine.print, moments, nowUs, endUs, showsMails });
  const shown = terminal ?? lines;
  const stop = (): void => {
    pace.isOver = true;
  };
  // What is played by a clock is ended by a signal in good order; a second one ends it at once.
  const signals = speed === null && terminal === null ? [] : (['SIGTERM', 'SIGINT'] as const);
  for (const signal of signals) process.once(signal, stop);
  return {
    watchers: shown === null ? [] : [{ witness: shown, gauged: (gauges) => shown.gauged(gauges) }],
    async run(until, play) {
      playing = play;
      terminal?.beginSoon();
      await pace.run(until);
    },
    note(text) {
      if (shown === null) machine.warn(text);
      else shown.note(text);
    },
    end() {
      for (const signal of signals) process.off(signal, stop);
      terminal?.end();
      if (lines !== null) machine.print('');
    },
  };
}
