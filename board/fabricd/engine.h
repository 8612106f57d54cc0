/*
 * The fabric module, compiled in. One instance, one thread. It knows addresses, sizes and codes only as
 * the module exports them; what a record means is between the module and the program.
 *
 * Times are microseconds of one monotonic clock (`Us`).
 */
#ifndef ENGINE_H_
#define ENGINE_H_

#include <stdbool.h>
#include <stdint.h>

/* The module's numbers, written when it is compiled. */
#include "codes.h"

/* Where the module's events go. */
struct engine_sink {
	/* Takes `count` records, oldest first. The memory is valid during the call only. */
	void (*take)(uint32_t count, const uint8_t *records);
	/* How many records it takes without losing any. A long answer waits for this. */
	uint32_t (*room)(void);
};

/* Before that: the most that the module may take; 0: as much as it likes. */
void engine_bound(uint32_t mib);

/* Instantiates the module. 0, or -1 when it is not one that this engine can carry (already said). */
int engine_start(const struct engine_sink *sink);

/*
 * One frame of which `captured` bytes are here, and at most FRAME_BYTES are looked at; on the wire it was `length` bytes
 * long, UINT32_MAX where nobody knows. `direction` is a DIRECTION_ with what there is of FRAME_FLAG_. Returns the verdict.
 */
uint32_t engine_frame(uint32_t link, uint32_t iface, uint32_t direction, uint32_t captured, uint32_t length,
		      const uint8_t *bytes, uint64_t nowUs);

/* Lets the module's time advance. */
void engine_tick(uint64_t nowUs);

/* One command record. Returns the module's status, 0 when it was carried out. */
uint32_t engine_command(const uint8_t record[RECORD_BYTES]);

/* A frame to send: whole Ethernet, in the module's memory until the next command. */
struct engine_outgoing {
	const uint8_t *bytes;
	uint32_t length;
	uint16_t number;
};

/* The frame that the last command has built, if it has. */
bool engine_outgoing(struct engine_outgoing *frame);

/*
 * Hands pending events to the sink and goes on with a long answer for as long as the sink has room.
 * Due after each batch of frames, each tick and each command, and when the sink has room again.
 */
void engine_settle(void);

/* Whether a long answer is not finished: no further command may be given until engine_settle() ends it. */
bool engine_busy(void);

/* Whether the module was configured since the start. */
bool engine_configured(void);

#endif
