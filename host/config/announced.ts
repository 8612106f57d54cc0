/** Where traps and announcements go, by UDP (RFC 3417 section 3.1). */
export const TRAP_PORT = 162;
/** How many servers one announcement names. */
export const MAX_ANNOUNCED = 32;
