/**
 * What a service did over time, as far as a capture shows it: it answers, it is silent, it refuses. Between two things that
 * were seen nothing is known, and a state ends at the last one that bears it out.
 */

export type ServiceState = 'answers' | 'silent' | 'refuses' | 'rejects';

/** One thing that was seen. */
export interface Evidence {
  readonly us: number;
  readonly is: ServiceState;
  readonly client: string;
}

export interface SeenStretch {
  readonly is: ServiceState;
  /** The first and the last thing seen of it. */
  readonly fromUs: number;
  toUs: number;
}

/** What one client meets while another one is answered. */
interface Alone {
  readonly client: string;
  readonly line: readonly SeenStretch[];
}

export interface TruthLine {
  readonly line: readonly SeenStretch[];
  readonly alone: readonly Alone[];
}

/** A service that answers somebody this often answers: whoever fails in between fails alone. */
const ANSWERS_WITHIN_US = 10_000_000;

export function truthLineOf(evidence: readonly Evidence[]): TruthLine {
  const sorted = evidence.toSorted((a, b) => a.us - b.us);
  const answers = sorted.filter(({ is }) => is === 'answers');
  const everybody: Evidence[] = [];
  const alone = new Map<string, Evidence[]>();
  let next = 0;
  for (const one of sorted) {
    while (next < answers.length && (answers[next]?.us ?? 0) <= one.us) next++;
    if (one.is !== 'answers' && isAlone(one, answers, next)) {
      const own = alone.get(one.client) ?? [];
      own.push(one);
      alone.set(one.client, own);
    } else everybody.push(one);
  }
  return {
    line: stretchesOf(everybody),
    alone: [...alone].map(([client, own]) => ({ client, line: stretchesOf(own) })),
  };
}

/** `next`: the first answer after it. Its own client was not answered just before and just after it. */
function isAlone(one: Evidence, answers: readonly Evidence[], next: number): boolean {
  const before = answers[next - 1];
  const after = answers[next];
  if (before === undefined || after === undefined || after.us - before.us > ANSWERS_WITHIN_US) return false;
  return before.client !== one.client || after.client !== one.client;
}

function stretchesOf(evidence: readonly Evidence[]): readonly SeenStretch[] {
  const stretches: SeenStretch[] = [];
  for (const { us, is } of evidence) {
    const last = stretches.at(-1);
    if (last?.is === is) last.toUs = us;
    else stretches.push({ is, fromUs: us, toUs: us });
  }
  return stretches;
}
