/** Undelivered notices that the outbox takes; those that come then wait where they are. */
export const OUTBOX_CAPACITY = 200_000;
