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
	/* 6 bytes, if hasHardware. */
	uint8_t hardware[6];
	bool hasHardware;
	/* Frames taken, frames for which the kernel had no room, events for which the program was too slow. */
	uint64_t received, dropped, lost;
};

/* Kind 64, the first record for a program: code 1 if the module is configured already; ABI; version. */
void record_ready(uint8_t record[RECORD_BYTES], uint64_t nowUs);

/*
 * Kind 65, one interface: code 1 up, 0 down.
 *
 *   2 u16 number | 16 name | 32 received | 40 dropped | 48 lost | 56 hardware | 62 u8 hasHardware
 */
void record_interface(uint8_t record[RECORD_BYTES], const struct interface_report *report, uint64_t nowUs);

/*
 * Kind 66, a command was not carried out: code is the status. Which one: its kind, and what it had in its fields 4
 * and 2, which for those that send a frame are the program's number for it and the interface.
 *
 *   2 u16 kind | 4 u16 ticket | 6 u16 interface
 */
void record_refused(uint8_t record[RECORD_BYTES], const uint8_t command[RECORD_BYTES], uint8_t status,
		    uint64_t nowUs);

/*
 * Kind 67, what became of the frame that a command has built: code is an enum capture_sent. The fields of kind 66, and
 * at 16 the reason for people.
 */
void record_sent(uint8_t record[RECORD_BYTES], const uint8_t command[RECORD_BYTES], uint8_t outcome,
		 const char *reason, uint64_t nowUs);

#endif
