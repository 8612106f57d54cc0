/** Two configurations on the same scenario: who would have been told, when, and why not. */
import type { Level } from '../../log/catalogue/kinds.ts';
import type { Fields } from '../../log/log.ts';
import type { Directory, TakenMail, TryEnd, Witness } from '../truth/witness.ts';

/** What one configuration made of somebody who was turned away by a server. */
interface ComparedOutcome {
  /** When it noted that he waits, and when a mail server took his mail; microseconds since the beginning, null: never. */
  readonly noticedUs: number | null;
  readonly toldUs: number | null;
  readonly mail: string | null;
  /** null: he was told. */
  readonly whyNot: string | null;
}

/** Somebody who was turned away, with at least one of the configurations. */
interface ComparedRow {
  readonly client: string;
  readonly clientAddress: string;
  readonly server: string;
  readonly serverAddress: string;
  /** When the first of his tries that failed began, with the first configuration that saw one fail. */
  readonly triedUs: number;
  readonly tries: number;
  readonly outcomes: readonly [ComparedOutcome, ComparedOutcome];
}

interface Comparison {
  /** What the configurations are called. */
  readonly names: readonly [string, string];
  readonly rows: readonly ComparedRow[];
}

interface FailedTries {
  readonly client: number;
  readonly server: string;
  readonly serverName: string;
  firstUs: number;
  tries: number;
}

/** Of somebody who waited for a server. */
interface SentNotice {
  readonly us: number;
  readonly mail: string;
}

const FAILED: ReadonlySet<TryEnd> = new Set(['refused', 'unreachable', 'gaveUp', 'shown']);

/** Hears a run with one of the configurations. */
export class ComparedRun implements Witness {
  readonly frame = null;
  readonly failures = new Map<string, FailedTries>();
  readonly directory: Directory;
  readonly #nowUs: () => number;
  readonly #waiting = new Map<string, number>();
  readonly #sent = new Map<string, SentNotice>();
  readonly #queued = new Map<string, string>();
  /** By the server's address: whether an outage was noted, and whether it is over. */
  readonly #outages = new Map<string, 'open' | 'closed'>();
  /** How the latest suspicion there ended; null: it did not. */
  readonly #suspicions = new Map<string, string | null>();

  constructor(directory: Directory, nowUs: () => number) {
    this.directory = directory;
    this.#nowUs = nowUs;
  }

  tried(): void {}

  tryEnded(client: number, service: number, end: TryEnd, sinceUs: number): void {
    if (!FAILED.has(end)) return;
    const { address, name } = this.directory.service(service);
    const key = `${address} ${this.directory.client(client).address}`;
    const known = this.failures.get(key);
    if (known === undefined) {
      this.failures.set(key, { client, server: address, serverName: name, firstUs: sinceUs, tries: 1 });
      return;
    }
    known.firstUs = Math.min(known.firstUs, sinceUs);
    known.tries++;
  }

  service(): void {}
  path(): void {}
  mail(_mail: TakenMail): void {}
  steered(): void {}
  program(): void {}
  step(): void {}

  line(_by: string, _level: Level, event: string, fields: Fields): void {
    const { server, client } = fields;
    if (typeof server !== 'string') return;
    const key = `${server} ${String(client)}`;
    switch (event) {
      case 'client.waiting':
        if (!this.#waiting.has(key)) this.#waiting.set(key, this.#nowUs());
        break;
      case 'suspicion.opened':
        this.#suspicions.set(server, null);
        break;
      case 'suspicion.ended':
        this.#suspicions.set(server, String(fields.outcome));
        break;
      case 'outage.opened':
        this.#outages.set(server, 'open');
        break;
      case 'outage.closed':
        this.#outages.set(server, 'closed');
        break;
      case 'notice.queued':
      case 'notice.held':
      case 'notice.failed':
        for (const one of clientsOf(fields)) this.#queued.set(`${server} ${one}`, whyLate(event));
        break;
      case 'notice.sent':
        for (const one of clientsOf(fields))
          this.#sent.set(`${server} ${one}`, { us: this.#nowUs(), mail: String(fields.mail) });
        break;
      default:
        break;
    }
  }

  outcome(server: string, clientAddress: string): ComparedOutcome {
    const key = `${server} ${clientAddress}`;
    const sent = this.#sent.get(key);
    const noticedUs = this.#waiting.get(key) ?? null;
    if (sent !== undefined) return { noticedUs, toldUs: sent.us, mail: sent.mail, whyNot: null };
    return { noticedUs, toldUs: null, mail: null, whyNot: this.#whyNot(server, key) };
  }

  #whyNot(server: string, key: string): string {
    if (!this.failures.has(key)) return 'was not turned away';
    const outage = this.#outages.get(server);
    const queued = this.#queued.get(key);
    if (queued !== undefined) return queued;
    if (this.#waiting.has(key)) {
      if (outage === 'open') return 'the outage was not over at the end';
      if (outage === 'closed') return 'no mail address of this client is known, or the try was too old';
      const suspicion = this.#suspicions.get(server);
      if (suspicion === 'alone') return 'turned away alone: the server answered when it was asked';
      return 'the server was still being asked at the end';
    }
    if (outage !== undefined) return 'the outage was noticed, but not this try';
    return 'nothing was noticed';
  }
}

/** Further addresses of the same person stand in one field. */
function clientsOf({ client, otherClients }: Fields): readonly string[] {
  const others = typeof otherClients === 'string' ? otherClients.split(' ') : [];
  return [String(client), ...others];
}

function whyLate(event: string): string {
  if (event === 'notice.held') return 'as many mails as notify.most allows were sent before';
  return event === 'notice.failed'
    ? 'the mail server did not take the mail'
    : 'the mail was still on its way at the end';
}

export function compared(
  names: readonly [string, string],
  [first, second]: readonly [ComparedRun, ComparedRun],
): Comparison {
  const failures = new Map([...second.failures, ...first.failures]);
  const rows = [...failures.values()].map(({ client, server, serverName, firstUs, tries }): ComparedRow => {
    const who = first.directory.client(client);
    return {
      client: who.name,
      clientAddress: who.address,
      server: serverName,
      serverAddress: server,
      triedUs: firstUs,
      tries,
      outcomes: [first.outcome(server, who.address), second.outcome(server, who.address)],
    };
  });
  return {
    names,
    rows: rows.sort((a, b) => a.triedUs - b.triedUs || (a.clientAddress < b.clientAddress ? -1 : 1)),
  };
}

const seconds = (us: number): string => `${(us / 1e6).toFixed(1)} s`;

function outcomeText({ toldUs, mail, whyNot }: ComparedOutcome): string {
  return toldUs === null ? `not told: ${whyNot}` : `told at ${seconds(toldUs)} (${mail})`;
}

/** For people: a line each, those with a difference first. */
export function comparisonText({ names, rows }: Comparison): string {
  const isTold = ({ toldUs }: ComparedOutcome): boolean => toldUs !== null;
  const told = ([0, 1] as const).map(
    (index) => rows.filter(({ outcomes }) => isTold(outcomes[index])).length,
  );
  const differing = rows.filter(({ outcomes: [a, b] }) => isTold(a) !== isTold(b));
  const alike = rows.filter(({ outcomes: [a, b] }) => isTold(a) === isTold(b));
  const lines = [...differing, ...alike].map(({ client, server, triedUs, tries, outcomes: [a, b] }) => {
    const often = tries === 1 ? '' : `, ${tries} tries`;
    return [`${client} → ${server} at ${seconds(triedUs)}${often}`, outcomeText(a), outcomeText(b)] as const;
  });
  const table = [['', ...names] as const, ...lines];
  const widths = [0, 1].map((column) => Math.max(...table.map((line) => line[column as 0 | 1].length)));
  return [
    `Turned away: ${rows.length}. Told: ${told[0]} with ${names[0]}, ${told[1]} with ${names[1]}.`,
    `Told with one of them only: ${differing.length}.`,
    '',
    ...table.map(([who, a, b]) =>
      `${who.padEnd(widths[0] ?? 0)}  ${a.padEnd(widths[1] ?? 0)}  ${b}`.trimEnd(),
    ),
  ].join('\n');
}

/** For machines. */
export function comparisonJson({ names, rows }: Comparison): object {
  return {
    configurations: names,
    rows: rows.map(({ client, clientAddress, server, serverAddress, triedUs, tries, outcomes }) => ({
      client,
      clientAddress,
      server,
      serverAddress,
      tried: triedUs / 1e6,
      tries,
      outcomes: outcomes.map(({ noticedUs, toldUs, mail, whyNot }) => ({
        noticed: noticedUs === null ? null : noticedUs / 1e6,
        told: toldUs === null ? null : toldUs / 1e6,
        mail,
        whyNot,
      })),
    })),
  };
}
