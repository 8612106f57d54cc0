/** The fabric in this process, with a way to it that notes what is sent, and loses or keeps back what it is told to. */
import { performance } from 'node:perf_hooks';
import { InProcessFabric } from '../../../host/fabric/in-process.ts';
import type { Connect, InterfaceReport, LinkHandlers } from '../../../host/fabric/link.ts';
import type { Command, FabricEvent } from '../../../host/fabric/records.ts';

/** Its clock is far from the host's. */
const AHEAD_US = 3_600_000_000;
const REPORT = {
  name: 'lan0',
  number: 1,
  hardware: null,
  up: true,
  received: 0,
  dropped: 0,
  lost: 0,
  shed: 0,
};

export class LossyFabric {
  readonly #fabric = new InProcessFabric({ nowUs: () => this.#nowUs });
  #handlers: LinkHandlers | null = null;
  #passedUs = 0;
  /** Kinds of events that get lost: the host is too slow for them. */
  #losing: readonly FabricEvent['kind'][] = [];
  #isMissing = false;
  /** Kinds of events that are kept back, and those that were. */
  #holding: readonly FabricEvent['kind'][] = [];
  #held: FabricEvent[] = [];
  /** All that it was sent, over whichever link. */
  readonly commands: Command[] = [];

  constructor() {
    this.report({});
  }

  readonly connect: Connect = (options, handlers) => {
    this.#handlers = handlers;
    const link = this.#fabric.connect(options, {
      onReady: (ready) => handlers.onReady(ready),
      onEvent: (event) => this.#take(event),
      onInterface: (report) => handlers.onInterface(report),
      onRefused: (command, status) => handlers.onRefused(command, status),
      onGap: () => handlers.onGap(),
      onMessage: (line) => handlers.onMessage(line),
      onEnd: (error) => handlers.onEnd(error),
    });
    const send = (command: Command): void => {
      this.commands.push(command);
      link.send(command);
    };
    return {
      codes: link.codes,
      send,
      run: (errand) => link.run(errand),
      sendAll: (commands) => {
        for (const command of commands) send(command);
      },
      close: () => link.close(),
    };
  };

  /** The link ends, and what it knew is gone. */
  stop(): void {
    this.#fabric.end();
  }

  start(): void {
    this.#fabric.begin();
  }

  /** The link ends; what it knows stays. */
  disconnect(): void {
    this.#fabric.disconnect();
  }

  frame(bytes: Buffer): void {
    this.#fabric.frame(bytes);
  }

  /** So much time has gone by for the module. */
  pass(seconds: number): void {
    this.#passedUs += seconds * 1_000_000;
    this.#fabric.tick();
  }

  get #nowUs(): number {
    return Math.round(performance.now() * 1000) + AHEAD_US + this.#passedUs;
  }

  report(report: Partial<InterfaceReport>): void {
    this.#fabric.report({ ...REPORT, ...report });
  }

  /** Of what is said from now on. */
  async lose(...kinds: readonly FabricEvent['kind'][]): Promise<void> {
    await this.#isHeard();
    this.#losing = kinds;
  }

  /** Keeps these back from now on, and says those of before that are no longer to be kept. */
  async hold(...kinds: readonly FabricEvent['kind'][]): Promise<void> {
    await this.#isHeard();
    const held = this.#held;
    this.#holding = kinds;
    this.#held = [];
    for (const event of held) this.#take(event);
  }

  /** Says the first half of what it keeps back, and goes on keeping back. */
  async halve(): Promise<void> {
    await this.#isHeard();
    for (const event of this.#held.splice(0, this.#held.length / 2)) this.#handlers?.onEvent(event);
    await this.#isHeard();
  }

  /** How often it was given a command. */
  count(kind: Command['kind']): number {
    return this.commands.filter((command) => command.kind === kind).length;
  }

  /** What was said has been heard. */
  async #isHeard(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  #take(event: FabricEvent): void {
    if (this.#losing.includes(event.kind)) this.#isMissing = true;
    else if (this.#holding.includes(event.kind)) this.#held.push(event);
    else {
      if (this.#isMissing) this.#handlers?.onGap();
      this.#isMissing = false;
      this.#handlers?.onEvent(event);
    }
  }
}
