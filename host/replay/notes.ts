/** What the module says of a capture, as it is noted. */
import { Engine } from '../fabric/engine.ts';
import type { AttemptOutcome, Cause, FabricEvent, Sign } from '../fabric/records.ts';
import { AddressTexts } from '../net/address-cache.ts';
import { nameOf } from '../net/target.ts';

interface FailedAttempt {
  readonly client: string;
  readonly clientPort: number;
  readonly server: string;
  readonly serverPort: number;
  readonly sequence: number;
  readonly outcome: AttemptOutcome;
  /** Seconds since 1970. */
  readonly first: number;
  readonly tries: number;
}

interface ReplayedOutage {
  readonly server: string;
  readonly port: number;
  readonly cause: Cause;
  readonly from: number;
  to: number | null;
  sign: Sign | null;
  readonly clients: { address: string; first: number; last: number; tries: number }[];
}

/** So far. */
export interface Noted {
  malformed: number;
  readonly attempts: Record<AttemptOutcome, number>;
  readonly failed: FailedAttempt[];
  readonly outages: ReplayedOutage[];
}

const seconds = (us: number): number => us / 1e6;

export class Notes {
  readonly engine: Engine;
  readonly #noted: Noted = {
    malformed: 0,
    attempts: { answered: 0, refused: 0, unanswered: 0, unreachable: 0, open: 0 },
    failed: [],
    outages: [],
  };
  /** Outages that go on. */
  readonly #open = new Map<string, ReplayedOutage>();
  /** Servers whose own answers stand in the capture. */
  readonly #spoke = new Set<string>();
  readonly #servers = new AddressTexts();
  readonly #attempt: number;
  readonly #answered: number;
  readonly #codeAt: number;
  readonly #serverAt: number;
  readonly #lastMalformed: number;

  constructor() {
    this.engine = new Engine({ onEvent: () => {}, onCopies: (records) => this.#hear(records) });
    const { codes } = this.engine.module;
    this.#attempt = codes.number('Event.Attempt');
    this.#answered = codes.number('Outcome.Answered');
    this.#codeAt = codes.number('Field.Code');
    this.#serverAt = codes.number('Field.Server');
    this.#lastMalformed = codes.number('Verdict.LastMalformed');
  }

  /** No frame comes any more. */
  end(): Noted {
    for (const { server, port } of this.#open.values())
      this.engine.command({ kind: 'release', server, port });
    this.engine.command({ kind: 'flush' });
    this.engine.command({ kind: 'counters' });
    this.#noted.failed.sort((a, b) => a.first - b.first);
    return this.#noted;
  }

  #hear(records: Uint8Array): void {
    const { codec } = this.engine;
    for (let at = 0; at < records.length; at += codec.recordBytes) {
      // Most attempts of most captures are answered: of those there is no more to note.
      const isAnswered =
        codec.kind(records, at) === this.#attempt && records[at + this.#codeAt] === this.#answered;
      if (!isAnswered) this.#note(codec.decode(records, at));
      else {
        this.#noted.attempts.answered++;
        this.#spoke.add(this.#servers.textAt(records, at + this.#serverAt));
      }
    }
  }

  #note(event: FabricEvent): void {
    switch (event.kind) {
      case 'attempt':
        this.#noted.attempts[event.outcome]++;
        if (event.outcome === 'refused') this.#spoke.add(event.server);
        this.#noted.failed.push({
          client: event.client,
          clientPort: event.clientPort,
          server: event.server,
          serverPort: event.port,
          sequence: event.sequence,
          outcome: event.outcome,
          first: seconds(event.firstUs),
          tries: event.tries,
        });
        break;
      case 'outage': {
        const { server, port, cause, firstUs } = event;
        const from = seconds(firstUs);
        const outage: ReplayedOutage = { server, port, cause, from, to: null, sign: null, clients: [] };
        this.#open.set(nameOf(event), outage);
        this.#noted.outages.push(outage);
        break;
      }
      case 'signal':
        this.#signal(event);
        break;
      case 'dropped':
        // More servers down than the table holds: its clients are lost, it is not.
        this.#open.delete(nameOf(event));
        break;
      case 'released':
        this.#open.get(nameOf(event))?.clients.push({
          address: event.client,
          first: seconds(event.firstUs),
          last: seconds(event.lastUs),
          tries: event.tries,
        });
        break;
      case 'counters':
        for (const [i, count] of event.values.entries())
          if (event.first + i <= this.#lastMalformed) this.#noted.malformed += count;
        break;
      default:
        break;
    }
  }

  #signal({ server, port, nowUs, sign }: Extract<FabricEvent, { readonly kind: 'signal' }>): void {
    const name = nameOf({ server, port });
    const outage = this.#open.get(name);
    if (outage === undefined) return;
    outage.to = seconds(nowUs);
    outage.sign = sign;
    const { outages } = this.#noted;
    // Where a server's answers take another way, its silence says nothing.
    if (sign === 'acknowledged' && outage.cause === 'unanswered' && !this.#spoke.has(server))
      outages.splice(outages.lastIndexOf(outage), 1);
    // Nobody can be asked whether it is true: a sign ends the outage.
    this.engine.command({ kind: 'release', server, port });
    this.#open.delete(name);
    this.engine.command({ kind: 'forget', server, port });
  }
}
