/*
 * The daemon's own event records, kinds 64 and up. 64 bytes, numbers little-endian:
 *
 *   0 kind | 1 code | 2 u16 | 8 u64 nowUs | …
 */
#ifndef RECORD_H_
#define RECORD_H_

#include <stdbool.h>
#include <stdint.h>

#include "engine.h"

struct interface_report {
	uint16_t number;
	bool up;
	/* NUL-terminated unless it fills the field. */
	char name[16];
	/* Frames taken, frames for which the kernel had no room, events for which the host was too slow. */
	uint64_t received, dropped, lost;
};

/* Kind 64, the first record for a host: code 1 if the module is configured already; ABI; version. */
void record_ready(uint8_t record[RECORD_BYTES], uint64_t nowUs);

/* Kind 65, one interface: code 1 up, 0 down. */
void record_interface(uint8_t record[RECORD_BYTES], const struct interface_report *report, uint64_t nowUs);

/* Kind 66, a command of `kind` was not carried out: code is the status. */
void record_refused(uint8_t record[RECORD_BYTES], uint8_t kind, uint8_t status, uint64_t nowUs);

#endif
