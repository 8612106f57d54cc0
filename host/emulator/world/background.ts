/** What machines send without anybody's asking: it shows that they live, and makes them look for their router now and then. */
import type { Actor } from '../kernel/calendar.ts';
import type { Stream } from '../kernel/streams.ts';
import type { BackgroundPlan } from '../scenario/types.ts';
import type { Ground } from './ground.ts';

const KINDS = {
  ntp: { port: 123, bytes: 48, everyUs: 64_000_000 },
  syslog: { port: 514, bytes: 120, everyUs: 30_000_000 },
  dns: { port: 53, bytes: 40, everyUs: 20_000_000 },
} as const;
type Kind = keyof typeof KINDS;
const KIND_NAMES = Object.keys(KINDS) as readonly Kind[];

interface BackgroundOptions {
  readonly ground: Ground;
  /** A host sends so many bytes to that port of the router. */
  readonly sends: (host: number, port: number, payload: Uint8Array) => void;
}

export class Background implements Actor {
  readonly #options: BackgroundOptions;
  readonly #actor: number;
  readonly #stream: Stream;
  readonly #payloads = KIND_NAMES.map((kind) => new Uint8Array(KINDS[kind].bytes));

  constructor(options: BackgroundOptions) {
    this.#options = options;
    const { calendar, streams } = options.ground;
    this.#actor = calendar.admit(this);
    this.#stream = streams.of('background');
  }

  /** Of these hosts, each at its own moments. */
  begin({ kinds }: BackgroundPlan, hosts: readonly number[]): void {
    const { calendar } = this.#options.ground;
    for (const host of hosts) {
      for (const kind of kinds) {
        const firstUs = calendar.nowUs + this.#stream.below(KINDS[kind].everyUs);
        calendar.enter(firstUs, this.#actor, KIND_NAMES.indexOf(kind), host);
      }
    }
  }

  happens(what: number, host: number): void {
    const kind = KINDS[KIND_NAMES[what] as Kind];
    const { calendar } = this.#options.ground;
    this.#options.sends(host, kind.port, this.#payloads[what] as Uint8Array);
    calendar.enter(calendar.nowUs + kind.everyUs, this.#actor, what, host);
  }
}
