/*
 * Runs a script of frames, ticks and commands through the daemon's engine, for comparison with the engine of
 * the host: the same script has to print the same on both.
 *
 *   frame LINK IFACE DIRECTION TIME_US HEX [LENGTH]   → verdict N
 *   tick TIME_US                                      → tick
 *   command HEX                                       → status N, and outgoing INTERFACE HEX if it has built a frame
 *
 * LENGTH is that of the frame on the wire, where it was longer than what is here.
 *
 * HEX of a frame is `-` for no bytes at all, of a command it is 64 bytes. Empty lines and those that begin
 * with # print nothing. After each result come the events it caused, `event HEX`, oldest first.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"

#define MAX_BYTES 65536u

static void printHex(const uint8_t *bytes, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		printf("%02x", bytes[i]);
	putchar('\n');
}

static void print(uint32_t count, const uint8_t *records)
{
	for (uint32_t i = 0; i < count; i++) {
		fputs("event ", stdout);
		printHex(records + i * RECORD_BYTES, RECORD_BYTES);
	}
}

static uint32_t boundless(void)
{
	return UINT32_MAX;
}

/* Bytes read from pairs of hexadecimal digits, or -1. */
static int32_t parseHex(const char *text, uint32_t most, uint8_t *bytes)
{
	uint32_t length = 0;

	if (strcmp(text, "-") == 0)
		return 0;
	for (; text[0] != '\0'; text += 2) {
		const char pair[3] = {text[0], text[1], '\0'};
		char *end;

		if (length == most || strspn(pair, "0123456789abcdefABCDEF") != 2)
			return -1;
		bytes[length++] = (uint8_t)strtoul(pair, &end, 16);
	}
	return (int32_t)length;
}

static bool run(char *line)
{
	static uint8_t bytes[MAX_BYTES];
	static char hex[2 * MAX_BYTES + 1];
	uint32_t link, iface, direction, wireLength = 0;
	struct engine_outgoing outgoing;
	uint64_t timeUs;
	int32_t length;

	if (line[0] == '\0' || line[0] == '#')
		return true;
	/* 131072 is 2 * MAX_BYTES. */
	if (sscanf(line, "frame %" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu64 " %131072s %" SCNu32, &link,
		   &iface, &direction, &timeUs, hex, &wireLength) >= 5) {
		length = parseHex(hex, sizeof(bytes), bytes);
		if (length < 0)
			return false;
		printf("verdict %" PRIu32 "\n",
		       engine_frame(link, iface, direction, (uint32_t)length,
				    wireLength > (uint32_t)length ? wireLength : (uint32_t)length, bytes,
				    timeUs));
	} else if (sscanf(line, "tick %" SCNu64, &timeUs) == 1) {
		engine_tick(timeUs);
		puts("tick");
	} else if (sscanf(line, "command %131072s", hex) == 1) {
		if (parseHex(hex, RECORD_BYTES, bytes) != (int32_t)RECORD_BYTES)
			return false;
		printf("status %" PRIu32 "\n", engine_command(bytes));
		if (engine_outgoing(&outgoing)) {
			printf("outgoing %" PRIu16 " ", outgoing.number);
			printHex(outgoing.bytes, outgoing.length);
		}
	} else {
		return false;
	}
	engine_settle();
	return true;
}

int main(void)
{
	static const struct engine_sink sink = {.take = print, .room = boundless};
	char *line = NULL;
	size_t capacity = 0;
	ssize_t length;
	int status = 1;

	if (engine_start(&sink) < 0)
		return 1;
	for (uint32_t number = 1; (length = getline(&line, &capacity, stdin)) >= 0; number++) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!run(line)) {
			fprintf(stderr, "fabric-vectors: line %" PRIu32 " is not understood\n", number);
			goto out;
		}
	}
	status = 0;
out:
	free(line);
	return status;
}
