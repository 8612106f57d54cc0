/** What the two halves go by alike. */

/** The other half has done what it accepted by then. */
export const DONE_MS = 10_000;
/** So often each tells the other what there is, if heartbeats are off. */
export const IDLE_MS = 1000;
/** What a kernel has refused is tried again after so long, ever more seldom. */
export const FIRST_RETRY_MS = 1000;
export const LONGEST_RETRY_MS = 30_000;
/** Of an adapter that has no hardware address, or is not there. */
export const NO_HARDWARE = '00:00:00:00:00:00';
