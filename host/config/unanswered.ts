/** How long an attempt may stay unanswered; and how long attempts are remembered where silence is no outage. */
export const DEFAULT_UNANSWERED_MS = 30_000;
/** Where it is learnt how long services take to answer, it is waited for so long: the module's steps are as long as the first. */
export const MIN_LEARNT_MS = 3000;
export const MAX_LEARNT_MS = 30_000;
