/** `ringback emulate` at a terminal: the live view, and keys that change what happens. */
import type { Level } from '../../log/catalogue/kinds.ts';
import type { Fields } from '../../log/log.ts';
import type { Time, Timer } from '../../time.ts';
import type { Gauges, TakenMail, TryEnd, Witness } from '../truth/witness.ts';
import { LiveView, type LiveViewOptions } from './live-view.ts';
import { Screen, type TerminalPort } from './screen.ts';

const DRAW_MS = 100;
const SOON_MS = 400;
/** Of what the speed is an average. */
const SPEED_MS = 1000;
const MAX_PROMPT = 80;
const MAX_NOTES = 4;

/** How fast it goes (`kernel/pace.ts`). */
interface PacePort {
  readonly speed: number | null;
  readonly isPaused: boolean;
  isOver: boolean;
  pause(isPaused: boolean): void;
  faster(): void;
  slower(): void;
}

interface TerminalOptions extends LiveViewOptions {
  readonly port: TerminalPort;
  /** The machine's. */
  readonly time: Time;
  readonly pace: PacePort;
  /** The scenario's name and seed. */
  readonly title: string;
  readonly broken: () => number;
  /** Does what the script could do; what is wrong with it, or null. */
  readonly carryOut: (text: string) => string | null;
  /** Mails are shown with their subjects: somebody waits for them. */
  readonly showsMails: boolean;
}

/** What a key begins to type. */
const PROMPTS: Readonly<Record<string, string>> = { u: 'unplug ', p: 'plug ', t: 'try ' };

export class Terminal implements Witness {
  readonly frame = null;
  readonly #options: TerminalOptions;
  readonly #view: LiveView;
  readonly #screen: Screen;
  #timer: Timer | null = null;
  #stopKeys: (() => void) | null = null;
  #prompt: string | null = null;
  #problem: string | null = null;
  #showsAll = false;
  #notes: readonly string[] = [];
  #sinceMs: number;
  #sinceUs = 0;
  #sinceTries = 0;
  #speed = 0;
  #triesEach = 0;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#view = new LiveView(options);
    this.#screen = new Screen(options.port);
    this.#sinceMs = options.time.nowMs();
  }

  /** What is over in a moment needs no view. */
  beginSoon(): void {
    this.#timer = this.#options.time.after(SOON_MS, () => this.begin());
  }

  begin(): void {
    this.#screen.open();
    this.#stopKeys = this.#options.port.onKeys((keys) => this.#keys(keys));
    this.#timer = this.#options.time.every(DRAW_MS, () => this.#draw());
    this.#draw();
  }

  /** The terminal is as it was. */
  end(): void {
    this.#timer?.cancel();
    this.#stopKeys?.();
    this.#screen.close();
  }

  tried(): void {}
  steered(): void {}
  path(): void {}

  mail({ to, subject }: TakenMail): void {
    if (this.#options.showsMails) this.#view.line('mail', { to, subject });
  }

  /** What is not of the world, but of the machine that plays it. */
  note(text: string): void {
    this.#notes = [...this.#notes.filter((other) => other !== text), text].slice(-MAX_NOTES);
  }

  tryEnded(_client: number, service: number, end: TryEnd): void {
    this.#view.tryEnded(service, end);
  }

  service(service: number, answers: boolean): void {
    if (answers) this.#view.back(service);
  }

  line(_by: string, level: Level, event: string, fields: Fields): void {
    if (level !== 'debug') this.#view.line(event, fields);
  }

  program(by: string, state: 'begun' | 'stopped' | 'killed'): void {
    this.#view.line('program', { by, state });
  }

  step(text: string): void {
    this.#view.line('script', { text });
  }

  gauged(gauges: Gauges): void {
    this.#view.gauged(gauges);
  }

  #draw(): void {
    const { port, nowUs, endUs, title, pace, broken } = this.#options;
    this.#measure();
    const state = {
      ...{ title, endUs, nowUs: nowUs(), speed: this.#speed, triesEach: this.#triesEach },
      ...{ isPaused: pace.isPaused, broken: broken(), showsAll: this.#showsAll, notes: this.#notes },
      ...{ prompt: this.#prompt, problem: this.#problem },
    };
    this.#screen.draw(this.#view.lines(state, port.columns, port.rows));
  }

  #measure(): void {
    const { time, nowUs, chronicle } = this.#options;
    const tookMs = time.nowMs() - this.#sinceMs;
    if (tookMs < SPEED_MS && this.#speed > 0) return;
    this.#speed = (nowUs() - this.#sinceUs) / Math.max(1, tookMs * 1000);
    this.#triesEach = ((chronicle.tries - this.#sinceTries) * 1000) / Math.max(1, tookMs);
    if (tookMs < SPEED_MS) return;
    this.#sinceMs += tookMs;
    this.#sinceUs = nowUs();
    this.#sinceTries = chronicle.tries;
  }

  #keys(keys: string): void {
    for (const key of keys) {
      if (key === '\x03') this.#options.pace.isOver = true;
      else if (this.#prompt === null) this.#command(key);
      else this.#typed(key);
    }
    this.#draw();
  }

  #command(key: string): void {
    const { pace } = this.#options;
    if (key === ' ') pace.pause(!pace.isPaused);
    else if (key === '+') pace.faster();
    else if (key === '-') pace.slower();
    else if (key === 'q') pace.isOver = true;
    else if (key === '\r') this.#showsAll = !this.#showsAll;
    else this.#prompt = PROMPTS[key] ?? null;
  }

  #typed(key: string): void {
    const prompt = this.#prompt ?? '';
    if (key === '\x1b') this.#prompt = null;
    else if (key === '\x7f' || key === '\b') this.#prompt = prompt.slice(0, -1);
    else if (key === '\r') {
      this.#problem = this.#options.carryOut(prompt.trim());
      if (this.#problem === null) this.#prompt = null;
      return;
    } else if (key >= ' ' && prompt.length < MAX_PROMPT) this.#prompt = prompt + key;
    this.#problem = null;
  }
}
