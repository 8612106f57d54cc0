#include "record.h"

#include <string.h>

#define VERSION_BYTES (RECORD_BYTES - CARRIER_FIELD_VERSION)
#define NAME_BYTES (CARRIER_FIELD_RECEIVED - CARRIER_FIELD_NAME)
#define REASON_BYTES (RECORD_BYTES - CARRIER_FIELD_REASON)

static void put(uint8_t *at, unsigned bytes, uint64_t value)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static void begin(uint8_t record[RECORD_BYTES], uint8_t kind, uint8_t code, uint64_t nowUs)
{
	memset(record, 0, RECORD_BYTES);
	record[FIELD_KIND] = kind;
	record[FIELD_CODE] = code;
	put(record + FIELD_NOW_US, 8, nowUs);
}

void record_ready(uint8_t record[RECORD_BYTES], uint32_t connections, uint64_t nowUs)
{
	_Static_assert(sizeof(VERSION) <= VERSION_BYTES, "the version fits its field");
	begin(record, CARRIER_READY, engine_configured(), nowUs);
	put(record + CARRIER_FIELD_ABI, 2, ABI);
	put(record + CARRIER_FIELD_CONNECTIONS, 4, connections);
	memcpy(record + CARRIER_FIELD_VERSION, VERSION, sizeof(VERSION));
}

/* As far as a field of 4 bytes counts. */
static uint32_t most(uint64_t count)
{
	return count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

void record_interface(uint8_t record[RECORD_BYTES], const struct interface_report *report, uint64_t nowUs)
{
	_Static_assert(sizeof(report->name) == NAME_BYTES, "the name fits its field");
	begin(record, CARRIER_INTERFACE, report->up, nowUs);
	put(record + CARRIER_FIELD_NUMBER, 2, report->number);
	memcpy(record + CARRIER_FIELD_NAME, report->name, sizeof(report->name));
	put(record + CARRIER_FIELD_RECEIVED, 8, report->received);
	put(record + CARRIER_FIELD_DROPPED, 8, report->dropped);
	put(record + CARRIER_FIELD_LOST, 4, most(report->lost));
	put(record + CARRIER_FIELD_SHED, 4, most(report->shed));
	memcpy(record + CARRIER_FIELD_HARDWARE, report->hardware, sizeof(report->hardware));
	record[CARRIER_FIELD_HAS_HARDWARE] = report->hasHardware;
}

/* About a command: which it was. */
static void beginAbout(uint8_t record[RECORD_BYTES], uint8_t kind, uint8_t code,
		       const uint8_t command[RECORD_BYTES], uint64_t nowUs)
{
	begin(record, kind, code, nowUs);
	put(record + CARRIER_FIELD_COMMAND, 2, command[FIELD_KIND]);
	memcpy(record + CARRIER_FIELD_TICKET, command + FIELD_TICKET, 2);
	memcpy(record + CARRIER_FIELD_INTERFACE, command + FIELD_INTERFACE, 2);
}

void record_refused(uint8_t record[RECORD_BYTES], const uint8_t command[RECORD_BYTES], uint8_t status,
		    uint64_t nowUs)
{
	beginAbout(record, CARRIER_REFUSED, status, command, nowUs);
}

void record_sent(uint8_t record[RECORD_BYTES], const uint8_t command[RECORD_BYTES], uint8_t outcome,
		 const char *reason, uint64_t nowUs)
{
	beginAbout(record, CARRIER_SENT, outcome, command, nowUs);
	strncpy((char *)record + CARRIER_FIELD_REASON, reason, REASON_BYTES - 1);
}

void record_reached(uint8_t record[RECORD_BYTES], uint16_t ticket, uint8_t outcome, uint64_t nowUs)
{
	begin(record, CARRIER_REACHED, outcome, nowUs);
	put(record + CARRIER_FIELD_TICKET, 2, ticket);
}
