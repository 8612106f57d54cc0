/** What `ringback check --here` says of one thing that a role needs of this machine, or of the network around it. */
export interface Finding {
  /** What was looked at. */
  readonly what: string;
  /** `wrong`: the role cannot do its part; `doubtful`: it can, and it is probably not meant so; `unknown`: it could not be looked at. */
  readonly verdict: 'right' | 'doubtful' | 'wrong' | 'unknown';
  /** What was found, and what to do. */
  readonly says: string;
}

const MARKS: Readonly<Record<Finding['verdict'], string>> = {
  right: 'ok   ',
  doubtful: 'check',
  wrong: 'WRONG',
  unknown: '?    ',
};

export function findingsText(findings: readonly Finding[]): string[] {
  return findings.map(({ what, verdict, says }) => `  ${MARKS[verdict]}  ${what}: ${says}`);
}

export const well = (what: string, says: string): Finding => ({ what, verdict: 'right', says });
export const amiss = (what: string, says: string): Finding => ({ what, verdict: 'wrong', says });
export const doubtful = (what: string, says: string): Finding => ({ what, verdict: 'doubtful', says });
export const unseen = (what: string, says: string): Finding => ({ what, verdict: 'unknown', says });
