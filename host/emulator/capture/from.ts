/** `ringback emulate --from CAPTURE`: the scenario of what happened in it. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { and } from '../../config/sentences.ts';
import { messageOf, RingbackError } from '../../errors.ts';
import { STANDARD_INPUT } from '../../replay/source.ts';
import { Anonymiser } from './anonymise.ts';
import { AnonymousFile } from './anonymous-file.ts';
import { type Incident, readIncident } from './incident.ts';
import { scenarioText } from './scenario-text.ts';

export interface FromOptions {
  /** Several are one; `-`: standard input. */
  readonly files: readonly string[];
  /** The scenario has the very frames, in the place of tries. */
  readonly frames?: boolean;
  readonly anonymise: boolean;
  /** Where the capture goes without addresses and data; null: nowhere. */
  readonly captureTo: string | null;
}

export interface From {
  /** Of the scenario file. */
  readonly text: string;
  /** What is wrong with the capture, a sentence each. */
  readonly problems: readonly string[];
}

/** A capture's own name may say whose it is. */
const ANONYMOUS = 'a capture';

/** Throws RingbackError('input') where the file is no capture, or `captureTo` cannot be written. */
export async function scenarioFrom({
  files,
  frames = false,
  anonymise,
  captureTo,
}: FromOptions): Promise<From> {
  if (captureTo !== null && !anonymise)
    throw new RingbackError('usage', '--pcap with --from writes an anonymised capture; add --anonymise');
  if (frames && anonymise && captureTo === null)
    throw new RingbackError(
      'usage',
      '--frames with --anonymise are those of an anonymised capture; add --pcap FILE',
    );
  if (frames && files.includes(STANDARD_INPUT))
    throw new RingbackError('usage', '--frames wants files: standard input can be heard only once');
  const heard = captureTo === null ? files : [captureTo];
  const anonymiser = anonymise ? new Anonymiser() : null;
  const output = captureTo === null ? null : new Output(captureTo);
  try {
    const incident = await readIncident(files, (packet) => {
      if (anonymiser === null) return packet;
      const nobodys = anonymiser.packet(packet);
      output?.file.packet(nobodys);
      return nobodys;
    });
    const named = anonymise ? { ...incident, name: ANONYMOUS } : incident;
    return {
      text: scenarioText(named, frames ? heard : []),
      problems: problemsOf(and(files), incident, anonymiser),
    };
  } finally {
    output?.close();
  }
}

class Output {
  readonly file: AnonymousFile;
  readonly #descriptor: number;

  constructor(path: string) {
    const inWords = <Result>(action: () => Result): Result => {
      try {
        return action();
      } catch (error) {
        throw new RingbackError('input', `${path}: ${messageOf(error)}`, { cause: error });
      }
    };
    this.#descriptor = inWords(() => openSync(path, 'w', 0o600));
    this.file = new AnonymousFile((bytes) => inWords(() => writeSync(this.#descriptor, bytes)));
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function problemsOf(file: string, incident: Incident, anonymiser: Anonymiser | null): readonly string[] {
  const { damage, packets, unread, attempts } = incident;
  const problems: string[] = [];
  for (const { file: damaged, offset, reason } of damage) {
    problems.push(`${damaged}: damaged at byte ${offset}: ${reason}; what stands before it was read`);
  }
  if (packets === unread)
    problems.push(`${file}: nothing in it could be read; nobody tries anything in this scenario`);
  else if (attempts.length === 0)
    problems.push(`${file}: nobody in it tries to open a connection; nobody does in this scenario`);
  const dropped = anonymiser?.dropped ?? 0;
  if (dropped > 0 && packets !== unread)
    problems.push(`${file}: ${dropped} of ${packets} packets are left out, for names may be in them`);
  return problems;
}
