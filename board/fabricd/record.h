/* The daemon's own event records, as assembly/record/carrier.ts lays them out. */
#ifndef RECORD_H_
#define RECORD_H_

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine.h"

/* Which command it is, whatever kind of service it is about: a Command, or none that there is. */
static inline uint8_t record_kind(const uint8_t command[RECORD_BYTES])
{
	return command[FIELD_KIND] & (uint8_t)~OF_DATAGRAMS;
}

struct interface_report {
	uint16_t number;
	bool up;
	/* NUL-terminated unless it fills the field. */
	char name[IFNAMSIZ];
	/* 6 bytes, if hasHardware. */
	uint8_t hardware[6];
	bool hasHardware;
	/* Frames taken, frames for which the kernel had no room, events for which the program was too slow. */
	uint64_t received, dropped, lost;
};

/* CARRIER_READY: the first record for a program, after so many others. */
void record_ready(uint8_t record[RECORD_BYTES], uint32_t connections, uint64_t nowUs);

/* CARRIER_INTERFACE: one interface. */
void record_interface(uint8_t record[RECORD_BYTES], const struct interface_report *report, uint64_t nowUs);

/*
 * CARRIER_REFUSED: a command was not carried out. Which one: its kind, and what it had at the places of ticket and interface,
 * which for those that send a frame are the program's number for it and the interface.
 */
void record_refused(uint8_t record[RECORD_BYTES], const uint8_t command[RECORD_BYTES], uint8_t status,
		    uint64_t nowUs);

/* CARRIER_SENT: what became of the frame that a command has built, a SENT_; and the reason for people. */
void record_sent(uint8_t record[RECORD_BYTES], const uint8_t command[RECORD_BYTES], uint8_t outcome,
		 const char *reason, uint64_t nowUs);

/* CARRIER_REACHED: what an errand has met, a REACHED_. */
void record_reached(uint8_t record[RECORD_BYTES], uint16_t ticket, uint8_t outcome, uint64_t nowUs);

#endif
