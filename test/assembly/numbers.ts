/** Times and interfaces of the tests. */

export const MILLISECOND_US: i64 = 1000;
export const SECOND_US: i64 = 1_000_000;
export const HOUR_US: i64 = 3600 * SECOND_US;
export const WAIT_US: i64 = 30 * SECOND_US;
/** 2^26: who goes on trying is said again when the time of the last try passes a multiple of it. */
export const SAY_AGAIN_US: i64 = 1 << 26;

/** Two interfaces: clients are behind the first, servers behind the second. */
export const LAN: u32 = 1;
export const WAN: u32 = 2;
