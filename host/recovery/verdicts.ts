/** What a probe says, by what became of its connections or datagrams, and by what the fabric saw of them. */
import type { Met } from '../fabric/records.ts';
import type { Dialled } from './dial.ts';

/**
 * `answered`: the service lives. `reset`: its machine does, and refuses. `silent`: nobody answered, or it is
 * unreachable. `void`: the probe says nothing.
 */
export type AskedVerdict = 'answered' | 'reset' | 'silent' | 'void';

/** `met`: what the fabric saw; null: it saw nothing, because it is away, or, without `seesProbes`, because it can't. */
export function verdictOf(
  outcomes: readonly Dialled[],
  met: ReadonlySet<Met> | null,
  seesProbes: boolean,
): AskedVerdict {
  if (outcomes.length === 0) return 'void';
  const isAnswered = outcomes.includes('answered');
  const isReset = outcomes.every((outcome) => outcome === 'refused');
  if (!seesProbes) {
    if (isAnswered) return 'answered';
    if (isReset) return 'reset';
    return outcomes.every((outcome) => outcome === 'unreachable') ? 'void' : 'silent';
  }
  if (met === null || met.has('leftElsewhere') || !met.has('left')) return 'void';
  if (isAnswered) return met.has('answer') ? 'answered' : 'void';
  // It came in, and a firewall of this machine kept it back.
  if (met.has('answer') || (met.has('reset') && !outcomes.includes('refused'))) return 'void';
  if (isReset) return met.has('reset') ? 'reset' : 'void';
  if (outcomes.includes('refused') && !met.has('reset')) return 'void';
  return 'silent';
}

/** What a probe by datagrams says: as `verdictOf` has it for connections. */
export function datagramsVerdict(
  outcomes: readonly Dialled[],
  met: ReadonlySet<Met> | null,
  seesProbes: boolean,
): 'answered' | 'reset' | 'silent' | 'void' {
  if (outcomes.length === 0) return 'void';
  if (!seesProbes) {
    if (outcomes.includes('answered')) return 'answered';
    if (outcomes.includes('refused')) return 'reset';
    return outcomes.every((outcome) => outcome === 'unreachable') ? 'void' : 'silent';
  }
  if (met === null || met.has('leftElsewhere') || !met.has('left')) return 'void';
  // What comes in was sent by the server, whoever keeps it back here.
  if (met.has('answer')) return 'answered';
  if (met.has('reset')) return 'reset';
  return outcomes.includes('refused') || outcomes.includes('answered') ? 'void' : 'silent';
}
