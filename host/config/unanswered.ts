/** How long an attempt may stay unanswered; and how long attempts are remembered where silence is no outage. */
export const DEFAULT_UNANSWERED_MS = 30_000;
