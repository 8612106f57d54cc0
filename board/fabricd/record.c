#include "record.h"

#include <string.h>

enum { READY = 64, INTERFACE = 65, REFUSED = 66, SENT = 67 };

static void put(uint8_t *at, unsigned bytes, uint64_t value)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static void begin(uint8_t record[RECORD_BYTES], uint8_t kind, uint8_t code, uint16_t number, uint64_t nowUs)
{
	memset(record, 0, RECORD_BYTES);
	record[0] = kind;
	record[1] = code;
	put(record + 2, 2, number);
	put(record + 8, 8, nowUs);
}

void record_ready(uint8_t record[RECORD_BYTES], uint64_t nowUs)
{
	_Static_assert(sizeof(VERSION) <= 48, "the version fits its field");
	begin(record, READY, engine_configured(), (uint16_t)engine_codes()->abi, nowUs);
	memcpy(record + 16, VERSION, sizeof(VERSION));
}

void record_interface(uint8_t record[RECORD_BYTES], const struct interface_report *report, uint64_t nowUs)
{
	begin(record, INTERFACE, report->up, report->number, nowUs);
	memcpy(record + 16, report->name, sizeof(report->name));
	put(record + 32, 8, report->received);
	put(record + 40, 8, report->dropped);
	put(record + 48, 8, report->lost);
	memcpy(record + 56, report->hardware, sizeof(report->hardware));
	record[62] = report->hasHardware;
}

/* About a command, which has the interface at 2 and its ticket at 4. */
static void beginAbout(uint8_t record[RECORD_BYTES], uint8_t kind, uint8_t code,
		       const uint8_t command[RECORD_BYTES], uint64_t nowUs)
{
	begin(record, kind, code, command[0], nowUs);
	memcpy(record + 4, command + 4, 2);
	memcpy(record + 6, command + 2, 2);
}

void record_refused(uint8_t record[RECORD_BYTES], const uint8_t command[RECORD_BYTES], uint8_t status,
		    uint64_t nowUs)
{
	beginAbout(record, REFUSED, status, command, nowUs);
}

void record_sent(uint8_t record[RECORD_BYTES], const uint8_t command[RECORD_BYTES], uint8_t outcome,
		 const char *reason, uint64_t nowUs)
{
	beginAbout(record, SENT, outcome, command, nowUs);
	strncpy((char *)record + 16, reason, RECORD_BYTES - 16 - 1);
}
